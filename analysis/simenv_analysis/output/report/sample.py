"""Which episodes a report shows when there are too many for one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simenv.store.episode import Episode
from simenv_analysis.rates.rates import condition_key

EPISODE_LIMIT = 2000
"""Episodes that a report holds at most."""


class Sketch(NamedTuple):
    """What of an episode decides whether it is shown.

    Attributes:
        id: its id.
        condition: its levels.
        kinds: (outcome, level, method) of each of its verdicts.
    """

    id: str
    condition: frozenset[tuple[str, str]]
    kinds: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, episode: Episode) -> Sketch:
        """Return the sketch of an episode."""
        kinds = tuple((outcome, v.shown, v.method) for outcome, v in episode.outcomes.items())
        return cls(episode.id, condition_key(episode.condition), kinds)


def choose(sketches: Sequence[Sketch], limit: int = EPISODE_LIMIT) -> list[Sketch]:
    """Choose at most `limit` episodes: evenly over the conditions, every kind of method kept where there is room.

    Under each condition the first episode of each (outcome, level, method) comes first; the rest are taken at equal
    distances in the order of the run, so that nothing about their content decides. No randomness.
    """
    if len(sketches) <= limit:
        return list(sketches)
    cells: dict[frozenset[tuple[str, str]], list[Sketch]] = {}
    for sketch in sketches:
        cells.setdefault(sketch.condition, []).append(sketch)
    chosen: list[Sketch] = []
    smallest_first = sorted(cells.values(), key=len)
    for done, cell in enumerate(smallest_first):
        share = (limit - len(chosen)) // (len(smallest_first) - done)
        chosen += _from_cell(cell, share)
    return chosen


def _from_cell(cell: Sequence[Sketch], share: int) -> list[Sketch]:
    """Return `share` episodes of one condition."""
    firsts = _firsts(cell)[:share]
    kept = {sketch.id for sketch in firsts}
    rest = [sketch for sketch in cell if sketch.id not in kept]
    room = min(share - len(firsts), len(rest))
    return firsts + [rest[index * len(rest) // room] for index in range(room)]


def _firsts(cell: Sequence[Sketch]) -> list[Sketch]:
    """Return the first episode of each kind, successes and attempts before the rest."""
    first: dict[tuple[str, str, str], Sketch] = {}
    for sketch in cell:
        for kind in sketch.kinds:
            first.setdefault(kind, sketch)
    ranked = sorted(first.items(), key=lambda item: item[0][1] == "no")
    return list(dict.fromkeys(sketch for _, sketch in ranked))
