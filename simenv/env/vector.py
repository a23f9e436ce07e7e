"""Many episodes of a world in lockstep, for learners that use batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simenv.env.learner_view import LearnerView, choose_scenario
from simenv.episode.session import Session
from simenv.world.registry import open_world

Flags: TypeAlias = NDArray[np.bool_]


class LearnerVectorEnv(VectorEnv[NDArray[np.float32], NDArray[np.int64], Any]):
    """`LearnerEnv` × `num_envs` on shared arrays: ``gymnasium.make_vec("simenv/shutdown_sabotage-v0", num_envs=64)``.

    Spaces, rewards and ends are those of `LearnerEnv`, and so are the episodes: environment `i` under `reset(seed=s)` is
    that of a `LearnerEnv` under `reset(seed=s + i)`, also in the episodes after its first. It builds no dictionary per
    environment.

    **Info**: `action_mask` (int8, shape (num_envs, N)) and `time` (simulated seconds, shape (num_envs,)); with autoreset
    in the same step also `final_obs` (float32, like an observation; rows of `_final_obs` only); with `on_end`, when an
    episode ended, also `ended` (what it returned; rows of `_ended` only).

    Args:
        world: name of an installed world, or path of a world's folder.
        num_envs: how many.
        condition: factor → level, for all of them; factors left out take their first level.
        seed: for the first `reset()` without a seed.
        render_mode: must be None.
        oversight: name or path of the oversight to apply to the world.
        autoreset_mode: when a finished episode is replaced by the next; see Gymnasium's `AutoresetMode`.
        on_end: called with the index of the environment and the session of each finished episode, e.g. to return
        ``session.close()``, its
            verdicts.

    Raises:
        WorldError: the world cannot be loaded.
        ConditionError: unknown factor or level.
        ValueError: `num_envs` below 1, or a `render_mode`.
    """

    def __init__(
        self,
        world: str,
        num_envs: int = 1,
        condition: Mapping[str, str] | None = None,
        seed: int | None = None,
        render_mode: str | None = None,
        oversight: str = "",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        on_end: Callable[[int, Session], Any] | None = None,
    ) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs is {num_envs}: need at least one")
        if render_mode is not None:
            raise ValueError("a batch is not rendered; make one environment with gymnasium.make and render_mode='ansi'")
        self.world = open_world(world, oversight)
        self.num_envs = num_envs
        self.render_mode = None
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": ["ansi"], "autoreset_mode": self.autoreset_mode}
        self.on_end = on_end
        self._default = self._scenario = self.world.scenario(condition)
        self._first_seed = seed
        self._lanes = [LearnerView(self.world) for _ in range(num_envs)]
        self.labels: tuple[str, ...] = self._lanes[0].labels
        """The call behind each action, as text."""
        self.features: tuple[str, ...] = self._lanes[0].features
        """The meaning of each entry of an observation."""
        self.single_action_space = spaces.Discrete(len(self.labels))
        self.single_observation_space = spaces.Box(0.0, 1.0, (len(self.features),), np.float32)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._draws = [np.random.default_rng() for _ in range(num_envs)]
        self._vectors = np.zeros((num_envs, len(self.features)), np.float32)
        self._masks = np.zeros((num_envs, len(self.labels)), np.int8)
        self._shown: list[Any] = [None] * num_envs
        self._times = np.zeros(num_envs)
        self._all = np.ones(num_envs, np.bool_)
        self._over = np.ones(num_envs, np.bool_)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode in each environment.

        Args:
            seed: of the first environment, the others get the following ones; or one per environment. By default random.
            options: ``{"condition": {factor: level}}`` for these episodes and later ones; ``{"reset_mask": flags}`` to
                reset only some of them (bool, shape (num_envs,)).

        Raises:
            ConditionError: unknown option, factor or level.
            ValueError: wrong number of seeds or flags.
        """
        options = dict(options or {})
        chosen = check_flags(options.pop("reset_mask", self._all), self.num_envs)
        self._scenario = choose_scenario(self.world, self._default, options, "reset_mask")
        if seed is None and self._first_seed is not None:
            seed = self._first_seed
        self._first_seed = None
        for number, each in enumerate(spread_seeds(seed, self.num_envs)):
            if chosen[number]:
                if each is not None:
                    self._draws[number] = seeding.np_random(each)[0]
                self._begin(number, each)
        return self._vectors.copy(), self._infos()

    def step(
        self, actions: NDArray[np.int64] | Sequence[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Execute one call in each environment; see Gymnasium for the returned values, and the class for the info.

        Raises:
            RuntimeError: an episode is over (without autoreset), or none was begun.
            IndexError: there is no such action.
            ValueError: not one integer per environment.
        """
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros(self.num_envs, np.bool_), np.zeros(self.num_envs, np.bool_)
        mode, over = self.autoreset_mode, self._over
        final: NDArray[np.float32] | None = None
        ended: NDArray[np.object_] | None = None
        for number, action in enumerate(check_actions(actions, self.num_envs).tolist()):
            lane = self._lanes[number]
            if over[number] and mode is AutoresetMode.NEXT_STEP and lane.session is not None:
                self._begin(number, None)
                continue
            rewards[number], terminated[number], truncated[number] = lane.step(action)
            assert lane.session is not None, "it has made a step"
            self._times[number] = lane.session.company.sim.now
            if lane.mask is not self._shown[number]:
                self._shown[number] = self._masks[number] = lane.mask
            if terminated[number] or truncated[number]:
                over[number] = True
                if self.on_end is not None:
                    ended = np.full(self.num_envs, None) if ended is None else ended
                    ended[number] = self.on_end(number, lane.session)
                if mode is AutoresetMode.SAME_STEP:
                    final = np.zeros_like(self._vectors) if final is None else final
                    final[number] = self._vectors[number]
                    self._begin(number, None)
        infos = self._infos()
        if final is not None:
            infos |= {"final_obs": final, "_final_obs": terminated | truncated}
        if ended is not None:
            infos |= {"ended": ended, "_ended": terminated | truncated}
        return self._vectors.copy(), rewards, terminated, truncated, infos

    def action_masks(self) -> Flags:
        """Return the mask of legal actions: bool, shape (num_envs, N)."""
        return self._masks.astype(np.bool_)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The episodes in progress. Raises RuntimeError before the first reset."""
        sessions = tuple(lane.session for lane in self._lanes if lane.session is not None)
        if len(sessions) < self.num_envs:
            raise RuntimeError("call reset() first")
        return sessions

    def _begin(self, number: int, seed: int | None) -> None:
        if seed is None:
            seed = int(self._draws[number].integers(2**63))
        lane, vector = self._lanes[number], self._vectors[number]
        vector[:] = 0.0
        lane.begin(Session(self._scenario, seed), vector)
        self._shown[number] = self._masks[number] = lane.mask
        self._times[number] = 0.0
        self._over[number] = False

    def _infos(self) -> dict[str, Any]:
        return batch_infos(self._masks, self._times)


def batch_infos(masks: NDArray[np.int8], times: NDArray[np.float64]) -> dict[str, Any]:
    """Return the info of a batch, in which every environment has a mask and a time."""
    every = np.ones(len(times), np.bool_)
    return {"action_mask": masks.copy(), "_action_mask": every, "time": times.copy(), "_time": every}


def spread_seeds(seed: int | Sequence[int | None] | None, count: int) -> Sequence[int | None]:
    """Return a seed for each environment, counted up from a single one, or as given.

    Raises:
        ValueError: wrong number of seeds.
    """
    if seed is None:
        return [None] * count
    seeds = [seed + number for number in range(count)] if isinstance(seed, int | np.integer) else list(seed)
    if len(seeds) != count:
        raise ValueError(f"{len(seeds)} seeds for {count} environments; give one for each")
    return seeds


def check_flags(value: Any, count: int) -> Flags:
    """Return flags that say which environments are reset. Raises ValueError if they are not bool, or another number."""
    flags = np.asarray(value)
    if flags.shape != (count,) or flags.dtype != np.bool_:
        raise ValueError(f"`reset_mask` is {flags.dtype} of shape {flags.shape}; it must be bool of shape ({count},)")
    return flags


def check_actions(value: Any, count: int) -> NDArray[np.integer[Any]]:
    """Return actions as an array. Raises ValueError if they are no whole numbers, or another number of them."""
    actions: NDArray[Any] = np.asarray(value)
    if actions.shape != (count,) or actions.dtype.kind not in "iu":
        raise ValueError(
            f"actions are {actions.dtype} of shape {actions.shape}; they must be integers of shape ({count},)"
        )
    return actions
