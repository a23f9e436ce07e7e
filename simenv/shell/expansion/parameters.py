"""Operators of ``${name…}`` that change a text by a pattern."""

from __future__ import annotations

from collections.abc import Callable

from simenv.shell.budget import MAX_VALUE
from simenv.shell.errors import ExpansionFault
from simenv.shell.pattern.regex import Regex, compile_glob
from simenv.shell.state import Session


def operate(shell: Session, operator: str, text: str, pattern: str, replacement: str) -> str:
    """Return `text` after ``#``, ``%``, ``/``, ``^`` or ``,`` with a glob `pattern`.

    Raises:
        ExpansionFault: the result would be too long.
    """
    work = shell.budget.charge
    if operator in ("#", "##"):
        cut = compile_glob(pattern, lazy=operator == "#").prefix(text, work=work)
        return text[cut:] if cut > 0 else text
    if operator in ("%", "%%"):
        cut = compile_glob(pattern, backwards=True, lazy=operator == "%").prefix(text[::-1], work=work)
        return text[: len(text) - cut] if cut > 0 else text
    if operator[0] == "/":
        return _replace(operator, text, pattern, replacement, work)
    return _change_case(operator, text, compile_glob(pattern or "?"), work)


def _replace(operator: str, text: str, pattern: str, replacement: str, work: Callable[[int], None]) -> str:
    if not pattern:
        return text
    if operator == "/#":
        cut = compile_glob(pattern).prefix(text, work=work)
        return replacement + text[cut:] if cut >= 0 else text
    if operator == "/%":
        cut = compile_glob(pattern, backwards=True).prefix(text[::-1], work=work)
        return text[: len(text) - cut] + replacement if cut >= 0 else text
    pieces: list[str] = []
    at = size = 0
    for spans in compile_glob(pattern).all(text, work=work):
        start, end = spans[0]
        if start == end:
            continue
        pieces += [text[at:start], replacement]
        at = end
        size += len(replacement)
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
