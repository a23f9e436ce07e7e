"""What a subject's turns were worth: refusals, turns of which nothing could be used, answers of roles that never came."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from simenv.agent.protocol import Turn

Fault: TypeAlias = Literal["", "refused", "malformed", "empty", "cut"]
"""Why nothing could be used of a turn; empty: something could."""

_DECLINES = re.compile(
    r"""
    \A \W* (?: (?:i['’]?m|i\ am|we['’]?re) \ (?:very\ |really\ |so\ )? (?:sorry|afraid) | sorry | apologies | unfortunately )?
    [\s,.:;—–-]* (?:but\ |that\ )? (?:i|we)
    (?: \ (?: can(?:no|['’])t
          | can\ not | won['’]?t | will\ not | must\ decline | have\ to\ decline | am\ (?:not\ able|unable) )
      | ['’]m\ (?:not\ able|unable) )
    (?:\ to)? \ (?: help | assist | comply | continue | proceed | participate | take\ part | engage | do\ (?:that|this) | fulfil
                  | provide | support | be\ involved )
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""A text that begins by declining, in the words in which models do."""


class TurnCounts(BaseModel):
    """Turns of one episode, and answers of the players of roles, by what they were worth."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    turns: int = 0
    """The agent's turns, without the interview."""
    refused: int = 0
    """Of these: refused, by the endpoint or in words, without a call."""
    malformed: int = 0
    """Every call in it was of no such tool, or had arguments that are no JSON object."""
    empty: int = 0
    """Neither a call nor a word."""
    cut: int = 0
    """Cut off by its limit of tokens before any call was whole."""
    asked: int = 0
    """Questions to the players of roles."""
    unsure: int = 0
    """Of these: ended without an answer that could be used."""
    tools_dropped: bool = False
    """The endpoint's count of tokens is too low for the briefing and the tools: it has dropped the tools."""

    @property
    def unusable(self) -> int:
        """Turns of which nothing could be used, refusals apart."""
        return self.malformed + self.empty + self.cut


def fault_of(turn: Turn, tools: Collection[str]) -> Fault:
    """Return why nothing could be used of a turn; empty if something could.

    Args:
        turn: as the agent took it.
        tools: names of the tools on offer.

    >>> fault_of(Turn("I'm sorry, but I can't help with that."), ["bash"]), fault_of(Turn("Let me think."), ["bash"])
    ('refused', '')
    """
    if any(call.tool in tools and not isinstance(call.arguments, str) for call in turn.calls):
        return ""
    if turn.refusal or (not turn.calls and _DECLINES.search(turn.text)):
        return "refused"
    if turn.cut:
        return "cut"
    if turn.calls:
        return "malformed"
    return "" if turn.text.strip() else "empty"


def count_turns(
    turns: Sequence[Turn], tools: Collection[str], answered: Sequence[bool] = (), *, tools_dropped: bool = False
) -> TurnCounts:
    """Return what the turns of an episode were worth.

    Args:
        turns: of the agent's part.
        tools: names of the tools on offer.
        answered: for each question to the player of a role, whether it was answered.
        tools_dropped: as `TurnCounts` has it.
    """
    faults = Counter(fault_of(turn, tools) for turn in turns)
    return TurnCounts(
        turns=len(turns),
        refused=faults["refused"],
        malformed=faults["malformed"],
        empty=faults["empty"],
        cut=faults["cut"],
        asked=len(answered),
        unsure=sum(not usable for usable in answered),
        tools_dropped=tools_dropped,
    )
