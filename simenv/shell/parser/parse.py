"""From the text of a script to its syntax tree: tree-sitter finds the structure, `words` reads the words.

The grammar's C scanner indexes tables by code point and crashes the process on characters beyond ASCII. To bash these are
just letters of words, so the scanner gets an ``x`` for each of them; the words are then taken from the original text.
"""

from __future__ import annotations

import re
from functools import lru_cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.convert import Converter
from simenv.shell.parser.heredocs import extract

MAX_SCRIPT = 100_000
_MAX_OPEN = 300
_PARSER = Parser(Language(tree_sitter_bash.language()))
_NOT_PLAIN = re.compile(r"[^\t\n\x20-\x7e]")


@lru_cache(maxsize=4096)
def parse(script: str) -> tree.Node:
    """Return what `script` means.

    Raises:
        SyntaxFault: it is no script, or uses what is not supported.
    """
    if len(script) > MAX_SCRIPT:
        raise SyntaxFault("script", "script too long")
    if script.count("(") > _MAX_OPEN and _deepest(script) > _MAX_OPEN:
        raise SyntaxFault("nesting", script[:40])
    text, bodies = extract(script)
    root = _PARSER.parse(_NOT_PLAIN.sub("x", text).encode()).root_node
    if root.has_error:
        raise SyntaxFault("ERROR", _unexpected(root, text))
    return Converter(text, bodies).sequence(root.children)


def _deepest(script: str) -> int:
    """Return how deep round brackets nest; the grammar takes quadratic time in that."""
    depth = deepest = 0
    for char in script:
        if char == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif char == ")":
            depth -= 1
    return deepest


def _unexpected(root: Node, text: str) -> str:
    """Return the text of the first token that does not fit."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_missing:
            return "newline" if node.start_byte >= len(text.rstrip()) else _token(text[node.start_byte :])
        if node.is_error:
            inner = node.children[-1] if node.children else node
            return _token(text[inner.start_byte :])
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return "newline"


def _token(text: str) -> str:
    words = text[:80].split()
    return words[0][:40] if words else "newline"
