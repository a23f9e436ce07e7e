"""awk's built-in functions."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from simenv.shell.awk.records import regex, split_text
from simenv.shell.awk.runtime import Runtime
from simenv.shell.awk.values import FormatFault, Input, Value, format_values, to_number
from simenv.shell.budget import MAX_VALUE
from simenv.shell.errors import UsageFault
from simenv.shell.pattern.regex import Regex

Pattern = Value | Regex
_NAN = -math.nan
"""What an invalid operation gives: on the machines of today its sign is set, and it is printed."""


def _substr(rt: Runtime, values: Sequence[Value]) -> Value:
    text, start = rt.text(values[0]), to_number(values[1])
    length = to_number(values[2]) if len(values) > 2 else math.inf
    if math.isnan(start) or math.isnan(length):
        return ""
    first = max(1.0, min(_round(start), len(text) + 1.0))
    size = max(0.0, min(_round(length), len(text) + 1.0))
    return text[int(first) - 1 : int(first + size) - 1]


def _round(number: float) -> float:
    return number if math.isinf(number) else float(round(number))


def _math(function: Callable[[float], float]) -> Callable[[Runtime, Sequence[Value]], Value]:
    def call(_: Runtime, values: Sequence[Value]) -> Value:
        try:
            return float(function(to_number(values[0])))
        except OverflowError:
            return math.inf
        except ValueError:
            return -math.inf if function is math.log and to_number(values[0]) == 0 else _NAN

    return call


def _srand(rt: Runtime, values: Sequence[Value]) -> Value:
    before = rt.previous
    now = rt.inv.host.sim.calendar.at(rt.inv.host.sim.now).timestamp()
    rt.previous = to_number(values[0]) if values else float(int(now))
    rt.stream = random.Random(rt.previous)
    return before


def _sprintf(rt: Runtime, values: Sequence[Value]) -> Value:
    return format_text(rt, "sprintf", values)


def format_text(rt: Runtime, name: str, values: Sequence[Value]) -> str:
    """Return the output of ``printf`` or ``sprintf``. Raises UsageFault: the format does not fit the values."""
    template = rt.text(values[0])
    try:
        text = format_values(template, values[1:])
    except FormatFault as fault:
        raise UsageFault(f'awk: run time error: {fault} {name}("{template}")', 2) from None
    rt.work(len(text))
    return text


def _system(rt: Runtime, values: Sequence[Value]) -> Value:
    return float(rt.run_command(rt.text(values[0]), None, rt.inv.streams.out)[0])


def _fflush(rt: Runtime, _: Sequence[Value]) -> Value:
    rt.flush()
    return 0.0


def _moment(rt: Runtime, values: Sequence[Value], at: int) -> datetime:
    sim = rt.inv.host.sim
    now = sim.calendar.at(sim.now)
    if len(values) <= at:
        return now
    try:
        return datetime(1970, 1, 1, tzinfo=UTC).astimezone(now.tzinfo) + timedelta(seconds=int(to_number(values[at])))
    except (OverflowError, ValueError):
        return now


def _strftime(rt: Runtime, values: Sequence[Value]) -> Value:
    return _moment(rt, values, 1).strftime(rt.text(values[0]) if values else "%c")


def _mktime(rt: Runtime, values: Sequence[Value]) -> Value:
    numbers = [int(part) for part in re.findall(r"-?\d{1,6}", rt.text(values[0]))[:6]]
    try:
        year, month, day, hour, minute, second = numbers
        begin = datetime(year, month, 1, tzinfo=_moment(rt, (), 0).tzinfo)
        return float(int((begin + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)).timestamp()))
    except (ValueError, OverflowError):
        return -1.0


BUILTINS: Mapping[str, tuple[int, int, Callable[[Runtime, Sequence[Value]], Value]]] = {
    "substr": (2, 3, _substr),
    "index": (2, 2, lambda rt, v: float(rt.text(v[0]).find(rt.text(v[1])) + 1)),
    "sprintf": (1, 1000, _sprintf),
    "sin": (1, 1, _math(math.sin)),
    "cos": (1, 1, _math(math.cos)),
    "atan2": (2, 2, lambda _, v: math.atan2(to_number(v[0]), to_number(v[1]))),
    "exp": (1, 1, _math(math.exp)),
    "log": (1, 1, _math(math.log)),
    "sqrt": (1, 1, _math(math.sqrt)),
    "int": (1, 1, lambda _, v: _truncate(to_number(v[0]))),
    "rand": (0, 0, lambda rt, _: rt.stream.random()),
    "srand": (0, 1, _srand),
    "tolower": (1, 1, lambda rt, v: rt.text(v[0]).lower()),
    "toupper": (1, 1, lambda rt, v: rt.text(v[0]).upper()),
    "system": (1, 1, _system),
    "close": (1, 1, lambda rt, v: rt.close(rt.text(v[0]))),
    "fflush": (0, 1, _fflush),
    "systime": (0, 0, lambda rt, _: float(int(_moment(rt, (), 0).timestamp()))),
    "strftime": (0, 2, _strftime),
    "mktime": (1, 1, _mktime),
}
"""Name → fewest and most arguments, and what it does with their values."""


def _truncate(number: float) -> float:
    return float(math.trunc(number)) if math.isfinite(number) else number


def match(rt: Runtime, text: str, pattern: Pattern) -> float:
    """Return where a pattern matches first, from 1 on; 0 if nowhere. Sets RSTART and RLENGTH."""
    spans = as_regex(pattern).search(text, work=rt.work)
    start, length = (0.0, -1.0) if spans is None else (spans[0][0] + 1.0, float(spans[0][1] - spans[0][0]))
    rt.variables["RSTART"], rt.variables["RLENGTH"] = start, length
    return start


def as_regex(pattern: Pattern) -> Regex:
    """Return a pattern's matcher: one that stands in the program as it is, or of a value."""
    return pattern if isinstance(pattern, Regex) else regex(pattern)


def substitute(rt: Runtime, pattern: Pattern, replacement: str, text: str, *, is_global: bool) -> tuple[int, str]:
    r"""Return how many matches were replaced, and the text after it; ``&`` stands for the match, ``\&`` for itself."""
    pieces, at, count = [], 0, 0
    size = len(text)
    for spans in as_regex(pattern).all(text, work=rt.work):
        start, end = spans[0]
        new = _fill(replacement, text[start:end])
        size += len(new)
        if size > 10 * MAX_VALUE:
            raise UsageFault("awk: program limit exceeded: string too long", 2)
        pieces += [text[at:start], new]
        at, count = end, count + 1
        if not is_global:
            break
    result = "".join([*pieces, text[at:]])
    rt.work(len(result))
    return count, result


def _fill(replacement: str, found: str) -> str:
    if "&" not in replacement and "\\" not in replacement:
        return replacement
    return re.sub(
        r"\\\\&|\\&|&|\\\\",
        lambda part: {"&": found, "\\&": "&", "\\\\&": "\\" + found}.get(part.group(), "\\"),
        replacement,
    )


def split(rt: Runtime, text: str, separator: Pattern) -> dict[str, Value]:
    """Return the fields of a text by their numbers."""
    between = rt.variables["FS"] if separator is None else separator
    return {str(number): Input(part) for number, part in enumerate(split_text(text, between, rt.work), start=1)}
