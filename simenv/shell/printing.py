"""The format language of ``printf``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from simenv.shell.parser.words import unescape, unescape_to_stop
from simenv.shell.quoting import escape

_DIRECTIVE = re.compile(r"%(%|([-+ #0]*)(\*|\d{0,5})(?:\.(\*|\d{0,5}))?([diouxXeEfgGcsbq]))")
_WIDE = re.compile(r"%[-+ #0]*\d*(\.\d*)?[diouxXeEfgGcsbq]")
_MAX_ROUNDS = 10_000
_MAX_WIDTH = 10_000


class PrintfFault(Exception):
    """A format that printf refuses."""


def format_printf(template: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the output of ``printf template arguments``, and complaints about arguments.

    Raises:
        PrintfFault: a directive is not known.
    """
    rest: Iterator[str] = iter(arguments)
    complaints: list[str] = []
    pieces: list[str] = []
    taken = _Taken(rest, len(arguments))
    for _ in range(_MAX_ROUNDS):
        before = taken.left
        text, stop = _once(template, taken, complaints)
        pieces.append(text)
        if stop or not taken.left or taken.left == before:
            break
    return "".join(pieces), complaints


class _Taken:
    """Arguments, taken one by one; empty when there are none left."""

    def __init__(self, rest: Iterator[str], left: int) -> None:
        self._rest = rest
        self.left = left

    def next(self) -> str | None:
        self.left = max(0, self.left - 1)
        return next(self._rest, None)


def _once(template: str, taken: _Taken, complaints: list[str]) -> tuple[str, bool]:
    pieces: list[str] = []
    at = 0
    while at < len(template):
        percent = template.find("%", at)
        percent = len(template) if percent < 0 else percent
        pieces.append(unescape(template[at:percent]))
        if percent == len(template):
            break
        found = _DIRECTIVE.match(template, percent)
        if found is None:
            if _WIDE.match(template, percent):
                raise PrintfFault("field width or precision too large")
            raise PrintfFault(f"`{template[percent + 1 : percent + 2]}': invalid format character")
        at = found.end()
        text, stop = _directive(found, taken, complaints)
        pieces.append(text)
        if stop:
            return "".join(pieces), True
    return "".join(pieces), False


def _directive(found: re.Match[str], taken: _Taken, complaints: list[str]) -> tuple[str, bool]:
    if found.group(1) == "%":
        return "%", False
    flags, width, precision, kind = found.group(2), found.group(3), found.group(4), found.group(5)
    if width == "*":
        width = str(_number(taken.next() or "0", complaints))
    if precision == "*":
        precision = str(_number(taken.next() or "0", complaints))
    if width.startswith("-"):
        flags, width = flags + "-", width[1:]
    size = min(int(width or 0), _MAX_WIDTH)
    spec = f"%{flags}{size or ''}" + (f".{min(int(precision or 0), _MAX_WIDTH)}" if precision is not None else "")
    argument = taken.next()
    if kind in "sbqc":
        return _text(kind, argument or "", re.sub("[+ #0]", "", spec) if "0" in flags else spec, flags)
    if kind in "di":
        return (spec + "d") % _number(argument or "0", complaints), False
    if kind in "ouxX":
        number = _number(argument or "0", complaints) % (1 << 64)
        spec = spec.replace("#", "") if not number else spec
        return (spec + ("d" if kind == "u" else kind)) % number, False
    return (spec + kind) % _real(argument or "0", complaints), False


def _text(kind: str, argument: str, spec: str, flags: str) -> tuple[str, bool]:
    stop = False
    if kind == "b":
        argument, stop = _percent_b(argument)
    elif kind == "c":
        argument = argument[:1]
    elif kind == "q":
        argument = escape(argument)
    return (spec + "s") % argument, stop


def _percent_b(argument: str) -> tuple[str, bool]:
    r"""Return the text of ``%b``, in which octal may lack its zero, and whether ``\\c`` ends the output."""
    return unescape_to_stop(re.sub(r"(?<!\\)((?:\\\\)*)\\([1-7][0-7]{0,2})", r"\1\\0\2", argument))


def _number(text: str, complaints: list[str]) -> int:
    text = text.strip()
    if text[:1] in ("'", '"'):
        return ord(text[1]) if len(text) > 1 else 0
    try:
        sign = -1 if text.startswith("-") else 1
        digits = text.lstrip("+-")[:40]
        if digits[:2] in ("0x", "0X"):
            base = 16
        else:
            base = 8 if digits[:1] == "0" and len(digits) > 1 else 10
        return max(-(1 << 63), min(sign * int(digits, base), (1 << 63) - 1))
    except ValueError:
        complaints.append(f"{text}: invalid number")
        found = re.match(r"[-+]?\d{1,18}", text)
        return int(found.group()) if found else 0


def _real(text: str, complaints: list[str]) -> float:
    try:
        if text[:1] in ("'", '"'):
            return float(ord(text[1]) if len(text) > 1 else 0)
        return float.fromhex(text[:40]) if "x" in text[:3].lower() else float(text[:40])
    except ValueError:
        complaints.append(f"{text}: invalid number")
        found = re.match(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text[:40], re.I)
        return float(found.group()) if found else 0.0
