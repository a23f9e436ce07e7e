"""Finished episodes of a run as lines of JSON, to look at and to tamper with."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from simenv.store.run import EPISODES
from simenv.store.segments import read_segment, segments


def rows_of(run: Path) -> list[bytes]:
    """The episodes as they are written, without newlines, segment by segment."""
    return [line for path in segments(run, EPISODES) for line in read_segment(path)]


def write_rows(run: Path, rows: Iterable[bytes]) -> Path:
    """Put these lines, whatever they are, in place of all episodes; return the segment."""
    for path in segments(run, EPISODES):
        path.unlink()
    path = run / f"{EPISODES}-0000.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(row + b"\n" for row in rows)))
    return path
