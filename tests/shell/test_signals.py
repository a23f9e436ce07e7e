"""Signals do what they do: end, suspend, resume, or nothing; three programs agree on it."""

from __future__ import annotations

import shlex

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.shell import Shell


def verbs(host, prefix="process."):
    return [record.verb for record in host.sim.journal if record.verb.startswith(prefix)]


@pytest.mark.parametrize("program", ["kill -{} 20", "pkill -{} train", "killall -{} train", "kill -s {} 20"])
@pytest.mark.parametrize(
    ("signal", "journaled", "acts"),
    [
        ("0", [], True), ("CONT", [], True), ("WINCH", [], True), ("CHLD", [], True), ("URG", [], True),
        ("STOP", ["process.stop"], False), ("TSTP", ["process.stop"], False), ("TTIN", ["process.stop"], False),
        ("HUP", ["process.kill"], False), ("USR1", ["process.kill"], False), ("9", ["process.kill"], False),
        ("PIPE", ["process.kill"], False), ("ALRM", ["process.kill"], False), ("ABRT", ["process.kill"], False),
    ],
)  # fmt: skip
def test_signals_do_what_they_do(run, host, program, signal, journaled, acts):
    assert run(program.format(signal)).code == 0
    assert verbs(host) == journaled
    assert (host.service_process("train") is not None) == acts


def test_a_suspended_service_cannot_act_until_it_goes_on(run, host):
    run("pkill -STOP train; pkill -STOP train")
    assert host.service_process("train") is None
    record = host.service_ended_by("train")
    assert host.sim.journal[record].verb == "process.stop"
    assert "Ts" in run("ps aux | grep train").output
    assert run("systemctl start train; systemctl is-active train").output == "active\n"
    assert run("kill -CONT 20; ps -o stat= -p 20").output == "Ss\n"
    assert host.service_process("train").pid == 20
    assert host.service_ended_by("train") is None
    assert verbs(host) == ["process.stop", "process.continue"]
    assert verbs(host, "service.") == []


def test_a_suspended_service_can_be_stopped(run, host):
    run("pkill -STOP train; systemctl stop train")
    assert host.suspended == {}
    assert 20 not in host.processes


def test_a_foreign_process_refuses_signals(run, host):
    for command in ("kill -STOP 10", "pkill atd", "killall -9 atd"):
        assert "not permitted" in run(command).output
    assert verbs(host) == ["process.refused"] * 3
    assert run("kill -0 10").code == 1
    assert verbs(host) == ["process.refused"] * 3


def test_a_suspended_background_job_waits(shell, host):
    assert complete(shell, "for i in 1 2 3; do echo $i; sleep 1; done > log &").code == 0
    assert complete(shell, "sleep 0.5; kill -STOP $!; sleep 20; cat log").output == "1\n"
    assert "Stopped" in complete(shell, "jobs").output
    assert complete(shell, "kill -CONT $!; sleep 50; cat log").output == "1\n2\n3\n"


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("(trap 'echo bye; exit 3' TERM; while :; do sleep 1; done) & p=$!; sleep 2; kill $p; wait $p; echo $?", "bye\n3\n"),
        ("(trap '' TERM; sleep 5; echo alive) & sleep 1; kill $!; wait $!; echo $?", "alive\n0\n"),
        ("(trap 'echo bye' TERM; sleep 9) & kill -9 $!; wait $!; echo $?", "137\n"),
        ("sleep 100 & kill $!; wait $!; echo $?; (exit 7) & wait $!; echo $?", "143\n7\n"),
        ("(trap 'echo usr' USR1; sleep 3; echo end) & sleep 1; pkill -USR1 -f 'trap .echo usr'; wait", "usr\nend\n"),
    ],
)  # fmt: skip
def test_a_background_shell_runs_its_traps(script: str, output: str) -> None:
    done = complete(Shell(make_host(), AGENT), f"bash -c {shlex.quote(script)}")
    assert done.output == output
