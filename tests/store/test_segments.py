"""Segments keep what was written, whatever is cut off, and say where they are damaged."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.store.segments import SegmentError, SegmentWriter, read_segment, segments

LINES = st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), max_size=12)


def write(directory: Path, lines: list[bytes], *, close: bool = True) -> Path:
    writer = SegmentWriter(directory, "x")
    for line in lines:
        writer.write(line + b"\n")
    if close:
        writer.close()
    return writer.path


@given(LINES, st.booleans())
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], close: bool) -> None:
    path = write(tmp_path_factory.mktemp("s"), lines, close=close)
    assert list(read_segment(path)) == lines


@given(LINES, st.data())
def test_a_cut_leaves_whole_lines_from_the_beginning(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    path = write(tmp_path_factory.mktemp("s"), lines)
    raw = path.read_bytes()
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    read = list(read_segment(path))
    assert read == lines[: len(read)]


def test_every_line_outlives_the_writer_as_soon_as_it_was_written(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "x")
    for number in range(50):
        writer.write(b"%d\n" % number)
        assert list(read_segment(writer.path)) == [b"%d" % n for n in range(number + 1)]


def test_a_closed_segment_is_an_ordinary_gzip_file(tmp_path: Path) -> None:
    path = write(tmp_path, [b"a", b"b"])
    assert gzip.decompress(path.read_bytes()) == b"a\nb\n"
    assert subprocess.run(["gzip", "-t", path]).returncode == 0


def test_writers_do_not_share_segments(tmp_path: Path) -> None:
    paths = [write(tmp_path, [b"%d" % n]) for n in range(12)]
    assert segments(tmp_path, "x") == paths
    assert [line for path in paths for line in read_segment(path)] == [b"%d" % n for n in range(12)]


def test_damage_is_told_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, [b"%d" % n * 50 for n in range(2000)])
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 40] = b"\xff" * 40
    path.write_bytes(raw)
    read = []
    with pytest.raises(SegmentError, match=r"damaged after line (\d+)") as raised:
        for line in read_segment(path):
            read.append(line)  # noqa: PERF402 - what comes before the error counts
    assert str(raised.value) == f"damaged after line {len(read)}"
    assert read[:500] == [b"%d" % n * 50 for n in range(500)]


def test_lines_with_text_in_common_take_little_room(tmp_path: Path) -> None:
    line = bytes(range(32, 127)) * 40
    path = write(tmp_path, [line + b"%d" % n for n in range(100)])
    assert path.stat().st_size < 0.05 * 100 * len(line)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    script = f"""
import os, resource, signal, sys
from pathlib import Path
from simenv.store.segments import SegmentWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
writer = SegmentWriter(Path({str(tmp_path)!r}), "x")
count = 0
try:
    while True:
        writer.write(os.urandom(500).hex().encode() + b"\\n")
        count += 1
except OSError as error:
    print(count, error.strerror)
    writer.close()
"""
    import sys

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    count = int(said.split()[0])
    assert count >= 2
    assert "large" in said
    (path,) = segments(tmp_path, "x")
    assert len(list(read_segment(path))) == count
