"""Which values of an episode are parts of it, and which of their attributes are slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simenv.company.mail.system import MailSystem
from simenv.kernel import Calendar
from simenv.kernel.parts import declared
from simenv.machine.path_table import PathTable
from simenv.tables.canonical import is_frozen, is_text
from simenv.tables.containers import NotedSet

_UNNOTED: Mapping[type, frozenset[str]] = {
    PathTable: frozenset(
        {"_listings", "_searchable", "programs", "used_bytes"}
    ),  # emptied before a call, or see `note_files`
    MailSystem: frozenset({"changes"}),  # a counter that only learners look at
}
"""Attributes that are no slots, although they are derived from the state."""
_NO_PARTS = (str, bytes, int, float, tuple, dict, list, set, frozenset, BaseException, Calendar, NotedSet)


def is_part(value: object) -> bool:
    """Return whether a value is an object of the episode with attributes that can change."""
    kind = type(value)
    if declared(kind):
        return not getattr(kind, "SHARED", False)
    if getattr(kind, "SHARED", False) or isinstance(value, type) or callable(value) or is_frozen(value):
        return False
    module = kind.__module__.partition(".")[0]
    if module in ("builtins", "simpy", "networkx", "re", "random", "datetime", "zoneinfo", "collections", "decimal"):
        return False
    if isinstance(value, _NO_PARTS) or is_text(value):
        return False
    return hasattr(value, "__dict__") or any(slots_of(base) for base in kind.__mro__)


def is_opaque(value: object) -> bool:
    """Return whether a value that stands in no slots of its own can change without a note."""
    return type(value).__module__.partition(".")[0] in ("networkx", "random", "collections", "simpy")


def noted_names(part: Any) -> list[str]:
    """Return the attributes of a part that are slots: what it declares as state or derived from it, or all it has."""
    if declared(type(part)):
        return noted_attributes(type(part))
    return [*getattr(part, "__dict__", ()), *(name for base in type(part).__mro__ for name in slots_of(base))]


def noted_attributes(kind: type) -> list[str]:
    """Return the attributes that a class declares and that are slots."""
    unnoted: frozenset[str] = frozenset().union(*(names for base, names in _UNNOTED.items() if issubclass(kind, base)))
    return [name for name, which in declared(kind).items() if which in ("STATE", "DERIVED") and name not in unnoted]


def getattr_or_none(part: Any, name: str) -> Any:
    """Return an attribute as it is, without a note; None if there is none yet."""
    try:
        return object.__getattribute__(part, name)
    except AttributeError:
        return None


def slots_of(base: type) -> tuple[str, ...]:
    """Return the `__slots__` that a class itself has."""
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
