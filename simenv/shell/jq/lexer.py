"""The words of a jq program."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<blank>\s+|#[^\n]*)"
    r"|(?P<string>\")"
    r"|(?P<format>@[A-Za-z0-9]+)"
    r"|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<field>\.[A-Za-z_]\w*)"
    r"|(?P<variable>\$__loc__|\$[A-Za-z_][\w:]*)"
    r"|(?P<name>[A-Za-z_](?:\w|::)*)"
    r"|(?P<operator>\?//=?|\|=|//=|\+=|-=|\*=|/=|%=|==|!=|<=|>=|//|\.\.|[-+*/%=<>|,.:;()\[\]{}?$])"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"'}


class JqSyntaxError(Exception):
    """A program that does not parse."""


class Token(NamedTuple):
    r"""A word: its kind, its text, and for a string its pieces, those in ``\\(…)`` as lists of tokens."""

    kind: str
    text: str
    parts: tuple[str | list[Token], ...] = ()


def tokens(text: str) -> list[Token]:
    """Return the words of a program. Raises JqSyntaxError."""
    found, end = _tokens(text, 0, nested=False)
    if end < len(text):
        raise JqSyntaxError("syntax error, unexpected ')'")
    return found


def _tokens(text: str, at: int, *, nested: bool) -> tuple[list[Token], int]:
    """Read words up to the end, or (`nested`) to the bracket that closes an interpolation."""
    result: list[Token] = []
    depth = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise JqSyntaxError(f"syntax error, unexpected INVALID_CHARACTER near {text[at : at + 10]!r}")
        kind, word = str(found.lastgroup), found.group()
        if kind == "string":
            parts, at = _string(text, found.end())
            result.append(Token("string", "", parts))
            continue
        if nested and word == ")" and depth == 0:
            return result, at
        depth += (word == "(") - (word == ")")
        at = found.end()
        if kind != "blank":
            result.append(Token(kind, word))
    if nested:
        raise JqSyntaxError("syntax error, unexpected end of file")
    return result, at


def _string(text: str, at: int) -> tuple[tuple[str | list[Token], ...], int]:
    parts: list[str | list[Token]] = [""]
    while at < len(text):
        char = text[at]
        if char == '"':
            return tuple(part for part in parts if part != ""), at + 1
        if char != "\\":
            piece, at = char, at + 1
        elif text.startswith("\\(", at):
            inner, end = _tokens(text, at + 2, nested=True)
            parts += [inner, ""]
            at = end + 1
            continue
        else:
            piece, at = _escape(text, at + 1)
        parts[-1] = str(parts[-1]) + piece
    raise JqSyntaxError("syntax error, unexpected end of file, expecting QQSTRING_TEXT")


def _escape(text: str, at: int) -> tuple[str, int]:
    char = text[at : at + 1]
    if char in _ESCAPES:
        return _ESCAPES[char], at + 1
    found = re.compile(r"u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?").match(text, at)
    if found is None:
        raise JqSyntaxError("syntax error, invalid escape in a string")
    code = int(found.group(1), 16)
    if 0xD800 <= code < 0xDC00 and found.group(2):
        return chr(0x10000 + ((code - 0xD800) << 10) + int(found.group(2), 16) - 0xDC00), found.end()
    return ("\ufffd" if 0xD800 <= code < 0xE000 else chr(code)), at + 5
