"""ss, netstat and lsof show who listens and who is connected, as the programs of Debian do; only the owner sees whose it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.machine.identity import SYSTEM
from tests.patched import patched_world

PATCH: dict[str, Any] = {
    "hosts": {
        "workstation": {
            "zone": "office",
            "users": {"agent": {"keys": ["id_ed25519"]}},
            "files": {"/home/agent/task/big.bin": {"owner": "agent", "size": 1_000_000_000}},
            "services": {"site": {"description": "Site", "user": "agent", "command": "/usr/sbin/nginx -g daemon"}},
            "web": {"root": "/var/www", "user": "agent", "service": "site"},
        },
        "server": {
            "hostname": "srv-1", "zone": "office",
            "users": {"agent": {"principal": "agent", "home": "/home/agent", "accepts": ["id_ed25519"]}},
        },
    },
    "network": {"zones": {"office": {"bandwidth_bps": 80e6, "latency_s": 0.0005}}},
}  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(patched_world(tmp_path, PATCH).scenario({}), 1)


def run(session: Session, command: str) -> str:
    return session.take(Turn(calls=(ToolCall("bash", {"command": command}),))).results[0].text


LISTENING = """\
State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
LISTEN 0      128          0.0.0.0:22        0.0.0.0:*
LISTEN 0      511          0.0.0.0:80        0.0.0.0:*    users:(("nginx",pid=597,fd=6))
LISTEN 0      511          0.0.0.0:443       0.0.0.0:*    users:(("nginx",pid=597,fd=8))
LISTEN 0      128             [::]:22           [::]:*
LISTEN 0      511             [::]:80           [::]:*    users:(("nginx",pid=597,fd=7))
LISTEN 0      511             [::]:443          [::]:*    users:(("nginx",pid=597,fd=9))
"""
OLDER = """\
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      -
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      597/nginx
tcp        0      0 0.0.0.0:443             0.0.0.0:*               LISTEN      597/nginx
tcp6       0      0 :::22                   :::*                    LISTEN      -
tcp6       0      0 :::80                   :::*                    LISTEN      597/nginx
tcp6       0      0 :::443                  :::*                    LISTEN      597/nginx
"""
FILES = """\
COMMAND PID  USER FD  TYPE DEVICE SIZE/OFF NODE NAME
nginx   597 agent  8u IPv4  20443      0t0  TCP *:443 (LISTEN)
nginx   597 agent  9u IPv6  20443      0t0  TCP *:443 (LISTEN)
"""


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("ss -tlnp | sed 's/ *$//'", LISTENING),
        ("netstat -tlnp | sed 's/ *$//'", OLDER),
        ("lsof -nP -i :443", FILES),
        ("ss -Htl sport = :22", "LISTEN 0 128 0.0.0.0:ssh 0.0.0.0:*\nLISTEN 0 128    [::]:ssh    [::]:*\n"),
        ("ss -tn state listening '( sport = :80 or sport = :443 )' | wc -l", "5\n"),
        (
            "ss -H; ss -uln",
            "Netid State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n".removeprefix("Netid "),
        ),
        (
            "ss -t nonsense",
            'Error: an inet prefix is expected rather than "nonsense".\nCannot parse dst/src address.\n[exit code 255]',
        ),
        ("lsof -ti :http; lsof -i udp; echo $?", "597\n1\n"),
        ("lsof -t ~; lsof nosuch", "634\nlsof: status error on nosuch: No such file or directory\n[exit code 1]"),
        (
            "lsof -p 1 | tail -1",
            "systemd   1 root NOFD                               /proc/1/fd (opendir: Permission denied)\n",
        ),
    ],
)
def test_who_listens_is_shown_as_by_the_real_programs(session: Session, command: str, output: str) -> None:
    assert run(session, command) == output


def test_a_service_that_is_stopped_listens_no_more(session: Session) -> None:
    session.company.host("workstation").stop_service("site", SYSTEM)
    assert "80" not in run(session, "ss -tlnH | awk '{print $4}'; netstat -tln | grep -c :80")
    assert run(session, "lsof -ti :80; echo $?") == "1\n"


def test_a_copy_under_way_is_a_connection_at_both_ends(session: Session) -> None:
    run(session, "scp big.bin srv-1: &")
    here = run(session, "sleep 5; ss -tnH; netstat -tn | tail -1; ssh srv-1 ss -tnH")
    assert [line.split()[3:5] for line in here.splitlines() if line.startswith("ESTAB")] == [
        ["vm-66:40001", "srv-1:22"], ["srv-1:22", "vm-66:40001"],
    ]  # fmt: skip
    assert "ESTABLISHED" in here
