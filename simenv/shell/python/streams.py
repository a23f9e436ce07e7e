"""The standard streams of a guest."""

from __future__ import annotations

from simenv.shell.budget import MAX_CAPTURE
from simenv.shell.invocation import Invocation
from simenv.shell.python.content import Translator


class OutputLimit(Exception):
    """A guest wrote more than a command may."""


class GuestStreams:
    """What a guest reads and prints; its output reaches the shell whenever time passes, and at its end."""

    def __init__(self, call: Invocation, translator: Translator) -> None:
        self._call = call
        self._translator = translator
        self._input: bytes | None = None
        self._printed: list[tuple[str, bytes]] = []
        self._room = MAX_CAPTURE

    def read(self, size: int) -> bytes:
        """Return the next bytes of standard input."""
        if self._input is None:
            self._input = self._translator.from_shell(self._call.stdin)
        data, self._input = self._input[:size], self._input[size:]
        return data

    def write(self, stream: str, data: bytes) -> None:
        """Print to ``stdout`` or ``stderr``."""
        if len(data) > self._room:
            raise OutputLimit
        self._room -= len(data)
        if self._printed and self._printed[-1][0] == stream:
            data = self._printed.pop()[1] + data
        self._printed.append((stream, data))

    def flush(self) -> None:
        """Hand what was printed to the shell."""
        printed, self._printed = self._printed, []
        for stream, data in printed:
            (self._call.out if stream == "stdout" else self._call.err)(self._translator.to_shell(data))
