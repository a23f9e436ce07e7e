"""Rollouts: running the episodes of a plan, in one process or in several, so that nothing is lost whatever happens."""

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
from simenv.store.run import RunDirectory

__all__ = ["Plan", "ProgressListener", "Result", "begin", "fitting_workers", "make_manifest", "plan_of", "run"]

_ENOUGH_FOR_TWO = 400
"""Fewer episodes are played sooner than a second process is up."""


def run(
    plan: Plan,
    directory: RunDirectory,
    listener: ProgressListener,
    *,
    workers: int | None = 1,
    concurrency: int = 1,
    ray: str = "",
) -> bool:
    """Run the episodes of a plan that the directory does not hold yet.

    The same episodes come out, byte for byte, whatever the number of workers, the concurrency and the order in which they
    end, as long as the agent is deterministic. On the first Ctrl-C (SIGINT) the episodes that were begun are finished and no
    more are begun; the second one stops at once.

    Args:
        plan: what to run.
        directory: begun with `begin`.
        listener: is told how it goes.
        workers: processes; 1 plays in this one. None: as many as fit (`fitting_workers`), or on Ray one per core.
        concurrency: how many episodes of a process may wait for their agents at the same time.
        ray: play on the Ray cluster at this address, `local`: on one of this machine's own; empty: without Ray.

    Returns:
        Whether the plan was gone through; False if it was interrupted.

    Raises:
        BudgetError: what the run may spend is spent; what is finished is kept.
        EndpointError: so many episodes failed in a row that going on is useless; what is finished is kept.
        EpisodeError: the directory cannot be written, or another run is writing there.
        MissingExtra: Ray is not installed.
    """
    directory.take(alone=True)
    missing = plan.missing(directory.finished())
    directory.take(alone=False)
    count = fitting_workers(plan) if workers is None else workers
    pool: Pool[Any] | None = None
    if count > 1 and len(missing) > 1 and not ray:
        pool = Processes(plan, directory, listener, count, concurrency)
        pool.begin(missing)  # before whoever watches starts threads: then processes can be forked
    listener.began(len(plan), len(plan) - len(missing))
    if ray and missing:
        pool = RayActors(plan, directory, listener, workers, concurrency, ray, waits=_waits(plan))
        pool.begin(missing)
    if pool is not None:
        with _draining(pool.stop):
            pool.go_through()
        return not pool.is_stopping
    crew = EpisodeRunner(plan, directory, listener, directory.append_failure)
    with _draining(lambda: setattr(crew, "is_stopping", True)):
        try:
            asyncio.run(crew.play(missing, concurrency))
        except* SimenvError as group:
            raise first_of(group) from None
    if crew.out_of_budget is not None:
        raise crew.out_of_budget
    if crew.has_given_up:
        raise gave_up(crew.last_error, crew.failures_in_row)
    return not crew.is_stopping


def fitting_workers(plan: Plan) -> int:
    """Return how many processes fit a plan: one per core if the agent waits for nothing and there is enough to do, else one."""
    return 1 if _waits(plan) or len(plan) < _ENOUGH_FOR_TWO else _cores()


def _waits(plan: Plan) -> bool:
    """Return whether the agent, or whoever plays a role, waits for a model."""
    return inspect.iscoroutinefunction(make_agent(plan.agent, plan.options).act) or RolePlayers(plan.roles).wait


class _Stop(Protocol):
    def __call__(self) -> None: ...


@contextmanager
def _draining(stop: _Stop) -> Iterator[None]:
    """Call `stop` on the first SIGINT, and raise KeyboardInterrupt on the second."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = False

    def hear(*_: object) -> None:
        nonlocal heard
        if heard:
            raise KeyboardInterrupt
        heard = True
        stop()

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
