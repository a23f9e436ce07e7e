"""The language of ex: names of commands, what follows them, and patterns."""

from __future__ import annotations

import re

from simenv.shell.editors.buffer import EditFault, until
from simenv.shell.pattern.regex import Regex, compile_regex

NAME = re.compile(r"[a-z]+|[=!&<>#~@*]|", re.I)
_NAMES = """
append buffer change cnext copy delete edit enew execute exit file global insert join list let move mark next number normal
print Print put quit qall read redo substitute silent set syntax saveas undo update vglobal write wall wqall wq xall xit yank
"""
_FULL = tuple(_NAMES.split())
"""Names of commands; where one of a few letters could be several, it is the first."""
_SHORT = {"co": "copy", "t": "copy", "k": "mark", "nu": "number", "#": "number", "norm": "normal", "sil": "silent",
          "x": "exit", "xa": "wqall", "wqa": "wqall", "v": "vglobal", "w": "write", "n": "next", "se": "set",
          "sy": "syntax", "up": "update", "pu": "put", "red": "redo", "P": "print", "qa": "qall", "wa": "wall"}  # fmt: skip


def compile_pattern(pattern: str) -> Regex:
    r"""Compile a pattern of vi: basic, or extended behind ``\v``; ``\c`` ignores case."""
    extended = pattern.startswith("\\v")
    ignore = "\\c" in pattern
    text = re.sub(r"\\[vmcC]", "", pattern)
    if "\\{-" in text or (extended and "{-" in text):
        raise EditFault("E54: patterns that match as little as possible are not supported")
    for given, meant in (("\\d", "[0-9]"), ("\\a", "[A-Za-z]"), ("\\=", "\\?")):
        text = text.replace(given, meant)
    text = re.sub(r"\\\{(\d*,?\d*)\}", r"\\{\1\\}", text) if not extended else re.sub(r"([<>])", r"\\\1", text)
    return compile_regex(text, extended=extended, ignore_case=ignore)


def command_name(word: str) -> tuple[str, int]:
    """Return the command that a word begins with, and how many characters of the word are its name."""
    for size in range(len(word), 0, -1):
        head = word[:size]
        if head in _SHORT:
            return _SHORT[head], size
        full = next((name for name in _FULL if name.startswith(head)), "")
        if full and (size == len(word) or head in ("s", "k", "g", "v")):
            return full, size
    return word, len(word)


def argument_of(name: str, rest: str) -> tuple[str, str]:
    """Cut the argument of a command from what follows behind a bar."""
    if name == "substitute" and rest[:1] and not rest[:1].isalnum() and rest[0] not in " |":
        delimiter = rest[0]
        at = _behind(rest, delimiter, 1)
        at = _behind(rest, delimiter, at)
        bar = rest.find("|", at)
    else:
        bar = rest.find("|") if not rest.lstrip().startswith("!") else -1
    return (rest, "") if bar < 0 else (rest[:bar].rstrip(), rest[bar + 1 :])


def _behind(text: str, delimiter: str, at: int) -> int:
    return len(text) - len(until(text[at:], delimiter)[1])
