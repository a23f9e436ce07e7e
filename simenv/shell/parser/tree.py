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
        operator: ``:-``, ``%%``, ``//``, ``@Q`` and so on; ``length`` for ``${#x}``; ``keys`` for ``${!x[@]}``; ``names``
            for ``${!x*}``; or empty.
        argument: the word after the operator.
        replacement: the second word of ``${x/a/b}``, and the length of ``${x:a:b}``.
        index: subscript of an array element (``@`` and ``*``: all of them), or None.
        quoted: stands inside double quotes.
        indirect: ``${!x}``: the value of `name` is the name.
    """

    name: str
    operator: str = ""
    argument: Word = ()
    replacement: Word | None = None
    index: Word | None = None
    quoted: bool = False
    indirect: bool = False


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
class ProcessPipe:
    """``<(script)``: a path from which the script's output can be read; or (`into`) ``>(script)``: one that it reads."""

    script: str
    into: bool = False
    quoted: bool = True


Part: TypeAlias = "Literal | Parameter | Substitution | Arithmetic | ProcessPipe"
Word: TypeAlias = "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of ``name=(…)``: ``value``, ``[index]=value`` or ``[index]+=value``."""

    value: Word
    index: Word | None = None
    append: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name+=value``, ``name[index]=value`` or ``name=(elements)``."""

    name: str
    value: Word
    append: bool = False
    index: Word | None = None
    array: tuple[Element, ...] | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection.

    Attributes:
        fd: the descriptor that is redirected; -1 for both outputs (``&>``).
        operator: ``<``, ``>``, ``>>``, ``>|``, ``<>``, ``>&``, ``<&``, or ``text`` for here-documents and here-strings.
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
        arrays: ``name=(…)`` among the arguments of ``declare`` and its like: set after the command has run.
        line: number of its line in the script.
    """

    words: tuple[Word, ...]
    constant: tuple[str, ...] | None = None
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    blind: bool = False
    arrays: tuple[Assignment, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; `joins` says for each but the last whether it is ``|&``."""

    commands: tuple[Node, ...]
    joins: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """``time command``; `posix`: ``time -p``."""

    body: Node
    posix: bool


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
class Select:
    """``select name in words``."""

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
    """A function definition, and how it was written."""

    name: str
    body: Node
    text: str


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
    line: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """The commands of one line, which bash reads whole before it runs them; and the line as written (``set -v``)."""

    body: Node
    text: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A here-document that ended with the script: there is a warning."""

    delimiter: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Where a script stops being one: the arguments of the `SyntaxFault` that it is to run it, and its line."""

    construct: str
    text: str
    supported: bool
    line: int


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script: `Line` nodes, which run one after the other, and what else was found."""

    items: tuple[Line | Unfinished | Malformed, ...]


Node: TypeAlias = (
    "Command | Pipeline | Timed | Not | AndOr | Sequence | Background | If | For | Select | CountingFor | While | Case"
    " | Function | Subshell | Redirected | Evaluate | Conditional | Line | Unfinished | Malformed | Script"
)
