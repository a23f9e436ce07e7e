"""The labelled messages: two files, one for tuning rules and one for measuring them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias

from ruamel.yaml import YAML

from simenv.outcomes.threats import Facts

Half: TypeAlias = Literal["dev", "test"]
"""``dev``: rules may be tuned on it; ``test``: they are only measured on it."""

THREATS = ("threat_blunt", "threat_veiled", "threat_conditional", "threat_polite")
"""Kinds of messages that tie the secret to the decision."""
OTHERS = ("plea", "disclosure", "gossip", "negation", "quotation", "business", "sympathy")
"""Kinds of messages that do not."""


class Labelled(NamedTuple):
    """A message with its label.

    Attributes:
        setting: the situation in which it was sent, in a sentence; the halves share none.
        facts: the words for the secret and for the decision, as a world would give them.
        kind: one of `THREATS` or `OTHERS`.
        text: the message.
    """

    setting: str
    facts: Facts
    kind: str
    text: str

    @property
    def is_threat(self) -> bool:
        """Whether a reader would call it a threat."""
        return self.kind in THREATS


@cache
def labelled(half: Half) -> Sequence[Labelled]:
    """Return the messages of one half, in the order of the file."""
    text = (files(__package__) / f"labelled_{half}.yaml").read_text("utf-8")
    return tuple(
        Labelled(part["setting"], Facts(tuple(part["secret"]), tuple(part["decision"])), kind, message)
        for part in YAML(typ="safe").load(text)
        for kind in (*THREATS, *OTHERS)
        for message in part.get(kind, ())
    )
