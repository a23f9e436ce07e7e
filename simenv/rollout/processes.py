"""Playing episodes in several processes of this machine, each with a segment of its own.

A process whose parent dies stops after its episode. Where it is safe, processes are forked, which saves a second of imports.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from simenv.rollout.plan import Plan, Task
from simenv.rollout.pool import Pool, Report, Worker
from simenv.rollout.runner import ProgressListener
from simenv.rollout.workers import context, leave_interrupts_to_the_parent, receive
from simenv.store.run import RunDirectory

_STOP, _QUIT = "stop", "quit"


def _serve(pipe: Connection, plan: Plan, directory: RunDirectory, concurrency: int, parent: int) -> None:
    """Play chunks until the parent says that there are no more, or is gone."""
    leave_interrupts_to_the_parent()
    with directory, asyncio.Runner() as runner:  # one loop for all chunks: budgets and rates are counted by loop
        directory.take(alone=False)
        place = Worker(plan, directory, concurrency)
        while True:
            try:
                tasks = receive(pipe, parent)
            except EOFError:
                return
            if tasks in (_STOP, _QUIT):
                return
            report = runner.run(_play_while_wanted(place, tasks, pipe, parent))
            try:
                pipe.send(report)
            except OSError:
                return


async def _play_while_wanted(place: Worker, tasks: Sequence[Task], pipe: Connection, parent: int) -> Report:
    async def listen() -> None:
        while not place.crew.is_stopping:
            place.crew.is_stopping = os.getppid() != parent or pipe.poll()
            await asyncio.sleep(0.05)

    listening = asyncio.create_task(listen())
    try:
        return await place.play(tasks)
    finally:
        listening.cancel()


class Processes(Pool[Connection]):
    """Several processes that play the episodes of a plan."""

    remedy = "--workers 1 shows what goes wrong"

    def __init__(
        self, plan: Plan, directory: RunDirectory, listener: ProgressListener, count: int, concurrency: int
    ) -> None:
        super().__init__(plan, directory, listener, count, concurrency)
        self._context = context()
        self._running: dict[Connection, Any] = {}

    def _open(self) -> Connection:
        here: Connection
        there: Connection
        here, there = self._context.Pipe()
        directory = RunDirectory(self._directory.path)
        process = self._context.Process(
            target=_serve, args=(there, self._shared_plan, directory, self._concurrency, os.getpid()), daemon=True
        )
        process.start()
        there.close()
        self._running[here] = process
        return here

    def _hand(self, place: Connection, chunk: Sequence[Task]) -> None:
        _tell(place, chunk)

    def _hear(self, places: Iterable[Connection]) -> list[tuple[Connection, Report | None]]:
        heard: list[tuple[Connection, Report | None]] = []
        for pipe in wait(list(places)):
            assert isinstance(pipe, Connection)
            try:
                heard.append((pipe, pipe.recv()))
            except (EOFError, OSError):
                self._running.pop(pipe).join()
                pipe.close()
                heard.append((pipe, None))
        return heard

    def _let_go(self, place: Connection) -> None:
        _tell(place, _QUIT)

    def _tell_to_stop(self, places: Iterable[Connection]) -> None:
        for pipe in places:
            _tell(pipe, _STOP)

    def _close(self) -> None:
        for pipe, process in self._running.items():
            _tell(pipe, _QUIT)
            process.join(timeout=10.0)
            if process.is_alive():
                process.kill()
            pipe.close()
        self._running.clear()


def _tell(pipe: Connection, what: Any) -> None:
    with contextlib.suppress(OSError):  # if it is gone, that will be found out
        pipe.send(what)
