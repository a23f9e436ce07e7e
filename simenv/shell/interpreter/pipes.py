"""What a pipe does to those who write into it: a writer ends when its reader has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simenv.shell.budget import PIPE_BYTES, Pipe, Sink, Source
from simenv.shell.errors import BrokenPipe
from simenv.shell.parser import tree
from simenv.shell.state import Session

_HEAD = re.compile(r"-(?:([nc]) )?(\d{1,9})|-([nc])(\d{1,9})|--(lines|bytes)=(\d{1,9})")


def outlet(shell: Session, reader: tree.Node) -> Sink:
    """Return where a part of a pipeline writes, given the part that reads from it.

    Parts run one after the other, so an endless writer (``yes``, ``while :``) is ended by what its reader would take: that is
    known beforehand of ``head``.
    """
    words = reader.constant if isinstance(reader, tree.Command) and not reader.redirects else None
    if not words or words[0] != "head" or len(words) > 3:
        return Sink(shell.budget)
    if len(words) == 1:
        return Pipe(shell.budget, lines=10)
    found = _HEAD.fullmatch(" ".join(words[1:]))
    if found is None:
        return Sink(shell.budget)
    count = int(found.group(2) or found.group(4) or found.group(6))
    by_characters = "c" in (found.group(1), found.group(3)) or found.group(5) == "bytes"
    return Pipe(shell.budget, characters=count) if by_characters else Pipe(shell.budget, lines=count)


def broken(codes: Sequence[int], sources: Sequence[Source]) -> list[int]:
    """Return the codes of a pipeline's parts, with those that wrote on when their reader had gone.

    Args:
        codes: of the parts, in order.
        sources: what each part but the first read from.
    """
    result = list(codes)
    for index in range(len(sources) - 1, -1, -1):
        source = sources[index]
        reader_broke = result[index + 1] == BrokenPipe.code
        if result[index] == 0 and (source.left > PIPE_BYTES or (reader_broke and source.size > PIPE_BYTES)):
            result[index] = BrokenPipe.code
    return result
