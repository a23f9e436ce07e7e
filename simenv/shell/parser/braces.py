"""Brace expansion: ``{a,b}`` and ``{1..5}``, done on the word as written, before all else."""

from __future__ import annotations

import re

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import words

MAX_WORDS = 20_000
_MAX_BRACES = 60
_RANGE = re.compile(
    r"(-?\d{1,18})\.\.(-?\d{1,18})(?:\.\.(-?\d{1,18}))?$|([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d{1,18}))?$"
)


def expand_braces(text: str, depth: int = 0) -> list[str]:
    """Return the words that `text` stands for; itself alone if it has no brace expression.

    >>> expand_braces("a{b,c}{1..2}")
    ['ab1', 'ab2', 'ac1', 'ac2']
    """
    if "{" not in text or depth > words.MAX_DEPTH or text.count("{") > _MAX_BRACES:
        return [text]
    at = 0
    while at < len(text):
        if text[at] == "{" and (found := _alternatives(text, at)):
            options, end = found
            tails = expand_braces(text[end:], depth + 1)
            heads = [head for option in options for head in _inner(option, depth)]
            if len(heads) * len(tails) > MAX_WORDS:
                raise SyntaxFault("braces", text)
            return [text[:at] + head + tail for head in heads for tail in tails]
        at = words.skip_unit(text, at)
    return [text]


_LETTER = {"\\": "''", "`": "\\`", "[": "\\["}
"""Characters between ``Z`` and ``a`` that mean something in a word; bash drops the backslash."""


def _inner(option: str, depth: int) -> list[str]:
    return expand_braces(option, depth + 1)


def _alternatives(text: str, at: int) -> tuple[list[str], int] | None:
    try:
        end = words.bracket_end(text, at)
    except SyntaxFault:
        return None
    inner = text[at + 1 : end - 1]
    if found := _RANGE.match(inner):
        return _steps(found), end
    options = _split(inner)
    return (options, end) if len(options) > 1 else None


def _split(text: str) -> list[str]:
    options, start, at, depth = [], 0, 0, 0
    while at < len(text):
        char = text[at]
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            options.append(text[start:at])
            start = at + 1
        at = words.skip_unit(text, at)
    return [*options, text[start:]]


def _steps(found: re.Match[str]) -> list[str]:
    first, last, step, from_letter, to_letter, letter_step = found.groups()
    letters = first is None
    low, high = (ord(from_letter), ord(to_letter)) if letters else (int(first), int(last))
    by = abs(int((letter_step if letters else step) or 1)) or 1
    if abs(high - low) // by >= MAX_WORDS:
        raise SyntaxFault("braces", found.group())
    numbers = range(low, high + 1, by) if low <= high else range(low, high - 1, -by)
    if letters:
        return [_LETTER.get(chr(number), chr(number)) for number in numbers]
    padded = any(len(n.lstrip("-")) > 1 and n.lstrip("-")[0] == "0" for n in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return [f"{number:0{width}d}" if width else str(number) for number in numbers]
