"""ed: the standard editor, driven by a script."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.budget import Sink, Source
from simenv.shell.editors.buffer import Buffer, EditFault, split_lines, unambiguous, until
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.pattern.regex import Regex, compile_regex

_SPEC = Spec("EGlrsv", "p", "extended-regexp:E quiet:s silent:s prompt:p loose-exit-status:l traditional:G verbose:v")
_WHOLE = frozenset("gGvVwW")
_SHOWN = frozenset("pnl")


class _Quit(Exception):
    """The editor ends."""


class _Ed:
    def __init__(self, inv: Invocation, given: Mapping[str, str]) -> None:
        self._inv = inv
        self._extended = "E" in given
        self._silent = "s" in given
        self._prompt = given.get("p", "")
        self._prompts = "p" in given
        self._verbose = "v" in given
        self._error = ""
        self._name = ""
        self._warned = False
        self._failed = False
        self._in_global = False
        self._input: list[str] = []
        self._buffer = Buffer(inv.shell.budget.charge, self._compile)

    def _compile(self, pattern: str) -> Regex:
        return compile_regex(pattern, extended=self._extended)

    def run(self, operand: str) -> Delays[int]:
        if operand:
            self._name = operand
            try:
                yield from self._load(operand)
            except EditFault as fault:
                if self._inv.shell.exists(operand):
                    self._fail(str(fault))
        self._input = split_lines(self._inv.stdin)[::-1]
        try:
            while self._input:
                if self._prompts:
                    self._inv.out(self._prompt)
                yield from self._line(self._input.pop())
            if self._prompts:
                self._inv.out(self._prompt)
            if self._buffer.changed and not self._warned:
                self._fail("Warning: buffer modified")
                return 2
        except _Quit:
            pass
        return 1 if self._failed else 0

    def _fail(self, message: str) -> None:
        self._error = message
        self._failed = True
        self._inv.out(f"?\n{message}\n" if self._verbose else "?\n")

    def _line(self, line: str) -> Delays[None]:
        self._inv.shell.spend_command()
        try:
            yield from self._command(line)
        except EditFault as fault:
            self._fail(str(fault))

    def _command(self, line: str) -> Delays[None]:
        buffer = self._buffer
        found, rest = buffer.addresses(line)
        name, rest = rest[:1], rest[1:]
        if not self._in_global and name in tuple("acdijmstxr"):
            buffer.remember()
        if name not in tuple("qeE"):
            self._warned = False
        if name in ("g", "v"):
            yield from self._global(found, rest, keep=name == "g")
        elif name in ("e", "E", "f", "r", "w", "W", "q", "Q", "!"):
            yield from self._file_command(name, found, rest)
        elif name in ("a", "i", "c"):
            self._insert(name, found)
            self._show(rest)
        elif name == "s":
            self._substitute(found, rest)
        else:
            self._edit(name, found, rest)

    def _edit(self, name: str, found: list[int], rest: str) -> None:
        buffer = self._buffer
        if not name:
            buffer.at = buffer.span(found, default=(buffer.at + 1, buffer.at + 1))[1]
            self._print(buffer.at, buffer.at, "p")
        elif name in _SHOWN:
            first, last = buffer.span(found)
            self._print(first, last, name + rest)
        elif name == "d":
            buffer.delete(*buffer.span(found))
            self._show(rest)
        elif name == "j":
            first, last = buffer.span(found, default=(buffer.at, buffer.at + 1))
            buffer.join(first, last, lambda left, right: left + right)
            self._show(rest)
        elif name in ("m", "t"):
            self._relocate(name, found, rest)
        elif name == "k":
            if not re.fullmatch("[a-z]", rest[:1]):
                raise EditFault("Invalid mark character")
            buffer.marks[rest[:1]] = buffer.span(found)[1]
        elif name == "=":
            self._inv.out(f"{found[-1] if found else len(buffer.lines)}\n")
        elif name in ("y", "x"):
            self._yank(name, found)
        elif name == "z":
            first = buffer.span(found, default=(buffer.at + 1, buffer.at + 1))[0]
            count = int(rest[:6]) if rest.isdecimal() else 22
            self._print(first, min(first + count - 1, len(buffer.lines)), "p")
        elif name in ("u", "h", "H", "P", "#"):
            self._switch(name)
        else:
            raise EditFault("Unknown command")

    def _switch(self, name: str) -> None:
        if name == "u":
            self._buffer.undo()
        elif name == "h" and self._error:
            self._inv.out(self._error + "\n")
        elif name == "H":
            self._verbose = not self._verbose
            if self._verbose and self._error:
                self._inv.out(self._error + "\n")
        elif name == "P":
            self._prompts = not self._prompts
            self._prompt = self._prompt or "*"

    def _yank(self, name: str, found: list[int]) -> None:
        buffer = self._buffer
        if name == "y":
            first, last = buffer.span(found)
            buffer.kept = buffer.lines[first - 1 : last]
            return
        if not buffer.kept:
            raise EditFault("Nothing to put")
        buffer.insert(buffer.span(found, zero=True)[1], list(buffer.kept))

    def _relocate(self, name: str, found: list[int], rest: str) -> None:
        buffer = self._buffer
        first, last = buffer.span(found)
        targets, rest = buffer.addresses(rest)
        target = buffer.span(targets, zero=True)[1]
        if name == "m":
            buffer.move(first, last, target)
        else:
            buffer.insert(target, buffer.lines[first - 1 : last])
        self._show(rest)

    # -- printing ----------------------------------------------------------------------------------------------

    def _show(self, suffix: str) -> None:
        if suffix and not set(suffix) <= _SHOWN:
            raise EditFault("Invalid command suffix")
        if suffix:
            self._print(self._buffer.at, self._buffer.at, suffix)

    def _print(self, first: int, last: int, suffix: str) -> None:
        if not set(suffix) <= _SHOWN:
            raise EditFault("Invalid command suffix")
        for number in range(first, last + 1):
            line = self._buffer.lines[number - 1]
            shown = unambiguous(line) if "l" in suffix else line
            self._inv.out((f"{number}\t" if "n" in suffix else "") + f"{shown}\n")
        self._buffer.at = last

    # -- text --------------------------------------------------------------------------------------------------

    def _insert(self, name: str, found: list[int]) -> None:
        buffer = self._buffer
        first, last = buffer.span(found, zero=name != "c" or not buffer.lines)
        lines: list[str] = []
        while self._input and (line := self._input.pop()) != ".":
            lines.append(line)
        after = {"a": last, "i": max(last - 1, 0), "c": first - 1}[name]
        if name == "c" and buffer.lines:
            buffer.delete(first, last)
        buffer.insert(max(after, 0), lines)
        if name == "c" and not lines:
            buffer.at = min(first, len(buffer.lines))

    def _substitute(self, found: list[int], rest: str) -> None:
        buffer = self._buffer
        delimiter = rest[:1]
        if not delimiter or delimiter.isalnum():
            regex, flags = buffer.regex(""), rest
        else:
            if delimiter in " \n":
                raise EditFault("Invalid pattern delimiter")
            pattern, rest, closed = until(rest[1:], delimiter)
            if not closed:
                raise EditFault("Missing pattern delimiter")
            regex = buffer.regex(pattern)
            template, flags = self._template(rest, delimiter)
            buffer.template = buffer.template if template == "%" else template
        if not re.fullmatch(r"[gIiplnr0-9]*", flags):
            raise EditFault("Invalid command suffix")
        if "i" in flags.lower():
            raise EditFault("Invalid command suffix")
        count = buffer.substitute(*buffer.span(found), regex, buffer.template, flags)
        if not count and not self._in_global:
            raise EditFault("No match")
        if count:
            self._show("".join(letter for letter in flags if letter in _SHOWN))

    def _template(self, rest: str, delimiter: str) -> tuple[str, str]:
        """Read a replacement, which goes on over lines that end with a backslash; without its end, the result is printed."""
        while (len(rest) - len(rest.rstrip("\\"))) % 2 and self._input:
            rest = f"{rest}\n{self._input.pop()}"
        template, flags, closed = until(rest, delimiter)
        return re.sub(r"\\([A-Za-z])", r"\1", template), flags if closed else "p"

    def _global(self, found: list[int], rest: str, *, keep: bool) -> Delays[None]:
        if self._in_global:
            raise EditFault("Cannot nest global commands")
        buffer = self._buffer
        first, last = buffer.span(found, default=(1, len(buffer.lines)))
        pattern, command, _ = until(rest[1:], rest[:1] or "/")
        while command.endswith("\\") and self._input:
            command = f"{command[:-1]}\n{self._input.pop()}"
        regex = buffer.regex(pattern)
        chosen = [number for number in range(first, last + 1) if buffer.matches(regex, number) == keep]
        buffer.remember()
        self._in_global, outer = True, self._input
        names = [f"\0{number}" for number in chosen]
        buffer.marks.update(zip(names, chosen, strict=True))
        try:
            for name in names:
                if name not in buffer.marks:
                    continue
                buffer.at = buffer.marks.pop(name)
                self._inv.shell.spend_command()
                self._input = (command or "p").split("\n")[::-1]
                while self._input:
                    yield from self._command(self._input.pop())
        finally:
            self._in_global, self._input = False, outer
            buffer.marks = {name: at for name, at in buffer.marks.items() if name[0] != "\0"}

    # -- files -------------------------------------------------------------------------------------------------

    def _file_command(self, name: str, found: list[int], rest: str) -> Delays[None]:
        buffer = self._buffer
        if name == "!":
            yield from self._inv.shell.nested(rest, self._inv.streams)
            if not self._silent:
                self._inv.out("!\n")
        elif name in ("q", "Q"):
            self._leave(name)
        elif name in ("e", "E"):
            self._check_saved(name)
            yield from self._load(rest.strip() or self._name)
        elif name == "f":
            self._name = rest.strip() or self._name
            self._inv.out(f"{self._name}\n")
        elif name == "r":
            text = yield from self._read(rest.strip() or self._name)
            after = buffer.span(found, default=(len(buffer.lines), len(buffer.lines)), zero=True)[1]
            buffer.insert(after, split_lines(text))
            self._say_size(text)
        else:
            yield from self._write(found, rest, append=name == "W")

    def _leave(self, name: str) -> None:
        if name == "q":
            self._check_saved(name)
        raise _Quit

    def _check_saved(self, name: str) -> None:
        if name.islower() and self._buffer.changed and not self._warned:
            self._warned = True
            raise EditFault("Warning: buffer modified")

    def _load(self, operand: str) -> Delays[None]:
        self._name = self._name if operand.startswith("!") else operand
        text = yield from self._read(operand)
        self._buffer.lines = split_lines(text)
        self._buffer.at = len(self._buffer.lines)
        self._buffer.changed = False
        self._say_size(text)

    def _read(self, operand: str) -> Delays[str]:
        shell = self._inv.shell
        if not operand:
            raise EditFault("No current filename")
        if operand.startswith("!"):
            sink = Sink(shell.budget)
            yield from shell.nested(operand[1:], self._inv.streams.replaced(Source(), sink, self._inv.streams.err))
            return sink.text()
        try:
            return shell.read_file(operand)
        except FileError as error:
            self._inv.err(f"{operand}: {error.reason}\n")
            raise EditFault("Cannot open input file") from None

    def _say_size(self, text: str) -> None:
        if not self._silent:
            self._inv.out(f"{len(text.encode(errors='replace'))}\n")

    def _write(self, found: list[int], rest: str, *, append: bool) -> Delays[None]:
        buffer, shell = self._buffer, self._inv.shell
        quits = rest[:1] == "q"
        operand = rest[quits:].strip() or self._name
        first, last = buffer.span(found, default=(min(1, len(buffer.lines)), len(buffer.lines)), zero=True)
        text = buffer.text(first, last)
        if operand.startswith("!"):
            streams = self._inv.streams
            yield from shell.nested(operand[1:], streams.replaced(Source(text), streams.out, streams.err))
        elif not operand:
            raise EditFault("No current filename")
        else:
            try:
                shell.write_file(operand, text, append=append)
            except FileError as error:
                self._inv.err(f"{operand}: {error.reason}\n")
                raise EditFault("Cannot open output file") from None
            self._name = self._name or operand
        self._say_size(text)
        if last - first + 1 >= len(buffer.lines):
            buffer.changed = False
        if quits:
            raise _Quit


def ed(inv: Invocation) -> Delays[int]:
    """Edit a file by the commands on standard input; ``-s`` says no sizes, ``-E`` has extended patterns."""
    given, operands = inv.options(_SPEC)
    return (yield from _Ed(inv, given).run(operands[0] if operands else ""))


PROGRAMS: Mapping[str, Program] = {"ed": ed, "red": ed}
