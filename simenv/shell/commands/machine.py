"""Programs that show the machine and who uses it: arch, who, w, top; and mktemp, yes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.commands.resources import free, uptime
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_MARKS = re.compile(r"X{3,60}(?=[^X/]*\Z)")
_MAX_YES = 250_000


def arch(inv: Invocation) -> int:
    """Print the kind of processor."""
    inv.out("x86_64\n")
    return 0


def who(inv: Invocation) -> int:
    """Print who is logged in: the user of the session."""
    sim = inv.host.sim
    inv.out(f"{inv.account.user:<8} pts/0        {sim.calendar.at(0):%Y-%m-%d %H:%M}\n")
    return 0


def w(inv: Invocation) -> int:
    """Print who is logged in and how long the machine has been on."""
    uptime(inv)
    inv.out("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n")
    inv.out(
        f"{inv.account.user:<8} pts/0    -                {inv.host.sim.calendar.at(0):%H:%M}    0.00s  0.01s  0.00s w\n"
    )
    return 0


def top(inv: Invocation) -> int:
    """Print processes once (``-b -n1``)."""
    given, _ = inv.options(Spec("bcHiS", "ndupowE"))
    if "b" not in given:
        raise UsageFault("top: failed tty get")
    host = inv.host
    inv.out("top -")
    uptime(inv)
    stopped = len(host.suspended)
    total = len(host.processes)
    inv.out(
        f"Tasks: {total:3d} total,   1 running, {max(0, total - stopped - 1):3d} sleeping, {stopped:3d} stopped,   0 zombie\n"
    )
    inv.out("%Cpu(s):  1.2 us,  0.4 sy,  0.0 ni, 98.3 id,  0.0 wa,  0.0 hi,  0.1 si,  0.0 st\n")
    inv.argv = ["free"]
    free(inv)
    inv.out("\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n")
    for pid, process in sorted(host.processes.items()):
        state = "T" if pid in host.suspended else "S"
        inv.out(
            f"{pid:>7} {process.user[:8]:<8}  20   0   10240   4096   3200 {state}   0.0   0.0   0:00.01 {process.name}\n"
        )
    return 0


def mktemp(inv: Invocation) -> int:
    """Make an empty file (``-d``: a directory) of a name not used yet; ``-u``: print the name only."""
    given, operands = inv.options(Spec("dqut", "p", "directory:d dry-run:u quiet:q tmpdir:p"))
    template = operands[0] if operands else "tmp.XXXXXXXXXX"
    found = _MARKS.search(template)
    if found is None:
        raise UsageFault(f"mktemp: too few X's in template '{template}'")
    if "p" in given or "t" in given or not operands:
        template = f"{given.get('p') or inv.env.get('TMPDIR') or '/tmp'}/{template}"
        found = _MARKS.search(template)
    assert found is not None
    stream = inv.host.sim.streams[f"mktemp/{inv.host.id}"]
    while True:
        letters = "".join(stream.choice(_LETTERS) for _ in found.group())
        name = template[: found.start()] + letters + template[found.end() :]
        if not inv.shell.exists(name):
            break
        inv.shell.spend_command()
    try:
        _make(inv, name, given)
    except FileError as error:
        what = "directory" if "d" in given else "file"
        return inv.complain(f"failed to create {what} via template '{template}': {error.reason}")
    inv.out(name + "\n")
    return 0


def _make(inv: Invocation, name: str, given: Mapping[str, str]) -> None:
    if "u" in given:
        return
    inv.shell.check_alive()
    if "d" in given:
        inv.host.files.mkdir(inv.path(name), inv.account, mode=0o700)
        return
    mask, inv.shell.mask = inv.shell.mask, 0o077
    try:
        inv.shell.write_file(name, "")
    finally:
        inv.shell.mask = mask


def yes(inv: Invocation) -> int:
    """Print a line again and again: as much as a terminal would take, for nothing runs beside it."""
    line = (" ".join(inv.argv[1:]) or "y") + "\n"
    inv.out(line * max(1, _MAX_YES // len(line)))
    return 0


PROGRAMS: Mapping[str, Program] = {
    "arch": arch,
    "mktemp": mktemp,
    "top": top,
    "w": w,
    "who": who,
    "yes": yes,
}
