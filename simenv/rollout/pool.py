"""Playing the episodes of a plan in several places at once: whole episodes in chunks, never a message per step.

The parent hands out chunks and hears what became of them; what is on disk is the truth. A place that dies takes its unfinished
episodes with it, which the parent finds missing and hands to another.
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
_SHARED = ("rpm", "tpm", "budget_tokens", "budget_usd")
"""Options of agents that limit what a whole run may ask of a model."""
_WHOLE = ("budget_tokens",)
_BUDGETS = ("budget_tokens", "budget_usd")
"""Those of which nobody knows what is left when a place dies: it is not replaced then."""

H = TypeVar("H")


class Report(NamedTuple):
    """What a place says after a chunk.

    Attributes:
        ended: results of the episodes that are finished.
        failed: id, error and steps of attempts that failed.
        error: what keeps it from going on; None if nothing does.
        failures_in_row: so many failures since an episode was finished.
        lines: the finished episodes themselves, for the parent to write, where the place cannot.
    """

    ended: list[Result]
    failed: list[tuple[str, str, int]]
    error: SimenvError | None
    failures_in_row: int
    lines: list[bytes]


class Notes:
    """A listener that takes notes for the parent."""

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
    """One place at which chunks are played.

    Args:
        plan: what they belong to.
        keep: where finished episodes go: the run directory, or a `Buffer`.
        concurrency: how many episodes may wait for a model at once.
    """

    def __init__(self, plan: Plan, keep: RunDirectory | Buffer, concurrency: int) -> None:
        self._keep = keep
        self._notes = Notes()
        self._concurrency = concurrency
        self.crew = EpisodeRunner(plan, keep, self._notes, self._notes.keep_failure)
        gc.freeze()  # what is there by now stays, and need not be looked through again and again

    async def play(self, tasks: Sequence[Task]) -> Report:
        """Play a chunk, and say what became of it."""
        self._notes.results, self._notes.failures = [], []
        error: SimenvError | None = None
        try:
            await self.crew.play(tasks, self._concurrency)
        except* SimenvError as group:
            first = first_of(group)
            assert isinstance(first, SimenvError)
            error = first
        error = self.crew.out_of_budget or error
        lines = self._keep.take() if isinstance(self._keep, Buffer) else []
        return Report(self._notes.results, self._notes.failures, error, self.crew.failures_in_row, lines)


class Buffer:
    """Finished episodes on their way to the parent."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def append(self, episode: Episode) -> None:
        """Put an episode in."""
        self._lines.append(episode.to_line())

    def take(self) -> list[bytes]:
        """Take all of them out."""
        lines, self._lines = self._lines, []
        return lines


def share_limits(plan: Plan, places: int) -> Plan:
    """Return a plan with an equal share of what the whole run may ask of models, so that all places together keep to it."""

    def share(options: Mapping[str, str]) -> dict[str, str]:
        shared = dict(options)
        for name in _SHARED:
            with contextlib.suppress(KeyError, ValueError):
                part = float(options[name]) / places
                shared[name] = str(max(1, int(part))) if name in _WHOLE else f"{part:g}"
        return shared

    roles = {role: RoleChoice(choice.agent, share(choice.options)) for role, choice in plan.roles.items()}
    return replace(plan, options=share(plan.options), roles=roles)


def _options(plan: Plan) -> Iterator[Mapping[str, str]]:
    """Yield the options of the agent, and of each that plays a role."""
    yield plan.options
    yield from (choice.options for choice in plan.roles.values())


class Pool(ABC, Generic[H]):
    """Several places that play the episodes of a plan; how they are reached is for subclasses to say.

    Args:
        plan: what they belong to.
        directory: where finished episodes go.
        listener: is told of each.
        count: how many places.
        concurrency: how many episodes each may have waiting for a model.
    """

    remedy = ""
    """What to try when places die again and again."""

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
        """Set from outside to finish what was begun and begin nothing more."""

    @abstractmethod
    def _open(self) -> H:
        """Open a place, and return what it is reached by."""

    @abstractmethod
    def _hand(self, place: H, chunk: Sequence[Task]) -> None:
        """Give a place a chunk to play."""

    @abstractmethod
    def _hear(self, places: Iterable[H]) -> list[tuple[H, Report | None]]:
        """Wait until a place or several have something to say; None: it died."""

    @abstractmethod
    def _let_go(self, place: H) -> None:
        """Tell a place that there is nothing more to do."""

    @abstractmethod
    def _tell_to_stop(self, places: Iterable[H]) -> None:
        """Let places finish the episodes that they have begun, and begin no more."""

    @abstractmethod
    def _close(self) -> None:
        """Close all places."""

    def begin(self, tasks: Sequence[Task]) -> None:
        """Open the places, and give each something to do."""
        size = max(1, min(_LARGEST_CHUNK, len(tasks) // (self._count * _CHUNKS_EACH)))
        self._chunks = deque([list(tasks[at : at + size]) for at in range(0, len(tasks), size)])
        for _ in range(min(self._count, len(self._chunks))):
            self._give(self._open())

    def go_through(self) -> None:
        """Wait until everything that was begun with is done.

        Raises:
            BudgetError: a place has spent its share of what the run may spend.
            EndpointError: so many episodes failed in a row that going on is useless.
            EpisodeError: the directory cannot be written, or places died again and again.
        """
        try:
            while self._doing:  # after an error too: what others have begun may be paid for
                for place, report in self._hear(list(self._doing)):
                    self._take(place, report)
        finally:
            self._close()
            self._doing.clear()
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Let the places finish their episodes and begin no more."""
        self.is_stopping = True
        self._chunks.clear()
        self._tell_to_stop(list(self._doing))

    def _give(self, place: H) -> None:
        """Give a place its next chunk, or let it go."""
        if self._chunks and not self.is_stopping:
            self._doing[place] = self._chunks.popleft()
            self._hand(place, self._doing[place])
        else:
            self._doing.pop(place, None)
            self._let_go(place)

    def _take(self, place: H, report: Report | None) -> None:
        if report is None:
            self._make_up_for(self._doing.pop(place))
            return
        for line in report.lines:
            self._directory.append_line(line)
        for result in report.ended:
            self._listener.ended(result)
        for id, error, steps in report.failed:
            self._directory.append_failure(id, error, steps)
            self._listener.failed(id, error)
        if isinstance(report.error, BudgetError):  # the others go on with their shares
            self._error = self._error or BudgetError(f"a worker's share is spent: {report.error}")
            self._doing.pop(place)
            self._let_go(place)
            return
        if report.error is not None:
            self._fail(report.error)
        elif report.failures_in_row >= GIVE_UP_AFTER:
            self._fail(gave_up(report.failed[-1][1], report.failures_in_row))
        self._give(place)

    def _fail(self, error: SimenvError) -> None:
        """End the run for an error, once the other places have finished what they began."""
        self._error = self._error or error
        self.stop()

    def _make_up_for(self, lost: list[Task]) -> None:
        """A place died: what is not on disk of its chunk is still to be done."""
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            self._fail(EpisodeError(f"workers died {self._deaths} times; what they finished is kept; {self.remedy}"))
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
                BudgetError("a worker died, and its share of the budget with it; what is finished is kept; run again")
            )
