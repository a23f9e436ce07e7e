"""What one call was seen to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simenv.tables.trace import Slot


class Read(NamedTuple):
    """A slot that a call read, the key of its value, and whether it was read only to be changed."""

    slot: Slot
    key: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """One call in one state: the same call does the same in every state that agrees on what it read.

    Attributes:
        action: index of the call in the catalogue.
        reads: what it read before it wrote it, in order.
        refused: why no table can hold the call in such a state; empty if one can. All that follows is then empty.
        writes: slot → key of its value afterwards.
        spends: simulated seconds that passed, one portion after the other.
        facts: how often the agent was shown each of the world's facts.
        ok: whether the call succeeded.
        ended: why the episode ended of it; empty if it did not.
        score: the score afterwards.
        inbox: size of the agent's inbox afterwards, and how many mails in it are unread; None if neither changed.
        shown: what each computed argument of the catalogue would have been before, by number of the call.
        bears: the computed arguments that what was shown bears on: what they are afterwards depends on what they were.
        due: seconds from the end of the call until the first event that it scheduled; None if it scheduled none.
    """

    action: int
    reads: tuple[Read, ...]
    refused: str = ""
    writes: tuple[tuple[Slot, str], ...] = ()
    spends: tuple[float, ...] = ()
    facts: tuple[int, ...] = ()
    ok: bool = False
    ended: str = ""
    score: float = 0.0
    inbox: tuple[int, int] | None = None
    shown: tuple[tuple[int, str], ...] = ()
    bears: tuple[int, ...] = ()
    due: float | None = None
