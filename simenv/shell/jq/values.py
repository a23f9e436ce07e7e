"""JSON values as jq handles them: written, ordered, added up, looked into."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import NamedTuple, TypeAlias

from simenv.shell.budget import MAX_VALUE
from simenv.shell.jq.tree import Json

Path: TypeAlias = "tuple[Json, ...]"


class JqError(Exception):
    """What ``error`` raises, and every operation that does not fit; `value` is what ``catch`` gets."""

    def __init__(self, value: Json) -> None:
        super().__init__(value if isinstance(value, str) else f"{dumps(value)} (not a string)")
        self.value = value


_RANKS = {"null": 0, "false": 1, "true": 2, "number": 3, "string": 4, "array": 5, "object": 6}


def kind(value: Json) -> str:
    """Return the type of a value, as ``type`` names it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def truth(value: Json) -> bool:
    """Return whether a value counts as true: all but null and false do."""
    return value is not None and value is not False


def number(value: float) -> Json:
    """Return a number as the one that it is written as: whole ones without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e17 else value


def order(value: Json) -> tuple[int, Json]:
    """Return a key by which values of all types are sorted."""
    if isinstance(value, bool):
        return _RANKS["true" if value else "false"], 0
    rank = _RANKS[kind(value)]
    if isinstance(value, list):
        return rank, [order(item) for item in value]
    if isinstance(value, dict):
        return rank, ([*sorted(value)], [order(value[key]) for key in sorted(value)])
    return rank, 0 if value is None else value


def shown(value: Json, most: int = 11) -> str:
    """Return a value as error messages show it, cut after a few characters."""
    text = dumps(value)
    return text if len(text) <= most else text[: most - 1] + "..."


def _mismatch(left: Json, right: Json, what: str) -> JqError:
    return JqError(f"{kind(left)} ({shown(left)}) and {kind(right)} ({shown(right)}) cannot be {what}")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def operate(operator: str, left: Json, right: Json) -> Json:
    """Return the result of an arithmetic operation or comparison. Raises JqError."""
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](order(left), order(right))
    result = {"+": _add, "-": _subtract, "*": _multiply, "/": _divide, "%": _modulo}[operator](left, right)
    if isinstance(result, str | list) and len(result) > MAX_VALUE:
        raise JqError("value is too large")
    return result


_COMPARISONS = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _add(left: Json, right: Json) -> Json:
    if left is None or right is None:
        return right if left is None else left
    if _is_number(left) and _is_number(right):
        return number(left + right)
    if kind(left) == kind(right) and isinstance(left, str | list):
        return left + right
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    raise _mismatch(left, right, "added")


def _subtract(left: Json, right: Json) -> Json:
    if _is_number(left) and _is_number(right):
        return number(left - right)
    if isinstance(left, list) and isinstance(right, list):
        dropped = [order(item) for item in right]
        return [item for item in left if order(item) not in dropped]
    raise _mismatch(left, right, "subtracted")


def _multiply(left: Json, right: Json) -> Json:
    if _is_number(left) and _is_number(right):
        return number(left * right)
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **{k: _multiply(left[k], v) if _both_objects(left.get(k), v) else v for k, v in right.items()}}
    text, times = (left, right) if isinstance(left, str) else (right, left)
    if isinstance(text, str) and _is_number(times):
        if times * len(text) > MAX_VALUE:
            raise JqError("value is too large")
        return text * max(1, int(times)) if times > 0 else None
    raise _mismatch(left, right, "multiplied")


def _both_objects(left: Json, right: Json) -> bool:
    return isinstance(left, dict) and isinstance(right, dict)


def _divide(left: Json, right: Json) -> Json:
    if _is_number(left) and _is_number(right):
        if right == 0:
            raise _mismatch(left, right, "divided because the divisor is zero")
        return number(left / right)
    if isinstance(left, str) and isinstance(right, str):
        return split(left, right)
    raise _mismatch(left, right, "divided")


def _modulo(left: Json, right: Json) -> Json:
    if not _is_number(left) or not _is_number(right):
        raise _mismatch(left, right, "divided")
    if int(right) == 0:
        raise _mismatch(left, right, "divided because the divisor is zero")
    return int(math.fmod(int(left), abs(int(right))))


def split(text: str, separator: str) -> list[Json]:
    """Return the parts of a text between separators; its characters, if the separator is empty."""
    if not text:
        return []
    return list(text.split(separator)) if separator else list(text)


# -- looking into values -----------------------------------------------------------------------------------------------


def get(value: Json, key: Json) -> Json:
    """Return ``value[key]``; null for what is not there. Raises JqError if the types do not fit."""
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and _is_number(key):
        at = math.floor(key)
        return value[at] if -len(value) <= at < len(value) else None
    if isinstance(key, dict) and (value is None or isinstance(value, list | str)):
        return None if value is None else value[bounds(key, len(value))]
    if value is None and (isinstance(key, str) or _is_number(key)):
        return None
    if isinstance(value, list) and isinstance(key, list):
        return [at for at in range(len(value)) if value[at : at + len(key)] == key and key]
    named = f'"{key}"' if isinstance(key, str) else kind(key)
    raise JqError(f"Cannot index {kind(value)} with {named}")


def bounds(key: dict[str, Json], size: int) -> slice:
    """Return the slice that ``{"start": …, "end": …}`` means."""
    start, end = key.get("start"), key.get("end")
    low = 0 if start is None else math.floor(start)
    high = size if end is None else math.ceil(end)
    return slice(low, high)


def put(value: Json, path: Path, new: Json) -> Json:
    """Return a value with another one at a path; what is missing on the way is made. Raises JqError."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    inner = put(get(value, key), rest, new)
    if isinstance(key, str):
        return {**(value or {}), key: inner}
    if isinstance(key, dict):
        listed = list(value or [])
        listed[bounds(key, len(listed))] = inner
        return listed
    listed = list(value or [])
    at = int(key) + (len(listed) if key < 0 else 0)
    if at < 0:
        raise JqError("Out of bounds negative array index")
    if at > MAX_VALUE:
        raise JqError("Array index too large")
    listed += [None] * (at + 1 - len(listed))
    listed[at] = inner
    return listed


def drop(value: Json, paths: Sequence[Path]) -> Json:
    """Return a value without what is at some paths."""
    for path in sorted(paths, key=lambda path: order(list(path)), reverse=True):
        value = _drop_one(value, path)
    return value


def _drop_one(value: Json, path: Path) -> Json:
    if not path or value is None:
        return None
    key = path[0]
    if len(path) > 1:
        inner = get(value, key)
        return value if inner is None else put(value, (key,), _drop_one(inner, path[1:]))
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name != key}
    if not isinstance(value, list):
        raise JqError(f"Cannot delete field at {'object' if isinstance(key, str) else 'array'} index of {kind(value)}")
    listed = list(value)
    if isinstance(key, dict):
        del listed[bounds(key, len(listed))]
    elif -len(listed) <= int(key) < len(listed):
        del listed[int(key)]
    return listed


def contains(value: Json, other: Json) -> bool:
    """Return whether a value contains another, as ``contains`` says. Raises JqError."""
    if isinstance(value, dict) and isinstance(other, dict):
        return all(key in value and contains(value[key], item) for key, item in other.items())
    if isinstance(value, list) and isinstance(other, list):
        return all(any(kind(one) == kind(item) and contains(one, item) for one in value) for item in other)
    if isinstance(value, str) and isinstance(other, str):
        return other in value
    if kind(value) == kind(other):
        return order(value) == order(other)
    raise _mismatch(value, other, "have their containment checked")


# -- writing -----------------------------------------------------------------------------------------------------------


class _Style(NamedTuple):
    """How JSON is written: the indent of a level (nothing: all in one line), keys sorted or not, and how text is escaped."""

    indent: str
    sort: bool
    escape: Callable[[str], str]


def dumps(value: Json, *, indent: str = "", sort: bool = False, ascii_only: bool = False) -> str:
    """Return a value as JSON: compact, or with an indent a level."""
    out: list[str] = []
    _write(value, _Style(indent, sort, encode_basestring_ascii if ascii_only else encode_basestring), "\n", out)
    return "".join(out)


def _write(value: Json, style: _Style, newline: str, out: list[str]) -> None:
    if isinstance(value, str):
        out.append(style.escape(value))
    elif isinstance(value, list):
        _write_all(("[", "]"), [("", item) for item in value], style, newline, out)
    elif isinstance(value, dict):
        colon = ": " if style.indent else ":"
        keys = sorted(value) if style.sort else list(value)
        _write_all(("{", "}"), [(style.escape(key) + colon, value[key]) for key in keys], style, newline, out)
    else:
        out.append({None: "null", True: "true", False: "false"}[value] if _is_word(value) else digits(value))


def _is_word(value: Json) -> bool:
    return value is None or isinstance(value, bool)


def _write_all(
    brackets: tuple[str, str], items: list[tuple[str, Json]], style: _Style, newline: str, out: list[str]
) -> None:
    inner = newline + style.indent
    out.append(brackets[0])
    for number_, (label, item) in enumerate(items):
        out.append("," * (number_ > 0) + (inner if style.indent else "") + label)
        _write(item, style, inner, out)
    out.append((newline if style.indent and items else "") + brackets[1])


def digits(value: float) -> str:
    """Return a number as jq writes it: 17 digits at most, an exponent where there would be many zeros.

    >>> print(digits(3.0), digits(1e20), digits(1e-5), digits(12345678901234567890))
    3 1e+20 1e-05 12345678901234567000
    """
    value = float(value)
    if math.isnan(value):
        return "null"
    if math.isinf(value):
        value = math.copysign(1.7976931348623157e308, value)
    sign, numerals, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, numerals)).rstrip("0") or "0"
    point = len(numerals) + int(exponent)
    minus = "-" * sign
    if value == 0:
        return f"{minus}0"
    if point <= -4 or point > len(text) + 15:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{'-' if point < 1 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    if point >= len(text):
        return f"{minus}{text}{'0' * (point - len(text))}"
    return f"{minus}{text[:point]}.{text[point:]}"


def text_of(value: Json) -> str:
    """Return a value as ``tostring`` does: strings as they are."""
    return value if isinstance(value, str) else dumps(value)
