"""What a jq program is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""None, a truth value, a number, a string, a list or a dictionary."""


@dataclass(frozen=True, slots=True)
class Identity:
    """``.``."""


@dataclass(frozen=True, slots=True)
class RecurseAll:
    """``..``."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value as written."""

    value: Json


@dataclass(frozen=True, slots=True)
class Text:
    """A string with interpolations, each through a format (``@csv``) if there is one."""

    parts: tuple[str | Node, ...]
    format: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """``term[key]`` and ``term.name``."""

    term: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Slice:
    """``term[low:high]``."""

    term: Node
    low: Node | None
    high: Node | None


@dataclass(frozen=True, slots=True)
class Iterate:
    """``term[]``."""

    term: Node


@dataclass(frozen=True, slots=True)
class Pipe:
    """``left | right``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comma:
    """``left , right``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate:
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Operate:
    """Arithmetic and comparisons."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` and ``or``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Alternative:
    """``left // right``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Assign:
    """``paths = value``, ``paths |= update``, ``paths += value``."""

    operator: str
    paths: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Try:
    """``try body catch handler``, and ``body?``."""

    body: Node
    handler: Node | None = None


@dataclass(frozen=True, slots=True)
class If:
    """``if … then … elif … else … end``."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Collect:
    """``[body]``."""

    body: Node | None


@dataclass(frozen=True, slots=True)
class Build:
    """``{key: value, …}``."""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """``source as pattern | body``."""

    source: Node
    pattern: Pattern
    body: Node


@dataclass(frozen=True, slots=True)
class Reduce:
    """``reduce source as pattern (start; update)``."""

    source: Node
    pattern: Pattern
    start: Node
    update: Node


@dataclass(frozen=True, slots=True)
class Foreach:
    """``foreach source as pattern (start; update; extract)``."""

    source: Node
    pattern: Pattern
    start: Node
    update: Node
    extract: Node | None


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments, which are expressions."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """``def name(parameters): definition; rest``."""

    name: str
    parameters: tuple[str, ...]
    definition: Node
    rest: Node


@dataclass(frozen=True, slots=True)
class Label:
    """``label $name | body``."""

    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Break:
    """``break $name``."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayPattern:
    """``[$a, $b]`` of a binding."""

    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class ObjectPattern:
    """``{key: $a, $b}`` of a binding: key, the variable that it is itself bound to (or nothing), pattern of its value."""

    entries: tuple[tuple[Node, str, Pattern | None], ...]


Pattern: TypeAlias = "Variable | ArrayPattern | ObjectPattern"
Node: TypeAlias = (
    "Identity | RecurseAll | Constant | Text | Index | Slice | Iterate | Pipe | Comma | Negate | Operate | Logic | Alternative"
    " | Assign | Try | If | Collect | Build | Bind | Reduce | Foreach | Variable | Call | Define | Label | Break"
)
