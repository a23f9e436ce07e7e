"""Rollouts: run the episodes of a plan, in one process or several, without losing finished episodes."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from simenv.agent.registry import make_agent
from simenv.episode.players import RolePlayers
from simenv.errors import SimenvError
from simenv.rollout.plan import Plan, begin, make_manifest, plan_of
from simenv.rollout.pool import Pool
from simenv.rollout.processes import Processes
from simenv.rollout.ray_actors import RayActors
from simenv.rollout.runner import EpisodeRunner, ProgressListener, Result, first_of, gave_up
from simenv.rollout.workers import SIGNALS
from simenv.store.run import RunDirectory

__all__ = ["Plan", "ProgressListener", "Result", "begin", "fitting_workers", "make_manifest", "plan_of", "run"]

_ENOUGH_FOR_TWO = 400
"""Below this number of episodes, starting a second process takes longer than it saves."""


def run(
    plan: Plan,
    directory: RunDirectory,
    listener: ProgressListener,
    *,
    workers: int | None = 1,
    concurrency: int = 1,
    ray: str = "",
) -> bool:
    """Run the episodes of a plan that are missing in the directory.

    With a deterministic agent, the episodes are the same, byte for byte, for any number of workers, concurrency and order
    of completion. On the first Ctrl-C (SIGINT) or SIGTERM the running episodes are finished and no more are started; the
    second one stops immediately.

    Args:
        plan: what to run.
        directory: begun with `begin`.
        listener: is notified of progress.
        workers: processes; 1: only this one. None: `fitting_workers`, or on Ray one per core.
        concurrency: how many episodes per process may wait for their agents concurrently.
        ray: address of a Ray cluster, or `local`: Ray on this machine; empty: without Ray.

    Returns:
        Whether the plan is complete; False if it was interrupted.

    Raises:
        BudgetError: the run's budget is used up; finished episodes are kept.
        EndpointError: too many episodes failed in a row; finished episodes are kept.
        EpisodeError: the directory cannot be written, or another run is writing there.
        MissingExtra: Ray is not installed.
    """
    directory.take()
    missing = plan.missing(directory.finished())
    count = fitting_workers(plan) if workers is None else workers
    pool: Pool[Any] | None = None
    if count > 1 and len(missing) > 1 and not ray:
        pool = Processes(plan, directory, listener, count, concurrency)
    elif ray and missing:
        pool = RayActors(plan, directory, listener, workers, concurrency, ray, waits=_waits(plan))
    if pool is not None:
        with _draining(pool.stop), pool:
            pool.begin(missing)  # before the listener starts threads: only then can processes be forked
            listener.began(len(plan), len(plan) - len(missing))
            pool.go_through()
        return not pool.is_stopping
    listener.began(len(plan), len(plan) - len(missing))
    runner = EpisodeRunner(plan, directory, listener, directory.append_failure)
    with _draining(lambda: setattr(runner, "is_stopping", True)), asyncio.Runner() as loop:
        loop.get_loop().set_exception_handler(_unless_interrupted)
        try:
            loop.run(runner.play(missing, concurrency))
        except* SimenvError as group:
            raise first_of(group) from None
    if runner.out_of_budget is not None:
        raise runner.out_of_budget
    if runner.has_given_up:
        raise gave_up(runner.last_error, runner.failures_in_row)
    return not runner.is_stopping


def fitting_workers(plan: Plan) -> int:
    """Return the number of processes for a plan: one per core if no agent waits for a model and there are enough episodes."""
    return 1 if _waits(plan) or len(plan) < _ENOUGH_FOR_TWO else _cores()


def _waits(plan: Plan) -> bool:
    """Return whether the agent, or the player of a role, waits for a model."""
    return inspect.iscoroutinefunction(make_agent(plan.agent, plan.options).act) or RolePlayers(plan.roles).wait


class _Stop(Protocol):
    def __call__(self) -> None: ...


@contextmanager
def _draining(stop: _Stop) -> Iterator[None]:
    """Call `stop` on the first SIGINT or SIGTERM, raise KeyboardInterrupt on the second, and leave on the third."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = 0

    def hear(number: int, _: object) -> None:
        nonlocal heard
        heard += 1
        if heard == 1:
            os.write(2, b"\nfinishing the running episodes; Ctrl-C again stops at once\n")
            stop()
        elif heard == 2:
            raise KeyboardInterrupt
        else:
            os._exit(128 + number)

    before = {number: signal.signal(number, hear) for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unless_interrupted(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in a task that nobody waits for, other than an interrupt: that has ended the loop itself."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
