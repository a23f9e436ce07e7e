"""What stands for a value in a table: texts that are the same wherever the value means the same."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import is_dataclass
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import networkx as nx

from simenv.kernel.journal import Record
from simenv.machine.identity import AGENT
from simenv.tables.moment import Moment
from simenv.tables.trace import Slot

ABSENT = "absent"
"""What stands for the value of a slot that there is not."""
MOMENT = "a time"
"""What stands for any time that was only written down: nothing that a table holds depends on which."""
_LONGEST = 64
_PLAIN = (str, int, bool, bytes, type(None))
_RECORD_FIELD, _INODE_FIELD = "record", "inode"


class Canonical:
    """Turns values into keys: short texts, equal if and only if the future cannot tell the values apart.

    Of a record's number it matters whether the record is of the agent, of others, or there from the start; of a time that was
    only written down, nothing; of an inode, nothing as long as no two paths share one.

    Args:
        records: the journal's records.
        slot_of: the slot of a part of the episode; None if it is none.
        refuse: is told what cannot be turned into a key.
    """

    def __init__(
        self, records: Sequence[Record], slot_of: Callable[[object], Slot | None], refuse: Callable[[str], None]
    ) -> None:
        self._records = records
        self._slot_of = slot_of
        self._refuse = refuse

    def key(self, value: Any, *, is_record: bool = False) -> str:
        """Return what stands for a value; `is_record` says that it is the number of a record."""
        if is_record and type(value) is int:
            return self._author(value)
        kind = type(value)
        text = repr(value) if kind in _PLAIN else repr(self._plain(value))
        return (
            text
            if len(text) <= _LONGEST
            else hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
        )

    def _author(self, record: int) -> str:
        if record < 0:
            return "world"
        return "agent" if record < len(self._records) and self._records[record].actor == AGENT else "other"

    def _plain(self, value: Any) -> object:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is Moment:
            return MOMENT
        if kind is float:
            return value
        slot = self._slot_of(value)
        if slot is not None:
            return ("part", *map(str, slot))
        if isinstance(value, tuple):
            return self._tuple(value)
        if isinstance(value, list):
            return ["list", *map(self._plain, list.__iter__(value))]
        if isinstance(value, Set):
            return ["set", *sorted(repr(self._plain(item)) for item in value)]
        if isinstance(value, Mapping):
            return ["dict", *((self._plain(name), self._plain(item)) for name, item in value.items())]
        return self._object(value, kind)

    def _tuple(self, value: tuple[Any, ...]) -> object:
        fields: tuple[str, ...] | None = getattr(type(value), "_fields", None)
        if fields is None:
            return tuple(map(self._plain, value))
        found = [
            self._author(item) if field == _RECORD_FIELD and type(item) is int else self._plain(item)
            for field, item in zip(fields, value, strict=True)
            if field != _INODE_FIELD
        ]
        return (type(value).__name__, *found)

    def _object(self, value: Any, kind: type[Any]) -> object:
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, type | FunctionType | BuiltinFunctionType | MethodType):
            return ("code", getattr(value, "__qualname__", repr(value)))
        if is_frozen(value):
            return repr(value)
        if isinstance(value, nx.Graph):
            return ("graph", sorted(map(repr, value.nodes(data=True))), sorted(map(repr, value.edges(data=True))))
        if isinstance(value, random.Random):
            return ("random", value.getstate())
        if is_text(value):
            return ("text", str(value))
        self._refuse(f"depends on {kind.__qualname__}, which cannot be noted")
        return ("unknown", kind.__qualname__)


def is_frozen(value: object) -> bool:
    """Return whether a value is a frozen dataclass or model."""
    kind = type(value)
    if is_dataclass(kind):
        return bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
    config = getattr(kind, "model_config", None)
    return isinstance(config, Mapping) and bool(config.get("frozen"))


def is_text(value: object) -> bool:
    """Return whether a value is text that is written out when it is read; it always says the same."""
    return type(value).__str__ is not object.__str__
