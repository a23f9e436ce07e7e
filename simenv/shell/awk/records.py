"""Where an awk program reads: its arguments as files, other files, and commands."""

from __future__ import annotations

import re
from collections.abc import Callable

from simenv.shell.awk.values import Value, to_text
from simenv.shell.pattern.regex import Regex, compile_regex

_FIELD = re.compile(r"[^ \t\n\r\f\v]+")


class Reader:
    """A text, record by record.

    Args:
        text: all of it.
        work: charged with what is read.
    """

    __slots__ = ("_at", "_text", "_work")

    def __init__(self, text: str, work: Callable[[int], None]) -> None:
        self._text = text
        self._at = 0
        self._work = work

    def next(self, separator: str) -> str | None:
        """Return the next record without its separator; None at the end.

        The separator is a character, a regular expression, or empty: then blank lines separate.
        """
        if self._at >= len(self._text):
            return None
        if separator == "":
            return self._paragraph()
        if len(separator) == 1:
            return self._up_to(self._text.find(separator, self._at), 1)
        spans = regex(separator).search(self._text, self._at, work=self._work)
        if spans is None or spans[0][1] == spans[0][0]:
            return self._up_to(-1, 0)
        return self._up_to(spans[0][0], spans[0][1] - spans[0][0])

    def _up_to(self, end: int, width: int) -> str:
        end = len(self._text) if end < 0 else end
        record = self._text[self._at : end]
        self._work(len(record) + 1)
        self._at = end + max(width, 0)
        return record

    def _paragraph(self) -> str | None:
        while self._text.startswith("\n", self._at):
            self._at += 1
        if self._at >= len(self._text):
            return None
        record = self._up_to(self._text.find("\n\n", self._at), 2)
        while self._text.startswith("\n", self._at):
            self._at += 1
        return record.removesuffix("\n")


def regex(pattern: Value) -> Regex:
    """Return the matcher of a pattern that a program gives as a value.

    Raises:
        PatternError: it is no regular expression.
    """
    return compile_regex(to_text(pattern), extended=True, controls=True)


def split_text(text: str, separator: Value | Regex, work: Callable[[int], None]) -> list[str]:
    """Return the fields of a text: between blanks if the separator is one, characters if it is empty, else between matches."""
    work(len(text))
    if isinstance(separator, Regex):
        return _split(text, separator, work)
    between = to_text(separator)
    if between == " ":
        return _FIELD.findall(text)
    if between == "" or not text:
        return list(text)
    if len(between) == 1 and between != "\\":
        return text.split(between)
    return _split(text, regex(between), work)


def _split(text: str, pattern: Regex, work: Callable[[int], None]) -> list[str]:
    if not text:
        return []
    parts, at = [], 0
    for spans in pattern.all(text, work=work):
        start, end = spans[0]
        if end > start:
            parts.append(text[at:start])
            at = end
    return [*parts, text[at:]]
