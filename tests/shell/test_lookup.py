"""What is remembered of PATH and directories, also from one episode to the next, changes nothing that a shell does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_host import ADMIN, AGENT, complete, make_host, make_image

from simenv.machine.nodes import Node
from simenv.shell import Shell

ROOT = ADMIN._replace(user="root")
EXTRA = {
    "/opt": Node("dir", "root", "root", 0o755),
    "/opt/tool": Node("file", "root", "root", 0o755, "echo the tool in /opt\n"),
    "/usr/local/bin/linked": Node("link", "root", "root", 0o777, "/opt/tool"),
    "/usr/local/bin/dangling": Node("link", "root", "root", 0o777, "/opt/later"),
    "/usr/bin/dangling": Node("file", "root", "root", 0o755, "echo the second\n"),
    "/usr/local/bin/closed": Node("file", "root", "root", 0o644, "echo closed\n"),
    "/usr/bin/closed": Node("file", "root", "root", 0o755, "echo open\n"),
    "/srv": Node("dir", "agent", "agent", 0o755),
    "/srv/inner": Node("dir", "agent", "agent", 0o755),
    "/srv/inner/file": Node("file", "agent", "agent", 0o644, "hello\n"),
}
LINES = [
    "linked", "dangling", "closed", "wc -l notes.txt", "cat /srv/inner/file", "ls /srv/inner", "which linked dangling closed wc",
    "PATH=/opt:$PATH tool", "type wc",
]  # fmt: skip
ACTS = [
    "echo 'echo mine' > /usr/local/bin/wc; chmod +x /usr/local/bin/wc", "rm /usr/local/bin/wc", "chmod -x /usr/bin/closed",
    "chmod +x /usr/local/bin/closed", "echo 'echo later' > /opt/later; chmod +x /opt/later", "rm /opt/later", "rm /opt/tool",
    "chmod -x /opt/tool", "mv /usr/local/bin /usr/local/gone", "mv /usr/local/gone /usr/local/bin", "chmod 700 /srv",
    "chmod 755 /srv", "chown root /srv/inner; chmod 700 /srv/inner", "ln /opt/tool /usr/local/bin/hard; chmod -x /opt/tool",
    "ln -sf /bin/true /usr/local/bin/wc", "mkdir /usr/local/bin/wc", "mv /srv /srv2; ln -s /srv2 /srv", "rm -r /usr/local/bin",
    "hard", "cp /bin/echo /usr/local/bin/linked", "chmod 0 /usr/bin/wc",
]  # fmt: skip
IMAGE = make_image(EXTRA)
"""Shared by all that follows, as the episodes of a condition share theirs."""


def played(shells: dict[str, Shell], script: list[tuple[str, str]]) -> list[object]:
    return [complete(shells[who], line) for who, line in script]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("root"), st.sampled_from(ACTS)),
            st.tuples(st.sampled_from(["agent", "root"]), st.sampled_from(LINES)),
        ),
        max_size=14,
    )
)
def test_what_is_remembered_changes_nothing(script: list[tuple[str, str]]) -> None:
    remembering = make_host(image=IMAGE)
    forgetful = make_host(image=make_image(EXTRA, path="relative"))
    forgetful.files.programs = None
    found = []
    for host in (remembering, forgetful):
        found.append(played({"agent": Shell(host, AGENT), "root": Shell(host, ROOT)}, script))
    assert found[0] == found[1]


def test_a_command_is_looked_for_once_for_all_episodes() -> None:
    image = make_image(EXTRA)
    for _ in range(2):
        complete(Shell(make_host(image=image), AGENT), "wc -l notes.txt; linked")
    assert image.programs == {("wc", "agent"): "/usr/bin/wc"}, "what a link leads to is looked for each time"
    host = make_host(image=image)
    complete(Shell(host, ROOT), "rm /usr/bin/wc")
    assert host.files.programs == {}
    assert image.programs[("wc", "agent")] == "/usr/bin/wc"
