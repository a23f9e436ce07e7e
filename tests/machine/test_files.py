"""The simulated file system: permissions, links, moves, and who did what."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simenv.kernel import Calendar, Simulation
from simenv.machine.content.tokens import bulk
from simenv.machine.files import FileSystem
from simenv.machine.identity import ROOT, Account
from simenv.machine.nodes import FileError, Image, Node, normal

AGENT = Account("agent", "agent", ("staff",))
OTHER = Account("other", "other", ("staff",))
ADMIN = Account("admin", ROOT)


def make_files(extra: dict[str, Node] | None = None) -> FileSystem:
    nodes = {
        "/home/agent": Node("dir", "agent", "staff", 0o755),
        "/home/agent/notes": Node("file", "agent", "staff", 0o644, "hello\n"),
        "/home/agent/sub/deep/file": Node("file", "agent", "staff", 0o600, "deep"),
        "/home/agent/sub": Node("dir", "agent", "staff", 0o755),
        "/home/agent/sub/deep": Node("dir", "agent", "staff", 0o755),
        "/secret": Node("dir", ROOT, ROOT, 0o700),
        "/secret/key": Node("file", ROOT, ROOT, 0o644, "k"),
        "/etc/conf": Node("file", ROOT, "staff", 0o640, "c"),
        "/tmp": Node("dir", ROOT, ROOT, 0o1777),
        **(extra or {}),
    }
    return FileSystem("ws", Image(nodes), Simulation(Calendar(datetime(2026, 3, 2)), 1))


@pytest.fixture
def files() -> FileSystem:
    return make_files()


def journal(files: FileSystem):
    return files._sim.journal


def refused(reason: str):
    return pytest.raises(FileError, match=reason)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", "/home/a"),
        ("/a//b/", "/a/b"),
        ("..", "/"),
        ("../../..", "/"),
        ("./x/../y", "/home/y"),
        ("//a", "/a"),
        ("", "/home"),
    ],
)
def test_paths_are_made_absolute_and_normal(path, expected):
    assert normal(path, "/home") == expected


def test_a_read_is_journaled_with_its_actor(files):
    assert files.read("/home/agent/notes", AGENT) == "hello\n"
    assert journal(files)[-1][2:4] == ("agent", "file.read")


def test_group_and_others_get_their_own_bits(files):
    assert files.read("/etc/conf", AGENT) == "c"
    with refused("Permission denied"):
        files.read("/etc/conf", Account("x", "x"))
    with refused("Permission denied"):
        files.write("/etc/conf", "new", AGENT)


def test_a_closed_directory_hides_what_is_in_it(files):
    with refused("Permission denied"):
        files.read("/secret/key", AGENT)
    with refused("Permission denied"):
        files.read("/secret/no-such", AGENT)
    with refused("Permission denied"):
        files.names("/secret", AGENT)
    assert files.read("/secret/key", ADMIN) == "k"


def test_a_directory_that_is_opened_can_be_searched_at_once(files):
    with refused("Permission denied"):
        files.read("/secret/key", AGENT)
    files.set_mode("/secret", 0o755, ADMIN)
    assert files.read("/secret/key", AGENT) == "k"


def test_a_new_file_belongs_to_its_writer(files):
    node = files.write("/tmp/x", "1", AGENT)
    assert (node.owner, node.group, node.mode) == ("agent", "staff", 0o644)
    assert files.names("/tmp", AGENT) == ("x",)


def test_appending_extends(files):
    files.write("/home/agent/notes", "more\n", AGENT, append=True)
    assert files.read("/home/agent/notes", AGENT) == "hello\nmore\n"


def test_a_missing_directory_and_a_file_as_directory_are_told_apart(files):
    with refused("No such file"):
        files.write("/nowhere/x", "", ADMIN)
    with refused("Not a directory"):
        files.write("/etc/conf/x", "", ADMIN)


def test_only_the_owner_removes_from_a_sticky_directory(files):
    files.write("/tmp/mine", "", AGENT)
    with refused("not permitted"):
        files.remove("/tmp/mine", OTHER)
    files.remove("/tmp/mine", AGENT)
    assert files.get("/tmp/mine") is None


def test_a_removal_is_remembered_with_its_record(files):
    files.remove("/home/agent/notes", AGENT)
    seq = files.removed["/home/agent/notes"]
    assert journal(files)[seq].verb == "file.remove"
    files.write("/home/agent/notes", "again", AGENT)
    assert "/home/agent/notes" not in files.removed


def test_a_directory_must_be_empty_to_be_removed(files):
    with refused("not empty"):
        files.remove("/home/agent/sub", AGENT)


def test_a_moved_directory_takes_its_contents_along(files):
    files.move("/home/agent/sub", "/home/agent/new", AGENT)
    assert files.read("/home/agent/new/deep/file", AGENT) == "deep"
    assert files.names("/home/agent", AGENT) == ("new", "notes")
    assert files.names("/home/agent/new", AGENT) == ("deep",)
    seq = files.removed["/home/agent/sub/deep/file"]
    assert journal(files)[seq].details == {"to": "ws:/home/agent/new"}
    assert files.get("/home/agent/new/deep/file").record == seq


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("/home/agent/sub", "/home/agent/sub/x", "Invalid argument"),
        ("/home/agent/sub", "/home/agent/notes", "Not a directory"),
        ("/home/agent/notes", "/home/agent/sub", "Is a directory"),
        ("/home/agent/none", "/home/agent/x", "No such file"),
        ("/home/agent/notes", "/etc/x", "Permission denied"),
    ],
)
def test_impossible_moves_are_refused(files, source, target, reason):
    with refused(reason):
        files.move(source, target, AGENT)


def test_the_writer_of_a_version_is_known(files):
    assert files.get("/home/agent/notes").record == -1
    files.write("/home/agent/notes", "x", AGENT)
    record = journal(files)[files.get("/home/agent/notes").record]
    assert (record.actor, record.verb, record.details["content"]) == ("agent", "file.write", "x")


def test_a_symbolic_link_is_followed_and_removed_by_itself(files):
    files.link("/home/agent/sub", "/tmp/l", AGENT)
    assert files.read("/tmp/l/deep/file", AGENT) == "deep"
    files.write("/tmp/l/new", "n", AGENT)
    assert files.read("/home/agent/sub/new", AGENT) == "n"
    files.remove("/tmp/l", AGENT)
    assert files.get("/home/agent/sub/new") is not None
    assert files.get("/tmp/l") is None


def test_a_relative_link_starts_from_its_directory(files):
    files.link("../notes", "/home/agent/sub/l", AGENT)
    assert files.read("/home/agent/sub/l", AGENT) == "hello\n"


def test_links_in_a_circle_are_refused(files):
    files.link("/tmp/b", "/tmp/a", AGENT)
    files.link("/tmp/a", "/tmp/b", AGENT)
    with refused("Too many levels"):
        files.read("/tmp/a", AGENT)


def test_hard_links_share_content_until_one_is_removed(files):
    files.link("/home/agent/notes", "/home/agent/same", AGENT, symbolic=False)
    files.write("/home/agent/same", "changed", AGENT)
    assert files.read("/home/agent/notes", AGENT) == "changed"
    files.remove("/home/agent/notes", AGENT)
    assert files.read("/home/agent/same", AGENT) == "changed"


def test_a_hard_link_shares_mode_too(files):
    files.link("/home/agent/notes", "/home/agent/same", AGENT, symbolic=False)
    files.set_mode("/home/agent/notes", 0o600, AGENT)
    assert files.get("/home/agent/same").mode == 0o600


def test_only_owner_and_root_change_the_mode(files):
    with refused("not permitted"):
        files.set_mode("/home/agent/notes", 0o777, OTHER)
    files.set_mode("/home/agent/notes", 0o600, ADMIN)
    with refused("Permission denied"):
        files.read("/home/agent/notes", OTHER)


def test_only_root_gives_files_away(files):
    with refused("not permitted"):
        files.set_owner("/home/agent/notes", "other", "", AGENT)
    files.set_owner("/home/agent/notes", "other", "", ADMIN)
    assert files.get("/home/agent/notes").owner == "other"


def test_a_copy_is_the_copiers_and_keeps_the_program():
    files = make_files({"/bin/tool": Node("file", ROOT, ROOT, 0o755, "binary" + bulk("tool", 0, 4090), program="tool")})
    files.copy("/bin/tool", "/tmp/tool", AGENT)
    node = files.get("/tmp/tool")
    assert (node.owner, node.mode, node.program, node.bytes) == ("agent", 0o755, "tool", 4096)
    files.write("/tmp/tool", "text", AGENT)
    assert files.get("/tmp/tool").program == ""


NAMES = st.sampled_from(["/t/a", "/t/b", "/t/d", "/t/d/a", "/t/d/b", "/t/d/e", "/t/d/e/a"])
ACTS = st.one_of(
    st.tuples(st.just("write"), NAMES, st.text("xy", max_size=3)),
    st.tuples(st.just("mkdir"), NAMES, st.just("")),
    st.tuples(st.just("remove"), NAMES, st.just("")),
    st.tuples(st.just("move"), NAMES, NAMES),
)


def above(path: str) -> str:
    return path.rpartition("/")[0]


class Model:
    """The same, simply: a dictionary from path to text, or to None for a directory."""

    def __init__(self) -> None:
        self.tree: dict[str, str | None] = {"/t": None}

    def _has_parent(self, path: str) -> bool:
        return above(path) in self.tree and self.tree[above(path)] is None

    def _inside(self, path: str) -> list[str]:
        return [p for p in self.tree if p.startswith(path + "/")]

    def write(self, path: str, text: str) -> bool:
        if not self._has_parent(path) or (path in self.tree and self.tree[path] is None):
            return False
        self.tree[path] = text
        return True

    def mkdir(self, path: str, _: str) -> bool:
        if path in self.tree or not self._has_parent(path):
            return False
        self.tree[path] = None
        return True

    def remove(self, path: str, _: str) -> bool:
        if path not in self.tree or self._inside(path):
            return False
        del self.tree[path]
        return True

    def move(self, old: str, new: str) -> bool:
        tree = self.tree
        if old not in tree or not self._has_parent(new) or new.startswith(old + "/"):
            return False
        if old == new:
            return tree[old] is not None or not self._inside(old)
        if new in tree and (tree[old] is None) != (tree[new] is None):
            return False
        if new in tree and tree[new] is None and self._inside(new):
            return False
        for path in [old, *self._inside(old)]:
            tree[new + path[len(old) :]] = tree.pop(path)
        return True


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, max_size=14))
def test_any_sequence_of_acts_leaves_what_a_simple_model_says(acts):
    files = make_files({"/t": Node("dir", "agent", "staff", 0o755)})
    model = Model()
    for verb, path, argument in acts:
        before = len(journal(files))
        expected = True if (verb == "move" and path == argument) else getattr(model, verb)(path, argument)
        try:
            if verb == "move":
                files.move(path, argument, AGENT)
            elif verb == "write":
                files.write(path, argument, AGENT)
            else:
                getattr(files, verb)(path, AGENT)
            done = True
        except FileError:
            done = False
            assert len(journal(files)) == before
        if not (verb == "move" and path == argument):
            assert done == expected, (verb, path, argument)
    found = {
        p: (None if n.kind == "dir" else n.content)
        for p in files.paths()
        if p.startswith("/t") and p[:4] != "/tmp" and (n := files.get(p))
    }
    assert found == model.tree
    for path, text in model.tree.items():
        if text is None:
            assert files.names(path, AGENT) == tuple(
                sorted(p.rpartition("/")[2] for p in model.tree if above(p) == path)
            )
