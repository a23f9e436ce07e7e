"""Builtins that print, read and test: echo, printf, pwd, read, test."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.expansion.conditional import TestParser
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.parser.words import unescape
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
        head, stop, _ = text.partition("\\c")
        text, end = unescape(head, zero=True), "" if stop else end
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
        inv.shell.set_value(name, text)
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
    """Read a line into variables."""
    given, names = inv.options(_READ)
    if "p" in given and inv.shell.interactive:
        inv.err(given["p"])
    line = inv.streams.source.line()
    ended = line.endswith("\n")
    if "r" not in given:
        while line.endswith("\\\n"):
            more = inv.streams.source.line()
            line, ended = line[:-2] + more, more.endswith("\n")
    line = line.removesuffix("\n")
    if given.get("n", "").isdecimal():
        line = line[: int(given["n"][:6])]
    if "a" in given:
        inv.shell.set_array(given["a"], _fields(line, inv.shell.separators(), -1, raw="r" in given))
    else:
        _assign(inv, list(names), line, raw="r" in given)
    return 0 if ended or ("n" in given and line) else 1


def _assign(inv: Invocation, names: list[str], line: str, *, raw: bool) -> None:
    if not names:
        inv.shell.set_value("REPLY", line if raw else re.sub(r"\\(.)", r"\1", line))
        return
    fields = _fields(line, inv.shell.separators(), len(names), raw=raw)
    for number, name in enumerate(names):
        if not re.match(r"[A-Za-z_]\w*\Z", name):
            raise UsageFault(f"bash: read: `{name}': not a valid identifier")
        inv.shell.set_value(name, fields[number] if number < len(fields) else "")


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
    lines = inv.stdin.split("\n")
    end = "" if "t" in given else "\n"
    values = [line + end for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    skipped = given.get("s", "")
    values = values[int(skipped[:6]) :] if skipped.isdecimal() else values
    count = given.get("n", "0")
    values = values[: int(count[:6])] if count.isdecimal() and int(count[:6]) else values
    inv.shell.set_array(operands[0] if operands else "MAPFILE", values)
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
