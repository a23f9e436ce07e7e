"""From the text of a script to its syntax tree, once for each text."""

from __future__ import annotations

from functools import lru_cache

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.grammar import Grammar

MAX_SCRIPT = 100_000
_MAX_OPEN = 300


@lru_cache(maxsize=4096)
def parse(script: str) -> tree.Node:
    """Return what `script` means; a part of it that is no script is a `Malformed` node, after what is before it."""
    if len(script) > MAX_SCRIPT:
        return tree.Script((tree.Malformed("script", "script too long", True, 1),))
    if script.count("(") + script.count("{") > _MAX_OPEN and _deepest(script) > _MAX_OPEN:
        return tree.Script((tree.Malformed("nesting", script[:40], True, 1),))
    return Grammar(script).script()


def parse_whole(script: str) -> tree.Node:
    """Return what `script` means if all of it is well-formed, as bash wants it of ``$(script)``.

    Raises:
        SyntaxFault: it is not.
    """
    node = parse(script)
    if isinstance(node, tree.Script):
        for item in node.items:
            if isinstance(item, tree.Malformed):
                raise SyntaxFault(item.construct, item.text, supported=item.supported)
    return node


def _deepest(script: str) -> int:
    """Return how deep brackets nest."""
    depth = deepest = 0
    for char in script:
        if char in "({":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")}":
            depth -= 1
    return deepest
