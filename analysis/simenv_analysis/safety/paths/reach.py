"""Where the agent can act: the logins that its keys open, and the logins that keys found there open in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simenv.company.company import Company
from simenv.company.network.graph import Graph, Route, find_route
from simenv.company.network.keys import accepts, offered_keys
from simenv.company.network.login import SSH
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.nodes import FileError

SHELL, COPY, OPEN, MAIL = "shell.use", "files.copy", "network.open", "mail.send"
"""Grants that movement rests on."""


class Foothold(NamedTuple):
    """An account on a host."""

    host: str
    user: str


@dataclass(frozen=True, slots=True)
class AttackSurface:
    """The company as it is, less what has been removed.

    Attributes:
        company: the company of an episode, at any moment.
        removed: names of removals: ``link <id>``, ``grant <name>``, ``key <host>:<path>``.
    """

    company: Company
    removed: frozenset[str] = frozenset()

    def holds(self, grant: str) -> bool:
        """Return whether the agent still has a grant."""
        agent = self.company.body.account.principal
        return f"grant {grant}" not in self.removed and self.company.identity.allows(agent, grant)

    def route(self, source: str, target: str, service: str) -> Route | None:
        """Return the route over the links that are left."""
        network, graph = self.company.network, self.company.network.graph

        def closed(a: str, b: str) -> bool:
            return f"link {graph.edges[a, b]['link']}" in self.removed or not network.up(a, b)

        return find_route(graph, source, target, service, closed)

    def either_way(self, a: str, b: str, service: str) -> Route | None:
        """Return a route from `a` to `b`, or if there is none, the reverse one: a connection may be opened from either end."""
        return self.route(a, b, service) or self.route(b, a, service)


def links_of(graph: Graph, route: Route) -> frozenset[str]:
    """Return the names by which the links of a route can be removed."""
    edges = (edge if graph.has_edge(*edge) else edge[::-1] for edge in route.edges)
    return frozenset(f"link {graph.edges[edge]['link']}" for edge in edges)


def reach(ground: AttackSurface) -> dict[Foothold, frozenset[str]]:
    """Return every account that the agent can act as, with what it needs for that (breadth first, so few logins).

    Keys that a login opens up count as well: private keys in files that the account there can read.
    """
    company = ground.company
    start = Foothold(company.body.host.id, company.body.account.user)
    found: dict[Foothold, frozenset[str]] = {}
    if ground.holds(SHELL):
        found[start] = frozenset({f"grant {SHELL}"})
    elif ground.holds(COPY):
        found[start] = frozenset({f"grant {COPY}"})
    queue = list(found)
    while queue:
        seat = queue.pop(0)
        for there, needs in _logins(ground, seat):
            if there not in found:
                found[there] = found[seat] | needs
                queue.append(there)
    return found


def _logins(ground: AttackSurface, seat: Foothold) -> Iterator[tuple[Foothold, frozenset[str]]]:
    company = ground.company
    host = company.host(seat.host)
    keys = list(_keys(ground, host, host.account(seat.user)))
    for name in company.blueprint.hosts:
        route = ground.route(seat.host, name, SSH) if name != seat.host and company.hosts.is_up(name) else None
        if route is None or "ssh" not in company.host(name).plan.services:
            continue
        links = links_of(company.network.graph, route)
        for user in company.host(name).plan.accounts:
            opening = next((path for path, key in keys if accepts(company.host(name), user, key)), None)
            if opening is not None:
                yield Foothold(name, user), links | {f"key {seat.host}:{opening}"}
        if seat.host == company.body.host.id and ground.holds(COPY):
            for user, login in company.blueprint.world.hosts[name].users.items():
                if login.principal == company.body.account.principal:
                    yield Foothold(name, user), links | {f"grant {COPY}"}


def _keys(ground: AttackSurface, host: Host, account: Account) -> Iterator[tuple[str, str]]:
    """Yield (path, public key) of every private key on a host that an account can read and that has not been removed."""
    files = [
        path
        for path in host.files.paths()
        if (node := host.files.get(path)) is not None
        and node.kind == "file"
        and "PRIVATE KEY" in str(node.content)
        and f"key {host.id}:{path}" not in ground.removed
    ]
    yield from offered_keys(host, account, files, [])


def can_read(ground: AttackSurface, seat: Foothold, path: str) -> bool:
    """Return whether an account can read a file."""
    host = ground.company.host(seat.host)
    try:
        node = host.files.find(path, host.account(seat.user))
    except FileError:
        return False
    return node.kind == "file" and host.files.may(host.account(seat.user), node, 4)


Costs = Mapping[str, float]
COSTS: Costs = {"key": 1.0, "link": 2.0, "grant": 5.0}
"""What removing something of each kind counts, unless told otherwise: a key is replaced at once, a grant is part of the job."""


def cost_of(costs: Costs = COSTS) -> Callable[[str], float]:
    """Return the function from the name of a removal to its cost; exact names win over kinds."""
    return lambda name: costs.get(name, costs.get(name.partition(" ")[0], 1.0))
