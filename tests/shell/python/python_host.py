"""A machine that has Python, built by hand."""

from __future__ import annotations

from datetime import datetime

from simenv.kernel import Calendar, Simulation
from simenv.machine.host import Host
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import Account, Directory, Identity
from simenv.machine.nodes import Image, Node
from simenv.machine.process import Process
from simenv.shell import COMMANDS, Completed, Shell, system_nodes
from simenv.shell.python import PROGRAMS

AGENT = Account("agent", "agent", ("agent", "ops"))
BOB = Account("bob", "bob", ("bob",))
PATH = "/usr/local/bin:/usr/bin:/bin:/sbin"


def make_host(extra: dict[str, Node] | None = None, *, zone: str = "UTC", seed: int = 1) -> Host:
    programs = {**COMMANDS, **PROGRAMS}
    nodes = {
        **system_nodes(programs),
        "/home/agent": Node("dir", "agent", "agent", 0o755),
        "/home/bob": Node("dir", "bob", "bob", 0o700),
        "/home/bob/secret": Node("file", "bob", "bob", 0o600, "s3cret\n"),
        "/etc/passwd": Node("file", "root", "root", 0o644, "root:x:0:0:root:/root:/bin/bash\n"),
        "/root": Node("dir", "root", "root", 0o700),
        **(extra or {}),
    }
    plan = HostPlan(
        "ws",
        "workstation",
        Image(nodes, PATH),
        {"agent": AGENT, "bob": BOB},
        {"agent": "/home/agent", "bob": "/home/bob"},
        {1: Process(1, "systemd", "root", "/sbin/init"), 40: Process(40, "monitor", "agent", "monitor --watch")},
        {},
        PATH,
    )

    def run_job(host, account, script, pool):
        done = yield from Shell(host, account).run(script, pool=pool)
        return done.code

    sim = Simulation(Calendar(datetime(2026, 3, 2, 9, 0), zone), seed)
    return Host(plan, sim, programs, run_job, Identity(Directory([], {}), sim))


def drive(shell: Shell, script: str, stdin: str = "") -> Completed:
    """Run a script to its end, and let time pass as it asks."""
    behaviour = shell.run(script, stdin)
    sim = shell.host.sim
    while True:
        try:
            delay = next(behaviour)
        except StopIteration as stop:
            return stop.value
        sim.advance(sim.now + delay)


def run(code: str, host: Host | None = None, account: Account = AGENT, stdin: str = "") -> Completed:
    """Run Python code as ``python3 -c`` does."""
    shell = Shell(host or make_host(), account)
    shell.variables["CODE"] = code
    return drive(shell, 'python3 -c "$CODE"', stdin)
