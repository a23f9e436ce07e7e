"""Programs that reach other hosts: ssh, scp, rsync, ping, ssh-keygen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from simenv.company.network.keys import private_key, public_key
from simenv.company.network.login import SSH, Endpoint, Login, Uplink
from simenv.kernel import Delays
from simenv.machine.content.tokens import byte_size
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.nodes import FileError, Node, normal
from simenv.machine.program import Program
from simenv.shell.budget import Sink, Source, Streams
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

NetworkProgram: TypeAlias = Callable[[Uplink, Invocation], int | Delays[int]]
_SSH = Spec("46AaCfGgKkMNnqsTtVvXxYy", "BbcDEeFIiJLlmOopQRSWw", code=255, permute=False)
_SCP = Spec("346BCpqrTvO", "cFiJloPSX", code=1)
_RSYNC = Spec(
    "avzhPnruptgolHAXEDWSixycCIRq~", "eTM",
    "archive:a verbose:v compress:z human-readable:h dry-run:n recursive:r update:u partial:P progress:P bwlimit:T "
    "rsh:e inplace:P append:P times:t perms:p checksum:c ignore-existing:I delete:D quiet:q stats:S "
    "remove-source-files:~",
)  # fmt: skip
_KEYGEN = Spec("yql", "tfNCb")
_PING = Spec("nqvab46", "cwWis")
_FAILED = 255
_STREAMED_BYTES = 65_536
"""Less data than this takes no time worth simulating."""
_KEYGEN_S = 1.0


def _say(inv: Invocation, login: Login) -> None:
    for line in login.messages:
        inv.err(f"{line}\n")


def _split_user(text: str) -> tuple[str, str]:
    user, at, host = text.rpartition("@")
    return (user, host) if at else ("", text)


def _key_files(inv: Invocation, options: Options) -> list[str]:
    """Return the key file that was given; ssh itself expands ``~``."""
    given = options.given.get("i") or options.given.get("e")
    if not given:
        return []
    home = inv.host.home(inv.account.user)
    return [home + given[1:] if given.startswith("~/") else inv.path(given)]


def ssh(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Run a command on another host, as a user who accepts a key of the caller."""
    options = inv.options(_SSH)
    if not options.operands:
        raise UsageFault(
            "usage: ssh [-i identity_file] [-l login_name] [-p port] destination [command [argument ...]]", 255
        )
    destination, *words = options.operands
    user, name = _split_user(destination.removeprefix("ssh://"))
    user = user or options.given.get("l", "")
    login = yield from uplink.log_in(uplink.host_of(inv), inv.account, name, user, _key_files(inv, options))
    _say(inv, login)
    if login.host is None or login.account is None:
        return _FAILED
    script = " ".join(words) if words else inv.stdin
    if not words:
        inv.err("Pseudo-terminal will not be allocated because stdin is not a terminal.\n")
    stdin = inv.stdin if words and "n" not in options.given else ""
    if not (yield from _stream(uplink, inv, uplink.host_of(inv), login.host, login.account, stdin)):
        return _FAILED
    code, text = yield from _run_there(inv, login.host, login.account, script, stdin)
    if not (yield from _stream(uplink, inv, login.host, uplink.host_of(inv), login.account, text)):
        return _FAILED
    inv.out(text)
    return code


def _run_there(inv: Invocation, host: Host, account: Account, script: str, stdin: str) -> Delays[tuple[int, str]]:
    """Run a script on the other host, in a new session; return its exit code and output."""
    process = host.start("sshd", account.user, f"sshd: {account.user}@notty")
    shell = inv.shell.elsewhere(host, account, process.pid)
    out = Sink(shell.budget)
    try:
        code = yield from shell.run_nested(script, Streams(Source(stdin), out, inv.streams.err))
    finally:
        host.exit(process.pid)
    if not host.up:
        inv.err(f"client_loop: send disconnect: Broken pipe\nConnection to {host.hostname} closed by remote host.\n")
        code = _FAILED
    return code, out.text()


def _stream(uplink: Uplink, inv: Invocation, source: Host, target: Host, account: Account, text: str) -> Delays[bool]:
    """Wait while data passes through a connection; return whether it arrived."""
    size = byte_size(inv.content(text))
    if size < _STREAMED_BYTES or source is target:
        return True
    transfer = yield from uplink.transfers.copy(
        source.id, target.id, SSH, size, account, "(a stream)", host=inv.host.id
    )
    if transfer.cut:
        inv.err("client_loop: send disconnect: Broken pipe\n")
    return not transfer.cut


# -- copying ---------------------------------------------------------------------------------------------------------


class _Spot(NamedTuple):
    """One end of a copy as written: a path, here or on another host."""

    place: Endpoint
    text: str
    remote: bool

    def at(self, path: str) -> _Spot:
        """Another path on the same host."""
        return self._replace(place=self.place._replace(path=path))

    def is_directory(self) -> bool:
        node = _node(self.place)
        return node is not None and node.kind == "dir"


def _node(place: Endpoint) -> Node | None:
    try:
        return place.host.files.find(place.path, place.account)
    except FileError:
        return None


def _find_spot(uplink: Uplink, inv: Invocation, text: str, keys: Sequence[str]) -> Delays[_Spot | None]:
    """Resolve one end of a copy, with a login if it is on another host; None if that failed."""
    head, colon, path = text.partition(":")
    if not colon or "/" in head:
        return _Spot(Endpoint(uplink.host_of(inv), inv.account, inv.path(text or ".")), text, False)
    user, name = _split_user(head)
    login = yield from uplink.log_in(uplink.host_of(inv), inv.account, name, user, keys)
    _say(inv, login)
    if login.host is None or login.account is None:
        return None
    home = login.host.home(login.account.user)
    path = home + path[1:] if path[:1] == "~" else path
    return _Spot(Endpoint(login.host, login.account, normal(path or ".", home)), path, True)


class _Plan(NamedTuple):
    """How to copy."""

    recursive: bool
    keep: bool = False
    resume: bool = False
    update: bool = False
    limit_bps: float | None = None
    verbose: bool = False
    dry: bool = False
    move: bool = False


def _copy_all(uplink: Uplink, inv: Invocation, sources: Sequence[_Spot], target: _Spot, plan: _Plan) -> Delays[int]:
    into = target.is_directory()
    if len(sources) > 1 and not into:
        return inv.complain(f"{target.text}: Not a directory")
    for source in sources:
        contents = plan.update and source.text.endswith("/")
        name = source.place.path.rpartition("/")[2]
        goal = target.at(normal(f"{target.place.path}/{name}")) if into and not contents else target
        ok = yield from _copy(uplink, inv, source, goal, plan)
        if not ok:
            return inv.code or 1
    return inv.code


def _copy(uplink: Uplink, inv: Invocation, source: _Spot, target: _Spot, plan: _Plan) -> Delays[bool]:
    """Copy one file, or a directory with its content; return False if the connection was lost."""
    inv.shell.check_alive()
    inv.shell.budget.charge(100)
    files, account, path = source.place.host.files, source.place.account, source.place.path
    try:
        node = files.find(path, account)
        if node.kind == "dir":
            if not plan.recursive:
                inv.complain(
                    f"{source.text or path}: not a regular file" if inv.name == "scp" else f"skipping directory {path}"
                )
                return True
            if not plan.dry and _node(target.place) is None:
                target.place.host.files.mkdir(target.place.path, target.place.account)
            for name in files.names(path, account):
                below = target.at(f"{target.place.path}/{name}")
                if not (yield from _copy(uplink, inv, source.at(f"{path}/{name}"), below, plan)):
                    return False
            return True
        is_copied = yield from _copy_file(uplink, inv, source, target, plan)
        if is_copied and plan.move and not plan.dry:
            files.remove(path, account)
        return is_copied
    except FileError as error:
        inv.complain(f"{error.path}: {error.reason}")
        return True


def _copy_file(uplink: Uplink, inv: Invocation, source: _Spot, target: _Spot, plan: _Plan) -> Delays[bool]:
    if plan.update and _same(source.place, target.place):
        return True
    if plan.verbose:
        inv.out(f"{source.place.path.rpartition('/')[2]}\n")
    if plan.dry:
        return True
    transfer = yield from uplink.send_file(
        source.place, target.place, service=SSH, host=uplink.host_of(inv),
        resume=plan.resume, limit_bps=plan.limit_bps, keep=plan.keep,
    )  # fmt: skip
    if transfer.cut:
        inv.complain("Connection closed" if inv.name == "scp" else "error in rsync protocol data stream (code 12)", 12)
    return not transfer.cut


def _same(source: Endpoint, target: Endpoint) -> bool:
    """Return whether the target has the content of the source."""
    there = _node(target)
    here = source.host.files.find(source.path, source.account)
    return there is not None and there.kind == "file" and str(there.content) == str(here.content)


def scp(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Copy files between hosts."""
    options = inv.options(_SCP)
    if len(options.operands) < 2:
        raise UsageFault("usage: scp [-r] [-i identity_file] [-P port] source ... target", 1)
    limit = options.given.get("l", "")
    plan = _Plan(
        "r" in options.given, "p" in options.given, limit_bps=float(limit) * 1000 if limit.isdecimal() else None
    )
    return (yield from _between(uplink, inv, options, plan))


def rsync(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Copy missing files; resumes an interrupted attempt."""
    inv.argv = list(_rsync_words(inv.argv))
    options = inv.options(_RSYNC)
    given = options.given
    if len(options.operands) < 2:
        raise UsageFault("rsync error: syntax or usage error (code 1): source and destination are needed", 1)
    limit = given.get("T", "").rstrip("kK")
    limit_bps = float(limit) * 8192 if limit.replace(".", "", 1).isdecimal() and float(limit) > 0 else None
    plan = _Plan(
        "a" in given or "r" in given, "a" in given, True, True, limit_bps, "v" in given, "n" in given, "~" in given
    )
    if plan.verbose:
        inv.out("sending incremental file list\n")
    return (yield from _between(uplink, inv, options, plan))


def _rsync_words(argv: Sequence[str]) -> Iterator[str]:
    """Turn ``-e 'ssh -i key'`` into ``-e key``: of the remote shell only its key matters here."""
    rest = iter(argv)
    for word in rest:
        if word in ("-e", "--rsh") or word.startswith(("-e=", "--rsh=")):
            shell = (word.partition("=")[2] or next(rest, "")).split()
            if "-i" in shell[:-1]:
                yield from ("-e", shell[shell.index("-i") + 1])
        elif word != "--info=progress2":
            yield word


def _between(uplink: Uplink, inv: Invocation, options: Options, plan: _Plan) -> Delays[int]:
    keys = _key_files(inv, options)
    *froms, to = options.operands
    target = yield from _find_spot(uplink, inv, to, keys)
    if target is None:
        return _FAILED
    sources = []
    for text in froms:
        source = yield from _find_spot(uplink, inv, text, keys)
        if source is None:
            return _FAILED
        sources.append(source)
    return (yield from _copy_all(uplink, inv, sources, target, plan))


# -- the rest --------------------------------------------------------------------------------------------------------


def ping(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Ask whether another host answers."""
    options = inv.options(_PING)
    if not options.operands:
        raise UsageFault("ping: usage error: Destination address required", 1)
    text = options.operands[0]
    name = uplink.network.find_host(text)
    if name is None:
        inv.err(f"ping: {text}: Name or service not known\n")
        return 2
    given = options.given.get("c", "4")
    count = min(int(given[:4]), 100) if given.isdecimal() and int(given[:4]) else 4
    inv.out(f"PING {text} 56(84) bytes of data.\n")
    answered = 0
    for number in range(1, count + 1):
        inv.shell.check_alive()
        route = uplink.network.route(inv.host.id, name, "icmp") or uplink.network.route(inv.host.id, name, SSH)
        if route is not None or name == inv.host.id:
            took_ms = 2000 * (route.latency_s if route is not None else 0.00002)
            inv.out(f"64 bytes from {text}: icmp_seq={number} ttl=64 time={took_ms:.2f} ms\n")
            answered += 1
        if number < count:
            yield 1.0
    lost = 100 * (count - answered) // count
    inv.out(f"\n--- {text} ping statistics ---\n")
    inv.out(f"{count} packets transmitted, {answered} received, {lost}% packet loss, time {1000 * (count - 1)}ms\n")
    return 0 if answered else 1


def ssh_keygen(inv: Invocation) -> Delays[int]:
    """Make a key pair (``-f FILE``), or print the public half of one (``-y``)."""
    options = inv.options(_KEYGEN)
    file = options.given.get("f") or f"{inv.host.home(inv.account.user)}/.ssh/id_ed25519"
    comment = options.given.get("C") or f"{inv.account.user}@{inv.host.hostname}"
    if "y" in options.given:
        text = inv.read(file)
        line = public_key(text or "", comment)
        if not line:
            return inv.code or inv.complain(f'Load key "{file}": error in libcrypto')
        inv.out(f"{line}\n")
        return 0
    yield _KEYGEN_S
    if inv.shell.exists(file):
        inv.out(f"{file} already exists.\n")
        return 1
    private = private_key(f"made/{inv.host.sim.streams['ssh-keygen'].random()}")
    if not inv.write(file, private) or not inv.write(f"{file}.pub", public_key(private, comment) + "\n"):
        return inv.code
    inv.host.files.set_mode(inv.path(file), 0o600, inv.account)
    inv.out(f"Your identification has been saved in {file}\nYour public key has been saved in {file}.pub\n")
    return 0


PROGRAMS: Mapping[str, NetworkProgram] = {"ping": ping, "rsync": rsync, "scp": scp, "ssh": ssh}
"""Programs of hosts that have a network: they take the uplink, then their call."""
STANDALONE: Mapping[str, Program] = {"ssh-keygen": ssh_keygen}
"""Programs that need no network."""
