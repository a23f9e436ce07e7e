"""Progress of work of any kind: a bar in a terminal, a line every few seconds in a pipe or a log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TypeVar

from rich.progress import Progress, ProgressColumn, Task

from simenv.cli.terminal import Console

LINE_EVERY_S = 3.0
"""Real seconds between two lines."""
_T = TypeVar("_T")


class Lines:
    """Writes a line every few seconds, from a thread of its own, until it is stopped; where nothing can be animated.

    Args:
        console: where; nothing is written if that is a terminal.
        texts: gives what to write now, a line each.
    """

    def __init__(self, console: Console, texts: Callable[[], Sequence[str]]) -> None:
        self._console = console
        self._texts = texts
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """Write from now on."""
        if not self._console.is_terminal:
            self._thread.start()

    def stop(self) -> None:
        """Write no more: no line comes after this."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _write(self) -> None:
        while not self._over.wait(LINE_EVERY_S):
            for text in self._texts():
                self._console.print(text, markup=False)


class Working(Progress):
    """Rich's progress of one or several tasks, on standard error, which in a pipe or a log is lines.

    Args:
        columns: of the bar in a terminal; rich's own by default.
        console: where it is shown, if not on standard error.
    """

    def __init__(self, *columns: str | ProgressColumn, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        super().__init__(*columns, console=console, transient=True)
        self._lines = Lines(console, lambda: [_line(task) for task in self.tasks if _is_going_on(task)])

    def __enter__(self) -> Working:
        """Show it."""
        if self.console.is_terminal:
            super().__enter__()
        self._lines.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show it no more."""
        self._lines.stop()
        if self.console.is_terminal:
            super().__exit__(kind, error, trace)


def tracked(items: Sequence[_T], doing: str, console: Console | None = None) -> Iterator[_T]:
    """Yield items, and show how many were worked through."""
    with Working(console=console) as working:
        task = working.add_task(doing, total=len(items))
        for item in items:
            yield item
            working.advance(task)


def _is_going_on(task: Task) -> bool:
    return task.total is None or task.completed < task.total


def _line(task: Task) -> str:
    """Return how far a task is, in a line."""
    count = "" if task.total is None else f": {task.completed:,.0f} of {task.total:,.0f}"
    passed, done = task.elapsed or 0.0, task.completed
    left = f", about {passed / done * (task.total - done):,.0f} s left" if task.total is not None and done else ""
    return f"{task.description}{count}, {passed:,.0f} s{left}"
