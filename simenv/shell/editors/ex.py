"""ex, and vi as scripts call it: commands of ``-c`` and of standard input, without a screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simenv.kernel import Delays
from simenv.machine.nodes import DENIED, FileError
from simenv.machine.program import Program
from simenv.shell.budget import Sink, Source
from simenv.shell.commands.system import no_terminal
from simenv.shell.editors.buffer import Buffer, EditFault, split_lines, unambiguous, until
from simenv.shell.editors.ex_language import NAME, argument_of, command_name, compile_pattern
from simenv.shell.invocation import Invocation

_WHOLE = frozenset(("global", "vglobal", "normal", "!"))
"""Commands to which a bar does not end the line."""
_IGNORED = frozenset(("set", "syntax", "let", "silent"))


class _Quit(Exception):
    """The editor ends."""


class _Ex:
    def __init__(self, inv: Invocation, *, silent: bool, read_only: bool = False) -> None:
        self._inv = inv
        self._silent = silent
        self._name = ""
        self._code = 0
        self._in_global = False
        self._locked = read_only
        self._input: list[str] = []
        self._buffer = Buffer(inv.shell.budget.charge, compile_pattern)

    def run(self, operand: str, commands: list[str], *, reads: bool) -> Delays[int]:
        try:
            if operand:
                self._load(operand)
            for command in commands:
                yield from self._line(command)
            if reads:
                self._input = split_lines(self._inv.stdin)[::-1]
            while self._input:
                yield from self._line(self._input.pop())
        except _Quit:
            pass
        return self._code

    def _line(self, line: str) -> Delays[None]:
        self._inv.shell.spend_command()
        try:
            yield from self._commands(line)
        except EditFault as fault:
            self._code = 1
            if not self._silent:
                self._inv.err(f"{fault}\n")

    def _commands(self, line: str) -> Delays[None]:
        """Run the commands of a line, which bars separate."""
        buffer = self._buffer
        while line.strip():
            line = line.lstrip(": \t")
            if line.startswith('"'):
                return
            found, rest = buffer.addresses(line)
            match = NAME.match(rest)
            word = match.group() if match else ""
            name, used = command_name(word)
            rest = rest[used:]
            if name in _WHOLE:
                argument, line = rest, ""
            else:
                argument, line = argument_of(name, rest)
            if not self._in_global and name not in ("undo", "print", "number", "write", "quit"):
                buffer.remember()
            if name in ("global", "vglobal"):
                yield from self._global(found, argument, keep=name == "global")
            elif name in ("!", "read"):
                yield from self._shell_command(name, found, argument)
            else:
                self._run(name, found, argument)

    def _run(self, name: str, found: list[int], argument: str) -> None:
        if name in _IGNORED:
            return
        if name in ("write", "wq", "exit", "update", "quit", "qall", "wall", "wqall", "edit", "file", "saveas"):
            self._file_command(name, found, argument)
            return
        act = self._acts().get(name)
        if act is None:
            raise EditFault(f"E492: Not an editor command: {name}{argument}")
        act(found, argument)

    def _acts(self) -> Mapping[str, Callable[[list[int], str], None]]:
        return {
            "": self._go, "print": self._print, "number": self._print_numbers, "list": self._print_marked,
            "=": self._count, "delete": self._delete, "substitute": self._substitute, "&": self._substitute,
            "append": self._append, "insert": self._insert, "change": self._change, "move": self._move,
            "copy": self._copy, "join": self._join, "yank": self._yank, "put": self._put, "mark": self._mark,
            "undo": self._undo, ">": self._shift_right, "<": self._shift_left,
        }  # fmt: skip

    # -- looking -----------------------------------------------------------------------------------------------

    def _go(self, found: list[int], argument: str) -> None:
        if found:
            self._buffer.at = self._buffer.span(found[-1:], zero=True)[1] or min(1, len(self._buffer.lines))
            if not self._silent:
                self._print([self._buffer.at], "")

    def _lines(self, found: list[int], argument: str, show: Callable[[int, str], str]) -> None:
        first, last = self._range(found, argument)
        for number in range(first, last + 1):
            self._inv.out(show(number, self._buffer.lines[number - 1]) + "\n")
        self._buffer.at = last

    def _range(self, found: list[int], argument: str) -> tuple[int, int]:
        """Return the lines of a command; a count behind it means that many, from the last one on."""
        first, last = self._buffer.span(found)
        count = re.search(r"\b(\d{1,6})\s*$", argument)
        return (last, min(last + int(count.group(1)) - 1, len(self._buffer.lines))) if count else (first, last)

    def _print(self, found: list[int], argument: str) -> None:
        self._lines(found, argument, lambda _, line: line.expandtabs(8))

    def _print_numbers(self, found: list[int], argument: str) -> None:
        self._lines(found, argument, lambda number, line: f"{number:>7} {line.expandtabs(8)}")

    def _print_marked(self, found: list[int], argument: str) -> None:
        self._lines(found, argument, lambda _, line: unambiguous(line.replace("\t", "^I")).replace("\\", ""))

    def _count(self, found: list[int], argument: str) -> None:
        if not self._silent:
            self._inv.out(f"{found[-1] if found else len(self._buffer.lines)}\n")

    # -- changing ----------------------------------------------------------------------------------------------

    def _delete(self, found: list[int], argument: str) -> None:
        self._buffer.delete(*self._range(found, argument))

    def _typed(self) -> list[str]:
        lines: list[str] = []
        while self._input and (line := self._input.pop()) != ".":
            lines.append(line)
        return lines

    def _append(self, found: list[int], argument: str) -> None:
        self._buffer.insert(self._buffer.span(found, zero=True)[1], self._typed())

    def _insert(self, found: list[int], argument: str) -> None:
        self._buffer.insert(max(self._buffer.span(found, zero=True)[1] - 1, 0), self._typed())

    def _change(self, found: list[int], argument: str) -> None:
        first, last = self._buffer.span(found)
        self._buffer.delete(first, last)
        self._buffer.insert(first - 1, self._typed())

    def _target(self, argument: str) -> int:
        targets, _ = self._buffer.addresses(argument)
        return self._buffer.span(targets, zero=True)[1]

    def _move(self, found: list[int], argument: str) -> None:
        self._buffer.move(*self._buffer.span(found), self._target(argument))

    def _copy(self, found: list[int], argument: str) -> None:
        first, last = self._buffer.span(found)
        self._buffer.insert(self._target(argument), self._buffer.lines[first - 1 : last])

    def _join(self, found: list[int], argument: str) -> None:
        buffer = self._buffer
        first, last = buffer.span(found)
        last = min(last + 1, len(buffer.lines)) if first == last else last
        exact = argument.startswith("!")

        def between(left: str, right: str) -> str:
            return left + right if exact or not right.strip() else f"{left.rstrip()} {right.lstrip()}"

        buffer.join(first, last, between)

    def _yank(self, found: list[int], argument: str) -> None:
        first, last = self._range(found, argument)
        self._buffer.kept = self._buffer.lines[first - 1 : last]

    def _put(self, found: list[int], argument: str) -> None:
        after = self._buffer.span(found, zero=True)[1]
        self._buffer.insert(max(after - 1, 0) if argument.startswith("!") else after, list(self._buffer.kept))

    def _mark(self, found: list[int], argument: str) -> None:
        self._buffer.marks[argument.strip()[:1]] = self._buffer.span(found)[1]

    def _undo(self, found: list[int], argument: str) -> None:
        self._buffer.undo()

    def _shift_right(self, found: list[int], argument: str) -> None:
        self._each(found, lambda line: f"\t{line}" if line else line)

    def _shift_left(self, found: list[int], argument: str) -> None:
        self._each(found, lambda line: re.sub(r"\A(\t| {1,8})", "", line))

    def _each(self, found: list[int], change: Callable[[str], str]) -> None:
        first, last = self._buffer.span(found)
        self._buffer.lines[first - 1 : last] = map(change, self._buffer.lines[first - 1 : last])
        self._buffer.changed = True
        self._buffer.at = last

    def _substitute(self, found: list[int], argument: str) -> None:
        buffer = self._buffer
        delimiter = argument[:1]
        if not delimiter or delimiter.isalnum() or delimiter in " |":
            regex, flags = buffer.regex(""), argument
        else:
            pattern, rest, _ = until(argument[1:], delimiter)
            template, flags, _ = until(rest, delimiter)
            if "i" in flags.replace("I", ""):
                pattern = f"\\c{pattern}" if not pattern.startswith("\\v") else f"\\v\\c{pattern[2:]}"
            regex = buffer.regex(pattern)
            buffer.template = template.replace("\\r", "\n").replace("\\e", "\\E")
        if not re.fullmatch(r"[&cegiInp#l\s\d]*", flags):
            raise EditFault(f"E488: Trailing characters: {flags}")
        first, last = self._range(found, flags)
        count = buffer.substitute(first, last, regex, buffer.template, "g" if "g" in flags else "")
        if not count and "e" not in flags and not self._in_global:
            raise EditFault("E486: Pattern not found")
        if "p" in flags and count:
            self._print([buffer.at], "")

    def _global(self, found: list[int], argument: str, *, keep: bool) -> Delays[None]:
        if self._in_global:
            raise EditFault("E147: Cannot do :global recursive")
        buffer = self._buffer
        keep, argument = (not keep, argument[1:]) if argument.startswith("!") else (keep, argument)
        first, last = buffer.span(found, default=(1, len(buffer.lines)))
        pattern, command, _ = until(argument[1:], argument[:1] or "/")
        regex = buffer.regex(pattern)
        chosen = [number for number in range(first, last + 1) if buffer.matches(regex, number) == keep]
        if not chosen:
            raise EditFault(f"E486: Pattern not found: {pattern}")
        names = [f"\0{number}" for number in chosen]
        buffer.marks.update(zip(names, chosen, strict=True))
        self._in_global = True
        try:
            for name in names:
                if name in buffer.marks:
                    buffer.at = buffer.marks.pop(name)
                    self._inv.shell.spend_command()
                    yield from self._commands(command or "p")
        finally:
            self._in_global = False
            buffer.marks = {name: at for name, at in buffer.marks.items() if name[0] != "\0"}

    def _shell_command(self, name: str, found: list[int], argument: str) -> Delays[None]:
        buffer, shell, streams = self._buffer, self._inv.shell, self._inv.streams
        argument = argument.strip()
        if name == "read" and not argument.startswith("!"):
            after = buffer.span(found, zero=True)[1]
            try:
                buffer.insert(after, split_lines(shell.read_file(argument or self._name)))
            except FileError:
                raise EditFault(f"E484: Can't open file {argument}") from None
            return
        sink = Sink(shell.budget)
        if name == "read":
            after = buffer.span(found, zero=True)[1]
            yield from shell.nested(argument[1:], streams.replaced(Source(), sink, streams.err))
            buffer.insert(after, split_lines(sink.text()))
        elif found:
            first, last = buffer.span(found)
            given = Source(buffer.text(first, last))
            yield from shell.nested(argument, streams.replaced(given, sink, streams.err))
            buffer.delete(first, last)
            buffer.insert(first - 1, split_lines(sink.text()))
        else:
            yield from shell.nested(argument, streams)

    # -- files -------------------------------------------------------------------------------------------------

    def _load(self, operand: str) -> None:
        self._name = operand
        try:
            self._buffer.lines = split_lines(self._inv.shell.read_file(operand))
        except FileError as error:
            if error.reason in (DENIED, "Is a directory"):
                self._code = 1
        self._buffer.at = len(self._buffer.lines)
        self._buffer.changed = False

    def _file_command(self, name: str, found: list[int], argument: str) -> None:
        forced = argument.startswith("!")
        operand = argument.removeprefix("!").strip()
        buffer = self._buffer
        if name in ("quit", "qall"):
            if buffer.changed and not forced:
                raise EditFault("E37: No write since last change (add ! to override)")
            raise _Quit
        if name == "file":
            self._name = operand or self._name
        elif name == "edit":
            if buffer.changed and not forced:
                raise EditFault("E37: No write since last change (add ! to override)")
            self._load(operand or self._name)
        else:
            if name not in ("exit", "update") or buffer.changed:
                self._write(found, operand, forced=forced)
            if name in ("wq", "exit", "wqall"):
                raise _Quit

    def _write(self, found: list[int], operand: str, *, forced: bool) -> None:
        buffer, shell = self._buffer, self._inv.shell
        append = operand.startswith(">>")
        target = operand.removeprefix(">>").strip() or self._name
        if not target:
            raise EditFault("E32: No file name")
        if self._locked and not forced:
            raise EditFault("E45: 'readonly' option is set (add ! to override)")
        if target != self._name and shell.exists(target) and not forced and not append:
            raise EditFault("E13: File exists (add ! to override)")
        first, last = buffer.span(found, default=(min(1, len(buffer.lines)), len(buffer.lines)), zero=True)
        try:
            self._save(target, buffer.text(first, last), append=append, forced=forced)
        except FileError:
            raise EditFault(f'E212: Can\'t open file for writing: "{target}"') from None
        self._name = self._name or target
        if target == self._name and last - first + 1 >= len(buffer.lines):
            buffer.changed = False

    def _save(self, target: str, text: str, *, append: bool, forced: bool) -> None:
        """Write a file; by force also one that is read-only, if it can be replaced."""
        shell, files, account, path = self._inv.shell, self._inv.host.files, self._inv.account, self._inv.path(target)
        try:
            shell.write_file(target, text, append=append)
        except FileError as error:
            node = files.get(path)
            if error.reason != DENIED or not forced or node is None:
                raise
            files.remove(path, account)
            shell.write_file(target, text)
            files.set_mode(path, node.mode, account)


class _CommandLine:
    """The arguments of ex, vi and vim."""

    def __init__(self, inv: Invocation) -> None:
        self.commands: list[str] = []
        self.operands: list[str] = []
        self.is_ex = inv.name == "ex"
        self.silent = False
        self.read_only = False
        rest = list(inv.argv[:0:-1])
        while rest:
            word = rest.pop()
            if word in ("-c", "--cmd") and rest:
                self.commands.append(rest.pop())
            elif word.startswith("+"):
                self.commands.append(word[1:] or "$")
            elif word in ("-u", "-U", "-i", "-T", "-W", "-w", "-S") and rest:
                rest.pop()
            elif word.startswith("--") or word == "-":
                continue
            elif word.startswith("-"):
                self._letters(word[1:], rest)
            else:
                self.operands.append(word)

    def _letters(self, letters: str, rest: list[str]) -> None:
        for at, letter in enumerate(letters):
            self.is_ex = self.is_ex or letter in "eE"
            self.silent = self.silent or letter == "s"
            self.read_only = self.read_only or letter == "R"
            if letter == "c":
                self.commands.append(letters[at + 1 :] or (rest.pop() if rest else ""))
                return


def ex(inv: Invocation) -> Delays[int]:
    """Edit a file by ``-c`` commands, and by those on standard input (``-e``); without either there is no terminal to use."""
    line = _CommandLine(inv)
    if not line.is_ex and not line.commands:
        return no_terminal(inv)
    editor = _Ex(inv, silent=line.silent, read_only=line.read_only)
    code = yield from editor.run(line.operands[0] if line.operands else "", line.commands, reads=line.is_ex)
    return code


PROGRAMS: Mapping[str, Program] = {"ex": ex, "vi": ex, "vim": ex}
