"""Programs that run another one, or tell what the machine has recorded: setsid, flock, getent, journalctl, dmesg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simenv.kernel import Delays
from simenv.machine.identity import ROOT
from simenv.machine.nodes import FileError
from simenv.machine.numbers import group_names, group_number, user_names
from simenv.machine.program import Program
from simenv.shell.commands.reading import lines_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_READERS_OF_THE_JOURNAL = ("adm", "systemd-journal")
_FLOCK = Spec(
    "sxenuoF", "wEc", "shared:s exclusive:x unlock:u nonblock:n timeout:w close:o conflict-exit-code:E command:c", 64,
    permute=False,
)  # fmt: skip


def setsid(inv: Invocation) -> Delays[int]:
    """Run a program in a session of its own; it ends before the shell goes on."""
    _, command = inv.options(Spec("cfw", "", "ctty:c fork:f wait:w", permute=False))
    if not command:
        raise UsageFault("setsid: no command specified\nTry 'setsid --help' for more information.")
    return (yield from inv.shell.call(command, inv.streams))


def flock(inv: Invocation) -> Delays[int]:
    """Run a program while holding a lock on a file, which is made if need be: nothing else holds it."""
    given, operands = inv.options(_FLOCK)
    if not operands:
        raise UsageFault("flock: not enough arguments", 64)
    place, *command = operands
    if command[:1] in (["-c"], ["--command"]):
        command = ["bash", "-c", " ".join(command[1:])]
    if not command and "c" not in given:
        if not place.isdecimal():
            raise UsageFault(f"flock: bad file descriptor: '{place}'", 64)
        return 0 if inv.streams.get(int(place[:6])) is not None else inv.complain(f"{place}: Bad file descriptor", 65)
    try:
        if not inv.shell.exists(place):
            inv.shell.write_file(place, "")
    except FileError as error:
        return inv.complain(f"cannot open lock file {place}: {error.reason}", 66)
    return (yield from inv.shell.call(command or ["bash", "-c", given["c"]], inv.streams))


# -- what the machine knows ------------------------------------------------------------------------------------------------


def getent(inv: Invocation) -> int:
    """Look up entries of ``passwd``, ``group`` or ``hosts``, by name or number."""
    _, operands = inv.options(Spec())
    if not operands:
        raise UsageFault(
            "getent: wrong number of arguments\nTry 'getent --help' or 'getent --usage' for more information."
        )
    database, *keys = operands
    if database not in ("passwd", "group", "hosts"):
        inv.err(f"Unknown database: {database}\nTry 'getent --help' or 'getent --usage' for more information.\n")
        return 1
    entries = list(_entries(inv, database))
    for key in keys:
        found = next((text for text, names in entries if key in names), None)
        if found is None:
            inv.code = 2
        else:
            inv.out(f"{found}\n")
    if not keys:
        inv.out("".join(f"{text}\n" for text, _ in entries))
    return inv.code


def _entries(inv: Invocation, database: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the entries of a database, each with the keys under which it is found."""
    path = f"/etc/{database}"
    if database == "group" and not inv.shell.exists(path):
        yield from _groups(inv)
        return
    if database == "hosts" and not inv.shell.exists(path):
        yield f"{'127.0.0.1':<15} localhost", ("127.0.0.1", "localhost")
        return
    try:
        lines = [line.strip() for line in lines_of(inv.shell.read_file(path))]
    except FileError:
        return
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if database == "hosts":
            address, *names = line.split()
            yield f"{address:<15} {' '.join(names)}", (address, *names)
        else:
            cells = line.split(":")
            yield line, (cells[0], cells[2] if len(cells) > 2 else "")


def _groups(inv: Invocation) -> Iterator[tuple[str, tuple[str, ...]]]:
    plan = inv.host.plan
    for group in [ROOT, *user_names(plan), *group_names(plan)]:
        members = [user for user, account in plan.accounts.items() if group in account.groups and user != group]
        number = group_number(plan, group)
        yield f"{group}:x:{number}:{','.join(members)}", (group, str(number))


def dmesg(inv: Invocation) -> int:
    """Print the messages of the kernel, to root alone: how it was started."""
    inv.options(Spec("HTwktxrL", "lfn", "ctime:T follow:w human:H level:l facility:f"))
    if inv.account.user != ROOT:
        return inv.complain("read kernel buffer failed: Operation not permitted")
    inv.out("[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.1.76-1\n")
    inv.out("[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/sda1 ro quiet\n")
    return 0


def journalctl(inv: Invocation) -> int:
    """Print what services have logged to ``/var/log/syslog``, to those who may see it: ``-u`` of a unit, ``-n`` last lines."""
    spec = Spec(
        "efrxakqbD", "untSUpogt",
        "unit:u lines:n since:S until:U priority:p output:o grep:g identifier:t no-pager:q follow:f reverse:r boot:b dmesg:k"
        " pager-end:e quiet:q all:a",
    )  # fmt: skip
    inv.argv = ["-bq" if word == "-b" else word for word in inv.argv]
    given, _ = inv.options(spec)
    # The log has no times or priorities to choose by: to print all of it would be a wrong answer.
    if {"S", "U", "p"} & given.keys():
        raise UsageFault("journalctl: selecting by time or priority is not supported here")
    if inv.account.user != ROOT and not set(_READERS_OF_THE_JOURNAL) & set(inv.account.groups):
        inv.err("Hint: You are currently not seeing messages from other users and the system.\n"
                "      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
                "      Pass -q to turn off this notice.\n"
                "No journal files were opened due to insufficient permissions.\n")  # fmt: skip
        return 1
    try:
        lines = lines_of(inv.shell.read_file("/var/log/syslog"))
    except FileError:
        lines = []
    wanted = [given[letter].removesuffix(".service") for letter in "utg" if letter in given]
    lines = [line for line in lines if all(word in line for word in wanted)]
    if given.get("n", "").isdecimal():
        lines = lines[len(lines) - min(int(given["n"][:9]), len(lines)) :]
    inv.out("".join(reversed(lines) if "r" in given else lines) or "-- No entries --\n")
    return 0


PROGRAMS: Mapping[str, Program] = {
    "dmesg": dmesg,
    "flock": flock,
    "getent": getent,
    "journalctl": journalctl,
    "setsid": setsid,
}
