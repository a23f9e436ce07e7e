"""The attributes of an episode's parts, classified: state, or something that need not be stored with it.

A class whose objects live in an episode declares each of its attributes, right beside them, as one of four kinds:

- `STATE`: what the future depends on;
- `DERIVED`: computed from the state or from fixed attributes, and cached to save time;
- `SCRATCH`: needed only within one call or one look, or only recorded, such as a history;
- `FIXED`: set when the episode begins, never changed.

`__slots__` is built from these, so an undeclared attribute cannot be set. A class with ``SHARED = True`` is a pure
function of its inputs: copies of an episode share its objects.

`state_of` gives the state of a part as plain data, and `EpisodeCopy` a copy of parts that belong together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple, TypeVar

from simenv.errors import SimenvError

KINDS = ("STATE", "DERIVED", "SCRATCH", "FIXED")
_BARE_STR: Callable[..., str] = object.__str__
_PLAIN = (bool, int, float, str, bytes, type(None))
T = TypeVar("T")


class View(NamedTuple):
    """How a state is looked at.

    Attributes:
        by_agent: whether the record with a given number is an act of the agent: nothing else about records matters later.
        timed: whether future events can depend on when something happened.
    """

    by_agent: Callable[[int], bool]
    timed: bool


class NotPlainError(SimenvError):
    """A part holds an object that cannot be state: its class declares nothing."""


class NotCopiedError(SimenvError):
    """A part holds something that cannot be copied, such as a process that has begun."""


_DECLARED: dict[type[Any], Mapping[str, str]] = {}


def declared(kind: type[Any]) -> Mapping[str, str]:
    """Return the declared attributes of a class and its bases: name → one of `KINDS`; empty if there are none."""
    known = _DECLARED.get(kind)
    if known is None:
        known = _DECLARED[kind] = _declared(kind)
    return known


def _declared(kind: type[Any]) -> Mapping[str, str]:
    return {name: which for base in reversed(kind.__mro__) for which in KINDS for name in base.__dict__.get(which, ())}


def state_of(part: Any, view: View) -> object:
    """Return the state of a part as plain data that compares and prints equal wherever the state is equal.

    The part's method ``state(view)`` decides, or else everything that it declares as `STATE`.

    Raises:
        NotPlainError: it holds an object that declares nothing.
    """
    own = getattr(part, "state", None)
    if own is not None:
        return own(view)
    names = (name for name, which in declared(type(part)).items() if which == "STATE")
    return tuple(plain(getattr(part, name), view) for name in names)


def plain(value: Any, view: View) -> object:
    """Return a value as plain data: mappings and sets sorted, sequences as tuples, parts by their state.

    Raises:
        NotPlainError: it is something else.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Mapping):
        return tuple(sorted(((plain(key, view), plain(item, view)) for key, item in value.items()), key=repr))
    if isinstance(value, Set):
        return tuple(sorted((plain(item, view) for item in value), key=repr))
    if isinstance(value, tuple | list):
        return tuple(plain(item, view) for item in value)
    if isinstance(value, Enum):
        return value.name
    if declared(type(value)):
        return state_of(value, view)
    if _is_frozen(value):
        return repr(value)  # settings, say
    if type(value).__str__ is not _BARE_STR:
        return str(value)  # text that is written out when it is read
    raise NotPlainError(f"{type(value).__qualname__} is no plain data, and declares no state")


_AS_THEY_ARE = (*_PLAIN, type, FunctionType, BuiltinFunctionType, range, Enum)


class EpisodeCopy:
    """Copies parts that belong together: what they share in the original, the copies share as well.

    Args:
        shared: objects that original and copy have in common, such as a blueprint.
    """

    def __init__(self, shared: Iterable[object] = ()) -> None:
        self._copies: dict[int, Any] = {id(each): each for each in shared}
        self._kept: list[object] = []  # else a number that stands for an object could come to stand for another

    def of(self, value: T) -> T:
        """Return the copy of a value; each value is copied once.

        Raises:
            NotCopiedError: it holds something that cannot be copied.
        """
        if isinstance(value, _AS_THEY_ARE):
            if isinstance(value, FunctionType) and value.__closure__:
                raise NotCopiedError(f"{value.__qualname__} holds on to something of the original")
            return value
        known: T | None = self._copies.get(id(value))
        return self._copy(value) if known is None else known

    def take(self, value: object, copy: object) -> None:
        """Register the copy of a value."""
        self._copies[id(value)] = copy
        self._kept.append(value)

    def _copy(self, value: Any) -> Any:
        kind: type[Any] = type(value)
        if kind is dict:
            return self._fill_dict(value)
        if kind is list:
            return self._fill_list(value)
        if isinstance(value, tuple):
            return self._copy_tuple(value)
        if kind is set or kind is frozenset:
            return kind(map(self.of, value))
        if isinstance(value, MethodType):
            return MethodType(value.__func__, self.of(value.__self__))
        if kind is partial:
            return partial(value.func, *map(self.of, value.args), **{k: self.of(v) for k, v in value.keywords.items()})
        if isinstance(value, random.Random):
            twin = random.Random()
            twin.setstate(value.getstate())
            self.take(value, twin)
            return twin
        return self._copy_object(value)

    def _copy_object(self, value: Any) -> Any:
        kind: type[Any] = type(value)
        own = getattr(value, "copy_into", None)
        if own is not None:
            return own(self)
        if getattr(kind, "SHARED", False) or _is_frozen(value):
            return value
        if kind.__module__.partition(".")[0] == "networkx":
            return value if getattr(value, "frozen", False) else value.copy()
        if kind.__module__.partition(".")[0] in ("builtins", "simpy", "re") or not (
            declared(kind) or hasattr(value, "__dict__")
        ):
            raise NotCopiedError(f"{kind.__qualname__} cannot be copied")
        names: Iterable[str] = declared(kind) or value.__dict__
        twin = object.__new__(kind)
        self.take(value, twin)
        kinds = declared(kind)
        for name in names:
            if hasattr(value, name):
                part = getattr(value, name)
                setattr(twin, name, self._fixed(part) if kinds.get(name) == "FIXED" else self.of(part))
        return twin

    def _fixed(self, value: Any) -> Any:
        """Return the counterpart of a fixed value in a copy: parts and bound methods are copied, plans are shared."""
        kind = type(value)
        if kind is dict:
            return (
                {key: self._fixed(item) for key, item in value.items()}
                if any(map(_is_bound, value.values()))
                else value
            )
        return self.of(value) if _is_bound(value) else value

    def _fill_dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        twin: dict[Any, Any] = {}
        self.take(value, twin)
        of = self.of
        for key, item in value.items():
            twin[of(key)] = of(item)
        return twin

    def _fill_list(self, value: list[Any]) -> list[Any]:
        twin: list[Any] = []
        self.take(value, twin)
        twin.extend(map(self.of, value))
        return twin

    def _copy_tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        if all(isinstance(item, _PLAIN) for item in value):
            return value
        items = [self.of(item) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return tuple.__new__(type(value), items)


def _is_bound(value: object) -> bool:
    """Return whether something belongs to one episode: a part, its method, or a random stream."""
    return isinstance(value, MethodType | partial | random.Random) or bool(declared(type(value)))


def _is_frozen(value: object) -> bool:
    """Return whether a value is a frozen dataclass or model: it predates the episode, or has value semantics."""
    kind = type(value)
    if is_dataclass(kind):
        return bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
    config = getattr(kind, "model_config", None)
    return isinstance(config, Mapping) and bool(config.get("frozen"))
