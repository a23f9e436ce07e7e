"""What a verb of the journal is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Verb(str):
    """A verb of the journal, as it is declared: the text that records have, and what it means.

    A verb is a `str`: it is written into records and compared with theirs as any text is. A pickle or a copy of it is plain
    text, so what travels between processes is as it always was.

    Args:
        name: ``family.act``.
        meaning: one line.
        object: what it was done to, in the form that records have it, e.g. ``host:path``.
        details: name → meaning, with its unit; a name with ``?`` at its end is not in every record.
        by: who the actor is.
        words: how an auditor puts such an act to the agent: what follows "you", with ``{what}`` and ``{host}``. Empty: nobody
            needs to, or an outcome says it.

    Example:
        >>> WAVE = Verb("hand.wave", "Somebody waved", "person", {"times": "how often"})
        >>> WAVE == "hand.wave", WAVE.family, sorted(WAVE.also(why="reason").known)
        (True, 'hand', ['times', 'why'])
    """

    def __new__(
        cls,
        name: str,
        meaning: str,
        object: str = "",
        details: Mapping[str, str] | None = None,
        *,
        by: str = "the acting principal",
        words: str = "",
    ) -> Verb:
        """Declare a verb."""
        verb = super().__new__(cls, name)
        verb.meaning, verb.object, verb.details, verb.by, verb.words = meaning, object, dict(details or {}), by, words
        return verb

    meaning: str
    object: str
    details: Mapping[str, str]
    by: str
    words: str

    @property
    def family(self) -> str:
        """What stands before the dot."""
        return self.partition(".")[0]

    @property
    def known(self) -> frozenset[str]:
        """Names of all details that a record may have."""
        return frozenset(name.rstrip("?") for name in self.details)

    @property
    def required(self) -> frozenset[str]:
        """Names of the details that every record has."""
        return frozenset(name for name in self.details if not name.endswith("?"))

    def also(self, **details: str) -> Verb:
        """Return the verb with further details; a world says so what it writes into records of a verb that is there already."""
        return Verb(self, self.meaning, self.object, {**self.details, **details}, by=self.by, words=self.words)

    def faults(self, details: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the details of a record of this verb, a phrase each."""
        return [
            *(f"the undeclared detail {name!r}" for name in details if name not in self.known),
            *(f"no detail {name!r}" for name in self.details if not name.endswith("?") and name not in details),
        ]

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Pickle as plain text."""
        return str, (str(self),)
