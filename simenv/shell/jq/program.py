"""``jq``: its command line, its inputs and its output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.jq.evaluate import BreakLabel, Evaluator, Result, Scope
from simenv.shell.jq.functions import NATIVES, Halted
from simenv.shell.jq.lexer import JqSyntaxError
from simenv.shell.jq.names import undefined
from simenv.shell.jq.parser import parse_jq
from simenv.shell.jq.prelude import prelude
from simenv.shell.jq.tree import Json, Node
from simenv.shell.jq.values import JqError, dumps, truth

_LONG = {
    "--raw-output": "r", "--join-output": "j", "--null-input": "n", "--compact-output": "c", "--slurp": "s", "--sort-keys": "S",
    "--exit-status": "e", "--ascii-output": "a", "--raw-input": "R", "--color-output": "C", "--monochrome-output": "M",
    "--from-file": "f", "--unbuffered": "u", "--seq": "q", "--raw-output0": "0",
}  # fmt: skip
_LETTERS = "rjncsSeaRCMfhu"
_BLANK = " \t\n\r\ufeff"
_SYNTAX_CODE, _INPUT_CODE, _ERROR_CODE = 3, 4, 5


@dataclass(slots=True)
class _Command:
    """What the command line asks for."""

    flags: set[str] = field(default_factory=set)
    indent: str = "  "
    program: str | None = None
    file: str | None = None
    files: list[str] = field(default_factory=list)
    named: dict[str, Json] = field(default_factory=dict)
    positional: list[Json] = field(default_factory=list)


def _command(inv: Invocation) -> _Command:
    command = _Command()
    rest = list(inv.argv[:0:-1])
    mode = ""
    while rest:
        word = rest.pop()
        if word in ("--args", "--jsonargs"):
            mode = word
        elif word in ("--arg", "--argjson", "--slurpfile", "--rawfile"):
            _name_value(inv, command, word, rest)
        elif word == "--tab":
            command.indent = "\t"
        elif word == "--indent":
            command.indent = " " * min(int(rest.pop()), 7) if rest and rest[-1].isdecimal() else "  "
        elif word[:1] == "-" and len(word) > 1:
            _flags(inv, command, word, rest)
        elif command.program is None and command.file is None:
            command.program = word
        elif mode:
            command.positional.append(word if mode == "--args" else _loaded(word))
        else:
            command.files.append(word)
    return command


def _flags(inv: Invocation, command: _Command, word: str, rest: list[str]) -> None:
    letters = _LONG.get(word) or word[1:]
    if any(letter not in _LETTERS for letter in letters):
        raise UsageFault("jq: Unknown arguments\nUse jq --help for help with command-line options", 2)
    command.flags.update(letters)
    if "f" in letters:
        command.file, command.program = rest.pop() if rest and command.program is None else command.program, None


def _name_value(inv: Invocation, command: _Command, option: str, rest: list[str]) -> None:
    if len(rest) < 2:
        raise UsageFault(f"jq: {option} takes two parameters (e.g. {option} varname value)", 2)
    name, value = rest.pop(), rest.pop()
    if option == "--arg":
        command.named[name] = value
    elif option == "--argjson":
        command.named[name] = _loaded(value)
    else:
        text = inv.read(value)
        if text is None:
            raise UsageFault(f"jq: Bad JSON in --{option[2:]} {name} {value}: Could not open {value}", 2)
        command.named[name] = text if option == "--rawfile" else list(_documents(text))


def _loaded(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        raise UsageFault(
            "jq: Invalid JSON text passed to --argjson\nUse jq --help for help with command-line options", 2
        ) from None


def _documents(text: str) -> Iterator[Json]:
    """Yield the JSON values of a text, one after the other. Raises ValueError for what is none."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in _BLANK:
            at += 1
        if at >= len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield value


def _text(inv: Invocation, file: str) -> str:
    """Return the content of a file; complain and return nothing if it cannot be read."""
    try:
        return inv.shell.read_file(file)
    except FileError as error:
        inv.complain(f"error: Could not open {file}: {error.reason}", 2)
        return ""


def _inputs(inv: Invocation, command: _Command) -> Iterator[Json]:
    texts = [_text(inv, file) for file in command.files] or [inv.stdin]
    if "R" in command.flags:
        whole = "".join(texts)
        if "s" in command.flags:
            yield whole
        elif whole:
            yield from whole.removesuffix("\n").split("\n")
    elif "s" in command.flags:
        yield [value for text in texts for value in _documents(text)]
    else:
        for text in texts:
            yield from _documents(text)


def jq(inv: Invocation) -> int:
    """Transform JSON by a program: ``-rncsSejaR``, ``-f FILE``, ``--arg --argjson --slurpfile --rawfile --args``."""
    command = _command(inv)
    if command.program is None and command.file is None:
        raise UsageFault("Usage:\tjq [OPTIONS] FILTER [FILES...]\n\tjq [OPTIONS] --args FILTER [ARGUMENTS...]", 2)
    text = command.program if command.file is None else inv.read(command.file)
    if text is None:
        return 2
    try:
        node = parse_jq(text)
    except JqSyntaxError as error:
        inv.err(f"jq: error: {error} at <top-level>, line 1:\n{text}\njq: 1 compile error\n")
        return _SYNTAX_CODE
    missing = undefined(node, frozenset({*NATIVES, *prelude().functions}), frozenset({*command.named, "ENV", "ARGS"}))
    if missing:
        inv.err(f"jq: error: {missing} is not defined at <top-level>, line 1:\n{text}\njq: 1 compile error\n")
        return _SYNTAX_CODE
    arguments = {"positional": command.positional, "named": command.named}
    scope = Scope({**command.named, "ENV": dict(inv.env), "ARGS": arguments}, prelude().functions)
    return _Run(inv, command, node, scope).all()


class _Run:
    """A program, run over all inputs."""

    def __init__(self, inv: Invocation, command: _Command, node: Node, scope: Scope) -> None:
        self._inv = inv
        self._command = command
        self._node = node
        self._scope = scope
        self._inputs = _inputs(inv, command)
        self._evaluator = Evaluator(
            NATIVES, inv.shell.budget.charge, self._inputs, inv.host.sim.calendar.at(inv.host.sim.now).timestamp()
        )
        self._last: Json = None
        self._printed = False

    def all(self) -> int:
        code = 0
        try:
            for value in iter((None,)) if "n" in self._command.flags else self._inputs:
                code = self._one(value)
        except json.JSONDecodeError as error:
            what = "Unfinished JSON term at EOF" if error.pos >= len(error.doc.rstrip()) else "Invalid numeric literal"
            self._inv.err(f"parse error: {what} at line {error.lineno}, column {error.colno}\n")
            return _INPUT_CODE
        except Halted as end:
            return self._halted(end)
        except RecursionError:
            self._inv.err("jq: error: too much recursion\n")
            return _ERROR_CODE
        if code or self._inv.code:
            return code or 2
        if "e" in self._command.flags:
            return 4 if not self._printed else int(not truth(self._last))
        return 0

    def _one(self, value: Json) -> int:
        try:
            for result in self._evaluator.run(self._node, self._scope, Result(value)):
                self._print(result.value)
        except JqError as error:
            self._inv.err(f"jq: error (at <stdin>:1): {error}\n")
            return _ERROR_CODE
        except BreakLabel:
            self._inv.err("jq: error (at <stdin>:1): break\n")
            return _ERROR_CODE
        return 0

    def _print(self, value: Json) -> None:
        flags = self._command.flags
        self._last, self._printed = value, True
        if isinstance(value, str) and flags & {"r", "j"}:
            text = value
        else:
            indent = "" if "c" in flags else self._command.indent
            text = dumps(value, indent=indent, sort="S" in flags, ascii_only="a" in flags)
        self._inv.out(text if "j" in flags else f"{text}\n")

    def _halted(self, end: Halted) -> int:
        if end.value is not None:
            self._inv.err(end.value if isinstance(end.value, str) else f"{dumps(end.value)}\n")
        return end.code


PROGRAMS: Mapping[str, Program] = {"jq": jq}
