"""A pool of workers that play the episodes of a plan concurrently: whole episodes in chunks, never a message per step.

The parent assigns chunks and receives reports; the files on disk are the truth. The unfinished episodes of a worker that dies
are missing there, and the parent assigns them to another.
"""

from __future__ import annotations

import contextlib
import gc
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

from simenv.agent.protocol import Usage
from simenv.agent.roles import RoleChoice
from simenv.errors import BudgetError, EpisodeError, SimenvError
from simenv.rollout.plan import Plan, Task
from simenv.rollout.runner import GIVE_UP_AFTER, EpisodeRunner, ProgressListener, Result, first_of, gave_up
from simenv.store.episode import Episode, episode_id
from simenv.store.run import RunDirectory

_LARGEST_CHUNK = 64
_CHUNKS_EACH = 12
_MOST_DEATHS = 5
_PATIENCE_S = 10.0
_SHARED = ("rpm", "tpm", "budget_tokens", "budget_usd")
"""Options of agents that limit a whole run's use of a model."""
_WHOLE = ("budget_tokens",)
_BUDGETS = ("budget_tokens", "budget_usd")
"""Those whose remainder is unknown when a worker dies; it is then not replaced."""

H = TypeVar("H")


class Report(NamedTuple):
    """A worker's report on a chunk.

    Attributes:
        ended: results of the finished episodes.
        failed: id, error and steps of the failed attempts.
        error: why the worker cannot continue; None if it can.
        failures_in_row: failures since the last finished episode.
        lines: the finished episodes, if the parent writes them.
    """

    ended: list[Result]
    failed: list[tuple[str, str, int]]
    error: SimenvError | None
    failures_in_row: int
    lines: list[bytes]


class Notes:
    """A listener that collects events for the parent."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.failures: list[tuple[str, str, int]] = []

    def began(self, total: int, finished: int) -> None:
        """Nothing to note."""

    def ended(self, result: Result) -> None:
        """Note an episode."""
        self.results.append(result)

    def failed(self, id: str, error: str) -> None:
        """Noted by `keep_failure`, with the steps."""

    def keep_failure(self, id: str, error: str, steps: int) -> None:
        """Note a failed attempt."""
        self.failures.append((id, error, steps))


class Worker:
    """Plays chunks.

    Args:
        plan: what they belong to.
        keep: the sink of finished episodes: the run directory, or a `Buffer`.
        concurrency: how many episodes may wait for a model concurrently.
    """

    def __init__(self, plan: Plan, keep: RunDirectory | Buffer, concurrency: int) -> None:
        self._keep = keep
        self._notes = Notes()
        self._concurrency = concurrency
        self.runner = EpisodeRunner(plan, keep, self._notes, self._notes.keep_failure)
        gc.freeze()  # what is there by now stays, and need not be looked through again and again

    async def play(self, tasks: Sequence[Task]) -> Report:
        """Play a chunk and report on it."""
        self._notes.results, self._notes.failures = [], []
        error: SimenvError | None = None
        try:
            await self.runner.play(tasks, self._concurrency)
        except* SimenvError as group:
            first = first_of(group)
            assert isinstance(first, SimenvError)
            error = first
        error = self.runner.out_of_budget or error
        lines = self._keep.take() if isinstance(self._keep, Buffer) else []
        return Report(self._notes.results, self._notes.failures, error, self.runner.failures_in_row, lines)


class Buffer:
    """Finished episodes on their way to the parent."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def append(self, episode: Episode) -> None:
        """Add an episode."""
        self._lines.append(episode.to_line())

    def take(self) -> list[bytes]:
        """Remove and return all episodes."""
        lines, self._lines = self._lines, []
        return lines


def share_limits(plan: Plan, workers: int) -> Plan:
    """Return a plan with an equal share of the run's budget, so that all workers together stay within it."""

    def share(options: Mapping[str, str]) -> dict[str, str]:
        shared = dict(options)
        for name in _SHARED:
            with contextlib.suppress(KeyError, ValueError):
                part = float(options[name]) / workers
                shared[name] = str(max(1, int(part))) if name in _WHOLE else f"{part:g}"
        return shared

    roles = {role: RoleChoice(choice.agent, share(choice.options)) for role, choice in plan.roles.items()}
    return replace(plan, options=share(plan.options), roles=roles)


def _options(plan: Plan) -> Iterator[Mapping[str, str]]:
    """Yield the options of the agent, and of each that plays a role."""
    yield plan.options
    yield from (choice.options for choice in plan.roles.values())


class Pool(ABC, Generic[H]):
    """Workers that play the episodes of a plan; subclasses define how to reach them.

    Args:
        plan: what they belong to.
        directory: where finished episodes go.
        listener: is notified of each episode.
        count: how many workers.
        concurrency: how many episodes per worker may wait for a model.
    """

    remedy = ""
    """Advice for when workers keep dying."""

    def __init__(
        self, plan: Plan, directory: RunDirectory, listener: ProgressListener, count: int, concurrency: int
    ) -> None:
        self._plan = plan
        self._shared_plan = share_limits(plan, count)
        self._directory = directory
        self._listener = listener
        self._count = count
        self._concurrency = concurrency
        self._doing: dict[H, list[Task]] = {}
        self._chunks: deque[list[Task]] = deque()
        self._has_budget = any(name in options for options in _options(plan) for name in _BUDGETS)
        self._deaths = 0
        self._error: SimenvError | None = None
        self.is_stopping = False
        """Set from outside: finish the running episodes and start no more."""

    @abstractmethod
    def _open(self) -> H:
        """Start a worker, and return its handle."""

    @abstractmethod
    def _hand(self, worker: H, chunk: Sequence[Task]) -> None:
        """Send a worker a chunk."""

    @abstractmethod
    def _hear(self, workers: Iterable[H]) -> list[tuple[H, Report | None]]:
        """Wait for reports of one or more workers; None: it died."""

    @abstractmethod
    def _let_go(self, worker: H) -> None:
        """Tell a worker that there is no more work."""

    @abstractmethod
    def _tell_to_stop(self, workers: Iterable[H]) -> None:
        """Let workers finish their running episodes, and start no more."""

    @abstractmethod
    def _close(self, patience_s: float) -> None:
        """Stop all workers; they have this many seconds to end by themselves."""

    def begin(self, tasks: Sequence[Task]) -> None:
        """Start the workers, each with a first chunk."""
        size = max(1, min(_LARGEST_CHUNK, len(tasks) // (self._count * _CHUNKS_EACH)))
        self._chunks = deque([list(tasks[at : at + size]) for at in range(0, len(tasks), size)])
        for _ in range(min(self._count, len(self._chunks))):
            self._give(self._open())

    def go_through(self) -> None:
        """Wait until the plan is complete.

        Raises:
            BudgetError: a worker has used up its share of the run's budget.
            EndpointError: too many episodes failed in a row.
            EpisodeError: the directory cannot be written, or workers kept dying.
        """
        while self._doing:  # after an error too: episodes of other workers may be paid for already
            for worker, report in self._hear(list(self._doing)):
                self._take(worker, report)
        if self._error:
            raise self._error

    def __enter__(self) -> Pool[H]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._close(patience_s=0.0 if kind is KeyboardInterrupt else _PATIENCE_S)
        self._doing.clear()

    def stop(self) -> None:
        """Let the workers finish their episodes and start no more."""
        self.is_stopping = True
        self._chunks.clear()
        self._tell_to_stop(list(self._doing))

    def _give(self, worker: H) -> None:
        """Send a worker its next chunk, or dismiss it."""
        if self._chunks and not self.is_stopping:
            self._doing[worker] = self._chunks.popleft()
            self._hand(worker, self._doing[worker])
        else:
            self._doing.pop(worker, None)
            self._let_go(worker)

    def _take(self, worker: H, report: Report | None) -> None:
        if report is None:
            self._make_up_for(self._doing.pop(worker))
            return
        for line in report.lines:
            self._directory.append_line(line)
        for result in report.ended:
            self._listener.ended(result)
        for id, error, steps in report.failed:
            self._directory.append_failure(id, error, steps)
            self._listener.failed(id, error)
        if isinstance(report.error, BudgetError):  # the others continue with their shares
            self._error = self._error or BudgetError(f"a worker's share is spent: {report.error}")
            self._doing.pop(worker)
            self._let_go(worker)
            return
        if report.error is not None:
            self._fail(report.error)
        elif report.failures_in_row >= GIVE_UP_AFTER:
            self._fail(gave_up(report.failed[-1][1], report.failures_in_row))
        self._give(worker)

    def _fail(self, error: SimenvError) -> None:
        """End the run with an error, once the other workers have finished their episodes."""
        self._error = self._error or error
        self.stop()

    def _make_up_for(self, lost: list[Task]) -> None:
        """A worker died: reassign the episodes of its chunk that are not on disk."""
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            self._fail(EpisodeError(f"workers died {self._deaths} times; finished episodes are kept; {self.remedy}"))
            return
        finished = self._directory.finished()
        ids = {task: episode_id(self._plan.conditions[task[0]], task[1]) for task in lost}
        for id in set(ids.values()) & finished:
            self._listener.ended(Result(id, {}, Usage(), {}))
        rest = [task for task in lost if ids[task] not in finished]
        if rest and not self.is_stopping:
            self._chunks.appendleft(rest)
        if self._chunks and not self._has_budget:
            self._give(self._open())
        elif self._chunks and not self._doing:
            self._fail(
                BudgetError("a worker died, and its share of the budget is lost; finished episodes are kept; run again")
            )
