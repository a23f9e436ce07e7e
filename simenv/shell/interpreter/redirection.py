"""Redirections: the streams of a command, and the files behind them."""

from __future__ import annotations

from collections.abc import Sequence

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.shell.budget import MAX_FILE, Nowhere, Sink, Source, Streams
from simenv.shell.errors import UsageFault
from simenv.shell.expansion.expand import expand_text, plain_text
from simenv.shell.parser import tree
from simenv.shell.state import Session


class FileSink(Sink):
    """Output on its way to a file: written when the command ends, and whenever time passes."""

    __slots__ = ("_append", "_shell", "_written", "path")

    def __init__(self, shell: Session, path: str, *, append: bool) -> None:
        super().__init__(shell.budget, MAX_FILE)
        self._shell = shell
        self.path = path
        self._append = append
        self._written = False

    def open(self, *, blind: bool) -> None:
        """Check that the file may be written, and empty it, unless the command is `blind` to that.

        Raises:
            FileError: it may not.
        """
        size = self._shell.check_writable(self.path)
        if not self._append and not blind and size:
            self._shell.write_file(self.path, "")
            self._written = self._append = True
        if self._append and size == 0:
            self._written = True

    def flush(self) -> None:
        """Write what has come so far.

        Raises:
            FileError: the disk is full, or the file has been closed to us since.
        """
        if not self.parts and self._written:
            return
        text = self.text()
        self.parts = []
        if text or not self._append or not self._shell.exists(self.path):
            self._shell.write_file(self.path, text, append=self._append)
        self._written = self._append = True


def redirect(shell: Session, redirects: Sequence[tree.Redirect], streams: Streams, *, blind: bool) -> Delays[Streams]:
    """Return the streams that a command with `redirects` gets; call `close` after it.

    Raises:
        UsageFault: a file cannot be opened, or there is no such descriptor.
    """
    result = Streams(streams.source, streams.out, streams.err)
    for item in redirects:
        target = plain_text(item.target)
        if target is None:
            target = yield from expand_text(shell, item.target, streams)
        try:
            _apply(shell, item, target, result, blind=blind)
        except FileError as error:
            raise UsageFault(f"bash: {target}: {error.reason}") from None
    return result


def _apply(shell: Session, item: tree.Redirect, target: str, streams: Streams, *, blind: bool) -> None:
    operator = item.operator
    if operator == "text":
        streams.source = Source(target)
    elif operator == "<":
        if target not in ("/dev/stdin", "-"):
            streams.source = Source(shell.read_file(target))
    elif operator in (">&", "<&"):
        _duplicate(item.fd, target, streams)
    else:
        if item.fd not in (1, 2, -1):
            raise UsageFault(f"bash: {item.fd}: Bad file descriptor")
        sink = _sink(shell, target, streams, append=operator == ">>", blind=blind)
        if item.fd in (1, -1):
            streams.out = sink
        if item.fd in (2, -1):
            streams.err = sink


def _duplicate(fd: int, target: str, streams: Streams) -> None:
    if target == "-" or (fd == 0 and target == "0"):
        return
    source = {"1": streams.out, "2": streams.err}.get(target)
    if source is None or fd not in (1, 2):
        raise UsageFault(f"bash: {target if source is None else fd}: Bad file descriptor")
    if fd == 1:
        streams.out = source
    else:
        streams.err = source


def _sink(shell: Session, target: str, streams: Streams, *, append: bool, blind: bool) -> Sink:
    if target == "/dev/null":
        return Nowhere(shell.budget)
    if target in ("/dev/stdout", "/dev/fd/1"):
        return streams.out
    if target in ("/dev/stderr", "/dev/fd/2"):
        return streams.err
    if target in ("/dev/tty", ""):
        raise FileError(target, "No such device or address" if target else "No such file or directory")
    sink = FileSink(shell, target, append=append)
    sink.open(blind=blind)
    shell.open_files.append(sink)
    return sink


def close(shell: Session, streams: Streams, before: Streams) -> int:
    """Write the files behind `streams` that `before` did not have; return 0, or 1 if one cannot be written."""
    code = 0
    for sink in list(dict.fromkeys(s for s in (streams.out, streams.err) if s not in (before.out, before.err))):
        if isinstance(sink, FileSink):
            try:
                sink.flush()
            except FileError as error:
                before.err.write(f"bash: {sink.path}: {error.reason}\n")
                code = 1
            if sink in shell.open_files:
                shell.open_files.remove(sink)
    return code


def flush_files(shell: Session) -> None:
    """Write what commands have sent to files so far: time is about to pass."""
    for sink in shell.open_files:
        try:
            sink.flush()
        except FileError:
            sink.parts = []
