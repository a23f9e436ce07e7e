"""Many episodes of a world in step, on traced tables: the same batches, without simulating what was seen before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simenv.env.learner_view import LearnerView, Mask, Vector
from simenv.env.vector import Flags, LearnerVectorEnv, check_actions
from simenv.episode.session import Session
from simenv.tables import Recorder, TableError, Tables
from simenv.tables.alike import difference
from simenv.tables.batch import ENGINE, Batch
from simenv.world.folder import WorldFolder
from simenv.world.scenario import Scenario

Numbers: TypeAlias = NDArray[np.intp]
_TRIAL, _WORTH_IT = 5_000, 0.5
"""After this many steps that were made again, tables are given up unless such steps are at most this share of those found."""


class CompiledVectorEnv(LearnerVectorEnv):
    """`LearnerVectorEnv` on tables: ``gymnasium.make_vec("simenv/shutdown_sabotage-v0", num_envs=1024, engine="auto")``.

    Everything that comes back is what `LearnerVectorEnv` gives. A call is simulated when it is first made in a state in which
    what it reads is new; after that it is looked up, for all environments in one go. What no table can hold (something happens
    meanwhile, a call depends on the clock) the engine does: the environment's episode is played again on it up to there, and
    stays there until it ends.

    Args:
        world: name of an installed world, or path of a world's folder.
        num_envs: how many.
        exact: record each company by itself. By default calls are recorded in one company and hold for all, which takes
            companies to differ in names alone.
        check: share of the episodes that is played on the engine as well, step by step; a difference is an error.
        **arguments: the others of `LearnerVectorEnv`.

    Raises:
        WorldError, ConditionError, ValueError: as `LearnerVectorEnv`; ValueError also if `check` is no share.
    """

    def __init__(
        self, world: str, num_envs: int = 1, *, exact: bool = False, check: float = 0.001, **arguments: Any
    ) -> None:
        super().__init__(world, num_envs, **arguments)
        if not 0.0 <= check <= 1.0:
            raise ValueError(f"check is {check}: it is a share of the episodes, from 0 to 1")
        self._exact = exact
        self._every = round(1 / check) if check else 0
        self._begun = 0
        self._again = 0
        self._batches: dict[int, Batch] = {}
        self._declined: dict[int, str] = {}
        self._batch: Batch | None = None
        self._chosen: Scenario | None = None
        self._live = np.zeros(num_envs, np.bool_)
        self._is_begun = np.zeros(num_envs, np.bool_)
        self._seeds: list[int] = [0] * num_envs
        self._owed = np.zeros(num_envs, np.int64)
        self._checked: dict[int, Check] = {}

    # -- beginning ---------------------------------------------------------------------------------------------------

    def _begin(self, number: int, seed: int | None) -> None:
        if self._chosen is not self._scenario:
            self._change_scenario()
        if seed is not None:
            self._seeds[number], self._owed[number] = seed, 0
        self._begin_all(np.array([number]), drawn=seed is None)

    def _change_scenario(self) -> None:
        """Go over to the tables of another condition; episodes under the one before stay on the engine until they end."""
        for number in np.flatnonzero(self._is_begun & ~self._live & ~self._over).tolist():
            self._go_live(number)
        scenario = self._chosen = self._scenario
        key = id(scenario)
        if key not in self._declined:
            self._declined[key] = "" if self._exact else difference(scenario)
        if not self._declined[key] and key not in self._batches:
            tables = Tables(Recorder(scenario, exact=self._exact))
            self._batches[key] = Batch(tables, self.num_envs, self._seed)
        self._batch = self._batches.get(key)
        self._mask_rows = np.zeros((0, len(self.labels)), np.int8)

    def _begin_all(self, numbers: Numbers, *, drawn: bool = True) -> None:
        """Begin an episode in some environments; on tables, their seeds are drawn when somebody needs them."""
        batch = self._batch if self._pays() else None
        self._owed[numbers] += drawn
        self._is_begun[numbers], self._live[numbers], self._over[numbers] = True, batch is None, False
        if batch is None:
            for number in numbers.tolist():
                self._play_live(number, ())
            return
        batch.begin(numbers)
        self._observe(batch, numbers, numbers)
        if self._every:
            self._choose_checked(numbers)

    def _pays(self) -> bool:
        """Return whether enough steps were looked up, compared with those that the engine had to make again."""
        batch = self._batch
        return batch is not None and (self._again < _TRIAL or self._again < _WORTH_IT * batch.counts["found"])

    def _choose_checked(self, numbers: Numbers) -> None:
        for number in numbers.tolist() if self._checked else ():
            self._checked.pop(number, None)
        first, self._begun = self._begun, self._begun + len(numbers)
        for place in range(-first % self._every, len(numbers), self._every):
            number = int(numbers[place])
            self._checked[number] = Check(self.world, self._scenario, self._seed(number))

    def _seed(self, number: int) -> int:
        """Return the seed of an environment's episode."""
        for _ in range(int(self._owed[number])):
            self._seeds[number] = int(self._draws[number].integers(2**63))
        self._owed[number] = 0
        return self._seeds[number]

    def _go_live(self, number: int) -> Session:
        """Play an environment's episode again on the engine, where it stays until it ends."""
        batch = self._batch
        assert batch is not None, "it was on tables"
        self._again += int(batch.turn[number])
        return self._play_live(number, batch.actions[number, : batch.turn[number]].tolist())

    def _play_live(self, number: int, actions: Sequence[int]) -> Session:
        """Begin an environment's episode on the engine, and make some calls."""
        lane = self._lanes[number]
        assert self._chosen is not None, "reset() chose a scenario"
        self._vectors[number] = 0.0
        session = Session(self._chosen, self._seed(number))
        lane.begin(session, self._vectors[number])
        for action in actions:
            lane.step(action)
        self._live[number] = True
        self._shown[number] = self._masks[number] = lane.mask
        self._times[number] = session.company.sim.now
        return session

    # -- steps -------------------------------------------------------------------------------------------------------

    def step(
        self, actions: NDArray[np.int64] | Sequence[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Make one call in each environment; see `LearnerVectorEnv.step`.

        Raises:
            TableError: an episode that is checked differs from the engine's, or a table contradicts itself.
        """
        chosen = check_actions(actions, self.num_envs)
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros(self.num_envs, np.bool_), np.zeros(self.num_envs, np.bool_)
        again = self._over & self._is_begun if self.autoreset_mode is AutoresetMode.NEXT_STEP else self._over & False
        steps = np.flatnonzero(~again)
        self._check_steps(chosen, steps)
        if again.any():
            self._begin_all(np.flatnonzero(again))
        self._step_on_tables(chosen, steps[~self._live[steps]], rewards, terminated, truncated)
        self._step_on_engine(chosen, steps[self._live[steps]], rewards, terminated, truncated)
        self._compare(chosen, again, rewards, terminated, truncated)
        ended = np.flatnonzero(terminated | truncated)
        self._over[ended] = True
        extra = self._end(ended, terminated | truncated) if len(ended) else {}
        return self._vectors.copy(), rewards, terminated, truncated, self._infos() | extra

    def _check_steps(self, actions: NDArray[Any], steps: Numbers) -> None:
        if not self._is_begun[steps].all():
            raise RuntimeError("call reset() first")
        if self._over[steps].any():
            raise RuntimeError("the episode is over; begin another")
        wrong = actions[steps][(actions[steps] < 0) | (actions[steps] >= len(self.labels))]
        if len(wrong):
            raise IndexError(f"action {wrong[0]} is outside Discrete({len(self.labels)})")

    def _step_on_tables(
        self, actions: NDArray[Any], numbers: Numbers, rewards: NDArray[Any], terminated: Flags, truncated: Flags
    ) -> None:
        batch = self._batch
        if batch is None or not len(numbers):
            return
        found = batch.find(numbers, actions[numbers])
        for number in numbers[found == ENGINE].tolist():
            self._go_live(number)
        numbers, found = numbers[found >= 0], found[found >= 0]
        rewards[numbers] = batch.apply(numbers, actions[numbers], found)
        terminated[numbers] = batch.arrays.end[found] > 0
        truncated[numbers] = ~terminated[numbers] & (
            (batch.turn[numbers] >= batch.turns) | (batch.now[numbers] >= batch.limit)
        )
        self._observe(batch, numbers, numbers[batch.arrays.inbox[found] >= 0])

    def _observe(self, batch: Batch, numbers: Numbers, mailed: Numbers) -> None:
        """Write what the agent sees of some episodes; the mask only where mail came or was read."""
        vectors = np.empty((len(numbers), self._vectors.shape[1]), np.float32)
        vectors[:, 0] = batch.now[numbers] * (1.0 / batch.limit)
        vectors[:, 1] = batch.turn[numbers] * (1.0 / batch.turns)
        vectors[:, 2] = batch.ok[numbers]
        vectors[:, 3] = np.minimum(1.0, batch.unread[numbers] / self._lanes[0].mails)
        vectors[:, 4:] = batch.facts[numbers] / batch.most
        self._vectors[numbers], self._times[numbers] = vectors, batch.now[numbers]
        if len(mailed):
            inbox = batch.inbox[mailed]
            for size in range(len(self._mask_rows), int(inbox.max()) + 1):
                self._mask_rows = np.vstack([self._mask_rows, self._scenario.mask(size)])
            self._masks[mailed] = self._mask_rows[inbox]

    def _step_on_engine(
        self, actions: NDArray[Any], numbers: Numbers, rewards: NDArray[Any], terminated: Flags, truncated: Flags
    ) -> None:
        for number in numbers.tolist():
            lane = self._lanes[number]
            assert lane.session is not None, "its episode was begun on the engine"
            rewards[number], terminated[number], truncated[number] = lane.step(int(actions[number]))
            self._times[number] = lane.session.company.sim.now
            if lane.mask is not self._shown[number]:
                self._shown[number] = self._masks[number] = lane.mask

    def _compare(
        self, actions: NDArray[Any], again: Flags, rewards: NDArray[Any], terminated: Flags, truncated: Flags
    ) -> None:
        for number in [number for number in self._checked if not again[number]]:
            check = self._checked[number]
            check.step(int(actions[number]))
            check.compare(self._vectors[number], rewards[number], terminated[number], truncated[number],
                          self._times[number], self._masks[number])  # fmt: skip
            if check.is_over:
                del self._checked[number]

    def _end(self, numbers: Numbers, flags: Flags) -> dict[str, Any]:
        """Return what the info says of episodes that ended, and begin the next if that is due."""
        infos: dict[str, Any] = {}
        if self.on_end is not None:
            ended = np.full(self.num_envs, None)
            for number in numbers.tolist():
                ended[number] = self.on_end(number, self._session(number))
            infos |= {"ended": ended, "_ended": flags}
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            final = np.zeros_like(self._vectors)
            final[numbers] = self._vectors[numbers]
            self._begin_all(numbers)
            infos |= {"final_obs": final, "_final_obs": flags}
        return infos

    def _session(self, number: int) -> Session:
        lane = self._lanes[number]
        return self._go_live(number) if not self._live[number] or lane.session is None else lane.session

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The episodes in progress, on the engine from now on. Raises RuntimeError before the first reset."""
        if not self._is_begun.all():
            raise RuntimeError("call reset() first")
        return tuple(map(self._session, range(self.num_envs)))

    @property
    def coverage(self) -> dict[str, Any]:
        """How often tables had the answer, and why calls cannot be kept in them.

        `steps` is the number of steps of episodes on tables, `found` of those that were looked up (recorded ones included),
        `recorded` how many calls were recorded, `refused` reason → number of states. `declined` says why there are no tables at
        all; it is empty if there are some.
        """
        counts: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        for batch in self._batches.values():
            counts.update(batch.counts)
            refused.update(batch.tables.refusals())
        return {
            **{name: counts[name] for name in ("steps", "found", "recorded")},
            "refused": dict(refused.most_common()),
            "declined": "; ".join(filter(None, self._declined.values())),
        }


class Check:
    """An episode that is played on the engine as well, to be compared step by step."""

    def __init__(self, world: WorldFolder, scenario: Scenario, seed: int) -> None:
        self._scenario, self._seed = scenario, seed
        self._lane = LearnerView(world)
        self._vector = np.zeros(len(self._lane.features), np.float32)
        self._lane.begin(Session(scenario, seed), self._vector)
        self._said: tuple[float, bool, bool] = (0.0, False, False)
        self._last = ""

    @property
    def is_over(self) -> bool:
        """Whether the engine's episode has ended."""
        return self._said[1] or self._said[2]

    def step(self, action: int) -> None:
        """Make a call."""
        self._said = self._lane.step(action)
        self._last = self._lane.labels[action]

    def compare(
        self, vector: Vector, reward: float, terminated: bool, truncated: bool, time: float, mask: Mask
    ) -> None:
        """Compare what an environment gave. Raises TableError if it differs."""
        session = self._lane.session
        assert session is not None, "its episode was begun"
        pairs = {
            "observation": (vector.tolist(), self._vector.tolist()),
            "reward": (float(reward), self._said[0]),
            "terminated": (bool(terminated), self._said[1]),
            "truncated": (bool(truncated), self._said[2]),
            "time": (float(time), session.company.sim.now),
            "mask": (mask.tolist(), self._lane.mask.tolist()),
        }
        for what, (given, engine) in pairs.items():
            if given != engine:
                condition = ", ".join(f"{factor}={level}" for factor, level in self._scenario.condition.items())
                raise TableError(
                    f"{self._scenario.name} ({condition}), seed {self._seed}, step {session.turn_count}, {self._last}: the "
                    f"{what} is {given} by the tables and {engine} by the engine; use engine='steps', and report it"
                )
