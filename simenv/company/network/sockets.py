"""Who listens and who is connected: ss and netstat, over the services and transfers of a host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from simenv.company.network.commands import NetworkProgram
from simenv.company.network.login import SSH_SERVICE, Uplink
from simenv.machine.host import Host
from simenv.machine.identity import ROOT
from simenv.machine.process import Process
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_SSH_PORT = 22
_WEB_PORTS = (80, 443)
_NAMES = {22: "ssh", 80: "http", 443: "https"}
_FIRST_LOCAL_PORT = 40_000
_LOCAL_PORTS = 20_000
_SS = Spec(
    "tuxwlanpeimorsH460O", "fAF",
    "tcp:t udp:u unix:x raw:w listening:l all:a numeric:n processes:p extended:e info:i memory:m resolve:r summary:s "
    "no-header:H ipv4:4 ipv6:6 family:f query:A options:o",
    255,
)  # fmt: skip
_NETSTAT = Spec(
    "tuxwlanpeirsc46W", "A",
    "tcp:t udp:u unix:x listening:l all:a numeric:n programs:p extend:e interfaces:i route:r statistics:s wide:W", 3,
)  # fmt: skip


class Socket(NamedTuple):
    """One end of a connection, or a place where a server waits for one.

    Attributes:
        version: 4 or 6.
        port: its number here.
        peer: the host at the other end; empty while it listens.
        peer_port: the number there.
        process: whose it is; None if that is no process of its own.
        descriptor: the number of the file in that process.
        backlog: how many connections may wait.
    """

    version: int
    port: int
    peer: str
    peer_port: int
    process: Process | None
    descriptor: int
    backlog: int


def sockets_of(uplink: Uplink, host: Host) -> Iterator[Socket]:
    """Yield the sockets of a host: those of ssh and its web server, and one for each of its transfers in progress."""
    sshd = host.main_process(SSH_SERVICE)
    if sshd is not None:
        for version, descriptor in ((4, 3), (6, 4)):
            yield Socket(version, _SSH_PORT, "", 0, sshd, descriptor, 128)
    web = uplink.webs.get(host.id)
    server = host.main_process(web.service) if web is not None and web.service else None
    if web is not None and (server is not None or not web.service):
        for at, port in enumerate(_WEB_PORTS):
            for version in (4, 6):
                yield Socket(version, port, "", 0, server, 6 + 2 * at + (version == 6), 511)
    for number, source, target in uplink.transfers.ends():
        if host.id in (source, target):
            ports = _SSH_PORT, _FIRST_LOCAL_PORT + number % _LOCAL_PORTS
            here, there = ports if host.id == target else ports[::-1]
            peer = uplink.hosts[source if host.id == target else target].hostname
            yield Socket(4, here, peer, there, None, 5, 0)


def is_shown(inv: Invocation, process: Process | None) -> bool:
    """Return whether an account may see what files a process has open."""
    return process is not None and inv.account.user in (ROOT, process.user)


def _wanted(given: Mapping[str, str], found: Iterator[Socket]) -> list[Socket]:
    """Return the sockets that ``-l``, ``-a``, ``-4`` and ``-6`` ask for; there are none but TCP's."""
    if {"u", "x", "w"} & given.keys() and "t" not in given:
        return []
    versions = {int(digit) for digit in "46" if digit in given} or {4, 6}
    chosen = [one for one in found if one.version in versions]
    chosen = [one for one in chosen if "a" in given or bool(one.peer) is ("l" not in given)]
    return sorted(chosen, key=lambda one: one.version)


def port_text(number: int, given: Mapping[str, str]) -> str:
    """Return a port by its service's name, or with ``-n`` as a number."""
    return str(number) if "n" in given else _NAMES.get(number, str(number))


# -- ss ---------------------------------------------------------------------------------------------------------------


def ss(uplink: Uplink, inv: Invocation) -> int:
    """List sockets: ``-t -l -a -n -p -4 -6 -H``, ``-s`` counts them, ``sport = :22`` and ``state listening`` choose."""
    given, operands = inv.options(_SS)
    everything = list(sockets_of(uplink, uplink.host_of(inv)))
    if "s" in given:
        _summarize(inv, everything)
        return 0
    chosen = _filtered(_wanted({**given, "a": ""} if operands[:1] == ("state",) else given, iter(everything)), operands)
    kinds = {"t", "u", "x", "w"} & given.keys()
    rows = [_ss_row(inv, one, given) for one in chosen]
    titles = ["Netid", "State", "Recv-Q", "Send-Q", "Local Address", "Port", "Peer Address", "Port", "Process"]
    if kinds and len(kinds) == 1:
        rows, titles = [row[1:] for row in rows], titles[1:]
    table = rows if "H" in given else [titles, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        *first, local, port, peer, peer_port, process = row
        *left, a, b, c, d, e = widths
        cells = [f"{cell:<{width}}" for cell, width in zip(first, left, strict=True)]
        inv.out(" ".join([*cells, f"{local:>{a}}:{port:<{b}}", f"{peer:>{c}}:{peer_port:<{d}}"]) + f"{process:<{e}}\n")
    return 0


def _summarize(inv: Invocation, everything: Sequence[Socket]) -> None:
    count, connected = len(everything), sum(bool(one.peer) for one in everything)
    fourth = sum(one.version == 4 for one in everything)
    inv.out(f"Total: {count}\nTCP:   {count} (estab {connected}, closed 0, orphaned 0, timewait 0)\n\n")
    inv.out("Transport Total     IP        IPv6\n")
    for name, cells in {"RAW": (0, 0, 0), "UDP": (0, 0, 0), "TCP": (count, fourth, count - fourth)}.items():
        inv.out(f"{name}\t  {cells[0]:<9} {cells[1]:<9} {cells[2]:<9}\n")
    inv.out(f"INET\t  {count:<9} {fourth:<9} {count - fourth:<9}\nFRAG\t  0         0         0        \n\n")


def _filtered(chosen: Sequence[Socket], words: Sequence[str]) -> list[Socket]:
    """Return the sockets that a filter of ss lets through. Raises UsageFault for what this one does not know."""
    text = " ".join(words).replace("(", " ").replace(")", " ").strip()
    found = re.match(r"state\s+(listening|established|connected|all)\b\s*", text)
    if found:
        listening = {"listening": (True,), "all": (True, False)}.get(found.group(1), (False,))
        chosen, text = [one for one in chosen if (not one.peer) in listening], text[found.end() :]
    wanted: set[tuple[str, str]] = set()
    for part in re.split(r"\s+or\s+", text) if text else ():
        test = re.fullmatch(r"([sd]port)\s*(?:=|==|eq)\s*:?(\w+)", part.strip())
        if test is None:
            raise UsageFault(
                f'Error: an inet prefix is expected rather than "{part.split()[0]}".\nCannot parse dst/src address.',
                255,
            )
        wanted.add((test.group(1), test.group(2)))
    return [one for one in chosen if not wanted or _ports(one) & wanted]


def _ports(one: Socket) -> set[tuple[str, str]]:
    ends = {"sport": one.port, "dport": one.peer_port}
    return {(end, text) for end, port in ends.items() for text in (str(port), _NAMES.get(port, str(port)))}


def _ss_row(inv: Invocation, one: Socket, given: Mapping[str, str]) -> list[str]:
    anywhere = "0.0.0.0" if one.version == 4 else "[::]"
    process = ""
    if "p" in given and one.process is not None and is_shown(inv, one.process):
        process = f' users:(("{one.process.name}",pid={one.process.pid},fd={one.descriptor}))'
    state = "ESTAB" if one.peer else "LISTEN"
    local = inv.host.hostname if one.peer else anywhere
    peer_port = port_text(one.peer_port, given) if one.peer else "*"
    return [
        "tcp", state, "0", str(one.backlog), local, port_text(one.port, given), one.peer or anywhere, peer_port, process,
    ]  # fmt: skip


# -- netstat ----------------------------------------------------------------------------------------------------------


def netstat(uplink: Uplink, inv: Invocation) -> int:
    """List sockets as ss does, in the older form: ``-t -l -a -n -p``; ``-i`` and ``-r`` know the one interface."""
    given, _ = inv.options(_NETSTAT)
    if "r" in given:
        inv.out(
            "Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
        )
        return 0
    if "i" in given:
        inv.out("Kernel Interface table\n")
        inv.out("Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
        inv.out("".join(f"{name:<15} {mtu:>5}        0      0      0 0             0      0      0      0 {flags}\n"
                        for name, mtu, flags in (("eth0", 1500, "BMRU"), ("lo", 65536, "LRU"))))  # fmt: skip
        return 0
    which = "w/o servers"
    if "a" in given:
        which = "servers and established"
    elif "l" in given:
        which = "only servers"
    inv.out(f"Active Internet connections ({which})\n")
    owner = " PID/Program name    " if "p" in given else ""
    inv.out(f"Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} {'State':<11}{owner}\n")
    for one in _wanted(given, sockets_of(uplink, uplink.host_of(inv))):
        inv.out(_netstat_row(inv, one, given))
    return 0


def _netstat_row(inv: Invocation, one: Socket, given: Mapping[str, str]) -> str:
    sixth = "::" if "n" in given else "[::]"
    anywhere = "0.0.0.0" if one.version == 4 else sixth
    local = f"{inv.host.hostname if one.peer else anywhere}:{port_text(one.port, given)}"
    peer = f"{one.peer}:{port_text(one.peer_port, given)}" if one.peer else f"{anywhere}:*"
    state = "ESTABLISHED" if one.peer else "LISTEN"
    protocol = "tcp" if one.version == 4 else "tcp6"
    owner = ""
    if "p" in given:
        shown = one.process if is_shown(inv, one.process) else None
        name = "-" if shown is None else f"{shown.pid}/{shown.name}"
        owner = f" {name[:20]:<20}"
    return f"{protocol:<5} {0:>6} {0:>6} {local:<23} {peer:<23} {state:<11}{owner}\n"


PROGRAMS: Mapping[str, NetworkProgram] = {"netstat": netstat, "ss": ss}
