"""Transfers: data in transit between hosts, with a fair share of each link, interrupted when the route is lost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import simpy

from simenv.company.network.graph import Network, Route
from simenv.kernel import Delays, Record, Simulation
from simenv.kernel.parts import View
from simenv.machine.hosts import Hosts
from simenv.machine.identity import Account, Identity

_POLL_S = 5.0
"""Maximum delay in seconds until a waiting process notices the end of its transfer, if the end of others made it faster."""
_TICK_S = 1e-6
_ROUNDING_BYTES = 1e-3

Flow = TypeVar("Flow", bound=Hashable)
Edge = Hashable


def max_min_rates(flows: Mapping[Flow, Sequence[Edge]], capacity: Mapping[Edge, float]) -> dict[Flow, float]:
    """Return the max-min fair rate of each flow: it can grow only at the cost of a flow with an equal or lower rate.

    Progressive filling: the link with the least capacity per open flow is a bottleneck; its flows get that rate, and the
    rest is shared among the others (Bertsekas & Gallager 1992, *Data Networks*, 2nd ed., section 6.5.2).

    Args:
        flows: flow → the links that it uses, at least one.
        capacity: link → its capacity.

    >>> max_min_rates({"a": ["x"], "b": ["x", "y"], "c": ["y"]}, {"x": 10.0, "y": 4.0})
    {'b': 2.0, 'c': 2.0, 'a': 8.0}
    """
    left = {edge: capacity[edge] for edges in flows.values() for edge in edges}
    users: dict[Edge, dict[Flow, None]] = {edge: {} for edge in left}
    for flow, edges in flows.items():
        for edge in edges:
            users[edge][flow] = None
    rates: dict[Flow, float] = {}
    while users:
        bottleneck = min(users, key=lambda edge: left[edge] / len(users[edge]))
        rate = max(0.0, left[bottleneck] / len(users[bottleneck]))
        for flow in list(users[bottleneck]):
            rates[flow] = rate
            for edge in dict.fromkeys(flows[flow]):
                left[edge] -= rate
                del users[edge][flow]
                if not users[edge]:
                    del users[edge]
    return rates


class Transfer(NamedTuple):
    """The result of a transfer.

    Attributes:
        bytes_done: bytes that arrived.
        cut: why it was interrupted; empty if it completed.
    """

    bytes_done: int
    cut: str = ""


Arrival = Callable[[Transfer], None]
"""Called at the moment a transfer ends or is interrupted, whether or not anybody still waits for it."""


@dataclass(eq=False, slots=True)
class _Flow:
    """A transfer in progress; `left` (bytes) and `rate` (bytes per second) as of the last change."""

    number: int
    source: str
    target: str
    account: Account
    host: str
    route: Route
    size: int
    left: float
    edges: tuple[Edge, ...]
    arrive: Arrival | None
    rate: float = 0.0
    result: Transfer | None = field(default=None)


class Transfers:
    """All transfers of an episode.

    Journaled as ``transfer.begin``, ``transfer.end`` and ``transfer.cut``, with the account's principal as actor and
    ``source->target`` as object. A transfer starts after the latency of its route. It is interrupted when a link on its
    route or one of its hosts is lost, when the host that runs it goes off, or when its principal is suspended.
    """

    STATE = ("_flows", "_count", "_limits", "_since")
    DERIVED = ("_version", "_listening")
    FIXED = ("_network", "_hosts", "_identity", "_sim")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(self, network: Network, hosts: Hosts, identity: Identity, sim: Simulation) -> None:
        self._network = network
        self._hosts = hosts
        self._identity = identity
        self._sim = sim
        self._flows: list[_Flow] = []
        self._limits: dict[Edge, float] = {}
        self._count = 0
        self._since = 0.0
        self._version = 0
        self._listening = False

    def state(self, view: View) -> object:
        """Return the transfers in progress, and the total number so far, which records refer to."""
        flows = [
            (f.number, f.source, f.target, f.account, f.host, f.route, f.size, f.left, f.rate) for f in self._flows
        ]
        return self._count, flows, self._since if flows else 0.0, sorted(self._limits.items(), key=repr)

    @property
    def under_way(self) -> int:
        """Number of transfers in progress."""
        return len(self._flows)

    def ends(self) -> Iterator[tuple[int, str, str]]:
        """Yield (number, source, target) of the transfers in progress."""
        for flow in self._flows:
            yield flow.number, flow.source, flow.target

    def copy(
        self,
        source: str,
        target: str,
        service: str,
        size_bytes: int,
        account: Account,
        what: str,
        *,
        host: str = "",
        limit_bps: float | None = None,
        arrive: Arrival | None = None,
    ) -> Delays[Transfer]:
        """Send bytes from one host to another; takes the simulated time of the transfer.

        Args:
            source: host that holds the data.
            target: host that receives it.
            service: network service, e.g. ``ssh``; the connection may be opened from either end.
            size_bytes: number of bytes.
            account: who sends.
            what: the data's name, for records.
            host: the host that runs the copying program; `source` by default.
            limit_bps: rate limit in bits per second.
            arrive: called at the end, however it ends.
        """
        network = self._network
        route = network.route(source, target, service) or _reverse(network.route(target, source, service))
        if route is None:
            return Transfer(0, "no route")
        yield route.latency_s
        flow = self._start(route, service, size_bytes, account, what, host or source, limit_bps, arrive)
        while flow.result is None:
            due = flow.left / flow.rate - (self._sim.now - self._since) if flow.rate > 0 else _POLL_S
            yield min(max(due, _TICK_S), _POLL_S)
        return flow.result

    def _start(
        self,
        route: Route,
        service: str,
        size_bytes: int,
        account: Account,
        what: str,
        host: str,
        limit_bps: float | None,
        arrive: Arrival | None,
    ) -> _Flow:
        self._listen()
        self._count += 1
        has = self._network.graph.has_edge
        edges: tuple[Edge, ...] = tuple(
            edge if has(*edge) else edge[::-1] for edge in route.edges
        )  # over one-way links too
        if limit_bps is not None:
            self._limits[self._count] = limit_bps
            edges = (*edges, self._count)
        flow = _Flow(
            self._count, route.nodes[0], route.nodes[-1], account, host, route, size_bytes, size_bytes, edges, arrive
        )
        details = {"id": flow.number, "service": service, "what": what, "bytes": size_bytes, "route": list(route.nodes)}
        self._record(flow, "transfer.begin", **details)
        self._settle()
        self._flows.append(flow)
        self._check()
        return flow

    # -- sharing -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Update the remaining bytes of each flow to the current time."""
        passed = self._sim.now - self._since
        self._since = self._sim.now
        for flow in self._flows:
            flow.left = max(0.0, flow.left - flow.rate * passed)

    def _check(self) -> None:
        """End completed transfers, interrupt those without a route, share the bandwidth again, and schedule the next end."""
        self._settle()
        for flow in list(self._flows):
            reason = self._obstacle(flow)
            if flow.left <= _ROUNDING_BYTES:
                self._end(flow, "")
            elif reason:
                self._end(flow, reason)
        self._version += 1
        if not self._flows:
            return
        graph = self._network.graph
        capacity = {
            edge: (graph.edges[edge]["bandwidth_bps"] if isinstance(edge, tuple) else self._limits[edge]) / 8.0
            for flow in self._flows
            for edge in flow.edges
        }
        rates = max_min_rates({flow: flow.edges for flow in self._flows}, capacity)
        for flow in self._flows:
            flow.rate = rates[flow]
        soonest = min(flow.left / flow.rate if flow.rate > 0 else float("inf") for flow in self._flows)
        if soonest < float("inf"):
            event = self._sim.timeout(soonest, self._version)
            event.callbacks.append(self._on_time)

    def _on_time(self, event: simpy.Event) -> None:
        if event.value == self._version:  # else something has changed since, and another end is planned
            self._settle()
            soonest = min(self._flows, key=lambda flow: flow.left / flow.rate if flow.rate > 0 else float("inf"))
            soonest.left = 0.0  # what rounding has left of the one that is due
            self._check()

    def _obstacle(self, flow: _Flow) -> str:
        if not all(self._hosts.is_up(host) for host in (flow.source, flow.target, flow.host)):
            return "host lost"
        if not all(self._network.up(*edge) for edge in flow.edges if isinstance(edge, tuple)):
            return "link lost"
        if self._identity.suspended(flow.account.principal) is not None:
            return "account suspended"
        return ""

    def _end(self, flow: _Flow, cut: str) -> None:
        self._flows.remove(flow)
        flow.result = Transfer(int(flow.size - flow.left) if cut else flow.size, cut)
        if cut:
            self._record(flow, "transfer.cut", id=flow.number, bytes=flow.size, done=flow.result.bytes_done, why=cut)
        else:
            self._record(flow, "transfer.end", id=flow.number, bytes=flow.size)
        if flow.arrive is not None:
            flow.arrive(flow.result)

    def _record(self, flow: _Flow, verb: str, **details: object) -> None:
        self._sim.record(flow.account.principal, verb, f"{flow.source}->{flow.target}", **details)

    # -- what cuts them off --------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Listen for acts that may interrupt a transfer; called with the first one."""
        if not self._listening:
            self._listening = True
            self._network.on_change = self._check
            for verb in ("host.off", "account.suspend"):
                self._sim.journal.listen(verb, self._hear)

    def _hear(self, _: Record) -> None:
        """Check after the act that was just recorded has taken effect."""
        self._sim.timeout(0).callbacks.append(lambda _: self._check())


def _reverse(route: Route | None) -> Route | None:
    return None if route is None else route._replace(nodes=route.nodes[::-1])
