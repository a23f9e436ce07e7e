"""The nodes of an awk program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Number(NamedTuple):
    """A number."""

    value: float


class String(NamedTuple):
    """A string."""

    value: str


class RegexNode(NamedTuple):
    """A regular expression: on its own, whether the record matches."""

    text: str


class Variable(NamedTuple):
    """A variable, or a parameter of the function that it stands in."""

    name: str


class Field(NamedTuple):
    """``$number``."""

    number: Expression


class Element(NamedTuple):
    """``array[key, …]``."""

    array: str
    keys: tuple[Expression, ...]


class Unary(NamedTuple):
    """``-``, ``+`` or ``!`` before an operand."""

    operator: str
    operand: Expression


class Binary(NamedTuple):
    """Arithmetic, comparison, ``&&``, ``||``, ``~`` or ``!~``."""

    operator: str
    left: Expression
    right: Expression


class Concatenation(NamedTuple):
    """Operands side by side."""

    parts: tuple[Expression, ...]


class Conditional(NamedTuple):
    """``test ? yes : no``."""

    test: Expression
    yes: Expression
    no: Expression


class Assign(NamedTuple):
    """``target = value``, or with an arithmetic operator before the ``=``."""

    operator: str
    target: Target
    value: Expression


class Increment(NamedTuple):
    """``++`` or ``--``, before or after its target."""

    step: float
    target: Target
    is_before: bool


class Within(NamedTuple):
    """``(key, …) in array``."""

    keys: tuple[Expression, ...]
    array: str


class Call(NamedTuple):
    """A call of a built-in function or of one of the program's own."""

    name: str
    arguments: tuple[Expression, ...]
    is_builtin: bool


class Getline(NamedTuple):
    """``getline``: from the input (`kind` is empty), a file (``<``) or a command (``|``), into a variable or the record."""

    kind: str
    source: Expression | None
    target: Target | None


class Grouping(NamedTuple):
    """An expression in parentheses."""

    inner: Expression


Target: TypeAlias = Variable | Field | Element
Expression: TypeAlias = (
    Number | String | RegexNode | Variable | Field | Element | Unary | Binary | Concatenation | Conditional | Assign | Increment
    | Within | Call | Getline | Grouping
)  # fmt: skip


class Simple(NamedTuple):
    """An expression as a statement."""

    expression: Expression


class Print(NamedTuple):
    """``print`` or ``printf``; `redirect` is ``>``, ``>>``, ``|`` or empty."""

    is_formatted: bool
    values: tuple[Expression, ...]
    redirect: str
    target: Expression | None


class If(NamedTuple):
    """``if (test) then else otherwise``."""

    test: Expression
    then: Statement
    otherwise: Statement | None


class Loop(NamedTuple):
    """``while`` and ``for``, and ``do``, which tests after its body."""

    first: Statement | None
    test: Expression | None
    step: Statement | None
    body: Statement
    is_do: bool = False


class ForIn(NamedTuple):
    """``for (key in array)``."""

    key: Target
    array: str
    body: Statement


class Block(NamedTuple):
    """Statements in braces."""

    statements: tuple[Statement, ...]


class Leave(NamedTuple):
    """``break``, ``continue``, ``next``, ``nextfile``, ``exit`` or ``return``, with its value."""

    how: str
    value: Expression | None = None


class Delete(NamedTuple):
    """``delete array[key]``, or without keys all of it."""

    array: str
    keys: tuple[Expression, ...]


Statement: TypeAlias = Simple | Print | If | Loop | ForIn | Block | Leave | Delete


class Rule(NamedTuple):
    """``pattern { action }``: `start` is an expression, ``BEGIN``, ``END`` or None; with `end`, a range."""

    start: Expression | str | None
    end: Expression | None
    action: Block | None


class Function(NamedTuple):
    """A function of the program."""

    name: str
    parameters: tuple[str, ...]
    body: Block


@dataclass(slots=True)
class Program:
    """A program: rules in order, and functions by name."""

    rules: list[Rule] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)


def depth_of(node: object) -> int:
    """Return how many nodes a node contains one within the other."""
    deepest, level = 0, [node]
    while level:
        deepest += 1
        inner = [part for each in level if isinstance(each, tuple) for part in each]
        level = [part for part in inner if isinstance(part, tuple)]
    return deepest
