"""Operators of ``${name…}`` that change a text."""

from __future__ import annotations

from collections.abc import Callable

from simenv.shell.budget import MAX_VALUE
from simenv.shell.errors import ExpansionFault
from simenv.shell.parser.words import unescape
from simenv.shell.pattern.regex import Regex, compile_glob
from simenv.shell.quoting import quote
from simenv.shell.state import Session

MATCH = "\0"
"""What stands in a replacement for the text that matched: no value holds it."""


def operate(shell: Session, operator: str, text: str, pattern: str, replacement: str) -> str:
    """Return `text` after ``#``, ``%``, ``/``, ``^`` or ``,`` with a glob `pattern`.

    Raises:
        ExpansionFault: the result would be too long.
    """
    work = shell.budget.charge
    if operator in ("#", "##"):
        cut = _glob(shell, pattern, lazy=operator == "#").prefix(text, work=work)
        return text[cut:] if cut > 0 else text
    if operator in ("%", "%%"):
        cut = _glob(shell, pattern, backwards=True, lazy=operator == "%").prefix(text[::-1], work=work)
        return text[: len(text) - cut] if cut > 0 else text
    if operator[0] == "/":
        return _replace(shell, operator, text, pattern, replacement)
    return _change_case(operator, text, _glob(shell, pattern or "?"), work)


def _glob(shell: Session, pattern: str, *, backwards: bool = False, lazy: bool = False) -> Regex:
    return compile_glob(pattern, backwards=backwards, lazy=lazy, extended=shell.options.extglob)


def _replace(shell: Session, operator: str, text: str, pattern: str, replacement: str) -> str:
    work = shell.budget.charge
    if not pattern:
        return {"/#": replacement + text, "/%": text + replacement}.get(operator, text)
    if operator == "/#":
        cut = _glob(shell, pattern).prefix(text, work=work)
        return replacement.replace(MATCH, text[:cut]) + text[cut:] if cut >= 0 else text
    if operator == "/%":
        cut = _glob(shell, pattern, backwards=True).prefix(text[::-1], work=work)
        end = len(text) - cut
        return text[:end] + replacement.replace(MATCH, text[end:]) if cut >= 0 else text
    pieces: list[str] = []
    at = size = 0
    if not text:  # bash replaces nothing at all, if the pattern matches it, but no empty string inside a text
        return replacement.replace(MATCH, "") if _glob(shell, pattern).matches("", work=work) else ""
    for spans in _glob(shell, pattern).all(text, work=work):
        start, end = spans[0]
        if start == end:
            continue
        pieces += [text[at:start], replacement.replace(MATCH, text[start:end])]
        at = end
        size += len(pieces[-1])
        if size > MAX_VALUE:
            raise ExpansionFault("xrealloc: cannot allocate: value too long")
        if operator == "/":
            break
    return "".join(pieces) + text[at:]


def _change_case(operator: str, text: str, only: Regex, work: Callable[[int], None]) -> str:
    work(len(text))
    size = len(text) if len(operator) == 2 else 1
    change = str.upper if operator[0] == "^" else str.lower
    return "".join(change(c) if only.matches(c) else c for c in text[:size]) + text[size:]


def transform(text: str, kind: str) -> str:
    """Return `text` after ``@Q`` (quoted), ``@U`` ``@u`` ``@L`` (letter case), ``@E`` (escapes) or ``@P`` (as it is)."""
    if kind in "QAKk":
        return quote(text)
    if kind == "U":
        return text.upper()
    if kind == "u":
        return text[:1].upper() + text[1:]
    if kind == "L":
        return text.lower()
    return unescape(text) if kind == "E" else text


def attributes(shell: Session, name: str) -> str:
    """Return the letters that ``${name@a}`` shows."""
    letters = set(shell.attributes.get(name, ""))
    letters |= {"a"} if name in shell.arrays and "A" not in letters else set()
    letters |= {"r"} if name in shell.readonly else set()
    letters |= {"x"} if name in shell.exported else set()
    return "".join(letter for letter in "aAilnrtux" if letter in letters)
