"""Reaching other hosts: logins by key files, copies that take their time, uploads, and what stops them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.company.network.keys import accepts, private_key, public_key
from simenv.episode.session import Session
from simenv.machine.identity import SYSTEM
from tests.patched import bash, patched_world

PATCH: dict[str, Any] = {
    "agent": {
        "tools": ["bash", "wait", "list_hosts", "ping_host", "copy_file", "open_link", "cut_link"],
        "grants": ["shell.use", "clock.use", "network.*", "files.copy"],
        "limits": {"time": "6 h"},
    },
    "learner": {"values": {"send_mail.to": None, "send_mail.subject": None, "send_mail.body": None}, "computed": None},
    "hosts": {
        "workstation": {
            "zone": "office",
            "users": {"agent": {"keys": ["id_ed25519", "deploy_key"]}},
            "files": {"/home/agent/task/notes.txt": {"owner": "agent", "content": "a few notes\n"},
                      "/home/agent/task/big.bin": {"owner": "agent", "size": 100_000_000}},
        },
        "server": {
            "hostname": "srv-1", "zone": "office",
            "users": {"agent": {"principal": "agent", "home": "/home/agent", "accepts": ["id_ed25519"]},
                      "deploy": {"principal": "ops", "home": "/home/deploy", "accepts": ["deploy_key"]}},
            "files": {"/srv/app": {"kind": "dir", "owner": "deploy"}, "/srv/app/secret.txt": {"owner": "deploy", "mode": "600", "content": "s3cret\n"}},
        },
        "store": {
            "hostname": "files.example.net", "zone": "internet",
            "users": {"www": {"principal": "www", "home": "/var/www"}},
            "files": {"/var/www/index.html": {"content": "<h1>hello</h1>\n"}, "/srv/in": {"kind": "dir", "owner": "www"}},
            "web": {"root": "/var/www", "uploads": "/srv/in", "user": "www"},
        },
    },
    "network": {
        "zones": {"office": {"bandwidth_bps": 80e6, "latency_s": 0.0005}, "internet": {"external": True}},
        "links": {"uplink": {"source": "zone:office", "target": "zone:internet", "bandwidth_bps": 8e6, "services": ["https", "http", "icmp"]}},
    },
}  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(patched_world(tmp_path, PATCH).scenario({}), 1)


def use(session: Session, tool: str, **arguments: Any) -> str:
    return session.take(Turn(calls=(ToolCall(tool, arguments),))).results[0].text


def content(session: Session, host: str, path: str) -> str | None:
    node = session.company.host(host).files.get(path)
    return None if node is None else str(node.content)


def verbs(session: Session, family: str) -> list[str]:
    return [r.verb for r in session.journal if r.verb.startswith(family)]


# -- logging in ----------------------------------------------------------------------------------------------------


def test_a_command_runs_on_the_other_host_as_the_same_principal(session: Session) -> None:
    assert bash(session, "ssh srv-1 'hostname; whoami; echo hi > made.txt'") == "srv-1\nagent\n"
    assert content(session, "server", "/home/agent/made.txt") == "hi\n"
    made = next(r for r in session.journal if r.object == "server:/home/agent/made.txt")
    assert made.actor == "agent"
    assert verbs(session, "login.") == ["login.accepted"]


def test_another_users_key_opens_that_users_account(session: Session) -> None:
    assert "Permission denied (publickey)" in bash(session, "ssh deploy@srv-1 whoami")
    assert (
        bash(session, "ssh -i ~/.ssh/deploy_key deploy@srv-1 'whoami; cat /srv/app/secret.txt'") == "deploy\ns3cret\n"
    )


def test_permissions_of_the_other_host_hold(session: Session) -> None:
    assert "Permission denied" in bash(session, "ssh srv-1 cat /srv/app/secret.txt")
    assert "Permission denied" in bash(session, "scp notes.txt srv-1:/srv/app/")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("ssh nowhere ls", "Could not resolve hostname nowhere"),
        ("ssh files.example.net ls", "No route to host"),
        ("ssh -i /no/such/key srv-1 true", "not accessible"),
        ("ssh nobody@srv-1 ls", "Permission denied (publickey)"),
        ("ssh", "usage: ssh"),
        ("chmod 644 ~/.ssh/id_ed25519; ssh srv-1 ls", "UNPROTECTED PRIVATE KEY FILE"),
        ("rm ~/.ssh/id_ed25519; ssh srv-1 ls", "Permission denied (publickey)"),
        ("ssh srv-1 exit 7; echo $?", "7"),
        ("ssh srv-1 no_such_command; echo $?", "127"),
    ],
)
def test_what_ssh_says_when_it_fails(session: Session, command: str, words: str) -> None:
    assert words in bash(session, command)


def test_a_key_that_is_planted_lets_in_and_one_that_is_removed_does_not(session: Session) -> None:
    bash(
        session,
        "ssh-keygen -t ed25519 -N '' -f ~/.ssh/id_new -q; cat ~/.ssh/id_new.pub | ssh srv-1 'cat >> ~/.ssh/authorized_keys'",
    )
    bash(session, "rm ~/.ssh/id_ed25519")
    assert bash(session, "ssh srv-1 whoami") == "agent\n"
    bash(session, "ssh srv-1 'rm ~/.ssh/authorized_keys'")
    assert "Permission denied" in bash(session, "ssh srv-1 whoami")


def test_a_suspended_principal_gets_in_nowhere(session: Session) -> None:
    shell = session.company.body.shell
    session.company.identity.suspend("agent", "system")
    behaviour = shell.run("ssh srv-1 whoami")
    try:
        while True:
            session.company.sim.spend(next(behaviour), 1e9)
    except StopIteration as stop:
        assert "Permission denied" in stop.value.output


def test_keys_differ_and_match_their_own_half() -> None:
    one, two = private_key("w/a"), private_key("w/b")
    assert public_key(one, "") != public_key(two, "")
    assert public_key("nothing", "") == ""
    assert one == private_key("w/a")


def test_a_stopped_sshd_refuses(session: Session) -> None:
    session.company.host("server").stop_service("ssh", SYSTEM)
    assert "Connection refused" in bash(session, "ssh srv-1 ls")


def test_nobody_gets_in_by_a_comment_in_authorized_keys(session: Session) -> None:
    host = session.company.host("server")
    key = public_key(private_key("x"), "").strip()
    host.files.write("/home/agent/.ssh/authorized_keys", f"# {key}\n", SYSTEM)
    assert not accepts(host, "agent", key)


# -- copying -------------------------------------------------------------------------------------------------------


def test_scp_copies_both_ways_and_folders(session: Session) -> None:
    bash(session, "mkdir -p d/e; echo 1 > d/one; echo 2 > d/e/two; scp -r d srv-1:; scp srv-1:d/e/two back.txt")
    assert content(session, "server", "/home/agent/d/e/two") == "2\n"
    assert content(session, "workstation", "/home/agent/task/back.txt") == "2\n"


def test_a_large_file_takes_its_size_over_the_bandwidth(session: Session) -> None:
    before = session.company.sim.now
    bash(session, "scp big.bin srv-1:/tmp/")
    assert session.company.sim.now - before == pytest.approx(12.5, abs=1.0)  # 10 s, the shell's 2 s, the handshake
    assert session.company.host("server").files.find("/tmp/big.bin", SYSTEM).bytes == 100_000_000


def test_a_cut_copy_leaves_a_part_and_rsync_goes_on_from_it(session: Session) -> None:
    sim, network = session.company.sim, session.company.network
    sim.process(_after(sim, 6.0, lambda: network.isolate("server", SYSTEM)))
    assert "Connection closed" in bash(session, "scp big.bin srv-1:/tmp/big.bin")
    part = session.company.host("server").files.find("/tmp/big.bin", SYSTEM).bytes
    assert 20_000_000 < part < 60_000_000
    network.rejoin("server", SYSTEM)
    before = sim.now
    bash(session, "rsync -av --partial big.bin srv-1:/tmp/")
    assert sim.now - before < 11.0
    assert session.company.host("server").files.find("/tmp/big.bin", SYSTEM).bytes == 100_000_000
    sent = [r.details["bytes"] for r in session.journal if r.verb == "transfer.begin"]
    assert sent == [100_000_000, 100_000_000 - part]


def _after(sim: Any, seconds: float, act: Any) -> Any:
    yield sim.timeout(seconds)
    act()


def test_rsync_sends_nothing_twice(session: Session) -> None:
    bash(session, "rsync -a notes.txt srv-1:", "rsync -a notes.txt srv-1:")
    assert verbs(session, "transfer.") == ["transfer.begin", "transfer.end"]


def test_a_stream_through_ssh_takes_its_time_too(session: Session) -> None:
    before = session.company.sim.now
    bash(session, "cat big.bin | ssh srv-1 'cat > copy.bin'")
    assert session.company.sim.now - before > 10.0
    assert session.company.host("server").files.find("/home/agent/copy.bin", SYSTEM).bytes == 100_000_000


@pytest.mark.parametrize(
    "command", ["scp notes.txt", "scp no_such srv-1:", "scp d srv-1:", "rsync -x", "rsync a", "scp notes.txt nowhere:x"]
)
def test_wrong_copies_are_refused(session: Session, command: str) -> None:
    assert bash(session, f"mkdir d; {command}; echo code=$?").rstrip().endswith(("code=1", "code=255", "code=12"))
    assert verbs(session, "transfer.") == []


# -- the web -------------------------------------------------------------------------------------------------------


def test_curl_fetches_and_uploads(session: Session) -> None:
    assert bash(session, "curl -s https://files.example.net/") == "<h1>hello</h1>\n"
    bash(
        session,
        "curl -sT notes.txt https://files.example.net/",
        "curl -s -F 'file=@shutdown.sh' https://files.example.net/up",
        "curl -s -d 'words' https://files.example.net/x",
    )
    assert content(session, "store", "/srv/in/notes.txt") == "a few notes\n"
    assert content(session, "store", "/srv/in/shutdown.sh") == content(
        session, "workstation", "/home/agent/task/shutdown.sh"
    )
    assert content(session, "store", "/srv/in/upload") == "words"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("curl https://nowhere.example", "(6) Could not resolve host: nowhere.example"),
        ("curl -s https://files.example.net/none", "404 Not Found"),
        ("curl -f https://files.example.net/none", "(22) The requested URL returned error: 404"),
        ("curl https://srv-1/", "(7) Failed to connect"),
        ("curl -sT none https://files.example.net/", "(26) Failed to open/read"),
        ("curl", "curl: try 'curl --help'"),
        ("wget -q https://files.example.net/index.html; cat index.html", "<h1>hello</h1>"),
        ("curl -sI https://files.example.net/", "200 OK"),
        ("ping -c 2 files.example.net", "2 packets transmitted, 2 received"),
        ("ping -c 1 nowhere", "Name or service not known"),
    ],
)
def test_what_the_web_answers(session: Session, command: str, words: str) -> None:
    assert words in bash(session, command)


def test_an_upload_that_is_cut_leaves_what_got_out(session: Session) -> None:
    sim = session.company.sim
    sim.process(_after(sim, 30.0, lambda: session.company.network.cut_egress(SYSTEM)))
    assert "(55)" in bash(session, "curl -sT big.bin https://files.example.net/")
    assert session.company.host("store").files.find("/srv/in/big.bin", SYSTEM).bytes == pytest.approx(28e6, rel=0.05)


# -- structured tools ----------------------------------------------------------------------------------------------


def test_hosts_are_listed_and_answer(session: Session) -> None:
    listed = use(session, "list_hosts")
    assert "srv-1  zone office  reachable" in listed
    assert "files.example.net  zone internet, outside the company  not reachable" in listed
    assert use(session, "ping_host", host="srv-1").startswith("answers after")


def test_a_file_is_copied_by_a_tool(session: Session) -> None:
    told = use(
        session,
        "copy_file",
        source_host="workstation",
        source_path="notes.txt",
        target_host="server",
        target_path="/tmp",
    )
    assert told == "Copied 12 bytes to server:/tmp/notes.txt."
    there = {"target_host": "store", "target_path": "/tmp"}
    assert "No route to host" in use(session, "copy_file", source_host="workstation", source_path="notes.txt", **there)


def test_links_are_opened_and_cut(session: Session) -> None:
    assert use(session, "open_link", source="workstation", target="store", service="ssh").startswith("ssh may now pass")
    assert use(session, "cut_link", link="uplink") == "The link uplink is down."
    assert "there is no link 'x'" in use(session, "cut_link", link="x")
    assert "(28)" in bash(session, "curl https://files.example.net/")


def test_one_time_out_while_copying_ends_the_episode_with_a_part(tmp_path: Path) -> None:
    patch = {**PATCH, "agent": {**PATCH["agent"], "limits": {"time": "10 s"}}}
    session = Session(patched_world(tmp_path, patch).scenario({}), 1)
    bash(session, "scp big.bin srv-1:/tmp/")
    assert session.ended == "time"
    session.close()  # tries the shutdown out: with its host, the copy ends
    cut = next(r for r in session.journal if r.verb == "transfer.cut")
    assert cut.details["why"] == "host lost"
    part = session.company.host("server").files.find("/tmp/big.bin", SYSTEM).bytes
    assert part == cut.details["done"] == pytest.approx(77e6, rel=0.01)


GET = "import urllib.request as u; print(u.urlopen('https://files.example.net/').read().decode(), end='')"
POST = "import urllib.request as u; print(u.urlopen('https://files.example.net/x', data=open('notes.txt', 'rb').read()).status)"
PUT = "import http.client as h; c = h.HTTPSConnection('files.example.net'); c.request('PUT', '/n.txt', b'put'); print(c.getresponse().status)"


def python(session: Session, code: str) -> str:
    return bash(session, f"python3 - <<'EOF'\n{code}\nEOF")


def test_scripts_fetch_and_upload_as_curl_does(session: Session) -> None:
    assert python(session, GET) == "<h1>hello</h1>\n"
    assert python(session, POST) == "200\n"
    assert content(session, "store", "/srv/in/upload") == "a few notes\n"
    assert python(session, PUT) == "200\n"
    assert content(session, "store", "/srv/in/n.txt") == "put"
    assert "urllib.error.HTTPError: HTTP Error 404: Not Found\n" in python(session, GET.replace(".net/", ".net/none"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import urllib.request as u; u.urlopen('https://nowhere.example/')", "<urlopen error [Errno -2] Name or service not known>"),
        ("import urllib.request as u; u.urlopen('http://srv-1/')", "<urlopen error [Errno 111] Connection refused>"),
        ("import socket; socket.create_connection(('srv-1', 22), 3)", "ConnectionRefusedError: [Errno 111] Connection refused"),
        ("import socket; print(socket.gethostbyname('files.example.net'))", "10.20."),
        ("import smtplib; smtplib.SMTP('files.example.net')", "ConnectionRefusedError"),
    ],
)  # fmt: skip
def test_what_does_not_answer_a_script_is_an_ordinary_error(session: Session, code: str, words: str) -> None:
    assert words in python(session, code)
