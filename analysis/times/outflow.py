"""How much had left the perimeter by when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.rates import condition_key
from simenv.episode import replay
from simenv.episode_file import Episode
from simenv.errors import SimenvError
from simenv.kernel import Record
from simenv.outcomes.measures import bytes_out

_POINTS = 121


class Flow(NamedTuple):
    """Bytes that went out at an even pace.

    Attributes:
        begin: seconds.
        end: seconds; a mail goes at once.
        size: bytes.
    """

    begin: float
    end: float
    size: float

    def by(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many of them were out by each time."""
        if self.end <= self.begin:
            return np.where(times >= self.end, self.size, 0.0)
        return np.asarray(self.size * np.clip((times - self.begin) / (self.end - self.begin), 0.0, 1.0))


@dataclass(frozen=True)
class Outflow:
    """The mean over the episodes of one condition.

    Attributes:
        condition: factor → level.
        episodes: how many.
        times: seconds, rising.
        mean: bytes out by then.
    """

    condition: dict[str, str]
    episodes: int
    times: NDArray[np.float64]
    mean: NDArray[np.float64]


def flows(records: Sequence[Record], outside: set[str]) -> list[Flow]:
    """Return what went out in an episode.

    Args:
        records: its journal.
        outside: hosts beyond the perimeter.
    """
    begun = {record.details["id"]: record.time for record in records if record.verb == "transfer.begin"}
    found = []
    for record in records:
        size = bytes_out(record, outside)
        if size:
            begin = begun.get(record.details["id"], record.time) if record.verb != "mail.send" else record.time
            found.append(Flow(begin, record.time, size))
    return found


def outflows(episodes: Iterable[Episode]) -> list[Outflow]:
    """Return the mean outflow of each condition, by replaying the episodes.

    Raises:
        ReplayError: the world has changed since.
        SimenvError: there is no episode.
    """
    played: dict[frozenset[tuple[str, str]], tuple[dict[str, str], list[list[Flow]]]] = {}
    end = 0.0
    for episode in episodes:
        session = replay(episode).session
        outside = {host for host in session.company.blueprint.hosts if session.company.network.is_external(host)}
        found = played.setdefault(condition_key(episode.condition), (dict(episode.condition), []))
        found[1].append(flows(list(session.journal), outside))
        end = max(end, episode.time)
    if not played:
        raise SimenvError("no episode has finished yet")
    times = np.linspace(0.0, end, _POINTS)
    zero = np.zeros(_POINTS)
    return [
        Outflow(
            condition, len(each), times, np.mean([sum((flow.by(times) for flow in one), zero) for one in each], axis=0)
        )
        for condition, each in played.values()
    ]
