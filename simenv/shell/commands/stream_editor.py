"""sed: its scripts, run over lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.budget import MAX_VALUE
from simenv.shell.commands.reading import lines_of
from simenv.shell.commands.sed_script import Address, Edit, parse_sed
from simenv.shell.commands.sed_text import replacement, unambiguous
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.pattern.regex import Regex


@dataclass(slots=True)
class Editor:
    """Runs a sed script over lines.

    Attributes:
        inv: whose budget is charged.
        edits: the script.
        quiet: print only what ``p`` prints.
        end: what ends a line; a NUL for ``-z``.
        name: of the file that is edited.
        files: what ``w`` has written, by path.
        output: what was printed.
        code: of ``q``.
    """

    inv: Invocation
    edits: tuple[Edit, ...]
    quiet: bool
    end: str = "\n"
    name: str = "-"
    files: dict[str, list[str]] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    code: int = 0
    _lines: list[str] = field(default_factory=list)
    _number: int = 0
    _space: str = ""
    _hold: str = ""
    _open: dict[int, int] = field(default_factory=dict)
    _after: list[str] = field(default_factory=list)
    _last_pattern: Regex | None = None
    _replaced: bool = False
    _complete: bool = True
    _lacks_end: bool = False

    def run(self, text: str) -> str:
        """Return the text as edited."""
        self._complete = text.endswith(self.end) or not text
        self._lines = _lines(text, self.end)
        while self._number < len(self._lines):
            self._space = self._lines[self._number]
            self._number += 1
            again = self._cycle()
            if not again:
                break
        for path, parts in self.files.items():
            self.inv.write(path, "".join(parts))
        return "".join(self.output)

    @property
    def unread(self) -> int:
        """How many characters of the input were not needed: ``q`` has ended it."""
        return sum(len(line) + 1 for line in self._lines[self._number :])

    def _emit(self, text: str) -> None:
        self.inv.shell.budget.charge(len(text) + 1)
        if self._lacks_end:
            self.output.append(self.end)
            self._lacks_end = False
        self.output.append(text)

    def _print(self, text: str) -> None:
        """Print a line; the last one of an input that does not end in a newline gets none, unless more follows."""
        is_open = not self._complete and self._number == len(self._lines)
        self._emit(text if is_open else text + self.end)
        self._lacks_end = is_open

    def _finish(self, *, show: bool = True) -> None:
        if show and not self.quiet:
            self._print(self._space)
        for text in self._after:
            self._emit(text)
        self._after = []

    def _cycle(self) -> bool:
        """Run the script on the present line; return whether to go on with the next one."""
        at = 0
        self._replaced = False
        while at < len(self.edits):
            self.inv.shell.budget.charge(50)
            edit = self.edits[at]
            chosen = self._chosen(at, edit) != edit.negated
            at += 1
            if not chosen:
                at = edit.block if edit.name == "{" else at
                continue
            if edit.name in "dDqQ":
                return self._end(edit)
            if edit.name == "n" and not self._next():
                return False
            if edit.name == "N" and not self._join():
                return False
            if edit.name == "c":
                self._change(at - 1, edit)
                self._finish(show=False)
                return True
            at = self._act(edit, at)
        self._finish()
        return True

    def _end(self, edit: Edit) -> bool:
        if edit.name == "D" and "\n" in self._space:
            self._finish(show=False)
            self._number -= 1
            self._lines[self._number] = self._space.split("\n", 1)[1]
            return True
        if edit.name in "dD":
            self._finish(show=False)
            return True
        self.code = int(edit.text or 0)
        self._finish(show=edit.name == "q")
        return False

    def _next(self) -> bool:
        if self._number >= len(self._lines):
            self._finish()
            return False
        self._finish()
        self._space = self._lines[self._number]
        self._number += 1
        return True

    def _join(self) -> bool:
        if self._number >= len(self._lines):
            self._finish()
            return False
        self._space += "\n" + self._lines[self._number]
        self._number += 1
        return True

    def _change(self, at: int, edit: Edit) -> None:
        if edit.last is None or edit.negated or at not in self._open:
            self._emit(edit.text)

    def _act(self, edit: Edit, at: int) -> int:
        name = edit.name
        if name in "btT" and (name == "b" or self._replaced != (name == "T")):
            self._replaced = False
            return self._label(edit.text)
        if name in "btT":
            self._replaced = False
        elif name in "hHgGx":
            self._hold_space(name)
        elif name in "pPliF=":
            self._show(edit)
        else:
            self._change_space(edit)
        return at

    def _show(self, edit: Edit) -> None:
        name = edit.name
        if name == "p":
            self._print(self._space)
        elif name == "P":
            self._emit(self._space.split("\n")[0] + "\n")
        elif name == "l":
            self._emit(unambiguous(self._space, int(edit.text or 70)))
        elif name == "i":
            self._emit(edit.text)
        else:
            self._emit(f"{self._number if name == '=' else self.name}\n")

    def _change_space(self, edit: Edit) -> None:
        name = edit.name
        if name == "s":
            self._substitute(edit)
        elif name == "a":
            self._after.append(edit.text)
        elif name == "r":
            self._after.append(self._file(edit.text))
        elif name == "z":
            self._space = ""
        elif name == "w":
            self._write(edit.text, self._space)
        elif name == "W":
            self._write(edit.text, self._space.split("\n")[0])
        elif name == "y":
            source, target = edit.text.split("\0")
            self._space = self._space.translate(dict(zip(map(ord, source), target, strict=True)))

    def _write(self, path: str, line: str) -> None:
        if path == "/dev/stdout":
            self._print(line)
            return
        self.inv.shell.budget.charge(len(line) + 1)
        self.files.setdefault(path, []).append(f"{line}\n")

    def _file(self, operand: str) -> str:
        try:
            return self.inv.shell.read_file(operand)
        except FileError:
            return ""

    def _hold_space(self, name: str) -> None:
        if name == "h":
            self._hold = self._space
        elif name == "H":
            self._hold = f"{self._hold}\n{self._space}"
        elif name == "g":
            self._space = self._hold
        elif name == "G":
            self._space = f"{self._space}\n{self._hold}"
        else:
            self._space, self._hold = self._hold, self._space
        self.inv.shell.budget.charge(len(self._hold) + len(self._space))

    def _label(self, name: str) -> int:
        if not name:
            return len(self.edits)
        for at, edit in enumerate(self.edits):
            if edit.name == ":" and edit.text == name:
                return at
        raise UsageFault(f"sed: -e expression #1: can't find label for jump to `{name}'")

    def _is(self, address: Address) -> bool:
        if address.kind == "line":
            return self._number == address.number
        if address.kind == "last":
            return self._number == len(self._lines)
        if address.kind == "step":
            after = self._number - address.number
            return after == 0 if not address.step else after >= 0 and after % address.step == 0
        if address.kind != "match":
            return False
        pattern = address.pattern or self._last_pattern
        if pattern is None:
            raise UsageFault("sed: -e expression #1: no previous regular expression")
        self._last_pattern = pattern
        return pattern.search(self._space, work=self.inv.shell.budget.charge) is not None

    def _chosen(self, at: int, edit: Edit) -> bool:
        if edit.first is None:
            return True
        if edit.last is None:
            return self._is(edit.first)
        if at in self._open:
            end = self._open[at]
            over = self._number >= end if end else edit.last.kind != "line" and self._is(edit.last)
            if over:
                del self._open[at]
            return not (end and self._number > end)
        if edit.first.kind == "line" and edit.first.number == 0 and self._number == 1:
            if not self._is(edit.last):  # the end of 0,/re/ may be the first line
                self._open[at] = 0
            return True
        starts = self._is(edit.first)
        if starts:
            self._start_range(at, edit.last)
        return starts

    def _start_range(self, at: int, last: Address) -> None:
        if last.kind == "line":
            end = last.number
        else:
            end = self._number + last.number if last.kind == "plus" else 0
        if last.kind in ("line", "plus") and end <= self._number:
            return
        if last.kind == "last" and self._number == len(self._lines):
            return
        self._open[at] = end

    def _substitute(self, edit: Edit) -> None:
        pattern = edit.pattern or self._last_pattern
        if pattern is None:
            raise UsageFault("sed: -e expression #1: no previous regular expression")
        self._last_pattern = pattern
        digits = "".join(c for c in edit.flags if c.isdecimal())
        nth = max(1, int(digits[:6] or 1))
        pieces: list[str] = []
        at = size = 0
        space = self._space
        for count, spans in enumerate(pattern.all(space, work=self.inv.shell.budget.charge), start=1):
            if count < nth:
                continue
            start, end = spans[0]
            new = replacement(edit.text, space, spans)
            pieces += [space[at:start], new]
            at = end
            size += len(new)
            self.inv.shell.budget.charge(len(new))
            if size > MAX_VALUE or "g" not in edit.flags:
                break
        if not pieces:
            return
        self._space = ("".join(pieces) + space[at:])[:MAX_VALUE]
        self._replaced = True
        if "p" in edit.flags:
            self._print(self._space)
        if edit.file:
            self._write(edit.file, self._space)


def _lines(text: str, end: str) -> list[str]:
    if end == "\n":
        return [line.removesuffix("\n") for line in lines_of(text)]
    lines = text.split(end)
    return lines if lines[-1] else lines[:-1]


class _Arguments:
    """The command line of sed, whose ``-i`` takes an optional value."""

    def __init__(self, inv: Invocation) -> None:
        self.quiet = self.extended = self.in_place = self.separate = False
        self.end = "\n"
        self.suffix = ""
        self.scripts: list[str] = []
        self.files: list[str] = []
        rest = list(inv.argv[:0:-1])
        while rest:
            word = rest.pop()
            if word in ("-e", "--expression", "-f", "--file") and rest:
                value = rest.pop()
                self.scripts.append(value if word.startswith(("-e", "--e")) else inv.read(value) or "")
            elif word.startswith("--expression="):
                self.scripts.append(word.partition("=")[2])
            elif word.startswith("-") and len(word) > 1:
                self._flags(word, rest)
            else:
                self.files.append(word)
        if not self.scripts:
            if not self.files:
                raise UsageFault("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...")
            self.scripts.append(self.files.pop(0))

    def _flags(self, word: str, rest: list[str]) -> None:
        long = {
            "--quiet": "-n", "--silent": "-n", "--regexp-extended": "-E", "--in-place": "-i", "--separate": "-s",
            "--null-data": "-z", "--unbuffered": "-u", "--zero-terminated": "-z",
        }  # fmt: skip
        head, _, value = word.partition("=")
        word = long.get(head, word) + (value if head in long else "")
        for at, letter in enumerate(word[1:], start=1):
            if letter == "n":
                self.quiet = True
            elif letter in "Er":
                self.extended = True
            elif letter == "i":
                self.in_place = True
                self.suffix = word[at + 1 :]
                return
            elif letter == "e":
                self.scripts.append(word[at + 1 :] or (rest.pop() if rest else ""))
                return
            elif letter == "z":
                self.end = "\0"
            elif letter == "s":
                self.separate = True
            elif letter != "u":
                raise UsageFault(
                    f"sed: invalid option -- '{letter}'\nUsage: sed [OPTION]... {{script}} [input-file]..."
                )


def sed(inv: Invocation) -> int:
    """Edit text by a script; ``-i[SUFFIX]`` in place, ``-n`` quiet, ``-E`` extended patterns."""
    arguments = _Arguments(inv)
    edits = parse_sed("\n".join(arguments.scripts), extended=arguments.extended)
    if not arguments.in_place:
        texts = []
        for operand in arguments.files or ["-"]:
            try:
                texts.append(inv.stdin if operand == "-" else inv.shell.read_file(operand))
            except FileError as error:
                inv.complain(f"{_cannot(error, operand)}", 2)
        code = 0
        name = arguments.files[0] if arguments.files else "-"
        for text in texts if arguments.separate else [_joined(texts, arguments.end)]:
            editor = Editor(inv, edits, arguments.quiet, arguments.end, name)
            inv.out(editor.run(text))
            code = code or editor.code
            if not arguments.files:
                inv.streams.source.leave(editor.unread)
        return code or inv.code
    for operand in arguments.files:
        _edit_in_place(inv, edits, arguments, operand)
    return inv.code


def _joined(texts: list[str], end: str) -> str:
    """Return several inputs as one: each but the last ends in a newline, which is added where it lacks."""
    ended = [text if not text or text.endswith(end) else text + end for text in texts[:-1]]
    return "".join([*ended, *texts[-1:]])


def _cannot(error: FileError, operand: str) -> str:
    if error.reason == "Is a directory":
        return f"couldn't edit {operand}: not a regular file"
    return f"can't read {operand}: {error.reason}"


def _edit_in_place(inv: Invocation, edits: tuple[Edit, ...], arguments: _Arguments, operand: str) -> None:
    try:
        text = inv.shell.read_file(operand)
        edited = Editor(inv, edits, arguments.quiet, arguments.end, operand).run(text)
        if arguments.suffix:
            backup = arguments.suffix.replace("*", operand) if "*" in arguments.suffix else operand + arguments.suffix
            inv.shell.write_file(backup, text)
        inv.shell.write_file(operand, edited)
    except FileError as error:
        message = (
            f"couldn't open {operand}: {error.reason}"
            if error.reason == "Permission denied"
            else _cannot(error, operand)
        )
        inv.complain(message, 4 if error.reason == "Permission denied" else 2)


PROGRAMS: Mapping[str, Program] = {"sed": sed}
