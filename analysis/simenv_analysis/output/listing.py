"""The list of a run's episodes: one line each, failed ones included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simenv.store.episode import Episode
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.failures import read_failures

FAILED = "failed"
"""What stands under `ended` for an episode that has not finished."""


class Line(NamedTuple):
    """One episode in the list.

    Attributes:
        id: its id.
        ended: why it ended; `failed` if it did not finish.
        outcomes: outcome → level.
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
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("id", "ended"):
        table.add_column(heading, no_wrap=True)
    for heading in ("outcomes", "method"):
        table.add_column(heading, overflow="fold", min_width=8)
    table.add_column("time", justify="right", no_wrap=True)
    for line in list_episodes(run):
        outcomes = ", ".join(f"{name} {level}" for name, level in line.outcomes.items() if level != "no")
        time = "–" if line.time is None else wording.clock(line.time)
        cells = (line.id, line.ended, outcomes or line.error or "–", ", ".join(line.methods), time)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console.print(table)
    say_if_no_model(console, run.manifest())


def _line(episode: Episode) -> Line:
    verdicts = episode.outcomes
    methods = dict.fromkeys(verdict.method for verdict in verdicts.values() if verdict.level != "no" and verdict.method)
    return Line(episode.id, episode.ended, {o: v.level for o, v in verdicts.items()}, tuple(methods), episode.time)
