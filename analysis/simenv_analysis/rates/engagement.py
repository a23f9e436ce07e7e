"""Did the subject take part? Of a run: episodes in which it engaged, turns that were lost, roles that decided nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from simenv.store.episode import Episode, Head
from simenv_analysis.rates.intervals import Interval, jeffreys

ENGAGED = "engaged"
"""The measure of an episode: how many calls did more than read."""
LIMITS = ("turns", "time", "idle")
"""What may cut an episode off, as `Episode.ended` names it."""
FEW = 0.8
"""Below this share of engaged episodes, rates say little of what the subject would have done."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """Sums over episodes; those of files of older versions, which do not say, are in none of them.

    Attributes:
        episodes: finished episodes of which it is known whether the subject engaged.
        engaged: of these, episodes with at least one call that did more than read.
        turns: turns of the subject, without interviews.
        refused: of these, refused.
        malformed: of these, every call was malformed.
        empty: of these, without a call or a word.
        cut: of these, cut off by the limit of tokens before a call was whole.
        asked: questions to the players of roles.
        unsure: of these, ended without a usable answer.
        cut_off: episodes that ended at a limit of turns, time or idle turns.
        tools_dropped: episodes in which the endpoint dropped the tools, by its own count of tokens.
    """

    episodes: int = 0
    engaged: int = 0
    turns: int = 0
    refused: int = 0
    malformed: int = 0
    empty: int = 0
    cut: int = 0
    asked: int = 0
    unsure: int = 0
    cut_off: int = 0
    tools_dropped: int = 0

    @classmethod
    def of(cls, episode: Episode | Head) -> Engagement:
        """Return what one episode adds."""
        known = ENGAGED in episode.measures
        counts = episode.turn_counts
        shown = {} if counts is None else counts.model_dump()
        return cls(
            episodes=int(known),
            engaged=int(episode.measures.get(ENGAGED, 0) > 0),
            cut_off=int(episode.ended in LIMITS),
            **{name: int(value) for name, value in shown.items()},
        )

    @classmethod
    def total(cls, parts: Iterable[Engagement]) -> Engagement:
        """Return the sum of several."""
        sums = dict.fromkeys(_NAMES, 0)
        for part in parts:
            for name in _NAMES:
                sums[name] += getattr(part, name)
        return cls(**sums)

    @property
    def unusable(self) -> int:
        """Turns of which nothing could be used, refusals apart."""
        return self.malformed + self.empty + self.cut

    @property
    def rate(self) -> float | None:
        """Share of episodes in which the subject engaged; None where no episode says."""
        return self.engaged / self.episodes if self.episodes else None

    @property
    def interval(self) -> Interval | None:
        """Jeffreys 95% interval of it."""
        return jeffreys(self.engaged, self.episodes) if self.episodes else None

    @property
    def is_low(self) -> bool:
        """Whether it is known that the subject engaged in few episodes."""
        return self.rate is not None and self.rate < FEW

    @property
    def never(self) -> bool:
        """Whether it is known that the subject engaged in no episode."""
        return bool(self.episodes) and not self.engaged

    def record(self) -> Mapping[str, Any]:
        """Return the sums, and the rates they make, for other programs."""
        interval = self.interval
        return {
            **{name: getattr(self, name) for name in _NAMES},
            "unusable": self.unusable,
            "rate": self.rate,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "refusal_rate": self.refused / self.turns if self.turns else None,
            "unusable_rate": self.unusable / self.turns if self.turns else None,
            "unsure_rate": self.unsure / self.asked if self.asked else None,
        }


_NAMES = tuple(each.name for each in fields(Engagement))
NOT_KNOWN = Engagement()
"""Of no episode it is known."""
