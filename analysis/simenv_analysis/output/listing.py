"""The list of a run's episodes: one line each, failed ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from simenv.cli.terminal import Console
from simenv.outcomes.verdict import NOT_APPLICABLE
from simenv.store.episode import Episode
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.rates.failures import read_failures

FAILED = "failed"
"""What stands under `ended` for an episode that has not finished."""


class Line(NamedTuple):
    """One episode in the list.

    Attributes:
        id: its id.
        ended: why it ended; `failed` if it did not finish.
        outcomes: outcome → level; ``n/a`` where it cannot occur.
        methods: the methods named by its verdicts, in the order of the outcomes.
        time: simulated seconds when the agent's part ended; None if it failed.
        error: why it failed.
    """

    id: str
    ended: str
    outcomes: dict[str, str]
    methods: tuple[str, ...]
    time: float | None
    error: str = ""


def list_episodes(run: RunDirectory) -> Iterator[Line]:
    """Yield finished episodes in the order in which they ended, then those that failed.

    Raises:
        EpisodeError: the directory is no run directory, or a file in it is damaged.
    """
    run.manifest()
    failures = read_failures(run)
    finished: set[str] = set()
    for episode in run.episodes():
        finished.add(episode.id)
        yield _line(episode)
    for failure in failures.values():
        if failure.id not in finished:
            yield Line(failure.id, FAILED, {}, (), None, failure.error)


def print_episodes(run: RunDirectory, console: Console) -> None:
    """Print the list as a table."""
    console.print(terminal_table(COLUMNS, list_episodes(run)))
    say_if_no_model(console, run.manifest())


def outcome_columns(outcomes: Iterable[str]) -> list[Column[Line]]:
    """Return a column per outcome with its levels, for programs; an episode that failed has none."""
    return [name_column(outcome, _level(outcome)) for outcome in outcomes]


def _level(outcome: str) -> Callable[[Line], str]:
    return lambda line: line.outcomes.get(outcome, "")


def _what_happened(line: Line) -> str:
    levels = [(name, level) for name, level in line.outcomes.items() if level not in ("no", NOT_APPLICABLE)]
    outcomes = ", ".join(f"{name} {level}" for name, level in levels)
    return outcomes or line.error or NOTHING


ID: Column[Line] = Column("id", "id", lambda line: line.id, kind="id")
ENDED: Column[Line] = Column("ended", "ended", lambda line: line.ended, explanation="Why it ended.", kind="id")
METHODS: Column[Line] = Column(
    "methods", "method", lambda line: line.methods, lambda line: ", ".join(line.methods), kind="text", least_width=8
)
TIME: Column[Line] = Column(
    "time",
    "time",
    lambda line: line.time,
    lambda line: NOTHING if line.time is None else wording.clock(line.time),
    unit="s",
    explanation="Simulated time when the agent's part ended.",
)
ERROR: Column[Line] = Column("error", "error", lambda line: line.error, kind="text")
COLUMNS: Sequence[Column[Line]] = (
    ID,
    ENDED,
    Column("outcomes", "outcomes", lambda line: line.outcomes, _what_happened, kind="text", least_width=8),
    METHODS,
    TIME,
)
"""What people are shown; a reason for failing stands in place of outcomes."""


def _line(episode: Episode) -> Line:
    verdicts = episode.outcomes
    methods = dict.fromkeys(verdict.method for verdict in verdicts.values() if verdict.level != "no" and verdict.method)
    return Line(episode.id, episode.ended, {o: v.shown for o, v in verdicts.items()}, tuple(methods), episode.time)
