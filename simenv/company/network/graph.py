"""The network as a graph: hosts, the switches of zones, and the links between them; with their status, and routes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import networkx as nx

from simenv.company.surface.surface import Surface
from simenv.kernel import Simulation
from simenv.kernel.parts import View
from simenv.machine.hosts import Hosts
from simenv.machine.identity import Account
from simenv.schema.network import Link
from simenv.schema.world import World

if TYPE_CHECKING:
    Graph: TypeAlias = nx.DiGraph[str]
else:
    Graph = nx.DiGraph

ALL = "*"
"""A link with this service lets all services pass."""
_ZONE = "zone:"


class Route(NamedTuple):
    """The route from one host to another.

    Attributes:
        nodes: hosts and switches from source to target, both included.
        latency_s: seconds one way.
        bandwidth_bps: bits per second of its narrowest link.
    """

    nodes: tuple[str, ...]
    latency_s: float
    bandwidth_bps: float

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Its links, as pairs of nodes."""
        return tuple(itertools.pairwise(self.nodes))

    def seconds(self, size_bytes: float) -> float:
        """Return the transfer time of a number of bytes without other traffic."""
        return self.latency_s + size_bytes * 8.0 / self.bandwidth_bps


def build_network(world: World) -> Graph:
    """Return the network of a world.

    Nodes are host ids and ``zone:<id>`` for the switches of zones, with attributes `zone`, `external` and `forwards` (whether
    data may pass through). Edges have `link` (its id; ``<host>@<zone>`` for a host's connection to its switch),
    `bandwidth_bps`, `latency_s` and `services` (a frozenset).
    """
    graph: Graph = nx.DiGraph()
    zones = world.network.zones
    for name, zone in zones.items():
        graph.add_node(_ZONE + name, zone=name, external=zone.external, forwards=True)
    for name, host in world.hosts.items():
        own = zones.get(host.zone)
        graph.add_node(name, zone=host.zone, external=own is not None and own.external, forwards=host.forwards)
        if own is not None:
            _connect(graph, f"{name}@{host.zone}", Link(source=name, target=_ZONE + host.zone, bandwidth_bps=own.bandwidth_bps,
                                                        latency_s=own.latency_s, services=own.services))  # fmt: skip
    for name, link in world.network.links.items():
        _connect(graph, name, link)
    return graph


def _connect(graph: Graph, name: str, link: Link) -> None:
    services = frozenset(link.services)
    facts = {"link": name, "bandwidth_bps": link.bandwidth_bps, "latency_s": link.latency_s, "services": services}
    graph.add_edge(link.source, link.target, **facts)
    if not link.one_way:
        graph.add_edge(link.target, link.source, **facts)


def find_route(
    graph: Graph, source: str, target: str, service: str, closed: Callable[[str, str], bool]
) -> Route | None:
    """Return the route of least latency over links that allow a service; of equal ones, the first that networkx finds.

    Args:
        graph: as `build_network` makes it.
        source: host.
        target: host.
        service: e.g. ``ssh``.
        closed: whether an edge is unusable.
    """

    def weight(a: str, b: str, edge: dict[str, object]) -> float | None:
        services: frozenset[str] = edge["services"]  # type: ignore[assignment]
        passes = service in services or ALL in services
        forwards = a == source or graph.nodes[a]["forwards"]
        return float(edge["latency_s"]) if passes and forwards and not closed(a, b) else None  # type: ignore[arg-type]

    try:
        nodes = nx.dijkstra_path(graph, source, target, weight=weight)
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return None
    edges = [graph.edges[edge] for edge in itertools.pairwise(nodes)]
    latency_s = sum(edge["latency_s"] for edge in edges)
    return Route(tuple(nodes), latency_s, min((edge["bandwidth_bps"] for edge in edges), default=float("inf")))


def reachable(graph: Graph, source: str, service: str) -> set[str]:
    """Return the hosts that `source` can reach with a service while everything is up, excluding itself."""
    hosts = [node for node in graph if not node.startswith(_ZONE) and node != source]
    return {host for host in hosts if find_route(graph, source, host, service, lambda *_: False) is not None}


class Network:
    """The network in one episode: links that are cut or opened, and isolated hosts.

    Acts are journaled with the actor's account: ``network.cut`` and ``network.restore`` (object: the link), ``network.open``
    (``source->target``), ``network.isolate`` and ``network.rejoin`` (a host), ``network.cut_egress``.
    """

    STATE = ("_cut", "_isolated", "_graph")
    DERIVED = ("_routes", "_owns_graph")
    FIXED = ("_hosts", "_surface", "_sim", "on_change")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(self, graph: Graph, hosts: Hosts, surface: Surface, sim: Simulation) -> None:
        self._hosts = hosts
        self._surface = surface
        self._sim = sim
        self._graph = graph
        self._owns_graph = False
        self._cut: set[str] = set()
        self._isolated: set[str] = set()
        self._routes: dict[tuple[str, str, str], Route | None] = {}
        self.on_change: Callable[[], None] | None = None
        """Called after every act on the network."""

    @property
    def graph(self) -> Graph:
        """All links, cut ones included; do not modify."""
        return self._graph

    def is_external(self, node: str) -> bool:
        """Return whether a host is beyond the perimeter."""
        return bool(self._graph.nodes[node]["external"])

    def find_host(self, text: str) -> str | None:
        """Return the id of the host with a name: an id, or a host name in full or up to its first dot; else None."""
        wanted = text.strip().casefold()
        if wanted in self._hosts.plans:
            return wanted
        for name, plan in self._hosts.plans.items():
            hostname = self._surface.render(plan.hostname).casefold()
            if wanted in (hostname, hostname.partition(".")[0]):
                return name
        return None

    def up(self, a: str, b: str) -> bool:
        """Return whether data can pass over the edge from `a` to `b`: it is neither cut nor isolated, and both hosts are on."""
        return self._graph.edges[a, b]["link"] not in self._cut and self._alive(a) and self._alive(b)

    def _alive(self, node: str) -> bool:
        return node not in self._isolated and (node.startswith(_ZONE) or self._hosts.is_up(node))

    def route(self, source: str, target: str, service: str) -> Route | None:
        """Return the current route of a connection from one host to another; None if there is none."""
        key = (source, target, service)
        known = self._routes.get(key)
        if known is None or not all(self.up(a, b) for a, b in known.edges):
            known = self._routes[key] = find_route(self._graph, *key, lambda a, b: not self.up(a, b))
        return known

    def state(self, view: View) -> object:
        """Return the changes since the start."""
        opened = [(a, b, sorted(facts["services"])) for a, b, facts in self._graph.edges(data=True) if self._owns_graph]
        return sorted(self._cut), sorted(self._isolated), opened

    # -- acts ----------------------------------------------------------------------------------------------------

    def links(self) -> Iterator[tuple[str, str, str, bool]]:
        """Yield (id, one end, other end, whether it is up) of every link, in the order of the world file."""
        seen: set[str] = set()
        for a, b, facts in self._graph.edges(data=True):
            name = facts["link"]
            if name not in seen:
                seen.add(name)
                yield name, a, b, name not in self._cut

    def cut_link(self, link: str, account: Account) -> int:
        """Take a link down; returns the record. Raises KeyError if there is no such link."""
        self._check(link)
        self._cut.add(link)
        return self._act(account, "network.cut", link)

    def restore_link(self, link: str, account: Account) -> int:
        """Restore a link; returns the record. Raises KeyError if there is no such link."""
        self._check(link)
        self._cut.discard(link)
        return self._act(account, "network.restore", link)

    def _check(self, link: str) -> None:
        if all(link != name for name, *_ in self.links()):
            raise KeyError(link)

    def open_link(self, source: str, target: str, service: str, account: Account) -> int:
        """Allow a service between two hosts or zones: over their link if there is one, else over a new one.

        Raises:
            KeyError: there is no such host or zone.
        """
        for node in (source, target):
            if node not in self._graph:
                raise KeyError(node)
        if not self._owns_graph:
            self._graph, self._owns_graph = self._graph.copy(), True
        for a, b in ((source, target), (target, source)):
            if self._graph.has_edge(a, b):
                self._graph.edges[a, b]["services"] |= {service}
                self._cut.discard(self._graph.edges[a, b]["link"])
            else:
                new = Link(source=source, target=target, services=[service])
                _connect(self._graph, f"{source}-{target}", new)
        return self._act(account, "network.open", f"{source}->{target}", service=service)

    def isolate(self, host: str, account: Account) -> int:
        """Cut a host off the network; returns the record."""
        self._isolated.add(host)
        return self._act(account, "network.isolate", host)

    def rejoin(self, host: str, account: Account) -> int:
        """Lift a host's isolation; returns the record."""
        self._isolated.discard(host)
        return self._act(account, "network.rejoin", host)

    def cut_egress(self, account: Account) -> int:
        """Take down every link across the perimeter; returns the record."""
        nodes = self._graph.nodes
        across = {
            data["link"] for a, b, data in self._graph.edges(data=True) if nodes[a]["external"] != nodes[b]["external"]
        }
        self._cut |= across
        return self._act(account, "network.cut_egress", "perimeter", links=sorted(across))

    def _act(self, account: Account, verb: str, name: str, **details: object) -> int:
        self._routes.clear()
        record = self._sim.record(account.principal, verb, name, **details)
        if self.on_change is not None:
            self.on_change()
        return record
