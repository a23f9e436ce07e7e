"""A pool of processes of this machine, each with its own segment of the run directory.

A process whose parent dies stops after its episode. Processes are forked where that is safe, which saves a second of imports.
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
from simenv.rollout.workers import SIGNALS, context, held_back, leave_interrupts_to_the_parent, receive
from simenv.store.run import RunDirectory
from simenv.trust import vouch

_STOP, _QUIT = "stop", "quit"


def _serve(pipe: Connection, plan: Plan, directory: RunDirectory, concurrency: int, parent: int) -> None:
    """Play chunks until the parent sends no more, or is gone."""
    leave_interrupts_to_the_parent(*SIGNALS)
    vouch()
    with directory, asyncio.Runner() as runner:  # one loop for all chunks: budgets and rates are counted by loop
        directory.join()
        worker = Worker(plan, directory, concurrency)
        while True:
            try:
                tasks = receive(pipe, parent)
            except EOFError:
                return
            if tasks in (_STOP, _QUIT):
                return
            report = runner.run(_play_while_wanted(worker, tasks, pipe, parent))
            try:
                pipe.send(report)
            except OSError:
                return


async def _play_while_wanted(worker: Worker, tasks: Sequence[Task], pipe: Connection, parent: int) -> Report:
    async def listen() -> None:
        while not worker.runner.is_stopping:
            worker.runner.is_stopping = os.getppid() != parent or pipe.poll()
            await asyncio.sleep(0.05)

    listening = asyncio.create_task(listen())
    try:
        return await worker.play(tasks)
    finally:
        listening.cancel()


class Processes(Pool[Connection]):
    """Several processes that play the episodes of a plan."""

    remedy = "--workers 1 shows the cause"

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
        with held_back():  # until the worker ignores them
            process.start()
        there.close()
        self._running[here] = process
        return here

    def _hand(self, worker: Connection, chunk: Sequence[Task]) -> None:
        _tell(worker, chunk)

    def _hear(self, workers: Iterable[Connection]) -> list[tuple[Connection, Report | None]]:
        heard: list[tuple[Connection, Report | None]] = []
        for pipe in wait(list(workers)):
            assert isinstance(pipe, Connection)
            try:
                heard.append((pipe, pipe.recv()))
            except (EOFError, OSError):
                self._running.pop(pipe).join()
                pipe.close()
                heard.append((pipe, None))
        return heard

    def _let_go(self, worker: Connection) -> None:
        _tell(worker, _QUIT)

    def _tell_to_stop(self, workers: Iterable[Connection]) -> None:
        for pipe in workers:
            _tell(pipe, _STOP)

    def _close(self, patience_s: float) -> None:
        for pipe, process in self._running.items():
            _tell(pipe, _QUIT)
            process.join(timeout=patience_s)
            if process.is_alive():
                process.kill()
            pipe.close()
        self._running.clear()


def _tell(pipe: Connection, what: Any) -> None:
    with contextlib.suppress(OSError):  # a dead process is noticed by `_hear`
        pipe.send(what)
