"""Builtins that print, read and test: echo, printf, pwd, read, test."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.machine.program import Program
from simenv.shell.budget import Source
from simenv.shell.errors import UsageFault
from simenv.shell.expansion.conditional import TestParser
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.parser.words import unescape_to_stop
from simenv.shell.printing import PrintfFault, format_printf

_ECHO_OPTION = re.compile(r"-[neE]+\Z")
_READ = Spec("rse", "pantdNui", permute=False, code=2)


def echo(inv: Invocation) -> int:
    """Print the arguments; ``-n``: no newline; ``-e``: escapes."""
    words = inv.argv
    at, end, escapes = 1, "\n", False
    while at < len(words) and words[at][:1] == "-" and _ECHO_OPTION.match(words[at]):
        for letter in words[at][1:]:
            if letter == "n":
                end = ""
            else:
                escapes = letter == "e"
        at += 1
    text = " ".join(words[at:])
    if escapes and "\\" in text:
        text, stopped = unescape_to_stop(text)
        end = "" if stopped else end
    inv.streams.out.write(text + end)
    return 0


def printf(inv: Invocation) -> int:
    """Print a format; ``-v name`` stores it."""
    words = list(inv.argv[1:])
    name = ""
    if words[:1] == ["-v"] and len(words) > 1:
        name, words = words[1], words[2:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise UsageFault("printf: usage: printf [-v var] format [arguments]", 2)
    try:
        text, complaints = format_printf(words[0], words[1:])
    except (PrintfFault, ValueError, OverflowError, MemoryError) as fault:
        raise UsageFault(f"bash: printf: {fault}") from None
    if name:
        base, bracket, index = name.partition("[")
        place = inv.shell.subscript(base, index.removesuffix("]")) if bracket else None
        inv.shell.set_value(base, text.partition("\0")[0], place)
    else:
        inv.out(text)
    for complaint in complaints:
        inv.err(f"bash: printf: {complaint}\n")
    return int(bool(complaints))


def pwd(inv: Invocation) -> int:
    """Print the working directory."""
    inv.out(inv.shell.cwd + "\n")
    return 0


def read(inv: Invocation) -> int:
    """Read a line into variables; ``-r``: backslashes are text; ``-d``: another end; ``-n``, ``-N``: N characters."""
    given, names = inv.options(_READ)
    raw = "r" in given
    for name in names:
        if not re.match(r"[A-Za-z_]\w*(\[.*\])?\Z", name):
            raise UsageFault(f"bash: read: `{name}': not a valid identifier")
    if "p" in given and inv.shell.interactive:
        inv.err(given["p"])
    source = inv.streams.source
    if "u" in given:
        found = inv.streams.get(int(given["u"])) if given["u"].isdecimal() and len(given["u"]) < 4 else None
        if not isinstance(found, Source):
            raise UsageFault(f"bash: read: {given['u']}: invalid file descriptor: Bad file descriptor")
        source = found
    if given.get("t") == "0":
        return 0
    line, ended = _read_text(source, given, raw=raw)
    if "a" in given:
        inv.shell.set_array(given["a"], _fields(line, inv.shell.separators(), -1, raw=raw))
    elif "N" in given:
        for number, name in enumerate(names or ("REPLY",)):
            inv.shell.set_value(name, "" if number else line)
    else:
        _assign(inv, list(names), line, raw=raw)
    return 0 if ended else 1


def _read_text(source: Source, given: Mapping[str, str], *, raw: bool) -> tuple[str, bool]:
    """Return what was read, its end apart, and whether it came to an end."""
    for letter in ("n", "N"):
        if letter in given:
            if not given[letter].isdecimal():
                raise UsageFault(f"bash: read: {given[letter]}: invalid number")
            size = int(given[letter][:6])
            return (
                _read_some(source, size, "" if letter == "N" else (given.get("d", "\n")[:1] or "\0"))
                if size
                else ("", True)
            )
    end = given.get("d", "\n")[:1] or "\0"
    line = source.line(end)
    ended = line.endswith(end)
    while not raw and ended and line.endswith("\\" + end) and not line.endswith("\\\\" + end):
        more = source.line(end)
        line = line[:-2] + (more if end == "\n" else end + more)
        ended = more.endswith(end)
    return line.removesuffix(end).replace("\0", ""), ended


def _read_some(source: Source, size: int, end: str) -> tuple[str, bool]:
    text = ""
    while len(text) < size:
        char = source.take(1)
        if not char or char == end:
            return text, bool(char)
        text += char
    return text, True


def _assign(inv: Invocation, names: list[str], line: str, *, raw: bool) -> None:
    if not names:
        inv.shell.set_value("REPLY", line if raw else re.sub(r"\\(.)", r"\1", line, flags=re.S))
        return
    fields = _fields(line, inv.shell.separators(), len(names), raw=raw)
    for number, name in enumerate(names):
        base, bracket, index = name.partition("[")
        place = inv.shell.subscript(base, index.removesuffix("]")) if bracket else None
        inv.shell.set_value(base, fields[number] if number < len(fields) else "", place)


def _fields(line: str, separators: str, count: int, *, raw: bool) -> list[str]:
    """Split a line into at most `count` fields (-1: all), the last of which takes the rest."""
    blanks = "".join(c for c in separators if c in " \t\n")
    line = line.strip(blanks) if blanks else line
    fields: list[str] = []
    at = 0
    while at < len(line) and len(fields) + 1 != count:
        start, piece = at, []
        while at < len(line) and line[at] not in separators:
            if line[at] == "\\" and not raw:
                at += 1
            piece.append(line[at : at + 1])
            at += 1
        fields.append("".join(piece))
        at = _after_separator(line, at, separators, blanks)
        if at == start:
            break
    if at < len(line):
        rest = line[at:]
        hard = [c for c in separators if c not in " \t\n"]
        if hard and rest[-1] in hard and not any(c in rest[:-1] for c in hard):
            rest = rest[:-1]
        fields.append(rest if raw else re.sub(r"\\(.)", r"\1", rest))
    return fields


def _after_separator(line: str, at: int, separators: str, blanks: str) -> int:
    while at < len(line) and line[at] in blanks:
        at += 1
    if at < len(line) and line[at] in separators and line[at] not in blanks:
        at += 1
        while at < len(line) and line[at] in blanks:
            at += 1
    return at


def mapfile(inv: Invocation) -> int:
    """Read lines into an array (``-t``: without their newlines)."""
    given, operands = inv.options(Spec("t", "ndOsuCc", code=2))
    delimiter = given.get("d", "\n")[:1] or "\0"
    lines = inv.stdin.split(delimiter)
    end = "" if "t" in given else delimiter
    values = [line + end for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    skipped = given.get("s", "")
    values = values[int(skipped[:6]) :] if skipped.isdecimal() else values
    count = given.get("n", "0")
    values = values[: int(count[:6])] if count.isdecimal() and int(count[:6]) else values
    name = operands[0] if operands else "MAPFILE"
    first = int(given.get("O", "0")[:6]) if given.get("O", "0").isdecimal() else 0
    inv.shell.set_array(name, [(str(first + at), value) for at, value in enumerate(values)], append="O" in given)
    return 0


def test(inv: Invocation) -> int:
    """Return 0 if the expression is true."""
    words = list(inv.argv[1:])
    if inv.argv[0] == "[":
        if not words or words[-1] != "]":
            raise UsageFault("bash: [: missing `]'", 2)
        words.pop()
    try:
        return int(not TestParser(inv.shell, words).value())
    except UsageFault as fault:
        raise UsageFault(str(fault).replace("bash: test:", f"bash: {inv.argv[0]}:"), 2) from None


PROGRAMS: Mapping[str, Program] = {
    "echo": echo,
    "mapfile": mapfile,
    "readarray": mapfile,
    "printf": printf,
    "pwd": pwd,
    "read": read,
    "test": test,
    "[": test,
}
