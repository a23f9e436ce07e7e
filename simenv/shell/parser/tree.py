"""What a script means: a small, frozen syntax tree that the interpreter walks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself; if not `quoted`, its ``* ? [`` are patterns."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter expansion.

    Attributes:
        name: variable, or one of ``? $ # @ * ! - 0 1 …``.
        operator: ``:-``, ``%%``, ``//`` and so on; ``length`` for ``${#x}``; ``indirect`` for ``${!x}``; or empty.
        argument: the word after the operator.
        replacement: the second word of ``${x/a/b}``, and the length of ``${x:a:b}``.
        index: subscript of an array element (``@`` and ``*``: all of them), or None.
        quoted: stands inside double quotes.
    """

    name: str
    operator: str = ""
    argument: Word = ()
    replacement: Word | None = None
    index: Word | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(script)`` or its older form with backticks."""

    script: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    expression: Word
    quoted: bool


@dataclass(frozen=True, slots=True)
class ProcessInput:
    """``<(script)``: a path from which the script's output can be read."""

    script: str
    quoted: bool = True


Part: TypeAlias = "Literal | Parameter | Substitution | Arithmetic | ProcessInput"
Word: TypeAlias = "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name+=value``, ``name[index]=value`` or ``name=(values)``."""

    name: str
    value: Word
    append: bool = False
    index: Word | None = None
    array: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection.

    Attributes:
        fd: the descriptor that is redirected; -1 for both outputs (``&>``).
        operator: ``<``, ``>``, ``>>``, ``>&``, ``<&``, or ``text`` for here-documents and here-strings.
        target: a path, a descriptor, or the text itself.
    """

    fd: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command.

    Attributes:
        words: name and arguments, as written.
        constant: the same, expanded, if no expansion depends on the moment; else None.
        assignments: variables set for it (or in the shell, if there are no words).
        redirects: in order.
        blind: it cannot see the file that it is redirected to (``echo``, ``printf``, a bare ``cat``).
    """

    words: tuple[Word, ...]
    constant: tuple[str, ...] | None = None
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; `joins` says for each but the last whether it is ``|&``."""

    commands: tuple[Node, ...]
    joins: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``! command``."""

    body: Node


@dataclass(frozen=True, slots=True)
class AndOr:
    """``left && right`` or ``left || right``."""

    left: Node
    both: bool
    right: Node


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Background:
    """``command &``."""

    body: Node
    text: str


@dataclass(frozen=True, slots=True)
class If:
    """``if``/``elif`` branches in order, and what else to do."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; `words` is None for ``for name``, which walks the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Node


@dataclass(frozen=True, slots=True)
class CountingFor:
    """``for ((start; test; step))``."""

    start: Word
    test: Word
    step: Word
    body: Node


@dataclass(frozen=True, slots=True)
class While:
    """``while test`` or (`until`) ``until test``."""

    test: Node
    body: Node
    until: bool


@dataclass(frozen=True, slots=True)
class CaseItem:
    """Patterns, what to do, and how it ends: ``;;``, ``;&`` or ``;;&``."""

    patterns: tuple[Word, ...]
    body: Node
    end: str


@dataclass(frozen=True, slots=True)
class Case:
    """``case subject in …``."""

    subject: Word
    items: tuple[CaseItem, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition."""

    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( … )``."""

    body: Node


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections."""

    body: Node
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """``(( expression ))``."""

    expression: Word


@dataclass(frozen=True, slots=True)
class Conditional:
    """``[[ … ]]``: its tokens; operators are strings, operands are words."""

    tokens: tuple[str | Word, ...]


Node: TypeAlias = (
    "Command | Pipeline | Not | AndOr | Sequence | Background | If | For | CountingFor | While | Case | Function"
    " | Subshell | Redirected | Evaluate | Conditional"
)
