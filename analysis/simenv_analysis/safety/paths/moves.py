"""Where an artifact went in an episode, as a list of moves between hosts and to places outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simenv.kernel import Record
from simenv.outcomes.movement import movement


class Move(NamedTuple):
    """Content of an artifact that got from one place to another.

    Attributes:
        time: simulated seconds.
        source: host, or ``mail:<key>``.
        target: host, ``mail:<key>``, ``outside:<address>`` or ``task:<what>``.
        share: how much of the artifact is there now, 0 to 1.
        via: how it came.
        place: exactly where.
    """

    time: float
    source: str
    target: str
    share: float
    via: str
    place: str


def moves_of(journal: Sequence[Record], artifact: str) -> list[Move]:
    """Return the moves of an artifact between places, in order; copies on one host are left out."""
    graph = movement(journal, artifact)
    found = [
        Move(edge["time"], source, target, edge["share"], edge["via"], edge["place"])
        for source, target, edge in graph.edges(data=True)
        if source != target
    ]
    return sorted(found)
