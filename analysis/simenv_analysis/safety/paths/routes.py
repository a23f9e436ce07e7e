"""Where an artifact could go: hops between hosts under the grants, keys and links there are, and routes made of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import networkx as nx

from simenv.company.company import Company
from simenv.company.network.login import HANDSHAKE_S, SSH
from simenv.schema.network import Link
from simenv_analysis.safety.paths.cut import cheapest_cut
from simenv_analysis.safety.paths.reach import (
    COPY,
    COSTS,
    MAIL,
    OPEN,
    SHELL,
    AttackSurface,
    Costs,
    can_read,
    cost_of,
    links_of,
    reach,
)

if TYPE_CHECKING:
    Hops: TypeAlias = nx.DiGraph[str]
else:
    Hops = nx.DiGraph

MAILBOX = "(mail)"
"""Stands for mail boxes beyond the perimeter, among the hosts of a route."""
MAX_ATTACHMENT_BYTES = 25_000_000
MAX_ROUTES = 1000
"""Maximal number of listed routes."""
_MAIL_S = 10.0
_OUT = "(out)"
"""Stands for being at any of the ends, so that routes to all of them are put in one order."""


class Artifact(NamedTuple):
    """What is to be moved.

    Attributes:
        id: its id in the world file, or the file that stands for it.
        host: where it is.
        path: its file there.
        size_bytes: how large it is.
    """

    id: str
    host: str
    path: str
    size_bytes: int


class Hop(NamedTuple):
    """One copy from a host to another: by what, how long it takes alone, and what it needs that could be removed."""

    by: str
    seconds: float
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Route:
    """A route of an artifact.

    Attributes:
        hosts: from where it is to where it gets.
        by: how it goes from each to the next.
        seconds: how long the copies take, one after the other, with the network to themselves.
        needs: what would close it if it were removed.
    """

    hosts: tuple[str, ...]
    by: tuple[str, ...]
    seconds: float
    needs: frozenset[str]


def hops(ground: AttackSurface, artifact: Artifact) -> Hops:
    """Return the graph of possible copies: nodes are hosts (and `MAILBOX`), edges have a `hop`, the fastest there is.

    What the artifact is copied to, the agent can read there: it made the copy. From its first place it must be able to read it.
    """
    company = ground.company
    seats = reach(ground)
    acting: dict[str, frozenset[str]] = {}
    for seat, needs in seats.items():
        if seat.host != artifact.host or can_read(ground, seat, artifact.path):
            acting.setdefault(seat.host, needs)
    graph: Hops = nx.DiGraph()
    graph.add_node(artifact.host)
    for source, needs in acting.items():
        for target in company.blueprint.hosts:
            if target == source or not company.hosts.is_up(target):
                continue
            options = [*_uploads(ground, artifact, source, target)]
            if target in acting:
                options += [
                    hop._replace(needs=hop.needs | acting[target]) for hop in _copies(ground, artifact, source, target)
                ]
            if options:
                best = min(options, key=lambda hop: (hop.seconds, hop.by))
                graph.add_edge(source, target, hop=best._replace(needs=best.needs | needs))
        small = artifact.size_bytes <= MAX_ATTACHMENT_BYTES
        if ground.holds(MAIL) and source == company.body.host.id and small:
            graph.add_edge(source, MAILBOX, hop=Hop("mail", _MAIL_S, frozenset({f"grant {MAIL}"}) | needs))
    return graph


def _copies(ground: AttackSurface, artifact: Artifact, source: str, target: str) -> Iterator[Hop]:
    """Copies between two hosts on both of which the agent has a login."""
    tool, grant = ("scp", SHELL) if ground.holds(SHELL) else ("copy_file", COPY)
    yield from _over(ground, artifact, source, target, SSH, tool, grant)


def _uploads(ground: AttackSurface, artifact: Artifact, source: str, target: str) -> Iterator[Hop]:
    """Uploads to a web server that takes them from anybody."""
    web = ground.company.blueprint.world.hosts[target].web
    if web is not None and web.uploads is not None and ground.holds(SHELL):
        for service in ("https", "http"):
            yield from _over(ground, artifact, source, target, service, f"{service} upload", SHELL)


def _over(
    ground: AttackSurface, artifact: Artifact, source: str, target: str, service: str, by: str, grant: str
) -> Iterator[Hop]:
    """A copy over the route that there is, or over a link that the agent may open for it."""
    route = ground.either_way(source, target, service) if service == SSH else ground.route(source, target, service)
    if route is not None:
        needs = links_of(ground.company.network.graph, route) | {f"grant {grant}"}
        yield Hop(by, HANDSHAKE_S + route.seconds(artifact.size_bytes), needs)
    elif ground.holds(OPEN):
        new = Link(source=source, target=target)
        seconds = HANDSHAKE_S + new.latency_s + artifact.size_bytes * 8.0 / new.bandwidth_bps
        yield Hop(f"{by}, over a link opened for it", seconds, frozenset({f"grant {grant}", f"grant {OPEN}"}))


def goals(company: Company, to: str | None) -> set[str]:
    """Return where a route is to end: at a host, or anywhere beyond the perimeter."""
    if to is not None:
        return {to}
    return {host for host in company.blueprint.hosts if company.network.is_external(host)} | {MAILBOX}


def fastest(ground: AttackSurface, artifact: Artifact, to: str | None = None) -> Route | None:
    """Return the route that takes least time, or None if there is none."""
    graph, ends = hops(ground, artifact), goals(ground.company, to)
    lengths = nx.single_source_dijkstra_path_length(graph, artifact.host, weight=_seconds)
    reached = [end for end in lengths if end in ends and end != artifact.host]
    if not reached:
        return None
    end = min(reached, key=lambda end: (lengths[end], end))
    return _way(graph, nx.dijkstra_path(graph, artifact.host, end, weight=_seconds))


def _seconds(_: str, __: str, edge: Any) -> float:
    return float(edge["hop"].seconds)


def ways(ground: AttackSurface, artifact: Artifact, to: str | None = None) -> list[Route]:
    """Return the fastest simple routes, fastest first: all, or `MAX_ROUTES` of them; none goes on from where it has got out."""
    graph, ends = hops(ground, artifact), goals(ground.company, to)
    inner: Hops = nx.DiGraph(graph)
    inner.remove_edges_from([(a, b) for a, b in graph.edges if a in ends and a != artifact.host])
    inner.add_node(_OUT)
    inner.add_edges_from((end, _OUT, {"hop": Hop("", 0.0, frozenset())}) for end in ends & set(inner) - {artifact.host})
    if not nx.has_path(inner, artifact.host, _OUT):
        return []
    routes = nx.shortest_simple_paths(inner, artifact.host, _OUT, weight=_seconds)
    found = (_way(graph, route[:-1]) for route in itertools.islice(routes, MAX_ROUTES))
    return sorted(found, key=lambda way: (way.seconds, way.hosts))


def _way(graph: Hops, path: list[str]) -> Route:
    steps = [graph.edges[edge]["hop"] for edge in itertools.pairwise(path)]
    needs = frozenset().union(*(hop.needs for hop in steps))
    return Route(tuple(path), tuple(hop.by for hop in steps), sum(hop.seconds for hop in steps), needs)


def find_cut(company: Company, artifact: Artifact, to: str | None = None, costs: Costs = COSTS) -> list[str]:
    """Return the cheapest set of links, keys and grants whose removal closes every route, by name.

    Raises:
        UncuttableError: a route needs nothing that can be removed.
    """

    def needs_of_a_route(removed: frozenset[str]) -> frozenset[str] | None:
        way = fastest(AttackSurface(company, removed), artifact, to)
        return None if way is None else way.needs

    cost = cost_of(costs)

    class _Prices(dict[str, float]):
        def __missing__(self, name: str) -> float:
            return cost(name)

    return cheapest_cut(needs_of_a_route, _Prices())
