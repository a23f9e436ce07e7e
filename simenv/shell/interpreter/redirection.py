"""Redirections: the streams of a command, and the files behind them."""

from __future__ import annotations

from collections.abc import Sequence

from simenv.kernel import Delays
from simenv.machine.nodes import IS_DIR, FileError, normal
from simenv.shell.budget import MAX_FILE, Closed, Nowhere, Sink, Source, Streams
from simenv.shell.errors import UsageFault
from simenv.shell.expansion.expand import plain_text
from simenv.shell.expansion.parameters import expand_text
from simenv.shell.parser import tree
from simenv.shell.state import Session


class FileSink(Sink):
    """Output on its way to a file: written when the command ends, and whenever time passes."""

    __slots__ = ("_append", "_shell", "_written", "path", "place")

    def __init__(self, shell: Session, path: str, *, append: bool) -> None:
        if path[-1:] == "/":
            raise FileError(path, IS_DIR)
        super().__init__(shell.budget, MAX_FILE)
        self._shell = shell
        self.path = path
        self.place = normal(path, shell.cwd)
        self._append = append
        self._written = False

    def open(self, *, blind: bool) -> None:
        """Check that the file may be written, and empty it, unless the command is `blind` to that.

        Raises:
            FileError: it may not.
        """
        size = self._shell.check_writable(self.place)
        if not self._append and not blind and size:
            self._shell.write_file(self.place, "")
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
        if text or not self._append or not self._shell.exists(self.place):
            self._shell.write_file(self.place, text, append=self._append)
        self._written = self._append = True


def redirect(shell: Session, redirects: Sequence[tree.Redirect], streams: Streams, *, blind: bool) -> Delays[Streams]:
    """Return the streams that a command with `redirects` gets; call `close` after it.

    Raises:
        UsageFault: a file cannot be opened, or there is no such descriptor.
    """
    result = streams.replaced(streams.source, streams.out, streams.err)
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
    operator, fd = item.operator, item.fd
    if operator == "text":
        streams.put(fd, Source(target))
    elif operator in (">&", "<&"):
        _duplicate(shell, fd, target, streams)
    elif operator == "<":
        if target not in ("/dev/stdin", "/dev/fd/0") or fd:
            streams.put(fd, _source(shell, target, streams))
    elif operator == "<>":
        if not shell.exists(target):
            shell.write_file(target, "")
        streams.put(fd, Source(shell.read_file(target)))
    else:
        if operator in (">", "&>") and shell.options.noclobber and _is_regular(shell, target):
            raise FileError(target, "cannot overwrite existing file")
        sink = _sink(shell, target, streams, append=operator == ">>", blind=blind)
        if fd == -1:
            streams.out = streams.err = sink
        else:
            streams.put(fd, sink)


def _is_regular(shell: Session, target: str) -> bool:
    """Return whether a path leads to a file that is no device."""
    node = shell.node(target)
    return node is not None and node.kind == "file" and not normal(target, shell.cwd).startswith("/dev/")


def _source(shell: Session, target: str, streams: Streams) -> Source:
    number = target.removeprefix("/dev/fd/")
    if number != target and number.isdecimal() and isinstance(found := streams.get(int(number)), Source):
        return found
    return Source(shell.read_file(target))


def _duplicate(shell: Session, fd: int, target: str, streams: Streams) -> None:
    number, moved = target.removesuffix("-"), target[-1:] == "-"
    if number:
        source = streams.get(int(number)) if number.isdecimal() and len(number) < 5 else None
        if source is None or isinstance(source, Closed):
            raise UsageFault(f"bash: {number}: Bad file descriptor")
        streams.put(fd, source)
        fd = int(number) if int(number) != fd else -1
    if moved and fd >= 0:
        streams.put(fd, Closed(shell.budget) if fd in (1, 2) else None)


def _sink(shell: Session, target: str, streams: Streams, *, append: bool, blind: bool) -> Sink:
    if target == "/dev/null":
        return Nowhere(shell.budget)
    if target in ("/dev/stdout", "/dev/fd/1"):
        return streams.out
    if target in ("/dev/stderr", "/dev/fd/2"):
        return streams.err
    if target in shell.readers:
        return shell.readers[target].sink
    number = target.removeprefix("/dev/fd/")
    if number != target and number.isdecimal() and isinstance(found := streams.get(int(number[:6])), Sink):
        return found
    if target in ("/dev/tty", ""):
        raise FileError(target, "No such device or address" if target else "No such file or directory")
    sink = FileSink(shell, target, append=append)
    try:
        sink.open(blind=blind)
    except FileError:
        shell.note_call("shell.failed", ">", (">", target), code=1)
        raise
    shell.open_files.append(sink)
    return sink


def close(shell: Session, streams: Streams, before: Streams) -> int:
    """Write the files behind `streams` that `before` did not have; return 0, or 1 if one cannot be written."""
    code = 0
    kept = (before.out, before.err, *before.others.values())
    for sink in dict.fromkeys((streams.out, streams.err, *streams.others.values())):
        if isinstance(sink, FileSink) and sink not in kept:
            try:
                sink.flush()
            except FileError as error:
                before.err.write(f"bash: {sink.path}: {error.reason}\n")
                code = 1
            if sink in shell.open_files:
                shell.open_files.remove(sink)
    return code


def feed_readers(shell: Session, streams: Streams) -> Delays[None]:
    """Run the scripts of ``>(script)`` with what was written there."""
    readers, shell.readers = shell.readers, {}
    for reader in readers.values():
        yield from shell.nested(reader.script, streams.replaced(Source(reader.sink.text()), streams.out, streams.err))


def flush_files(shell: Session) -> None:
    """Write what commands have sent to files so far: time is about to pass."""
    for sink in shell.open_files:
        try:
            sink.flush()
        except FileError:
            sink.parts = []
