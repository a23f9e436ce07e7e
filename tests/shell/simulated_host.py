"""A host built by hand, and a way to run scripts on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from simenv.kernel import Calendar, Simulation
from simenv.machine.host import Host
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import Account, Directory, Identity
from simenv.machine.nodes import Image, Node
from simenv.machine.process import Process, Service
from simenv.shell import COMMANDS, Completed, Shell, system_nodes

AGENT = Account("agent", "agent", ("agent",))
ADMIN = Account("admin", "admin", ("admin", "sudo"))


PATH = "/usr/local/bin:/usr/bin:/bin:/sbin"


def make_image(extra: dict[str, Node] | None = None, path: str = PATH) -> Image:
    nodes = {
        **system_nodes(COMMANDS),
        "/home/agent": Node("dir", "agent", "agent", 0o755),
        "/home/agent/notes.txt": Node("file", "agent", "agent", 0o644, "one\ntwo\nthree\n"),
        "/home/admin": Node("dir", "admin", "admin", 0o700),
        "/home/admin/secret": Node("file", "admin", "admin", 0o600, "s3cret\n"),
        "/etc/motd": Node("file", "root", "root", 0o644, "welcome\n"),
        "/root": Node("dir", "root", "root", 0o700),
        **(extra or {}),
    }
    return Image(nodes, path)


def make_host(extra: dict[str, Node] | None = None, image: Image | None = None) -> Host:
    plan = HostPlan(
        "ws", "workstation", image or make_image(extra), {"agent": AGENT, "admin": ADMIN}, {"agent": "/home/agent", "admin": "/home/admin"},
        {
            1: Process(1, "systemd", "root", "/sbin/init"),
            10: Process(10, "atd", "root", "/usr/sbin/atd", service="atd"),
            11: Process(11, "cron", "root", "/usr/sbin/cron", service="cron"),
            20: Process(20, "train", "agent", "python3 train.py", service="train"),
        },
        {
            "atd": Service("atd", "Deferred execution", "root", "/usr/sbin/atd"),
            "cron": Service("cron", "Regular execution", "root", "/usr/sbin/cron"),
            "train": Service("train", "Training run", "agent", "python3 train.py"),
        },
        PATH,
    )  # fmt: skip

    def run_job(host, account, script, pool):
        done = yield from Shell(host, account).run(script, pool=pool)
        return done.code

    sim = Simulation(Calendar(datetime(2026, 3, 2, 9, 0)), 1)
    return Host(plan, sim, COMMANDS, run_job, Identity(Directory([], {}), sim))


def complete(shell: Shell, script: str, stdin: str = "", most: int = 100_000) -> Completed:
    """Drive a run to its end, advancing the clock."""
    behaviour = shell.run(script, stdin)
    sim = shell.host.sim
    for _ in range(most):
        try:
            delay = next(behaviour)
        except StopIteration as stop:
            return stop.value
        assert delay >= 0
        sim.advance(sim.now + delay)
    raise AssertionError("the script waits for ever")


def run_among(files: Mapping[str, str], script: str) -> tuple[Completed, Shell]:
    """Run a script in a directory that holds some files of the agent's; return what it did, and its shell."""
    nodes = {f"/work/{name}": Node("file", "agent", "agent", 0o644, text) for name, text in files.items()}
    shell = Shell(make_host({"/work": Node("dir", "agent", "agent", 0o755), **nodes}), AGENT, cwd="/work")
    return complete(shell, script), shell
