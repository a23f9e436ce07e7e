"""The functions of jq that are not written in jq."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby

from simenv.shell.commands.dates import strftime
from simenv.shell.jq.evaluate import Evaluator, Native, Result, Scope, get_path, recurse
from simenv.shell.jq.regex import REGEX
from simenv.shell.jq.tree import Json, Node
from simenv.shell.jq.values import (
    JqError,
    contains,
    drop,
    dumps,
    get,
    kind,
    number,
    order,
    put,
    shown,
    split,
    text_of,
)


class Halted(Exception):
    """``halt`` and ``halt_error``: jq ends with a code, and a value for standard error."""

    def __init__(self, code: int, value: Json = None) -> None:
        super().__init__()
        self.code = code
        self.value = value


# -- of one value ------------------------------------------------------------------------------------------------------


def _length(value: Json) -> Json:
    if isinstance(value, bool):
        raise JqError(f"boolean ({dumps(value)}) has no length")
    if value is None:
        return 0
    return abs(value) if isinstance(value, int | float) else len(value)


def _keys(value: Json) -> Json:
    if isinstance(value, dict):
        return sorted(value)
    if isinstance(value, list):
        return list(range(len(value)))
    raise JqError(f"{kind(value)} ({shown(value)}) has no keys")


def _tonumber(value: Json) -> Json:
    if kind(value) == "number":
        return value
    try:
        if not isinstance(value, str):
            raise JqError(f"{kind(value)} ({shown(value)}) cannot be parsed as a number")
        return int(value) if value.strip().lstrip("-").isdecimal() else number(float(value))
    except ValueError:
        raise JqError(f"Cannot use {kind(value)} ({shown(value)}) as a number") from None


def _fromjson(value: Json) -> Json:
    try:
        return json.loads(_string(value, "fromjson"))
    except ValueError:
        raise JqError(f"{value} (while parsing '{value}')") from None


def _string(value: Json, what: str) -> str:
    if not isinstance(value, str):
        raise JqError(f"{kind(value)} ({shown(value)}) cannot be parsed by {what}")
    return value


def _array(value: Json, what: str) -> list[Json]:
    if not isinstance(value, list):
        raise JqError(f"{kind(value)} ({shown(value)}) cannot be {what}, as it is not an array")
    return value


def _reverse(value: Json) -> Json:
    if value is None:
        return []
    return value[::-1] if isinstance(value, str) else _array(value, "reversed")[::-1]


def _flatten(value: Json, depth: float) -> list[Json]:
    out: list[Json] = []
    for item in _array(value, "flattened"):
        if isinstance(item, list) and depth > 0:
            out += _flatten(item, depth - 1)
        else:
            out.append(item)
    return out


def _implode(value: Json) -> str:
    return "".join(chr(code) for code in _array(value, "imploded"))


def _error(value: Json) -> Json:
    raise JqError(value)


def _debug(value: Json) -> Json:
    return value


def _ascii(value: Json, change: Callable[[str], str]) -> str:
    return "".join(change(char) if char.isascii() else char for char in _string(value, "explode"))


_MATH = {
    "floor": math.floor, "ceil": math.ceil, "round": lambda x: math.floor(x + 0.5), "sqrt": math.sqrt, "fabs": math.fabs,
    "trunc": math.trunc, "log": math.log, "log2": math.log2, "log10": math.log10, "exp": math.exp, "exp2": lambda x: 2.0**x,
    "exp10": lambda x: 10.0**x, "sin": math.sin, "cos": math.cos, "tan": math.tan, "atan": math.atan, "cbrt": math.cbrt,
}  # fmt: skip


def _mathematics(name: str) -> Callable[[Json], Json]:
    def apply(value: Json) -> Json:
        if kind(value) != "number":
            raise JqError(f"{kind(value)} ({shown(value)}) number required")
        try:
            return number(float(_MATH[name](value)))
        except (ValueError, OverflowError):
            return math.nan

    return apply


def _broken_down(value: Json) -> list[Json]:
    moment = datetime.fromtimestamp(float(value), tz=UTC)
    second = number(moment.second + value % 1)
    return [moment.year, moment.month - 1, moment.day, moment.hour, moment.minute, second, (moment.weekday() + 1) % 7,
            moment.timetuple().tm_yday - 1]  # fmt: skip


def _moment(value: Json) -> datetime:
    try:
        if isinstance(value, list):
            year, month, day, hour, minute, second = (int(part) for part in value[:6])
            return datetime(year, month + 1, day, hour, minute, second, tzinfo=UTC)
        return datetime.fromtimestamp(float(value), tz=UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise JqError("strftime/1 requires parsed datetime inputs") from None


def _seconds(value: Json) -> int:
    if not isinstance(value, list):
        raise JqError("mktime requires array of 6 numbers")
    return int(_moment(value).timestamp())


def _strptime(value: Json, form: Json) -> list[Json]:
    try:
        moment = datetime.strptime(str(value), str(form).replace("%Z", "UTC")).replace(tzinfo=UTC)
    except ValueError:
        raise JqError(f'date "{value}" does not match format "{form}"') from None
    return _broken_down(moment.timestamp())


_SIMPLE: Mapping[str, Callable[[Json], Json]] = {
    "not": lambda value: value is None or value is False,
    "length": _length,
    "utf8bytelength": lambda value: len(_string(value, "utf8bytelength").encode(errors="replace")),
    "keys": _keys,
    "keys_unsorted": lambda value: list(value) if isinstance(value, dict) else _keys(value),
    "type": kind,
    "tostring": text_of,
    "tojson": dumps,
    "fromjson": _fromjson,
    "tonumber": _tonumber,
    "reverse": _reverse,
    "flatten": lambda value: _flatten(value, 1e9),
    "explode": lambda value: [ord(char) for char in _string(value, "explode")],
    "implode": _implode,
    "ascii_downcase": lambda value: _ascii(value, str.lower),
    "ascii_upcase": lambda value: _ascii(value, str.upper),
    "trim": lambda value: _string(value, "trim").strip(),
    "ltrim": lambda value: _string(value, "trim").lstrip(),
    "rtrim": lambda value: _string(value, "trim").rstrip(),
    "sort": lambda value: sorted(_array(value, "sorted"), key=order),
    "min": lambda value: min(_array(value, "compared"), key=order, default=None),
    "max": lambda value: max(reversed(_array(value, "compared")), key=order, default=None),
    "error": _error,
    "debug": _debug,
    "infinite": lambda value: math.inf,
    "nan": lambda value: math.nan,
    "isinfinite": math.isinf,
    "isnan": math.isnan,
    "isnormal": lambda value: math.isfinite(value) and value != 0,
    "gmtime": _broken_down,
    "mktime": _seconds,
    **{name: _mathematics(name) for name in _MATH},
}


# -- with arguments that are values ------------------------------------------------------------------------------------


def _has(value: Json, key: Json) -> bool:
    if isinstance(value, dict) and isinstance(key, str):
        return bool(key in value)
    if isinstance(value, list) and kind(key) == "number":
        return bool(0 <= key < len(value))
    raise JqError(f"Cannot check whether {kind(value)} has a {'string' if isinstance(key, str) else kind(key)} key")


def _indices(value: Json, wanted: Json) -> Json:
    if value is None:
        return None
    if isinstance(value, str) and isinstance(wanted, str):
        return [at for at in range(len(value)) if wanted and value.startswith(wanted, at)]
    if isinstance(value, list) and not isinstance(wanted, list):
        return [at for at, item in enumerate(value) if order(item) == order(wanted)]
    return get(value, wanted)


def _end(pick: int) -> Callable[[Json, Json], Json]:
    def found(value: Json, wanted: Json) -> Json:
        places = _indices(value, wanted)
        return places[pick] if places else None

    return found


def _affixed(method: str, what: str) -> Callable[[Json, Json], Json]:
    def test(value: Json, affix: Json) -> bool:
        if not isinstance(value, str) or not isinstance(affix, str):
            raise JqError(f"{what}() requires string inputs")
        return bool(getattr(value, method)(affix))

    return test


def _range(low: Json, high: Json, step: Json) -> Iterator[Json]:
    if kind(low) != "number" or kind(high) != "number" or kind(step) != "number":
        raise JqError("Range bounds must be numeric")
    at = low
    while (step > 0 and at < high) or (step < 0 and at > high):
        yield number(at)
        at += step


def _by(value: Json, keys: list[Json]) -> list[tuple[Json, Json]]:
    return sorted(((order(key), item) for key, item in zip(keys, value, strict=True)), key=lambda pair: pair[0])


def _texts(value: Json, other: Json) -> bool:
    return isinstance(value, str) and isinstance(other, str)


def _split(value: Json, separator: Json) -> list[Json]:
    if not isinstance(value, str) or not isinstance(separator, str):
        raise JqError("split input and separator must be strings")
    return split(value, separator)


_BINARY: Mapping[str, Callable[[Json, Json], Json]] = {
    "has": _has,
    "contains": contains,
    "indices": _indices,
    "index": _end(0),
    "rindex": _end(-1),
    "startswith": _affixed("startswith", "startswith"),
    "endswith": _affixed("endswith", "endswith"),
    "ltrimstr": lambda value, text: value.removeprefix(text) if _texts(value, text) else value,
    "rtrimstr": lambda value, text: value.removesuffix(text) if _texts(value, text) else value,
    "split": _split,
    "flatten": _flatten,
    "getpath": lambda value, path: get_path(value, tuple(path)),
    "delpaths": lambda value, paths: drop(value, [tuple(path) for path in paths]),
    "strftime": lambda value, form: strftime(_moment(value), str(form)),
    "strptime": _strptime,
    "error": lambda value, message: _error(message),
}
_TERNARY: Mapping[str, Callable[[Json, Json, Json], Json]] = {
    "setpath": lambda value, path, new: put(value, tuple(path), new),
    "pow": lambda value, base, power: number(float(base) ** power),
    "atan2": lambda value, y, x: math.atan2(y, x),
    "fmod": lambda value, x, y: number(math.fmod(x, y)),
}


def _native_simple(function: Callable[[Json], Json]) -> Native:
    def run(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
        yield Result(function(at.value))

    return run


def _native_binary(function: Callable[[Json, Json], Json]) -> Native:
    def run(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
        for first in ev.values(arguments[0], scope, at.value):
            yield Result(function(at.value, first))

    return run


def _native_ternary(function: Callable[[Json, Json, Json], Json]) -> Native:
    def run(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
        for second in ev.values(arguments[1], scope, at.value):
            for first in ev.values(arguments[0], scope, at.value):
                yield Result(function(at.value, first, second))

    return run


# -- that need more than values ----------------------------------------------------------------------------------------


def _empty(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    return iter(())


def _recurse(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    return recurse(at)


def _path(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    for path in ev.paths(arguments[0], scope, at.value):
        yield Result(list(path))


def _getpath(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    for path in ev.values(arguments[0], scope, at.value):
        yield Result(get_path(at.value, tuple(path)), None if at.path is None else (*at.path, *path))


def _ranges(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    steps = ev.values(arguments[2], scope, at.value) if len(arguments) > 2 else iter((1,))
    for step in list(steps):
        for low in ev.values(arguments[0], scope, at.value):
            for high in ev.values(arguments[1], scope, at.value):
                for value in _range(low, high, step):
                    ev.charge(30)
                    yield Result(value)


def _grouped(pick: Callable[[list[tuple[Json, Json]]], Json]) -> Native:
    def run(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
        items = _array(at.value, "grouped")
        keys = [next(ev.values(arguments[0], scope, item)) for item in items]
        yield Result(pick(_by(items, keys)))

    return run


def _groups(pairs: list[tuple[Json, Json]]) -> list[list[Json]]:
    return [[item for _, item in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]


def _input(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    none: list[Json] = []
    value = next(ev.inputs, none)
    if value is none:
        raise JqError("No more inputs")
    yield Result(value)


def _inputs(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    yield from map(Result, ev.inputs)


def _now(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    yield Result(number(ev.now))


def _env(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    yield Result(scope.variables["ENV"])


def _halt(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    code = next(ev.values(arguments[0], scope, at.value)) if arguments else 0
    raise Halted(int(code), at.value if arguments else None)
    yield at  # makes this a generator, as the others are


NATIVES: Mapping[tuple[str, int], Native] = {
    **{(name, 0): _native_simple(function) for name, function in _SIMPLE.items()},
    **{(name, 1): _native_binary(function) for name, function in _BINARY.items()},
    **{(name, 2): _native_ternary(function) for name, function in _TERNARY.items()},
    ("empty", 0): _empty,
    ("recurse", 0): _recurse,
    ("path", 1): _path,
    ("getpath", 1): _getpath,
    ("range", 2): _ranges,
    ("range", 3): _ranges,
    ("_sort_by", 1): _grouped(lambda pairs: [item for _, item in pairs]),
    ("_group_by", 1): _grouped(_groups),
    ("_unique_by", 1): _grouped(lambda pairs: [group[0] for group in _groups(pairs)]),
    ("_min_by", 1): _grouped(lambda pairs: pairs[0][1] if pairs else None),
    ("_max_by", 1): _grouped(lambda pairs: pairs[-1][1] if pairs else None),
    ("input", 0): _input,
    ("inputs", 0): _inputs,
    ("now", 0): _now,
    ("env", 0): _env,
    ("halt", 0): _halt,
    ("halt_error", 1): _halt,
    **REGEX,
}
