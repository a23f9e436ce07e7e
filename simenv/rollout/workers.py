"""Playing episodes in several processes: whole episodes in chunks, each process with a segment of its own.

The parent hands out chunks and hears what became of them; what is on disk is the truth. A process that dies takes its
unfinished episodes with it, which the parent finds missing and hands to another. A process whose parent dies stops after its
episode.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from simenv.agent import Usage
from simenv.episode_file import episode_id
from simenv.errors import EpisodeError, SimenvError
from simenv.role_players import RoleChoice
from simenv.rollout.crew import GIVE_UP_AFTER, Crew, Result, Watcher, first_of, gave_up
from simenv.rollout.plan import Plan, Task
from simenv.run_directory import RunDirectory

_LARGEST_CHUNK = 64
_CHUNKS_EACH = 12
_MOST_DEATHS = 5
_STOP, _QUIT = "stop", "quit"
_SHARED = ("rpm", "tpm", "budget_tokens", "budget_usd")
"""Options of agents that limit what a whole run may ask of a model."""
_WHOLE = ("budget_tokens",)


class _Report(NamedTuple):
    """What a process says after a chunk."""

    ended: list[Result]
    failed: list[tuple[str, str, int]]
    error: str
    is_fatal: bool
    failures_in_row: int


class _Notes:
    """A watcher that takes notes for the parent."""

    def __init__(self) -> None:
        self.ended_results: list[Result] = []
        self.failures: list[tuple[str, str, int]] = []

    def began(self, total: int, finished: int) -> None:
        """Nothing to note."""

    def ended(self, result: Result) -> None:
        """Note an episode."""
        self.ended_results.append(result)

    def failed(self, id: str, error: str) -> None:
        """Noted by `keep_failure`, with the steps."""

    def keep_failure(self, id: str, error: str, steps: int) -> None:
        """Note a failed attempt."""
        self.failures.append((id, error, steps))


def _serve(pipe: Connection, plan: Plan, directory: RunDirectory, concurrency: int, parent: int) -> None:
    """Play chunks until the parent says that there are no more, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and says what to do
    with directory:
        directory.take(alone=False)
        notes = _Notes()
        crew = Crew(plan, directory, notes, notes.keep_failure)
        while True:
            try:
                tasks = pipe.recv()
            except EOFError:
                return
            if tasks in (_STOP, _QUIT):
                return
            notes.ended_results, notes.failures = [], []
            error, is_fatal = "", False
            try:
                asyncio.run(_play_while_wanted(crew, tasks, concurrency, pipe, parent))
            except* SimenvError as group:
                error, is_fatal = str(first_of(group)), True
            if crew.out_of_budget is not None:
                error, is_fatal = str(crew.out_of_budget), True
            try:
                pipe.send(_Report(notes.ended_results, notes.failures, error, is_fatal, crew.failures_in_row))
            except OSError:
                return


async def _play_while_wanted(
    crew: Crew, tasks: Sequence[Task], concurrency: int, pipe: Connection, parent: int
) -> None:
    async def listen() -> None:
        while not crew.is_stopping:
            crew.is_stopping = os.getppid() != parent or pipe.poll()
            await asyncio.sleep(0.05)

    listening = asyncio.create_task(listen())
    try:
        await crew.play(tasks, concurrency)
    finally:
        listening.cancel()


def share_limits(plan: Plan, workers: int) -> Plan:
    """Return a plan with an equal share of what the whole run may ask of models, so that the processes together keep to it."""

    def share(options: Mapping[str, str]) -> dict[str, str]:
        shared = dict(options)
        for name in _SHARED:
            with contextlib.suppress(KeyError, ValueError):
                part = float(options[name]) / workers
                shared[name] = str(max(1, int(part))) if name in _WHOLE else f"{part:g}"
        return shared

    roles = {role: RoleChoice(choice.agent, share(choice.options)) for role, choice in plan.roles.items()}
    return replace(plan, options=share(plan.options), roles=roles)


class Workers:
    """Several processes that play the episodes of a plan.

    Args:
        plan: what they belong to.
        directory: where finished episodes go.
        watcher: is told of each.
        count: how many processes.
        concurrency: how many episodes each may have waiting for a model.
    """

    def __init__(self, plan: Plan, directory: RunDirectory, watcher: Watcher, count: int, concurrency: int) -> None:
        self._plan = plan
        self._directory = directory
        self._watcher = watcher
        self._count = count
        self._concurrency = concurrency
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[Connection, Any] = {}
        self._doing: dict[Connection, list[Task]] = {}
        self._chunks: deque[list[Task]] = deque()
        self._deaths = 0
        self._error: SimenvError | None = None
        self.is_stopping = False
        """Set from outside to finish what was begun and begin nothing more."""

    def play(self, tasks: Sequence[Task]) -> None:
        """Play episodes.

        Raises:
            EndpointError: so many episodes failed in a row that going on is useless.
            EpisodeError: the directory cannot be written, or processes died again and again.
        """
        size = max(1, min(_LARGEST_CHUNK, len(tasks) // (self._count * _CHUNKS_EACH)))
        self._chunks = deque([list(tasks[at : at + size]) for at in range(0, len(tasks), size)])
        try:
            for _ in range(min(self._count, len(self._chunks))):
                self._start()
            while self._doing and not self._error:
                self._hear()
        finally:
            self._end()
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Let the processes finish their episodes and begin no more."""
        self.is_stopping = True
        self._chunks.clear()
        for pipe in self._running:
            _tell(pipe, _STOP)

    def _start(self) -> None:
        here, there = self._context.Pipe()
        directory, plan = RunDirectory(self._directory.path), share_limits(self._plan, self._count)
        process = self._context.Process(
            target=_serve, args=(there, plan, directory, self._concurrency, os.getpid()), daemon=True
        )
        process.start()
        there.close()
        self._running[here] = process
        self._hand_out(here)

    def _hand_out(self, pipe: Connection) -> None:
        """Give a process its next chunk, or let it go."""
        if self._chunks and not self.is_stopping:
            self._doing[pipe] = self._chunks.popleft()
            _tell(pipe, self._doing[pipe])
        else:
            self._doing.pop(pipe, None)
            _tell(pipe, _QUIT)

    def _hear(self) -> None:
        for pipe in wait(list(self._doing)):
            assert isinstance(pipe, Connection)
            try:
                report = pipe.recv()
            except (EOFError, OSError):
                self._bury(pipe)
                continue
            self._take(report)
            if self.is_stopping:
                self._doing.pop(pipe)
            else:
                self._hand_out(pipe)

    def _take(self, report: _Report) -> None:
        for result in report.ended:
            self._watcher.ended(result)
        for id, error, steps in report.failed:
            self._directory.append_failure(id, error, steps)
            self._watcher.failed(id, error)
        if report.is_fatal:
            self._error = EpisodeError(report.error)
        elif report.failures_in_row >= GIVE_UP_AFTER:
            last = report.failed[-1][1]
            self._error = gave_up(last, report.failures_in_row)

    def _bury(self, pipe: Connection) -> None:
        """A process died: what is not on disk of its chunk is still to be done."""
        process = self._running.pop(pipe)
        process.join()
        lost = self._doing.pop(pipe)
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            deaths = f"worker processes died {self._deaths} times, the last with code {process.exitcode}"
            self._error = EpisodeError(f"{deaths}; what they finished is kept, and --workers 1 shows what goes wrong")
            return
        finished = self._directory.finished()
        rest = [(n, s) for n, s in lost if episode_id(self._plan.conditions[n], s) not in finished]
        for id in {episode_id(self._plan.conditions[n], s) for n, s in lost} & finished:
            self._watcher.ended(Result(id, {}, Usage(), {}))
        if rest and not self.is_stopping:
            self._chunks.appendleft(rest)
        if self._chunks:
            self._start()

    def _end(self) -> None:
        for pipe, process in self._running.items():
            _tell(pipe, _QUIT)
            process.join(timeout=10.0)
            if process.is_alive():
                process.kill()
            pipe.close()
        self._running.clear()
        self._doing.clear()


def _tell(pipe: Connection, what: Any) -> None:
    with contextlib.suppress(OSError):  # if it is gone, that will be found out
        pipe.send(what)
