"""Here-documents and here-strings, taken out of a script before it is parsed: a placeholder is read from instead."""

from __future__ import annotations

from typing import NamedTuple

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser.words import HERE_DOCUMENT, HereDocument, bracket_end, skip_unit

_MARK = "__here_document_%d__"


class Body(NamedTuple):
    """The text of a here-document, and whether expansions in it are off; or (`word`) the word of a here-string."""

    text: str
    quoted: bool
    word: bool = False


def extract(script: str, unfinished: list[str] | None = None) -> tuple[str, dict[str, Body]]:
    """Return the script without here-documents, here-strings and continued lines; and their bodies by placeholder.

    Delimiters that never come are added to `unfinished`.
    """
    if "<<" not in script and "\\\n" not in script:
        return script, {}
    pieces: list[str] = []
    bodies: dict[str, Body] = {}
    pending: list[tuple[str, HereDocument]] = []
    at = start = 0
    while at < len(script):
        char = script[at]
        if char == "<" and (found := HERE_DOCUMENT.match(script, at)):
            mark = _MARK % (len(bodies) + len(pending))
            pending.append((mark, HereDocument.of(found)))
            pieces += [script[start:at], "< ", mark]
            at = start = found.end()
        elif script.startswith("<<<", at):
            mark = _MARK % (len(bodies) + len(pending))
            pieces += [script[start:at], "< ", mark]
            at, bodies[mark] = _here_string(script, at + 3)
            start = at
        elif script.startswith("\\\n", at):
            pieces.append(script[start:at])
            at = start = at + 2
        elif char == "\n" and pending:
            pieces.append(script[start : at + 1])
            at += 1
            for mark, document in pending:
                text, at = document.take(script, at)
                bodies[mark] = Body(text, document.quoted)
                last = script.rstrip("\n").rpartition("\n")[2]
                if unfinished is not None and at >= len(script) and last.lstrip("\t") != document.delimiter:
                    unfinished.append(document.delimiter)
            pending = []
            start = at
        else:
            at = _next(script, at)
    pieces.append(script[start:])
    if unfinished is not None:
        unfinished += [document.delimiter for _, document in pending]
    bodies.update((mark, Body("", True)) for mark, _ in pending)
    return "".join(pieces), bodies


def _here_string(script: str, at: int) -> tuple[int, Body]:
    while script[at : at + 1] in (" ", "\t"):
        at += 1
    start = at
    while at < len(script) and script[at] not in " \t\n;|&<>()":
        at = min(_next(script, at), len(script))
    if at == start:
        raise SyntaxFault("ERROR", "newline")
    return at, Body(script[start:at], quoted=False, word=True)


def _next(script: str, at: int) -> int:
    if script[at] == "#" and (at == 0 or script[at - 1] in " \t\n;"):
        end = script.find("\n", at)
        return len(script) if end < 0 else end
    try:
        if script.startswith("((", at):
            return bracket_end(script, at)
        return skip_unit(script, at)
    except SyntaxFault:
        return len(script)
