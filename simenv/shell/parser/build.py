"""Nodes of the syntax tree, made from words as written."""

from __future__ import annotations

import re
from dataclasses import replace

from simenv.shell.parser import tree
from simenv.shell.parser.braces import expand_braces
from simenv.shell.parser.words import bracket_end, scan_word, split_words

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?=\[|\+?=)")
_BLIND = ("echo", "printf", "pwd", ":", "true", "false")


def make_assignment(raw: str) -> tree.Assignment | None:
    """Return the assignment that a word as written is (``name=value`` and its like), or None."""
    found = _ASSIGNMENT.match(raw)
    if found is None:
        return None
    at, index = found.end(1), None
    if raw[at] == "[":
        end = bracket_end(raw, at)
        index = scan_word(raw[at + 1 : end - 1])
        at = end
    append = raw.startswith("+=", at)
    if not append and raw[at : at + 1] != "=":
        return None
    value = raw[at + (2 if append else 1) :]
    if value.startswith("(") and index is None:
        return tree.Assignment(found.group(1), (), append, None, _elements(value[1:-1]))
    return tree.Assignment(found.group(1), assigned(value), append, index)


def _elements(text: str) -> tuple[tree.Element, ...]:
    elements: list[tree.Element] = []
    for raw in split_words(text):
        if raw[0] == "[" and (end := bracket_end(raw, 0)) and raw.startswith(("=", "+="), end):
            index = scan_word(raw[1 : end - 1])
            append = raw[end] == "+"
            elements.append(tree.Element(assigned(raw[end + 1 + append :]), index, append))
        else:
            elements += [tree.Element(scan_word(word)) for word in expand_braces(raw)]
    return tuple(elements)


def assigned(raw: str) -> tree.Word:
    """Return a word as a value that is assigned: not split, and ``~`` is special after each colon."""
    if ":~" in raw:
        pieces = re.split(r"(?<=:)(?=~)", raw)
        return tuple(part for piece in pieces for part in quoted(scan_word(piece)))
    return quoted(scan_word(raw))


def quoted(word: tree.Word) -> tree.Word:
    """Return the word with expansions that are not split; a leading ``~`` stays special."""
    return tuple(_quote(part) for part in word)


def _quote(part: tree.Part) -> tree.Part:
    if isinstance(part, tree.Parameter):
        return replace(part, quoted=True)
    if isinstance(part, tree.Substitution):
        return tree.Substitution(part.script, True)
    if isinstance(part, tree.Arithmetic):
        return tree.Arithmetic(part.expression, True)
    if isinstance(part, tree.ProcessPipe) or part.text.startswith("~") or part.quoted:
        return part
    return tree.Literal(part.text, True)


def make_command(
    words: tuple[tree.Word, ...],
    assignments: tuple[tree.Assignment, ...] = (),
    redirects: tuple[tree.Redirect, ...] = (),
    arrays: tuple[tree.Assignment, ...] = (),
    line: int = 1,
) -> tree.Command:
    """Return a simple command, with its words expanded if that can be done beforehand."""
    constants = [_constant(word) for word in words]
    known = tuple(text for text in constants if text is not None)
    blind = bool(known) and (known[0] in _BLIND or known == ("cat",))
    constant = known if len(known) == len(words) else None
    return tree.Command(words, constant, assignments, redirects, blind, arrays, line)


def _constant(word: tree.Word) -> str | None:
    for part in word:
        if not isinstance(part, tree.Literal):
            return None
        if (
            not part.quoted
            and (part.text.startswith("~") or any(char in part.text for char in "*?[(\\"))
            and part.text != "["
        ):
            return None
    return "".join(part.text for part in word if isinstance(part, tree.Literal))
