"""Progress of a run in the terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from simenv.rollout import Result


class Progress:
    """A bar with the number of finished episodes, failures, and how often the main outcome occurred so far."""

    def __init__(self, console: Console, outcome: str) -> None:
        self._console = console
        self._outcome = outcome
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                   TimeRemainingColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task("episodes", total=None, note="")
        self._ended = self._occurred = 0
        self.lost = 0
        """Episodes that failed."""

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def began(self, total: int, finished: int) -> None:
        """Show how much there is to do."""
        self._bar.update(self._task, total=total, completed=finished)
        if finished:
            self._console.print(f"{finished} of {total} episodes are there already.")

    def ended(self, result: Result) -> None:
        """Count an episode."""
        self._ended += 1
        self._occurred += result.levels.get(self._outcome) == "succeeded"
        self._bar.update(self._task, advance=1, note=self._note())

    def failed(self, id: str, error: str) -> None:
        """Count a failure and show its cause once."""
        self.lost += 1
        if self.lost <= 3:
            self._console.print(f"{id} failed: {error}", markup=False)
        self._bar.update(self._task, note=self._note())

    def _note(self) -> str:
        failed = f", {self.lost} failed" if self.lost else ""
        return f"{self._outcome} {self._occurred}/{self._ended}{failed}"
