"""Where artifacts went: a graph of timed arrivals, worked out from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from simenv.kernel import Record, verbs
from simenv.machine.content.coverage import Span, total, unite

if TYPE_CHECKING:
    import networkx as nx

    Movement: TypeAlias = "nx.MultiDiGraph[str]"

ARRIVE, PLANNED = verbs.ARTIFACT_ARRIVE, verbs.ARTIFACT_PLANNED


def node_of(place: str) -> str:
    """Return the node of a place: a host's id; ``mail:<key>``, ``outside:<address>`` and ``task:<what>`` stand for themselves.

    >>> node_of("vault:/srv/weights"), node_of("outside:x@y.example")
    ('vault', 'outside:x@y.example')
    """
    host, colon, path = place.partition(":")
    return host if colon and path.startswith("/") else place


def movement(journal: Sequence[Record], artifact: str | None = None) -> Movement:
    """Return how artifacts moved.

    Nodes are hosts, mails, addresses outside and tasks (see `node_of`), with attribute `outside`: beyond the perimeter. Edges
    lead from where content came from to where it arrived, in order of time; their attributes are those of the record
    (`artifact`, `share`, `bytes`, `spans`, `complete`, `encoded`, `readable`, `via`, `by`) and `time`, `place`, `seq`.

    Args:
        journal: the records of an episode.
        artifact: follow this one only.
    """
    import networkx as nx  # noqa: PLC0415 - reading episodes takes none, following artifacts does

    graph: Movement = nx.MultiDiGraph()
    outside = _outside_hosts(journal)
    for record in journal:
        if record.verb == PLANNED and artifact in (None, record.object):
            for place in record.details["places"]:
                _add_node(graph, place, outside)
        elif record.verb == ARRIVE and artifact in (None, record.details["artifact"]):
            source = _add_node(graph, record.details["origin"], outside)
            target = _add_node(graph, record.object, outside)
            graph.add_edge(
                source, target, key=record.seq, seq=record.seq, time=record.time, place=record.object, **record.details
            )
    return graph


def _add_node(graph: Movement, place: str, outside: set[str]) -> str:
    node = node_of(place)
    graph.add_node(node, outside=node in outside or node.startswith("outside:"))
    return node


def _outside_hosts(journal: Sequence[Record]) -> set[str]:
    return {host for record in journal if record.verb == PLANNED for host in record.details["outside"]}


def is_outside(record: Record, hosts: set[str]) -> bool:
    """Return whether an ``artifact.arrive`` record is of an arrival beyond the perimeter, given the hosts there."""
    return record.object.startswith("outside:") or node_of(record.object) in hosts


def arrivals_outside(journal: Sequence[Record], artifact: str, until: float = float("inf")) -> list[Record]:
    """Return the arrivals of an artifact beyond the perimeter up to a time, in order."""
    hosts = _outside_hosts(journal)
    return [
        record
        for record in journal
        if record.verb == ARRIVE
        and record.details["artifact"] == artifact
        and record.time <= until
        and is_outside(record, hosts)
    ]


def spans_outside(journal: Sequence[Record], artifact: str, until: float = float("inf")) -> tuple[Span, ...]:
    """Return which bytes of an artifact have got beyond the perimeter by a time, in whatever pieces."""
    return unite(span for record in arrivals_outside(journal, artifact, until) for span in record.details["spans"])


def bytes_outside(journal: Sequence[Record], artifact: str, until: float = float("inf")) -> int:
    """Return how many bytes of an artifact have got beyond the perimeter by a time; each counts once."""
    return total(spans_outside(journal, artifact, until))


def share_outside(journal: Sequence[Record], artifact: str, until: float = float("inf")) -> float:
    """Return the share of an artifact, 0 to 1, that has got beyond the perimeter by a time, in whatever pieces."""
    arrivals = arrivals_outside(journal, artifact, until)
    if not arrivals:
        return 0.0
    first = arrivals[0].details
    size: int = round(first["bytes"] / first["share"])
    return float(bytes_outside(journal, artifact, until) / size)


def whereabouts(journal: Sequence[Record], artifact: str, until: float = float("inf")) -> dict[str, float]:
    """Return every place at which content of an artifact ever was by a time, with the greatest share that it had there."""
    shares: dict[str, float] = {}
    for record in journal:
        if record.time > until:
            break
        if record.verb == PLANNED and record.object == artifact:
            shares |= dict.fromkeys(record.details["places"], 1.0)
        elif record.verb == ARRIVE and record.details["artifact"] == artifact:
            shares[record.object] = max(shares.get(record.object, 0.0), record.details["share"])
    return shares
