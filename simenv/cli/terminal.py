"""The terminal: whatever a command prints goes through `printable`, be it by click, by rich, or as an error."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from simenv.kernel.printable import printable


class Console(rich.console.Console):
    """A console of rich that marks what is in its texts; the colours and cursor moves of its own stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of what is printed, with all text marked."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


class MarkedStream:
    """A text stream whose text is marked as it is written.

    It has no `buffer`, so that nothing is written past it, except by a `Console`, which finds the stream under
    `rich_proxied_file` and marks its texts itself.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        """Write a text, marked; return its length."""
        self.rich_proxied_file.write(printable(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts, marked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.rich_proxied_file, name)


@contextmanager
def marked_streams() -> Iterator[None]:
    """Mark what is written to standard output and standard error meanwhile; a character that they lack becomes `?`."""
    out, err = sys.stdout, sys.stderr
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.stdout, sys.stderr = MarkedStream(out), MarkedStream(err)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
