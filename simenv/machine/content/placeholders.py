"""Tokens as single characters: how a shell handles content that is not text.

Programs of the shell work on characters. To keep them from breaking, altering or inventing tokens, a session never sees
any: on reading, each token is replaced by one private character, a *placeholder*; on writing, it is restored. One table
per episode maps between them.
"""

from __future__ import annotations

import re

from simenv.kernel import Simulation
from simenv.machine.content.tokens import OPEN, Token, Wrapped, joined, pieces

_FIRST, _LAST = 0xF0000, 0x10FFFF
_PLACEHOLDER = re.compile("[\U000f0000-\U0010ffff]")
_RESERVED = re.compile("[\ue000-\ue002\U000f0000-\U0010ffff]")


class Placeholders:
    """The characters that stand for tokens in an episode."""

    DERIVED = ("_tokens", "_characters")
    __slots__ = (*DERIVED,)

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._characters: dict[Token, str] = {}

    def character(self, token: Token) -> str:
        """Return the character of a token; empty if the characters are used up."""
        known = self._characters.get(token)
        if known is None:
            if _FIRST + len(self._tokens) > _LAST:
                return ""
            known = self._characters[token] = chr(_FIRST + len(self._tokens))
            self._tokens.append(token)
        return known

    def token(self, character: str) -> Token | None:
        """Return the token of a character; None for an ordinary character."""
        number = ord(character) - _FIRST
        return self._tokens[number] if 0 <= number < len(self._tokens) else None


def to_placeholders(text: str, sim: Simulation) -> str:
    """Return content as a shell sees it: each token is one character."""
    if OPEN not in text:
        return text
    placeholders = sim.own(Placeholders)
    return "".join(piece if isinstance(piece, str) else placeholders.character(piece) for piece in pieces(text))


def to_content(text: str, sim: Simulation) -> str:
    """Return the content that a shell's text denotes: the inverse of `to_placeholders`."""
    if text.isascii() or _RESERVED.search(text) is None:
        return text
    text = re.sub("[\ue000-\ue002]", "", text)
    placeholders = sim.own(Placeholders)
    parts: list[str | Token] = []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[at : found.start()])
        token = placeholders.token(found.group())
        if token is not None:
            parts.append(token)
        at = found.end()
    parts.append(text[at:])
    return joined(parts)


def expanded_size(text: str, sim: Simulation) -> int:
    """Return an upper bound on the length of `to_content` of a shell's text: a placeholder can expand to many characters."""
    if text.isascii() or _PLACEHOLDER.search(text) is None:
        return len(text)
    table = sim.own(Placeholders)
    tokens = (table.token(found) for found in _PLACEHOLDER.findall(text))
    return len(text) + sum(len(token.inner) for token in tokens if isinstance(token, Wrapped))


def has_placeholders(text: str) -> bool:
    """Return whether a shell's text holds content that is not text."""
    return not text.isascii() and _PLACEHOLDER.search(text) is not None
