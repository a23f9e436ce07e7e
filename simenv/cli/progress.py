"""Progress of a run in the terminal."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from simenv.agent.protocol import Usage
from simenv.cli.terminal import Console
from simenv.cli.working import Lines
from simenv.rollout import Plan, Result

_Z = 1.959964
_CAUSES_SHOWN = 3
AGENT = "agent"
"""The key of the agent's own tokens, next to those of the roles."""


class Progress:
    """A bar with finished and failed episodes, tokens and costs, and below it the rate of each outcome so far.

    Args:
        console: where it is shown; if that is no terminal, as a line every few seconds.
        outcomes: names of the outcomes.
        prices: ``agent`` or a role → US dollars per million tokens read and written, where known.
    """

    def __init__(
        self, console: Console, outcomes: Sequence[str], prices: Mapping[str, tuple[float, float]] | None = None
    ) -> None:
        self._console = console
        self._outcomes = tuple(outcomes)
        self._prices = prices or {}
        self._ended, self._occurred = 0, Counter[str]()
        self._tokens: dict[str, Usage] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                   TimeRemainingColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
        self._bar = Bar(*columns, console=console)
        self._task = self._bar.add_task("episodes", total=None, note="")
        self._live = Live(get_renderable=self._render, console=console, transient=True, refresh_per_second=4)
        self._lines = Lines(console, self._texts)
        self._done = self._total = 0
        self._began = 0.0
        self.lost = 0
        """Episodes that failed."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.stop()
        self._live.stop()

    def began(self, total: int, finished: int) -> None:
        """Show the total, and progress from now on."""
        self._live.start()
        self._bar.update(self._task, total=total, completed=finished)
        self._done, self._total, self._began = finished, total, time.monotonic()
        self._lines.start()
        if finished:
            self._console.print(_finished_already(finished, total))

    def ended(self, result: Result) -> None:
        """Count an episode."""
        self._ended += 1
        self._done += 1
        self._occurred.update(name for name, level in result.levels.items() if level == "succeeded")
        for who, usage in [(AGENT, result.usage), *result.role_usage.items()]:
            self._tokens[who] = Usage.total([self._tokens.get(who, Usage()), usage])
        self._bar.update(self._task, advance=1, note=self._note())

    def failed(self, id: str, error: str) -> None:
        """Count a failure and show its cause once."""
        self.lost += 1
        if self.lost <= _CAUSES_SHOWN:
            self._console.print(f"{id} failed: {error}", markup=False)
        self._bar.update(self._task, note=self._note())

    def _texts(self) -> Sequence[str]:
        """Return how far the run is, as a line for a pipe or a log."""
        passed, note = time.monotonic() - self._began, self._note()
        left = f", about {passed / self._ended * (self._total - self._done):.0f} s left" if self._ended else ""
        shown = f", {note}" if note else ""
        return [f"{self._done} of {self._total} episodes, {passed:.0f} s{left}{shown}"]

    def _note(self) -> str:
        parts = [f"{self.lost} failed"] if self.lost else []
        used = {who: usage for who, usage in self._tokens.items() if usage.prompt}
        if used:
            parts.append(f"{sum(usage.prompt + usage.completion for usage in used.values()):,} tokens")
        if used and used.keys() <= self._prices.keys():
            parts.append(f"{sum(usage.cost(*self._prices[who]) for who, usage in used.items()):,.2f} $")
        return ", ".join(parts)

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for outcome in self._outcomes if self._ended else ():
            k, n = self._occurred[outcome], self._ended
            low, high = _interval(k, n)
            table.add_row(
                f"  {outcome}", f"{100 * k / n:.0f} %", f"{k}/{n}", f"about {100 * low:.0f} to {100 * high:.0f}"
            )
        return Group(self._bar, table)


def _interval(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval: close to Jeffreys', and fast enough for a progress bar."""
    middle, scale = k + _Z**2 / 2, n + _Z**2
    half = _Z * math.sqrt(k * (n - k) / n + _Z**2 / 4)
    return (middle - half) / scale, (middle + half) / scale


def prices_of(plan: Plan) -> dict[str, tuple[float, float]]:
    """Return the prices of a million tokens read and written, for the agent and each role whose options give both."""
    found = {}
    for who, given in [(AGENT, plan.options), *((role, choice.options) for role, choice in plan.roles.items())]:
        with suppress(KeyError, ValueError):
            found[who] = float(given["price_in"]), float(given["price_out"])
    return found


def _finished_already(finished: int, total: int) -> str:
    """Return how many of a run's episodes need not be played again."""
    if finished < total:
        return f"{finished:,} of {total:,} episodes {'is' if finished == 1 else 'are'} finished already."
    return "The only episode is finished already." if total == 1 else f"All {total:,} episodes are finished already."
