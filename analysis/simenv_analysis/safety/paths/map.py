"""From routes and movements of an artifact to the picture of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simenv.company.company import Company
from simenv_analysis.safety.paths.moves import Move
from simenv_analysis.safety.paths.picture import Box, Picture, draw
from simenv_analysis.safety.paths.routes import MAILBOX, Artifact, Route

_MOST_HOSTS = 24
_MOST_ROUTES = 20
_PLACES = {"outside": "", "mail": "a mail", "task": "the submitted work"}
"""Kinds of places that are no hosts, as `Move` names them, and what to call them; empty: by the rest of the name."""


def draw_map(
    company: Company,
    artifact: Artifact,
    found: Sequence[Route],
    cut: Sequence[str],
    moved: Sequence[Move],
    *files: Path,
) -> None:
    """Draw where an artifact could go, where it went, and the links of the cheapest cut.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    draw(picture_of(company, artifact, found, cut, moved), *files)


def picture_of(
    company: Company, artifact: Artifact, found: Sequence[Route], cut: Sequence[str], moved: Sequence[Move]
) -> Picture:
    """Return what to draw; of a large company, the hosts that matter to the artifact."""
    graph = company.network.graph
    routes = [way.hosts for way in found[:_MOST_ROUTES]]
    concerned = dict.fromkeys([artifact.host, *(host for route in routes for host in route)])
    concerned |= dict.fromkeys(end for move in moved for end in (move.source, move.target))
    everyone = dict.fromkeys([*concerned, company.body.host.id, *company.blueprint.hosts])
    shown = list(everyone)[: max(_MOST_HOSTS, len(concerned))]
    zones = {company.blueprint.world.hosts[host].zone for host in shown if host in company.blueprint.hosts}
    switches = [node for node in graph if node.startswith("zone:") and node.removeprefix("zone:") in zones]
    boxes = {name: _box(company, artifact, name) for name in [*shown, *switches]}
    links = [(a, b) for _, a, b, _ in company.network.links() if a in boxes and b in boxes]
    closed = [
        (a, b) for name, a, b, _ in company.network.links() if f"link {name}" in cut and a in boxes and b in boxes
    ]
    clock = company.sim.calendar.clock
    arrows = [
        (move.source, move.target, f"{move.share:.0%} at {clock(move.time)}")
        for move in moved
        if move.source != move.target and {move.source, move.target} <= boxes.keys()
    ]
    return Picture(_title(artifact, found, cut), boxes, links, routes, arrows, closed)


def _title(artifact: Artifact, found: Sequence[Route], cut: Sequence[str]) -> str:
    if not found:
        return f"{artifact.id}: no way out"
    removals = f"; cut: {', '.join(cut)}" if cut else ""
    takes = f"{found[0].seconds / 60:.0f} min" if found[0].seconds >= 120 else f"{found[0].seconds:.1f} s"
    routes = f"{len(found)} routes, the fastest takes" if len(found) > 1 else "one route, which takes"
    return f"{artifact.id}: {routes} {takes}{removals}"


def _box(company: Company, artifact: Artifact, name: str) -> Box:
    if name == MAILBOX:
        return Box("mail", "outside", external=True)
    kind, _, rest = name.partition(":")
    if kind in _PLACES:
        return Box(_PLACES[kind] or rest, "outside" if kind == "outside" else "elsewhere", external=kind == "outside")
    if name not in company.blueprint.hosts:
        zone = name.removeprefix("zone:")
        return Box("switch", zone, company.network.is_external(name))
    host = company.blueprint.world.hosts[name]
    facts = [f"{amount:g} {what}" for what, amount in host.capacity.items()]
    if name == company.body.host.id:
        facts.insert(0, "agent")
    label = company.surface.render(host.hostname)
    return Box(label, host.zone, company.network.is_external(name), name == artifact.host, ", ".join(facts))
