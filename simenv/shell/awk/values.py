"""The values of awk: numbers, strings, and input that counts as a number where it looks like one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TypeAlias

_NUMERIC = re.compile(r"[ \t\n\r\f\v]*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DIRECTIVE = re.compile(r"%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?[hlLqjzt]*(.)", re.S)
_MAX_WIDTH = 10_000
_MAX_DIGITS = 300


class Input(str):
    """Text that came from outside (fields, ``getline``, ``split``, ``-v``): compared as a number if it looks like one."""

    __slots__ = ()


UNSET = Input("")
"""What a variable holds before it is set: both "" and 0."""
Value: TypeAlias = float | str
Array: TypeAlias = dict[str, Value]


class FormatFault(Exception):
    """A format with too few arguments, or one that awk refuses."""


def to_number(value: Value) -> float:
    """Return a value as a number: of a string, the number that it begins with."""
    if isinstance(value, float):
        return value
    found = _NUMERIC.match(value)
    return float(found.group()) if found else 0.0


def is_numeric(value: Value) -> bool:
    """Return whether a value is compared as a number."""
    if isinstance(value, float):
        return True
    if not isinstance(value, Input):
        return False
    found = _NUMERIC.match(value)
    return value is UNSET or (found is not None and not value[found.end() :].strip())


def to_text(value: Value, number_format: str = "%.6g") -> str:
    """Return a value as a string; whole numbers without a point, others by `number_format`."""
    if isinstance(value, str):
        return value
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    if not math.isfinite(value):
        return _infinite(value)
    return format_values(number_format, [value])


def _infinite(value: float) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    return f"{sign}nan" if math.isnan(value) else f"{sign}inf"


def is_true(value: Value) -> bool:
    """Return whether a condition holds: a number other than 0, a string other than empty."""
    if isinstance(value, float):
        return value != 0.0
    return to_number(value) != 0.0 if value and is_numeric(value) else value != ""


def compare(left: Value, right: Value, number_format: str) -> int:
    """Return -1, 0 or 1: as numbers if both are or look like numbers, else as strings."""
    if is_numeric(left) and is_numeric(right):
        one, two = to_number(left), to_number(right)
        return (one > two) - (one < two)
    first, second = to_text(left, number_format), to_text(right, number_format)
    return (first > second) - (first < second)


def format_values(template: str, values: Sequence[Value]) -> str:
    """Return the output of ``sprintf(template, values…)``.

    Raises:
        FormatFault: there are too few values, or a directive is unknown.
    """
    rest = list(reversed(values))

    def take() -> Value:
        if not rest:
            raise FormatFault("not enough arguments passed to")
        return rest.pop()

    def one(found: re.Match[str]) -> str:
        flags, width, precision, kind = found.groups()
        if kind == "%":
            return "%"
        if width == "*":
            size = int(to_number(take()))
            flags, width = flags + "-" * (size < 0), str(abs(size))
        if precision == "*":
            precision = str(max(0, int(to_number(take()))))
        if int(width or 0) > _MAX_WIDTH or int(precision or 0) > _MAX_WIDTH:
            raise FormatFault("bad conversion in")
        spec = f"%{flags}{width}" + ("" if precision is None else f".{precision}")
        return _directive(spec, kind, take)

    if "%" not in template:
        return template
    return _DIRECTIVE.sub(one, template)


def _directive(spec: str, kind: str, take: object) -> str:
    assert callable(take)
    if kind not in "diouxXeEfFgGcs":
        raise FormatFault("bad conversion in")
    value = take()
    if kind == "s":
        return (spec + "s") % to_text(value)
    if kind == "c":
        character = value[:1] if isinstance(value, str) else chr(int(value) % 0x110000)
        return (spec.partition(".")[0].replace("0", "", 1) + "s") % character
    number = to_number(value)
    if not math.isfinite(number):
        return (re.sub(r"[0#]", "", spec.partition(".")[0]) + "s") % _infinite(number)
    if kind in "eEfFgG":
        return (spec + kind) % number
    whole = int(number)
    if kind in "di":
        return (spec + "d") % whole
    # The other conversions are of unsigned numbers; mawk takes a negative one for what its 64 bits say.
    return (spec + ("d" if kind == "u" else kind)) % (whole % (1 << 64))
