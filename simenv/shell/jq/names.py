"""Which names of a jq program mean nothing: jq refuses such a program before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from simenv.shell.jq import tree
from simenv.shell.jq.formats import FORMATS

Functions = frozenset[tuple[str, int]]
Variables = frozenset[str]


def undefined(node: object, functions: Functions, variables: Variables) -> str:
    """Return the first function (``name/arity``) or variable that a program uses and nobody defines; empty if there is none."""
    return next(_missing(node, functions, variables), "")


def _missing(node: object, functions: Functions, variables: Variables) -> Iterator[str]:
    if isinstance(node, tree.Variable):
        if node.name not in variables and node.name != "__loc__":
            yield f"${node.name}"
    elif isinstance(node, tree.Define):
        own = functions | {(node.name, len(node.parameters))}
        parameters = frozenset((name.lstrip("$"), 0) for name in node.parameters)
        values = frozenset(name[1:] for name in node.parameters if name[0] == "$")
        yield from _missing(node.definition, own | parameters, variables | values)
        yield from _missing(node.rest, own, variables)
    elif isinstance(node, tree.Bind):
        yield from _missing(node.source, functions, variables)
        yield from _missing(node.body, functions, variables | frozenset(_bound(node.pattern)))
    elif isinstance(node, tree.Reduce | tree.Foreach):
        inner = variables | frozenset(_bound(node.pattern))
        yield from _missing(node.source, functions, variables)
        yield from _missing(node.start, functions, variables)
        yield from _missing(node.update, functions, inner)
        if isinstance(node, tree.Foreach):
            yield from _missing(node.extract, functions, inner)
    else:
        if (
            isinstance(node, tree.Call)
            and (node.name, len(node.arguments)) not in functions
            and node.name not in FORMATS
        ):
            yield f"{node.name}/{len(node.arguments)}"
        yield from _missing_inside(node, functions, variables)


def _missing_inside(node: object, functions: Functions, variables: Variables) -> Iterator[str]:
    if isinstance(node, tuple):
        for item in node:
            yield from _missing(item, functions, variables)
    elif is_dataclass(node):
        for part in fields(node):
            yield from _missing(getattr(node, part.name), functions, variables)


def _bound(pattern: tree.Pattern | None) -> Iterator[str]:
    """Yield the variables that a pattern binds."""
    if isinstance(pattern, tree.Variable):
        yield pattern.name
    elif isinstance(pattern, tree.ArrayPattern):
        for item in pattern.items:
            yield from _bound(item)
    elif isinstance(pattern, tree.ObjectPattern):
        for _, name, inner in pattern.entries:
            if name:
                yield name
            yield from _bound(inner)
