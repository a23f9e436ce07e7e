"""lsof: what the processes of a host have open, as far as the simulation knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from simenv.company.network.commands import NetworkProgram
from simenv.company.network.login import Uplink
from simenv.company.network.sockets import Socket, is_shown, port_text, sockets_of
from simenv.machine.process import Process
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation

_TITLES = ("COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME")
_LEFT, _FD = 0, 3
_INTERNET = re.compile(r"([46])?(tcp|udp)?(?:@[^:]*)?(?::(.+))?\Z", re.I)


class _Asked:
    """What lsof is asked for."""

    def __init__(self, words: list[str]) -> None:
        self.flags: set[str] = set()
        self.values: dict[str, str] = {}
        self.files: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                self.files += rest
                break
            if word[:2] in ("+D", "+d"):
                self.values["D"] = word[2:] or (rest.pop(0) if rest else "")
            elif word[:1] == "-" and len(word) > 1:
                self._letters(word[1:], rest)
            else:
                self.files.append(word)

    def _letters(self, letters: str, rest: list[str]) -> None:
        for at, letter in enumerate(letters):
            value = letters[at + 1 :]
            if letter in "puc":
                self.values[letter] = value or (rest.pop(0) if rest else "")
                return
            if letter == "i":
                is_next = not value and bool(rest) and _INTERNET.match(rest[0]) is not None
                self.values["i"] = rest.pop(0) if is_next else value
                return
            if letter == "s":
                self.values["s"] = value
                return
            if letter not in "nPtlawRVbOUK":
                raise UsageFault(
                    f"lsof: illegal option character: {letter}\nlsof 4.95.0\n usage: [-i [i]] [-p s] [-u s] [names]"
                )
            self.flags.add(letter)

    @property
    def is_choosing(self) -> bool:
        """Whether anything less than all files of all processes is asked for."""
        return bool(self.files or self.values.keys() - {"s"})

    def takes(self, row: _Row) -> bool:
        """Return whether a row is one of those asked for: by any of the criteria, with ``-a`` by all."""
        if not self.is_choosing:
            return True
        tests = []
        if "p" in self.values:
            tests.append(str(row.process.pid) in re.split("[ ,]", self.values["p"]))
        if "u" in self.values:
            users = self.values["u"].split(",")
            tests.append(row.process.user in users or any(u[:1] == "^" and u[1:] != row.process.user for u in users))
        if "c" in self.values:
            tests.append(row.process.name.startswith(self.values["c"]))
        if "i" in self.values:
            tests.append(row.socket is not None and self._is_asked_for(row.socket))
        return all(tests) if "a" in self.flags and tests else any(tests)

    def _is_asked_for(self, one: Socket) -> bool:
        found = _INTERNET.match(self.values["i"])
        if found is None:
            raise UsageFault(f"lsof: unacceptable Internet address in: -i {self.values['i']}")
        version, protocol, ports = found.groups()
        state = self.values.get("s", "").partition(":")[2].upper()
        if (version and int(version) != one.version) or (protocol or "tcp").lower() != "tcp":
            return False
        if state and (state == "LISTEN") is bool(one.peer):
            return False
        own = {text for port in (one.port, one.peer_port) for text in (str(port), port_text(port, {}))}
        return ports is None or bool(own & set(ports.split(",")))


class _Row(NamedTuple):
    """One open file: its process, and FD, TYPE, DEVICE, SIZE/OFF, NODE and NAME; the path or the socket that it is."""

    process: Process
    cells: tuple[str, str, str, str, str, str]
    path: str = ""
    socket: Socket | None = None


def lsof(uplink: Uplink, inv: Invocation) -> int:
    """List open files: all, those of processes (``-p -u -c``), sockets (``-i :22``), or who has a FILE open; ``-t``."""
    asked = _Asked(list(inv.argv[1:]))
    named = [*asked.files, *([asked.values["D"]] if "D" in asked.values else [])]
    missing = [file for file in named if not inv.shell.exists(file)]
    for file in missing:
        inv.err(f"lsof: status error on {file}: No such file or directory\n")
    paths = {inv.path(file) for file in named}
    below = inv.path(asked.values["D"]).rstrip("/") + "/" if "D" in asked.values else ""
    found = []
    for row in _open_files(uplink, inv, asked.flags):
        inv.shell.budget.charge(10)
        is_named = row.path in paths or (bool(below) and row.path.startswith(below))
        if is_named or asked.takes(row):
            found.append(row)
    if "t" in asked.flags:
        inv.out("".join(f"{pid}\n" for pid in dict.fromkeys(row.process.pid for row in found)))
    elif found:
        _print(inv, found)
    return int(not found or bool(missing))


def _open_files(uplink: Uplink, inv: Invocation, flags: set[str]) -> Iterator[_Row]:
    sockets = list(sockets_of(uplink, uplink.host_of(inv)))
    numeric = {"n": ""} if "P" in flags else {}
    for pid, process in sorted(inv.host.processes.items()):
        if not is_shown(inv, process):
            for place, name in (("cwd", "cwd"), ("rtd", "root"), ("txt", "exe")):
                yield _Row(process, (place, "unknown", "", "", "", f"/proc/{pid}/{name} (readlink: Permission denied)"))
            yield _Row(process, ("NOFD", "", "", "", "", f"/proc/{pid}/fd (opendir: Permission denied)"))
            continue
        home = "/" if process.service or pid == 1 else inv.host.home(process.user)
        for place, path in (("cwd", home), ("rtd", "/")):
            yield _Row(process, (place, "DIR", "8,1", "4096", "2", path), path)
        program = process.command.split(" ")[0]
        if program[:1] == "/":
            yield _Row(process, ("txt", "REG", "8,1", "", "", program), program)
        for one in sockets:
            if one.process is not None and one.process.pid == pid:
                name = f"*:{port_text(one.port, numeric)} (LISTEN)"
                cells = (f"{one.descriptor}u", f"IPv{one.version}", str(20_000 + one.port), "0t0", "TCP", name)
                yield _Row(process, cells, socket=one)


def _print(inv: Invocation, rows: list[_Row]) -> None:
    table = [_TITLES, *((row.process.name[:9], str(row.process.pid), row.process.user[:8], *row.cells) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for *cells, name in table:
        # The letter behind a descriptor stands in a column of its own, in which names of places have a blank.
        cells[_FD] += "" if cells[_FD][0].isdecimal() else " "
        widths[_FD] = max(map(len, (row[_FD] for row in table))) + 1
        shown = [
            f"{cell:<{width}}" if at == _LEFT else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(cells, widths[:-1], strict=True))
        ]
        inv.out(" ".join([*shown, name]) + "\n")


PROGRAMS: Mapping[str, NetworkProgram] = {"lsof": lsof}
