"""sed's scripts: addresses and commands, parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simenv.shell.errors import UsageFault
from simenv.shell.pattern.regex import Regex, compile_regex


@dataclass(frozen=True, slots=True)
class Address:
    """Which lines: a number, ``$``, a pattern, ``first~step``, or ``+count`` after a first address."""

    kind: str
    number: int = 0
    step: int = 0
    pattern: Regex | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One sed command.

    Attributes:
        name: its letter; ``}`` ends a block, ``:`` is a label.
        first: address, or None for every line.
        last: end of the range, or None.
        negated: ``!``.
        text: argument of ``a i c : b t T r w y q l``, or the replacement of ``s``.
        pattern: of ``s``.
        flags: of ``s``.
        file: what ``s///w`` writes to.
        block: position after the matching ``}``, for ``{``.
    """

    name: str
    first: Address | None = None
    last: Address | None = None
    negated: bool = False
    text: str = ""
    pattern: Regex | None = None
    flags: str = ""
    block: int = 0
    file: str = ""


class _Parser:
    def __init__(self, script: str, *, extended: bool) -> None:
        self._text = script
        self._extended = extended
        self._at = 0

    def all(self) -> tuple[Edit, ...]:
        edits: list[Edit] = []
        blocks: list[int] = []
        while True:
            self._skip(" \t\n;")
            if self._at >= len(self._text):
                break
            if self._text[self._at] == "#":
                self._line()
                continue
            edit = self._edit()
            if edit.name == "{":
                blocks.append(len(edits))
            elif edit.name == "}":
                if not blocks:
                    raise self._fault("unexpected `}'")
                start = blocks.pop()
                opened = edits[start]
                edits[start] = Edit("{", opened.first, opened.last, opened.negated, block=len(edits) + 1)
            edits.append(edit)
        if blocks:
            raise self._fault("unmatched `{'")
        return tuple(edits)

    def _fault(self, message: str) -> UsageFault:
        return UsageFault(f"sed: -e expression #1, char {self._at}: {message}")

    def _skip(self, chars: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in chars:
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _line(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        line = self._text[self._at : end]
        self._at = end
        return line

    def _edit(self) -> Edit:
        first = self._address()
        last = None
        self._skip(" ")
        if first is not None and self._peek() == ",":
            self._at += 1
            self._skip(" ")
            last = self._address()
            if last is None:
                raise self._fault("unexpected `,'")
        self._skip(" ")
        negated = self._peek() == "!"
        self._skip("! ")
        name = self._peek()
        self._at += 1
        return self._command(name, first, last, negated)

    def _address(self) -> Address | None:
        found = re.compile(r"(\d{1,9})(?:~(\d{1,9}))?|\$|\+(\d{1,9})").match(self._text, self._at)
        if found:
            self._at = found.end()
            if found.group() == "$":
                return Address("last")
            if found.group(3):
                return Address("plus", int(found.group(3)))
            return Address("step" if found.group(2) else "line", int(found.group(1)), int(found.group(2) or 0))
        delimiter = self._peek()
        if delimiter == "\\":
            self._at += 1
            delimiter = self._peek()
        elif delimiter != "/":
            return None
        self._at += 1
        pattern = self._until(delimiter)
        ignore = self._peek() == "I"
        self._at += ignore
        return Address("match", pattern=self._regex(pattern, ignore=ignore))

    def _regex(self, text: str, *, ignore: bool) -> Regex | None:
        return compile_regex(text, extended=self._extended, ignore_case=ignore, controls=True) if text else None

    def _until(self, delimiter: str, *, regex: bool = True) -> str:
        """Return the text up to an unescaped delimiter, past which the parser goes."""
        pieces: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "\\" and self._at + 1 < len(self._text):
                pair = self._text[self._at : self._at + 2]
                pieces.append(pair[1] if pair[1] == delimiter and delimiter not in "|(){}+?" else pair)
                self._at += 2
            elif char == delimiter:
                self._at += 1
                return "".join(pieces)
            elif char == "[" and regex and (end := self._set_end()):
                pieces.append(self._text[self._at : end])
                self._at = end
            else:
                pieces.append(char)
                self._at += 1
        raise self._fault("unterminated `s' command" if not regex else "unterminated address regex")

    def _set_end(self) -> int:
        found = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\]").match(self._text, self._at)
        return found.end() if found else 0

    def _command(self, name: str, first: Address | None, last: Address | None, negated: bool) -> Edit:
        if name == "s":
            return self._substitute(first, last, negated)
        if name == "y":
            delimiter = self._peek()
            self._at += 1
            source, target = (_controls(self._until(delimiter, regex=False)) for _ in range(2))
            if len(source) != len(target):
                raise self._fault("strings for `y' command are different lengths")
            return Edit(name, first, last, negated, f"{source}\0{target}")
        if name in ("a", "i", "c"):
            return Edit(name, first, last, negated, self._inserted())
        if name in (":", "b", "t", "T", "r", "w", "W"):
            return Edit(name, first, last, negated, self._argument("\n" if name in "rwW" else "\n;}"))
        if name in ("q", "Q", "l", "L"):
            self._skip(" ")
            found = re.compile(r"\d{0,3}").match(self._text, self._at)
            digits = found.group() if found else ""
            self._at += len(digits)
            return Edit(name, first, last, negated, digits)
        if name == "e":
            raise self._fault("e/r/w commands disabled in sandbox mode")
        if not name or name not in "pdDPnNgGhHx={}zF":
            raise self._fault(f"unknown command: `{name}'" if name else "missing command")
        return Edit(name, first, last, negated)

    def _argument(self, stop: str) -> str:
        """Return the label or file name that follows."""
        self._skip(" ")
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in stop:
            self._at += 1
        return self._text[start : self._at].strip()

    def _inserted(self) -> str:
        self._skip(" \t")
        if self._text.startswith("\\", self._at):
            self._at += 1
            start = self._at
            self._skip(" \t")
            if self._peek() == "\n":
                self._at += 1
            else:
                self._at = start  # blanks after the backslash are text
        lines = [self._line()]
        while lines[-1].endswith("\\") and self._at < len(self._text):
            self._at += 1
            lines[-1] = lines[-1][:-1]
            lines.append(self._line())
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), "\n".join(lines)) + "\n"

    def _substitute(self, first: Address | None, last: Address | None, negated: bool) -> Edit:
        delimiter = self._peek()
        if delimiter in ("", "\n", "\\"):
            raise self._fault("unterminated `s' command")
        self._at += 1
        try:
            pattern, replacement = self._until(delimiter), self._until(delimiter, regex=False)
        except UsageFault:
            raise self._fault("unterminated `s' command") from None
        found = re.compile(r"[gpiIeMm0-9]*").match(self._text, self._at)
        flags = found.group() if found else ""
        self._at += len(flags)
        file = ""
        if self._peek() == "w":
            self._at += 1
            file = self._argument("\n")
        if self._peek() not in ("", " ", "\n", ";", "}", "#"):
            raise self._fault("unknown option to `s'")
        if "e" in flags:
            raise self._fault("e/r/w commands disabled in sandbox mode")
        ignore = "i" in flags or "I" in flags
        return Edit("s", first, last, negated, replacement, self._regex(pattern, ignore=ignore), flags, file=file)


def _controls(text: str) -> str:
    r"""Return a text of ``y`` with its escapes (``\n``, ``\t``, ``\\``) replaced."""
    return re.sub(r"\\([nt\\])", lambda found: {"n": "\n", "t": "\t"}.get(found.group(1), "\\"), text)


@lru_cache(maxsize=1024)
def parse_sed(script: str, *, extended: bool) -> tuple[Edit, ...]:
    """Return the commands of a sed script.

    Raises:
        UsageFault: it is malformed.
        PatternError: a pattern in it is.
    """
    return _Parser(script, extended=extended).all()
