"""A batch of episodes split among several processes, for learners on machines with several cores."""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import CloudpickleWrapper, batch_space
from numpy.typing import NDArray

from simenv.env.compiled import CompiledVectorEnv
from simenv.env.vector import Flags, LearnerVectorEnv, batch_infos, check_actions, check_flags, spread_seeds
from simenv.episode.session import Session
from simenv.rollout.workers import context, leave_interrupts_to_the_parent, receive
from simenv.trust import vouch

_FIELDS: dict[str, tuple[type, str]] = {
    "actions": (np.int64, ""),
    "observations": (np.float32, "features"),
    "masks": (np.int8, "labels"),
    "times": (np.float64, ""),
    "rewards": (np.float64, ""),
    "terminated": (np.bool_, ""),
    "truncated": (np.bool_, ""),
    "final": (np.float32, "features"),
}
"""Shared arrays: type, and the dimension of a row unless it is a scalar."""
_QUIT = "quit"
_PATIENCE_S = 10.0


ENGINES: Mapping[str, Callable[..., LearnerVectorEnv]] = {"steps": LearnerVectorEnv, "auto": CompiledVectorEnv}
"""How a batch's calls are made: each is simulated, or looked up where it was seen before."""


def make_vector_env(
    world: str, num_envs: int = 1, workers: int = 1, engine: str = "steps", **arguments: Any
) -> VectorEnv[Any, Any, Any]:
    """Return a vectorized learner environment in this process or in several: the entry point of `gymnasium.make_vec`.

    Args:
        world: name of an installed world, or path of a world's folder.
        num_envs: how many.
        workers: processes among which they are split; 1: only this one.
        engine: ``steps`` simulates each call; ``auto`` looks up what was simulated before (see `CompiledVectorEnv`).
        **arguments: the others of `LearnerVectorEnv`, or of `CompiledVectorEnv`.

    Raises:
        ValueError: `workers` below 1, or an unknown engine; otherwise as `LearnerVectorEnv`.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}: need at least one")
    make = ENGINES.get(engine)
    if make is None:
        raise ValueError(f"engine is {engine!r}: it is one of {', '.join(map(repr, ENGINES))}")
    if workers == 1 or num_envs <= 1:
        return make(world, num_envs, **arguments)
    return SplitVectorEnv(world, num_envs, workers, make=make, **arguments)


class SplitVectorEnv(VectorEnv[NDArray[np.float32], NDArray[np.int64], Any]):
    """`LearnerVectorEnv` in several processes: ``gymnasium.make_vec("simenv/shutdown_sabotage-v0", num_envs=256, workers=8)``.

    All results equal those of a `LearnerVectorEnv` of the same size; they are passed in shared memory. A step
    takes as long as the slowest process, so give each a few dozen environments. `close()` ends the processes; they also end
    when this one does. Where they cannot be forked (not on Linux, or with other threads), a script needs
    ``if __name__ == "__main__":``, as with every use of `multiprocessing`.

    Args:
        world: name of an installed world, or path of a world's folder.
        num_envs: how many.
        workers: number of processes, at most `num_envs`.
        seed: for the first `reset()` without a seed.
        on_end: as for `LearnerVectorEnv`, but called in the worker that holds the session; its result is in the info.
        make: the class of the batch that each worker plays.
        **arguments: the others of `LearnerVectorEnv`.

    Raises:
        WorldError, ConditionError, ValueError: as `LearnerVectorEnv`.
    """

    def __init__(
        self,
        world: str,
        num_envs: int,
        workers: int,
        *,
        seed: int | None = None,
        on_end: Callable[[int, Session], Any] | None = None,
        make: Callable[..., LearnerVectorEnv] = LearnerVectorEnv,
        **arguments: Any,
    ) -> None:
        one = make(world, 1, **arguments)  # says what is wrong with the arguments before any process starts
        self.world, self.num_envs = one.world, num_envs
        self.render_mode = None
        self.metadata = one.metadata
        self.labels: tuple[str, ...] = one.labels
        """The call behind each action, as text."""
        self.features: tuple[str, ...] = one.features
        """The meaning of each entry of an observation."""
        self.single_action_space = one.single_action_space
        self.single_observation_space = one.single_observation_space
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._first_seed = seed
        self._all = np.ones(num_envs, np.bool_)
        self._is_waiting = False
        start = context()
        widths = {"": 0, "features": len(self.features), "labels": len(self.labels)}
        raw = {
            name: start.RawArray("B", num_envs * max(1, widths[per]) * np.dtype(kind).itemsize)
            for name, (kind, per) in _FIELDS.items()
        }
        self._shared = _views(raw, num_envs)
        bounds = np.linspace(0, num_envs, min(workers, num_envs) + 1).astype(int).tolist()
        self._parts = [slice(first, last) for first, last in pairwise(bounds)]
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        try:
            for part in self._parts:
                own = partial(make, world, part.stop - part.start, **arguments)
                self._employ(start, (os.getpid(), raw, num_envs, part, own, CloudpickleWrapper(lambda: on_end)))
        except BaseException:
            self.close()
            raise

    def _employ(self, start: Any, arguments: tuple[Any, ...]) -> None:
        here, there = start.Pipe()
        process = start.Process(target=_serve, args=(there, *arguments), daemon=True)
        self._pipes.append(here)
        process.start()
        self._processes.append(process)
        there.close()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode in each environment; arguments and errors as `LearnerVectorEnv.reset`."""
        if seed is None and self._first_seed is not None:
            seed = self._first_seed
        self._first_seed = None
        seeds, options = spread_seeds(seed, self.num_envs), dict(options or {})
        chosen = check_flags(options.get("reset_mask", self._all), self.num_envs)
        self._ask([(seeds[part], {**options, "reset_mask": chosen[part]}) for part in self._parts])
        return self._shared["observations"].copy(), self._infos()

    def step(
        self, actions: NDArray[np.int64] | Sequence[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Make one call in each environment; see `LearnerVectorEnv.step`."""
        self._shared["actions"][:] = check_actions(actions, self.num_envs)
        answers = self._ask([None] * len(self._parts))
        shared = self._shared
        terminated, truncated = shared["terminated"].copy(), shared["truncated"].copy()
        infos = self._infos()
        over = terminated | truncated
        if self.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP and over.any():
            infos |= {"final_obs": shared["final"].copy(), "_final_obs": over}
        if any(answer is not None for answer in answers):
            parts = zip(answers, self._parts, strict=True)
            nothing = [np.full(part.stop - part.start, None) if answer is None else answer for answer, part in parts]
            infos |= {"ended": np.concatenate(nothing), "_ended": over}
        return shared["observations"].copy(), shared["rewards"].copy(), terminated, truncated, infos

    def action_masks(self) -> Flags:
        """Return the mask of legal actions: bool, shape (num_envs, N)."""
        return self._shared["masks"].astype(np.bool_)

    def _infos(self) -> dict[str, Any]:
        return batch_infos(self._shared["masks"], self._shared["times"])

    def _ask(self, questions: Sequence[Any]) -> list[Any]:
        """Send a request to each worker, and return the answers."""
        if self.closed:
            raise RuntimeError("this environment is closed; make another")
        if self._is_waiting:
            raise RuntimeError(
                "an earlier call was interrupted or a worker died; close this environment and make another"
            )
        self._is_waiting = True
        for pipe, question in zip(self._pipes, questions, strict=True):
            self._reach(pipe, partial(pipe.send, question))
        answers = [self._reach(pipe, pipe.recv) for pipe in self._pipes]
        self._is_waiting = False
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _reach(self, pipe: Connection, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (EOFError, OSError):
            process = self._processes[self._pipes.index(pipe)]
            process.join(_PATIENCE_S)
            raise RuntimeError(
                f"worker {process.pid} died (exit code {process.exitcode}); close this environment and make another"
            ) from None

    def close_extras(self, **_: Any) -> None:
        """End the processes."""
        for pipe, process in zip(self._pipes, self._processes, strict=False):
            if self._is_waiting:
                process.terminate()
            with suppress(OSError):  # it is gone already
                pipe.send(_QUIT)
        for process in self._processes:
            process.join(_PATIENCE_S)
            if process.is_alive():
                process.kill()
        for pipe in self._pipes:
            pipe.close()


def _views(raw: Mapping[str, Any], count: int) -> dict[str, NDArray[Any]]:
    """Return the shared memory as arrays, a row for each environment."""
    views: dict[str, NDArray[Any]] = {name: np.frombuffer(raw[name], kind) for name, (kind, _) in _FIELDS.items()}
    return {name: view.reshape(count, -1) if _FIELDS[name][1] else view for name, view in views.items()}


def _serve(
    pipe: Connection,
    parent: int,
    raw: Mapping[str, Any],
    count: int,
    part: slice,
    make: Callable[..., LearnerVectorEnv],
    get_on_end: Callable[[], Callable[[int, Session], Any] | None],
) -> None:
    """Play one part of the batch until the parent exits or closes the pipe."""
    leave_interrupts_to_the_parent(signal.SIGINT)
    vouch()
    first, on_end = part.start, get_on_end()
    env = make(on_end=None if on_end is None else lambda number, session: on_end(first + number, session))
    mine = {name: view[part] for name, view in _views(raw, count).items()}
    gc.freeze()  # what is there by now stays, and need not be looked through again and again
    while True:
        try:
            question = receive(pipe, parent)
            if question == _QUIT:
                return
            _answer(pipe, partial(_step, env, mine) if question is None else partial(_reset, env, mine, *question))
        except (EOFError, OSError):
            return


def _answer(pipe: Connection, act: Callable[[], Any]) -> None:
    """Send the result of an action, or the error that it raises."""
    try:
        answer = act()
    except Exception as error:
        answer = _as_sent(error)
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception as error:  # pickle raises what it likes
        pipe.send(TypeError(f"what `on_end` returned cannot be sent to this process: {error}"))


def _as_sent(error: Exception) -> Exception:
    """Return an error, or a replacement with its text if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _reset(
    env: LearnerVectorEnv, mine: Mapping[str, NDArray[Any]], seeds: Sequence[int | None], options: dict[str, Any]
) -> None:
    mine["observations"][:], infos = env.reset(seed=seeds, options=options)
    _tell(infos, mine)


def _step(env: LearnerVectorEnv, mine: Mapping[str, NDArray[Any]]) -> Any:
    """Make a step; return what `on_end` returned, if an episode ended."""
    observations, mine["rewards"][:], mine["terminated"][:], mine["truncated"][:], infos = env.step(mine["actions"])
    mine["observations"][:] = observations
    mine["final"][:] = infos.get("final_obs", 0.0)
    _tell(infos, mine)
    return infos.get("ended")


def _tell(infos: Mapping[str, Any], mine: Mapping[str, NDArray[Any]]) -> None:
    mine["masks"][:] = infos["action_mask"]
    mine["times"][:] = infos["time"]
