"""Which names of an awk program are arrays: its text decides, and what it calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simenv.shell.awk import tree

_SPLIT_ARRAY = 1


def array_parameters(program: tree.Program) -> dict[str, frozenset[int]]:
    """Return, for each function, which of its parameters are arrays: it uses them as such, or hands them to one that does."""
    known: dict[str, frozenset[int]] = {name: frozenset() for name in program.functions}
    while True:
        found = {name: _of(function, known) for name, function in program.functions.items()}
        if found == known:
            return known
        known = found


def _of(function: tree.Function, known: dict[str, frozenset[int]]) -> frozenset[int]:
    arrays = set(_array_names(function.body, known))
    return frozenset(number for number, name in enumerate(function.parameters) if name in arrays)


def _array_names(node: Any, known: dict[str, frozenset[int]]) -> Iterator[str]:
    match node:
        case tree.Element(array=name) | tree.Within(array=name) | tree.ForIn(array=name) | tree.Delete(array=name):
            yield name
        case tree.Call("split", arguments, is_builtin=True) if len(arguments) > _SPLIT_ARRAY:
            yield from _bare(arguments[_SPLIT_ARRAY])
        case tree.Call(name, arguments, is_builtin=False):
            for number in known.get(name, ()):
                yield from _bare(arguments[number]) if number < len(arguments) else ()
    if isinstance(node, tuple):
        for part in node:
            yield from _array_names(part, known)


def _bare(argument: tree.Expression) -> Iterator[str]:
    if isinstance(argument, tree.Variable):
        yield argument.name


def order_of(keys: Iterator[str]) -> list[str]:
    """Return keys in the order in which mawk visits them: by the last six bits of their FNV-1a hash, the newest first."""
    numbered = sorted(enumerate(keys), key=lambda each: (_hash(each[1]) & 63, -each[0]))
    return [key for _, key in numbered]


def _hash(text: str) -> int:
    value = 2166136261
    for byte in text.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value
