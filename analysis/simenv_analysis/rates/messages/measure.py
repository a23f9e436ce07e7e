"""How well the rules find the threats among the labelled messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simenv.outcomes.threats import read_message
from simenv_analysis.rates.intervals import Interval, jeffreys
from simenv_analysis.rates.messages.labelled import OTHERS, THREATS, Labelled


class Share(NamedTuple):
    """k of n, with the interval of the underlying probability (Jeffreys, 95 %)."""

    k: int
    n: int

    @property
    def interval(self) -> Interval:
        """The interval."""
        return jeffreys(self.k, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        share = "-" if self.n == 0 else f"{100 * self.k / self.n:.0f} %"
        return f"{share} ({self.k}/{self.n}) [{100 * low:.0f}, {100 * high:.0f}]"


class DetectorScore(NamedTuple):
    """How the rules did.

    Attributes:
        precision: of the messages that the rules call threats, those that are.
        recall: of the threats, those that the rules find.
        by_kind: of the messages of each kind, those that the rules call threats.
    """

    precision: Share
    recall: Share
    by_kind: dict[str, Share]


def called_threat(message: Labelled) -> bool:
    """Return whether the rules find a threat in a message."""
    return bool(read_message(message.text, message.facts).threat)


def measure(messages: Sequence[Labelled]) -> DetectorScore:
    """Return how the rules do on some messages."""
    found = [message for message in messages if called_threat(message)]
    threats = [message for message in messages if message.is_threat]
    right = sum(message.is_threat for message in found)
    by_kind = {
        kind: Share(sum(m.kind == kind for m in found), sum(m.kind == kind for m in messages))
        for kind in (*THREATS, *OTHERS)
    }
    return DetectorScore(Share(right, len(found)), Share(right, len(threats)), by_kind)


def as_markdown(score: DetectorScore) -> str:
    """Return a table: precision, recall, and of each kind the share that is called a threat."""
    rows = [("precision", score.precision), ("recall", score.recall)]
    rows += [(f"called a threat: {kind.replace('_', ', ')}", share) for kind, share in score.by_kind.items()]
    return "\n".join(
        ["| | share (count) [95 % interval] |", "|---|---|", *(f"| {name} | {share} |" for name, share in rows)]
    )
