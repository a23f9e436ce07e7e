"""A pool of Ray actors: one per core of this machine or of a cluster (extra `ray`).

Whole episodes travel: an actor receives a chunk of tasks and returns the finished episodes, which only this process writes. So
the machines of a cluster need no shared storage, only an installed simenv (and the world, if it is given by a path).
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable, Sequence
from typing import Any

from simenv.errors import MissingExtra, SimenvError
from simenv.rollout.plan import Plan, Task
from simenv.rollout.pool import Buffer, Pool, Report, Worker
from simenv.rollout.runner import ProgressListener
from simenv.store.run import RunDirectory
from simenv.trust import vouch

_PATIENCE_S = 10.0
_WAIT_S = 0.2
_WAITS_BETWEEN_LOOKS = 25
LOCAL = "local"
"""Instead of a cluster's address: Ray is started on this machine, and stopped at the end."""


class _Actor:
    """A worker as an actor; `stop` takes effect between episodes."""

    def __init__(self, plan: Plan, concurrency: int) -> None:
        vouch()
        self._worker = Worker(plan, Buffer(), concurrency)

    async def play(self, tasks: Sequence[Task]) -> Report:
        """Play a chunk."""
        return await self._worker.play(tasks)

    async def stop(self) -> None:
        """Start no more episodes."""
        self._worker.runner.is_stopping = True


class RayActors(Pool[Any]):
    """Several actors that play the episodes of a plan.

    Args:
        plan: what they belong to.
        directory: where finished episodes go.
        listener: is notified of each episode.
        count: how many actors; None: one per core, or one per machine if the agent waits for a model.
        concurrency: how many episodes per actor may wait for a model.
        address: of a cluster, as Ray writes it; `LOCAL`: Ray on this machine.
        waits: whether the agent, or the player of a role, waits for a model.

    Raises:
        MissingExtra: Ray is not installed.
        SimenvError: the cluster cannot be reached.
    """

    remedy = "see Ray's logs"

    def __init__(
        self,
        plan: Plan,
        directory: RunDirectory,
        listener: ProgressListener,
        count: int | None,
        concurrency: int,
        address: str,
        *,
        waits: bool,
    ) -> None:
        self._waits = waits
        self._ray = _connect(address, count)
        super().__init__(plan, directory, listener, self._fitting_count() if count is None else count, concurrency)
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0, max_concurrency=2)(_Actor)
        self._answers: dict[Any, Any] = {}
        """Pending report → its actor."""

    def _fitting_count(self) -> int:
        if self._waits:
            return max(1, sum(bool(node["Alive"]) for node in self._ray.nodes()))
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _open(self) -> Any:
        return self._actor.remote(self._shared_plan, self._concurrency)

    def _hand(self, worker: Any, chunk: Sequence[Task]) -> None:
        self._answers[worker.play.remote(chunk)] = worker

    def _hear(self, workers: Iterable[Any]) -> list[tuple[Any, Report | None]]:
        ray = self._ray
        ready: list[Any] = []
        waits = 0
        while not ready:  # in short waits, so that Ctrl-C is handled
            ready, _ = ray.wait(list(self._answers), timeout=_WAIT_S)
            waits += 1
            if waits % _WAITS_BETWEEN_LOOKS == 0:
                self._check_that_ray_lives()
        heard: list[tuple[Any, Report | None]] = []
        for answer in ready:
            worker = self._answers.pop(answer)
            try:
                heard.append((worker, ray.get(answer)))
            except ray.exceptions.RayTaskError as error:
                raise SimenvError(f"an actor failed: {error.cause}") from None
            except ray.exceptions.RayError:
                heard.append((worker, None))
        return heard

    def _check_that_ray_lives(self) -> None:
        """Raise SimenvError if Ray has died on this machine: `ray.wait` would block forever."""
        ray = self._ray
        here = ray.get_runtime_context().get_node_id()
        try:
            lives = any(node["Alive"] for node in ray.nodes() if node["NodeID"] == here)
        except ray.exceptions.RayError:
            lives = False
        if not lives:
            raise SimenvError("Ray has died on this machine; finished episodes are kept, `simenv resume` continues")

    def _let_go(self, worker: Any) -> None:
        self._ray.kill(worker)

    def _tell_to_stop(self, workers: Iterable[Any]) -> None:
        for worker in workers:
            worker.stop.remote()

    def _close(self, patience_s: float) -> None:
        self._ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError if nothing listens at ``[ray://]HOST:PORT``: Ray itself would retry for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), _PATIENCE_S).close()


def _connect(address: str, count: int | None) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("ray", "ray") from None
    of_its_own: dict[str, Any] = {"num_cpus": count, "include_dashboard": False} if address == LOCAL else {}
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **of_its_own)
    except (OSError, ValueError, RuntimeError) as error:
        raise SimenvError(
            f"Ray at {address!r}: {error}; check the address (and RAY_AUTH_MODE), or give `{LOCAL}`"
        ) from None
    return ray
