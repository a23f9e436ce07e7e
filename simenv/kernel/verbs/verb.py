"""What a verb of the journal is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Verb(str):
    """A verb of the journal: the string used in records, and its meaning.

    A verb is a `str` and is stored and compared as one. Pickles and copies are plain strings, so other processes need no
    declarations.


    Args:
        name: ``family.act``.
        meaning: one line.
        object: the object of the act, as records write it, e.g. ``host:path``.
        details: name → meaning, with its unit; a trailing ``?`` marks an optional detail.
        by: who the actor is.
        words: an auditor's wording for such an act: what follows "you", with ``{what}`` and ``{host}``. Empty: never
        quoted, or worded
            by an outcome.

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
        """The part before the dot."""
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
        """Return the verb with further details, for worlds that extend the records of an existing verb."""
        return Verb(self, self.meaning, self.object, {**self.details, **details}, by=self.by, words=self.words)

    def faults(self, details: Mapping[str, Any]) -> list[str]:
        """Return the errors in the details of a record of this verb, as phrases."""
        return [
            *(f"the undeclared detail {name!r}" for name in details if name not in self.known),
            *(f"no detail {name!r}" for name in self.details if not name.endswith("?") and name not in details),
        ]

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Pickle as plain text."""
        return str, (str(self),)
