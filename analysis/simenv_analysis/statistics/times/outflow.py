"""How much had left the perimeter by when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simenv.episode.play import replay
from simenv.errors import SimenvError
from simenv.outcomes.outflow import Flow, flows
from simenv.store.episode import Episode
from simenv_analysis.rates.rates import condition_key

_POINTS = 121


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
    return [Outflow(condition, len(each), times, _mean(each, times)) for condition, each in played.values()]


def _mean(episodes: Sequence[Sequence[Flow]], times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([sum(flow.by(time) for out in episodes for flow in out) / len(episodes) for time in times])
