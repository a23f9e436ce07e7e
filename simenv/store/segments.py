"""Segments: compressed JSON Lines that only grow, each with one writer.

A segment is one gzip stream that is flushed after every write, so everything written remains readable: a kill, a full disk
or a crash costs at most the line being written. The compression window spans all lines, since episodes of a run share
much of their text. ``zcat`` and any gzip library can read it.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_GZIP = 31
_LEVEL = 6
_READ = 1 << 16


class SegmentError(Exception):
    """A segment is damaged after a number of good `lines`."""

    def __init__(self, lines: int) -> None:
        super().__init__(f"damaged after line {lines}")
        self.lines = lines


class SegmentWriter:
    """Writes a new segment of a directory.

    Args:
        directory: where it goes.
        stem: first part of its name, followed by the first free number.
    """

    def __init__(self, directory: Path, stem: str) -> None:
        self._file = _create(directory, stem)
        self.path = Path(self._file.name)
        self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._is_whole = True

    def write(self, lines: bytes) -> None:
        """Append whole lines; once this returns, they survive the end of the process.

        Raises:
            OSError: they could not be written; the segment is unchanged, and accepts no more lines.
        """
        if not self._is_whole:
            raise OSError(errno.EIO, "an earlier write failed")
        before = self._file.tell()
        data = self._stream.compress(lines) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        try:
            _write_all(self._file, data)
        except OSError:
            self._is_whole = False  # the stream has gone on without what was not written
            self._file.truncate(before)
            raise

    def close(self) -> None:
        """End the stream. A segment that was not closed remains readable."""
        if not self._file.closed:
            try:
                if self._is_whole:
                    _write_all(self._file, self._stream.flush(zlib.Z_FINISH))
                os.fsync(self._file.fileno())
            except OSError:
                pass  # all lines are there; only the end mark is missing
            finally:
                self._file.close()


def _write_all(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _create(directory: Path, stem: str) -> IO[bytes]:
    number = len(segments(directory, stem))
    while True:
        try:
            return (directory / f"{stem}-{number:04d}.jsonl.gz").open("xb", buffering=0)
        except FileExistsError:
            number += 1


def segments(directory: Path, stem: str) -> list[Path]:
    """Return the segments of a directory, in the order of their numbers."""
    return sorted(directory.glob(f"{stem}-*.jsonl.gz"), key=lambda path: (len(path.name), path.name))


def read_segment(path: Path) -> Iterator[bytes]:
    """Yield the lines of a segment, without their newlines; an unfinished last line is left out.

    Raises:
        SegmentError: the file is not a segment.
        OSError: it cannot be read.
    """
    rest, count = b"", 0
    with path.open("rb") as file:
        for text, is_good in _decompress(file):
            *lines, rest = (rest + text).split(b"\n")
            count += len(lines)
            yield from lines
            if not is_good:
                raise SegmentError(count)


def _decompress(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the text of a file, and whether more follows; text before damage is not lost."""
    stream = zlib.decompressobj(_GZIP)
    while data := file.read(_READ):
        while data:
            before = stream.copy()
            try:
                text = stream.decompress(data)
            except zlib.error:
                yield _up_to_damage(before, data), False
                return
            yield text, True
            data = stream.unused_data
            if stream.eof:
                stream = zlib.decompressobj(_GZIP)


def _up_to_damage(stream: Any, data: bytes) -> bytes:
    text = b""
    try:
        for at in range(len(data)):
            text += stream.decompress(data[at : at + 1])
    except zlib.error:
        return text
    return text
