"""Programs do what those of a Linux machine do: `programs.jsonl` holds scripts with the real output, exit code and files.

They were run as an ordinary user in the locale C.UTF-8, with straight quotation marks in messages.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from simulated_host import ADMIN, complete, make_host, run_among

from simenv.shell import Completed, Shell

GIVEN, *CASES = map(json.loads, (Path(__file__).parent / "programs.jsonl").read_text().splitlines())


def run(script: str) -> tuple[Completed, Shell]:
    return run_among(GIVEN["files"], script)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["script"][:60])
def test_output_code_and_files_are_those_of_the_real_programs(case: dict[str, Any]) -> None:
    done, shell = run(f"bash -c {shlex.quote(case['script'])} 2>&1")
    files = {name: shell.read_file(name) if shell.exists(name) else None for name in case["files"]}
    assert (done.output, done.code, files) == (case["output"], case["code"], case["files"])


CHANGING = [
    "git init -q; git add f; echo x > g; cat g > f; git checkout f",
    "install -m 644 g f",
    "truncate -s 1 f",
    "shred f",
    "unlink f",
    "patch -p1 -i p.diff",
    "ed -s f <<< $'1d\nw'",
    "vi -es -c 1d -c wq f",
]


@pytest.mark.parametrize("script", CHANGING)
def test_what_they_change_is_journaled_as_the_accounts_own_act(script: str) -> None:
    _, shell = run(script)
    changes = [
        r for r in shell.host.sim.journal if r.verb in ("file.write", "file.remove") and r.object == "ws:/work/f"
    ]
    assert changes
    assert {record.actor for record in changes} == {"agent"}


@pytest.mark.parametrize("script", [line.replace(" f", " /etc/motd") for line in CHANGING if "p.diff" not in line])
def test_they_are_refused_what_the_account_may_not(script: str) -> None:
    done, shell = run(script)
    assert (done.code != 0, shell.read_file("/etc/motd")) == (True, "welcome\n")


@pytest.mark.parametrize(
    ("script", "output", "code"),
    [
        ("su -c id", "Password: \nsu: Authentication failure\n", 1),
        ("echo pw | su root -c 'rm f'; cat f | head -1", "Password: \nsu: Authentication failure\none\n", 0),
        (
            "su nobodyhere",
            "su: user nobodyhere does not exist or the user entry does not contain all the required fields\n",
            1,
        ),
        ("setsid echo hi", "hi\n", 0),
        ("flock lock echo in; ls lock; flock lock -c 'exit 3'", "in\nlock\n", 3),
        ("flock -n 9; echo $?", "flock: 9: Bad file descriptor\n65\n", 0),
        ("getent group admin agent sudo | cut -d: -f1,4", "admin:\nagent:\nsudo:admin\n", 0),
        ("getent passwd nobodyhere; echo $?; getent nope 2>/dev/null", "2\n", 1),
        ("getent hosts localhost", "127.0.0.1       localhost\n", 0),
        ("git init /etc/x", "fatal: could not write '/etc/x': Permission denied\n", 128),
        ("git init -q a/; git -C a status -s; ls -A a", ".git\n", 0),
        ("dmesg", "dmesg: read kernel buffer failed: Operation not permitted\n", 1),
        ("journalctl -u atd 2>/dev/null; echo $?", "1\n", 0),
        ("watch -n 1 date", "Error opening terminal: unknown.\n", 1),
        (". /etc/os-release; echo $ID $VERSION_ID", "debian 12\n", 0),
    ],
)
def test_programs_about_the_machine(script: str, output: str, code: int) -> None:
    done, _ = run(script)
    assert (done.output, done.code) == (output, code)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("sudo su -c whoami", "root\n"),
        ("sudo su - agent -c 'whoami; pwd'", "agent\n/home/agent\n"),
        ("sudo su <<< 'whoami'", "root\n"),
        ("sudo journalctl -n 2", "-- No entries --\n"),
        ("sudo dmesg | wc -l", "2\n"),
    ],
)
def test_what_root_may(script: str, output: str) -> None:
    assert complete(Shell(make_host(), ADMIN), script).output == output


@pytest.mark.parametrize(
    "script",
    [
        "yes a | ed f",
        "yes 'g/./t.' | ed -s f",
        "yes ',t$' | ed -s f",
        "yes 's/$/&&&&/' | ex -s f",
        "yes '%s/./&&/g' | ex -s f",
        "yes '%t$' | ex -s f",
        "yes '--- f' | patch",
        "truncate -s 999T f; shred -n 1000000 f",
        "printf 'g/./g/./d\\n' | ed -s f",
        "vi f",
        "yes | head -100000 > a; yes n | head -100000 > b; git init -q; git add a; cat b > a; git diff",
    ],
)
def test_they_end(script: str) -> None:
    done, _ = run(f"{script}; echo still here")
    assert done.code == 137 or "still here" in done.output
