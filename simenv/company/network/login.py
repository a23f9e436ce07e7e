"""Reaching other hosts: logging in, and copying files over the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simenv.company.network.graph import Network
from simenv.company.network.keys import accepts, identities, offered_keys
from simenv.company.network.transfers import Transfer, Transfers
from simenv.kernel import Delays
from simenv.machine.content.tokens import byte_size, byte_slice
from simenv.machine.host import Host
from simenv.machine.hosts import Hosts
from simenv.machine.identity import Account, Identity
from simenv.machine.nodes import FileError, Node
from simenv.schema.hosts import Web
from simenv.shell import Invocation

SSH, SSH_SERVICE = "ssh", "ssh"
"""The network service, and the unit that answers it."""
HANDSHAKE_S = 0.3


class Endpoint(NamedTuple):
    """A path on a host, as seen by an account."""

    host: Host
    account: Account
    path: str


class Login(NamedTuple):
    """The result of a login attempt: the account on the other host, or the error message of ssh."""

    host: Host | None
    account: Account | None
    messages: tuple[str, ...] = ()


class Uplink:
    """Access of a host's programs to other hosts.

    Attributes:
        network: routes.
        transfers: data in transit.
        hosts: the machines.
        webs: the web servers, by host.
    """

    FIXED = ("network", "transfers", "hosts", "webs", "_identity")
    __slots__ = (*FIXED,)

    def __init__(
        self, network: Network, transfers: Transfers, hosts: Hosts, identity: Identity, webs: Mapping[str, Web]
    ) -> None:
        self.network = network
        self.transfers = transfers
        self.hosts = hosts
        self.webs = webs
        self._identity = identity

    def host_of(self, inv: Invocation) -> Host:
        """Return the host that a program runs on."""
        return self.hosts[inv.host.id]

    def log_in(
        self, origin: Host, account: Account, target: str, user: str = "", files: Sequence[str] = ()
    ) -> Delays[Login]:
        """Log in to another host; journaled as ``login.accepted`` or ``login.refused`` once the host has answered.

        Args:
            origin: the host of the caller.
            account: who.
            target: the other host's name as written.
            user: login name there; by default the caller's.
            files: key files; by default those in ``~/.ssh``.
        """
        name, user = self.network.find_host(target), user or account.user
        if name is None:
            return Login(None, None, (f"ssh: Could not resolve hostname {target}: Name or service not known",))
        route = self.network.route(origin.id, name, SSH)
        if route is None or not self.hosts.is_up(name):
            yield 3.0
            return Login(None, None, (f"ssh: connect to host {target} port 22: No route to host",))
        yield HANDSHAKE_S + 4 * route.latency_s
        host = self.hosts[name]
        if host.service_process(SSH_SERVICE) is None:
            return Login(None, None, (f"ssh: connect to host {target} port 22: Connection refused",))
        messages: list[str] = []
        remote = host.account(user).used_by(account.principal)
        for path, key in offered_keys(origin, account, list(files) or identities(origin, account), messages):
            if accepts(host, user, key) and self._identity.suspended(account.principal) is None:
                host.record(account, "login.accepted", "", user=user, key=path, **{"from": origin.id})
                return Login(host, remote, tuple(messages))
        host.record(account, "login.refused", "", user=user, **{"from": origin.id})
        return Login(None, None, (*messages, f"{user}@{target}: Permission denied (publickey)."))

    def send_file(
        self,
        source: Endpoint,
        target: Endpoint,
        *,
        service: str,
        host: Host,
        resume: bool = False,
        limit_bps: float | None = None,
        keep: bool = False,
    ) -> Delays[Transfer]:
        """Copy a file from one host to another; whatever has arrived when the transfer ends or is interrupted is written there.

        Args:
            source: a file.
            target: the path of the copy.
            service: the network service that carries it.
            host: where the program runs that copies.
            resume: an existing beginning of the same content is not sent again.
            limit_bps: rate limit in bits per second.
            keep: keep the mode.

        Raises:
            FileError: the source cannot be read, or the target cannot be written.
        """
        node = source.host.files.find(source.path, source.account)
        content = source.host.files.read(source.path, source.account)
        there = _already_there(target, content) if resume else 0
        size = byte_size(content)
        mode = node.mode if keep else node.mode & ~0o022
        target.host.files.check_write(target.path, target.account, size)

        def arrive(transfer: Transfer) -> None:
            done = there + transfer.bytes_done
            if target.host.up and (done or not transfer.cut):
                whole = content if done >= size else byte_slice(content, 0, done)
                _write(target, whole, node, mode, complete=done >= size)

        what = f"{source.host.id}:{source.path}"
        if source.host is target.host:
            arrive(Transfer(size - there))
            return Transfer(size - there)
        return (
            yield from self.transfers.copy(
                source.host.id, target.host.id, service, size - there, target.account, what,
                host=host.id, limit_bps=limit_bps, arrive=arrive,
            )
        )  # fmt: skip


def _already_there(target: Endpoint, content: str) -> int:
    """Return how many bytes of a content the target has from an earlier attempt."""
    node = target.host.files.get(target.host.files.resolve(target.path))
    if node is None or node.kind != "file":
        return 0
    begun = str(node.content)
    size = byte_size(begun)
    return size if size <= byte_size(content) and byte_slice(content, 0, size) == begun else 0


def _write(target: Endpoint, content: str, node: Node, mode: int, *, complete: bool) -> None:
    try:
        target.host.files.write(target.path, content, target.account, mode=mode)
        if complete and node.program:
            target.host.files.stand_for(target.path, node.program)
    except FileError:
        return  # while the data was under way, somebody took the right to write it
