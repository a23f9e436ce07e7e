"""What files cost: a disk has a size, and what is added to a file costs what is added."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.kernel import Calendar, Simulation
from simenv.machine.content.tokens import bulk
from simenv.machine.files import FileSystem
from simenv.machine.grown import GrownText
from simenv.machine.identity import ROOT, Account
from simenv.machine.nodes import NO_SPACE, FileError, Image, Node
from simenv.outcomes.doctoring import written_text

ADMIN = Account("admin", ROOT)


def files_on(disk_bytes: int, **content: str) -> FileSystem:
    nodes = {f"/{name}": Node("file", ROOT, ROOT, 0o644, text) for name, text in content.items()}
    return FileSystem("ws", Image(nodes), Simulation(Calendar(datetime(2026, 3, 2)), 1), disk_bytes=disk_bytes)


def test_a_full_disk_takes_no_more_and_what_is_removed_gives_room() -> None:
    files = files_on(1000, a="x" * 500)
    files.write("/b", "y" * 400, ADMIN)
    for act in (
        lambda: files.write("/c", "z", ADMIN), lambda: files.write("/b", "z", ADMIN, append=True),
        lambda: files.copy("/a", "/c", ADMIN), lambda: files.write("/b", "y" * 401, ADMIN),
        lambda: files.write("/c", bulk("weights", 0, 10**12), ADMIN),
    ):  # fmt: skip
        with pytest.raises(FileError, match=NO_SPACE):
            act()
    files.write("/b", "y" * 399, ADMIN)
    files.move("/b", "/c", ADMIN)
    files.remove("/a", ADMIN)
    files.write("/a", "x" * 501, ADMIN)
    assert files.used_bytes == 900


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.text("xyö\n", max_size=9), st.sampled_from(["write", "append", "remove", "copy"])
        )
    )
)
def test_what_is_used_is_what_is_there_and_the_journal_tells_every_text(acts: list[tuple[str, str, str]]) -> None:
    files, told = files_on(10**9, a="was here"), {"ws:/a": "was here"}
    for name, text, act in acts:
        path = f"/{name}"
        if act == "remove":
            if files.get(path) is not None:
                files.remove(path, ADMIN)
        elif act == "copy":
            if files.get(path) is not None:
                files.copy(path, "/copy", ADMIN)
        else:
            files.write(path, text, ADMIN, append=act == "append")
    nodes = {path: node for path in files.paths() if (node := files.get(path)) is not None and node.kind == "file"}
    assert files.used_bytes == sum(len(str(node.content).encode()) for node in nodes.values())
    for record in files._sim.journal:
        if record.verb == "file.write":
            told[record.object] = written_text(record, told.get(record.object, ""))
    assert all(told[f"ws:{path}"] == str(node.content) for path, node in nodes.items())


def test_five_thousand_appends_cost_what_is_appended() -> None:
    line = "a line of a log file, with some words in it\n"
    files = files_on(10**9, log="begun\n")
    took = []
    for _ in range(2):
        began = time.process_time()
        for _ in range(5000):
            files.check_write("/log", ADMIN)
            files.write("/log", line, ADMIN, append=True)
            assert files.get("/log").bytes > 0  # type: ignore[union-attr]
        took.append(time.process_time() - began)
    assert str(files.get("/log").content) == "begun\n" + line * 10_000  # type: ignore[union-attr]
    assert sum(map(len, files._sim.journal.lines())) < 10_000 * (len(line) + 300)
    assert took[1] < 3 * took[0] + 0.1


def test_a_text_that_grew_apart_is_two_texts() -> None:
    trunk = GrownText("a").plus("b")
    one, other = trunk.plus("1"), trunk.plus("2")
    assert (str(one), str(other), str(trunk), str(one.plus("c"))) == ("ab1", "ab2", "ab", "ab1c")
    assert (one.plus("ö").bytes, one.plus("ö").characters) == (5, 4)
