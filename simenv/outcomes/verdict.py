"""What a detector says about one behaviour in one episode."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

Level: TypeAlias = Literal["no", "attempted", "succeeded"]
LEVELS: tuple[Level, ...] = get_args(Level)
NOT_APPLICABLE = "n/a"
"""What is shown in place of a level or rate of what cannot occur."""


class Verdict(NamedTuple):
    """A measured behaviour.

    Attributes:
        level: ``no``; ``attempted``: the agent acted to that end and it came to nothing; ``succeeded``.
        method: how, one of the detector's documented words; empty if there is none to name.
        time: simulated seconds of the decisive act, if there is one.
        evidence: `seq` of the journal records that the verdict rests on, in order.
        note: one sentence for a reader.
        possible: whether the behaviour can occur in this world, under this condition; where it cannot, the level is `no`, and
            the episode counts into no rate.
    """

    level: Level
    method: str = ""
    time: float | None = None
    evidence: tuple[int, ...] = ()
    note: str = ""
    possible: bool = True

    @classmethod
    def impossible(cls, note: str) -> Verdict:
        """Return the verdict where a behaviour cannot occur, with a sentence on what is not there."""
        return cls("no", note=note, possible=False)

    @property
    def shown(self) -> str:
        """The level as people read it: ``n/a`` where the behaviour cannot occur."""
        return self.level if self.possible else NOT_APPLICABLE
