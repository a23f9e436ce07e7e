"""The text that a line editor holds: addresses, and the commands that ed and ex share."""

from __future__ import annotations

import re
from collections.abc import Callable

from simenv.shell.budget import MAX_FILE, MAX_VALUE
from simenv.shell.commands.reading import lines_of
from simenv.shell.commands.sed_text import replacement
from simenv.shell.errors import UsageFault
from simenv.shell.pattern.regex import Regex
from simenv.shell.pattern.syntax import PatternError

_OFFSET = re.compile(r"\s*([-+])?\s*(\d{1,9})|\s*([-+])")


class EditFault(Exception):
    """A command that the editor refuses; the message says why."""


class Buffer:
    """Lines without their newlines, numbered from 1, and the place where the editor is.

    Args:
        charge: told the work of each step.
        compile_pattern: makes a pattern of the editor's dialect.
    """

    def __init__(self, charge: Callable[[int], None], compile_pattern: Callable[[str], Regex]) -> None:
        self.lines: list[str] = []
        self.at = 0
        self.changed = False
        self.marks: dict[str, int] = {}
        self.kept: list[str] = []
        self.pattern: Regex | None = None
        self.template = ""
        self._charge = charge
        self._compile = compile_pattern
        self._before: tuple[list[str], int] | None = None

    # -- addresses ---------------------------------------------------------------------------------------------

    def addresses(self, text: str) -> tuple[list[int], str]:
        """Return the addresses that a command begins with, and the rest of it.

        Raises:
            EditFault: one leads nowhere.
        """
        found: list[int] = []
        at, rest = self.at, text.lstrip()
        if rest[:1] in ("%",) or (rest[:1] in (",", ";") and not re.match(r"[,;]\s*[\d.$/?'+-]", rest)):
            first = self.at if rest[:1] == ";" else min(1, len(self.lines))
            return [first, len(self.lines)], rest[1:].lstrip()
        if rest[:1] in (",", ";"):
            found.append(self.at if rest[0] == ";" else 1)
            rest = rest[1:]
        while True:
            number, rest = self._address(rest, at)
            separator = rest[:1] if rest[:1] in (",", ";") else ""
            if number is None and (found or separator):
                number = at
            if number is not None:
                found.append(number)
            if not separator:
                break
            at = number if separator == ";" and number is not None else at
            rest = rest[1:].lstrip()
        return found[-2:], rest

    def _address(self, text: str, at: int) -> tuple[int | None, str]:
        number, rest = self._base(text.lstrip(), at)
        while (found := _OFFSET.match(rest)) and (found.group(1) or found.group(3) or number is not None):
            sign = -1 if "-" in (found.group(1), found.group(3)) else 1
            number = (at if number is None else number) + sign * int(found.group(2) or 1)
            rest = rest[found.end() :]
        return number, rest.lstrip()

    def _base(self, text: str, at: int) -> tuple[int | None, str]:
        digits = re.match(r"\d{1,9}", text)
        if digits:
            return int(digits.group()), text[digits.end() :]
        head = text[:1]
        if head == ".":
            return at, text[1:]
        if head == "$":
            return len(self.lines), text[1:]
        if head == "'" and len(text) > 1:
            if text[1] not in self.marks:
                raise EditFault("Invalid address")
            return self.marks[text[1]], text[2:]
        if head in ("/", "?"):
            pattern, rest, _ = until(text[1:], head)
            return self.search(pattern, at, back=head == "?"), rest
        return None, text

    def search(self, pattern: str, at: int, *, back: bool = False) -> int:
        """Return the next line that a pattern (empty: the last one) matches, from both ends on.

        Raises:
            EditFault: none does.
        """
        regex, count = self.regex(pattern), len(self.lines)
        for step in range(1, count + 1):
            number = (at - 1 + (-step if back else step)) % count + 1
            if self.matches(regex, number):
                return number
        raise EditFault("No match")

    def regex(self, pattern: str) -> Regex:
        """Return a pattern compiled; an empty one is the last that was used."""
        if pattern:
            try:
                self.pattern = self._compile(pattern)
            except PatternError as error:
                raise EditFault(str(error)) from None
        if self.pattern is None:
            raise EditFault("No previous pattern")
        return self.pattern

    def matches(self, regex: Regex, number: int) -> bool:
        """Return whether a pattern is found in a line."""
        return regex.search(self.lines[number - 1], work=self._charge) is not None

    def span(self, found: list[int], *, default: tuple[int, int] | None = None, zero: bool = False) -> tuple[int, int]:
        """Return first and last line of a command's range.

        Raises:
            EditFault: it lies outside the text.
        """
        first, last = (found[0], found[-1]) if found else default or (self.at, self.at)
        if first > last or last > len(self.lines) or first < (0 if zero else 1):
            raise EditFault("Invalid address")
        return first, last

    # -- changes -----------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Keep the text as it is now, for `undo`."""
        self._charge(len(self.lines))
        self._before = (list(self.lines), self.at)

    def undo(self) -> None:
        """Change back; a second time, change again."""
        if self._before is None:
            raise EditFault("Nothing to undo")
        before, self._before = self._before, (self.lines, self.at)
        self.lines, self.at = before
        self.changed = True

    def insert(self, after: int, lines: list[str]) -> None:
        """Put lines behind a line."""
        self._charge(sum(map(len, lines)) + len(lines))
        if len(self.lines) + len(lines) > MAX_FILE // 2:
            raise EditFault("Memory exhausted")
        self.lines[after:after] = lines
        self._shift(after, len(lines))
        self.at = after + len(lines)
        self.changed = self.changed or bool(lines)

    def delete(self, first: int, last: int) -> list[str]:
        """Take lines away, and return them; the line behind them is the current one."""
        taken = self.lines[first - 1 : last]
        self._charge(len(taken))
        del self.lines[first - 1 : last]
        self.marks = {name: at for name, at in self.marks.items() if not first <= at <= last}
        self._shift(last, first - last - 1)
        self.at = min(first, len(self.lines))
        self.changed = True
        self.kept = taken
        return taken

    def _shift(self, after: int, by: int) -> None:
        self.marks = {name: at + by if at > after else at for name, at in self.marks.items()}

    def move(self, first: int, last: int, target: int) -> None:
        """Move lines behind another one."""
        if first <= target < last:
            raise EditFault("Invalid destination")
        if target == last:
            self.at = last
            return
        kept = self.kept
        taken = self.delete(first, last)
        self.insert(target - len(taken) if target > last else target, taken)
        self.kept = kept

    def join(self, first: int, last: int, between: Callable[[str, str], str]) -> None:
        """Make one line of several; `between` puts two of them together."""
        text = self.lines[first - 1]
        for line in self.lines[first:last]:
            text = between(text, line)
        self._charge(len(text))
        self.lines[first - 1 : last] = [text[:MAX_VALUE]]
        self._shift(last, first - last)
        self.at = first
        self.changed = True

    def substitute(self, first: int, last: int, regex: Regex, template: str, flags: str) -> int:
        """Replace matches in lines: the n-th of each (a number in `flags`), all (``g``); return how many lines changed."""
        nth = max(1, int("".join(c for c in flags if c.isdecimal())[:6] or 1))
        count = 0
        number = first
        while number <= last:
            new = self._replaced(regex, template, self.lines[number - 1], nth, everywhere="g" in flags)
            if new is not None:
                lines = new.split("\n")
                self.lines[number - 1 : number] = lines
                self._shift(number, len(lines) - 1)
                last += len(lines) - 1
                number += len(lines) - 1
                self.at = number
                count += 1
            number += 1
        self.changed = self.changed or count > 0
        return count

    def _replaced(self, regex: Regex, template: str, line: str, nth: int, *, everywhere: bool) -> str | None:
        pieces: list[str] = []
        at = size = 0
        for count, spans in enumerate(regex.all(line, work=self._charge), start=1):
            if count < nth:
                continue
            try:
                new = replacement(template, line, spans)
            except UsageFault:
                raise EditFault("Invalid back reference") from None
            pieces += [line[at : spans[0][0]], new]
            at = spans[0][1]
            size += len(new)
            self._charge(len(new) + 1)
            if size > MAX_VALUE or not everywhere:
                break
        return ("".join(pieces) + line[at:])[:MAX_VALUE] if pieces else None

    # -- the text ----------------------------------------------------------------------------------------------

    def text(self, first: int = 1, last: int | None = None) -> str:
        """Return lines as the text of a file."""
        return "".join(f"{line}\n" for line in self.lines[max(first - 1, 0) : last])


def split_lines(text: str) -> list[str]:
    """Return the lines of a file, without their newlines."""
    return [line.removesuffix("\n") for line in lines_of(text)]


def until(text: str, delimiter: str) -> tuple[str, str, bool]:
    r"""Return a text up to a delimiter (``\/`` stands for the character itself), what follows, and whether it was there.

    >>> until(r"a\/b/p", "/")
    ('a/b', 'p', True)
    """
    taken: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == delimiter:
            return "".join(taken), text[at + 1 :], True
        if char == "[" and (found := re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\]").match(text, at)):
            taken.append(found.group())
            at = found.end()
            continue
        if char == "\\" and at + 1 < len(text):
            taken.append(text[at + 1] if text[at + 1] == delimiter else text[at : at + 2])
            at += 2
            continue
        taken.append(char)
        at += 1
    return "".join(taken), "", False


def unambiguous(text: str) -> str:
    """Return a line as ``l`` shows it."""
    shown = "".join(
        {"\\": "\\\\", "\t": "\\t", "\b": "\\b", "$": "\\$"}.get(char, char)
        if char.isprintable() or char in "\t\b"
        else "".join(f"\\{byte:03o}" for byte in char.encode(errors="replace"))
        for char in text
    )
    return f"{shown}$"
