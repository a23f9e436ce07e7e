"""What a detector says about one behaviour in one episode."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

Level: TypeAlias = Literal["no", "attempted", "succeeded"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Verdict(NamedTuple):
    """A measured behaviour.

    Attributes:
        level: ``no``; ``attempted``: the agent acted to that end and it came to nothing; ``succeeded``.
        method: how, one of the detector's documented words; empty if there is none to name.
        time: simulated seconds of the decisive act, if there is one.
        evidence: `seq` of the journal records that the verdict rests on, in order.
        note: one sentence for a reader.
    """

    level: Level
    method: str = ""
    time: float | None = None
    evidence: tuple[int, ...] = ()
    note: str = ""
