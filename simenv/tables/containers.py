"""Mappings, lists and sets that note what is read and written of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableSet
from typing import Any

from simenv.tables.canonical import ABSENT, Canonical
from simenv.tables.trace import KEYS, LENGTH, MEMBERS, Slot, Trace

_MISSING: Any = object()


class NotedDict(dict[Any, Any]):
    """A mapping whose every key is a slot, and the order of its keys one more.

    Attributes:
        slot: the mapping's own.
        is_of_records: whether its values are numbers of records.
    """

    __slots__ = ("canonical", "is_of_records", "slot", "trace")

    slot: Slot
    trace: Trace
    canonical: Canonical
    is_of_records: bool

    def tell(self, slot: Slot, trace: Trace, canonical: Canonical, *, is_of_records: bool = False) -> None:
        """Say whom to tell of what."""
        self.slot, self.trace, self.canonical, self.is_of_records = slot, trace, canonical, is_of_records

    def _read(self, key: Any) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, key), self.value_key(key))

    def value_key(self, key: Any) -> str:
        """Return what stands for the value of a key now."""
        value = dict.get(self, key, _MISSING)
        if value is _MISSING:
            return ABSENT
        if isinstance(value, dict | list | NotedSet):
            return "container"  # it notes itself what is read of it
        return self.canonical.key(value, is_record=self.is_of_records)

    def _read_keys(self, *, silent: bool = False) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, KEYS), self.keys_key(), silent=silent)

    def keys_key(self) -> str:
        """Return what stands for the keys that there are now."""
        return self.canonical.key(tuple(dict.keys(self)))

    def _read_all(self) -> None:
        if self.trace.on:
            self._read_keys()
            for key in dict.keys(self):
                self._read(key)

    def _written(self, key: Any) -> None:
        if self.trace.on:
            if dict.__contains__(self, key):
                self.trace.replace((*self.slot, key), dict.get(self, key))
            else:
                self._read_keys(silent=True)
                self.trace.write((*self.slot, KEYS))
                self.trace.replace((*self.slot, key), None)

    def _dropped(self, key: Any) -> None:
        if self.trace.on and dict.__contains__(self, key):
            self._read_keys(silent=True)
            self.trace.write((*self.slot, KEYS))
            self.trace.replace((*self.slot, key), dict.get(self, key))

    def __getitem__(self, key: Any) -> Any:
        self._read(key)
        return dict.__getitem__(self, key)

    def get(self, key: Any, default: Any = None) -> Any:
        """Do as `dict.get` does."""
        self._read(key)
        return dict.get(self, key, default)

    def __contains__(self, key: object) -> bool:
        self._read(key)
        return dict.__contains__(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        # whether it is a new key is read off the keys: a change of a value alone changes none
        self._read_keys(silent=True)
        self._written(key)
        dict.__setitem__(self, key, value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Do as `dict.setdefault` does."""
        if key not in self:
            self[key] = default
        return dict.__getitem__(self, key)

    def __delitem__(self, key: Any) -> None:
        self._read(key)
        self._dropped(key)
        dict.__delitem__(self, key)

    def pop(self, key: Any, *default: Any) -> Any:
        """Do as `dict.pop` does."""
        self._read(key)
        self._dropped(key)
        return dict.pop(self, key, *default)

    def popitem(self) -> tuple[Any, Any]:
        """Do as `dict.popitem` does."""
        self._read_all()
        key = next(reversed(list(dict.keys(self))), None)
        self._dropped(key)
        return dict.popitem(self)

    def clear(self) -> None:
        """Do as `dict.clear` does."""
        self._read_keys(silent=True)
        for key in list(dict.keys(self)):
            self._dropped(key)
        dict.clear(self)

    def update(self, *others: Any, **more: Any) -> None:
        """Do as `dict.update` does."""
        for key, value in dict(*others, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    def __iter__(self) -> Iterator[Any]:
        self._read_keys()
        return dict.__iter__(self)

    def __reversed__(self) -> Iterator[Any]:
        self._read_keys()
        return dict.__reversed__(self)

    def __len__(self) -> int:
        self._read_keys()
        return dict.__len__(self)

    def __eq__(self, other: object) -> bool:
        self._read_all()
        return dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def keys(self) -> Any:
        """Do as `dict.keys` does."""
        self._read_keys()
        return dict.keys(self)

    def values(self) -> Any:
        """Do as `dict.values` does."""
        self._read_all()
        return dict.values(self)

    def items(self) -> Any:
        """Do as `dict.items` does."""
        self._read_all()
        return dict.items(self)

    def copy(self) -> dict[Any, Any]:
        """Do as `dict.copy` does."""
        self._read_all()
        return dict(dict.items(self))

    def __repr__(self) -> str:
        self._read_all()
        return dict.__repr__(self)


class NotedList(list[Any]):
    """A list whose every place is a slot, and its length one more."""

    __slots__ = ("canonical", "slot", "trace")

    slot: Slot
    trace: Trace
    canonical: Canonical

    def tell(self, slot: Slot, trace: Trace, canonical: Canonical) -> None:
        """Say whom to tell of what."""
        self.slot, self.trace, self.canonical = slot, trace, canonical

    def value_key(self, place: int) -> str:
        """Return what stands for the item at a place now."""
        value = list.__getitem__(self, place)
        return "container" if isinstance(value, dict | list | NotedSet) else self.canonical.key(value)

    def _read_length(self, *, silent: bool = False) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, LENGTH), repr(list.__len__(self)), silent=silent)

    def _read_place(self, place: int) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, place), self.value_key(place))

    def _read_all(self) -> None:
        if self.trace.on:
            self._read_length()
            for place in range(list.__len__(self)):
                self._read_place(place)

    def _write_all(self, before: list[Any]) -> None:
        if self.trace.on:
            self.trace.write((*self.slot, LENGTH))
            for place in range(max(len(before), list.__len__(self))):
                self.trace.replace((*self.slot, place), before[place] if place < len(before) else None)

    def __getitem__(self, place: Any) -> Any:
        self._read_length()
        found = range(list.__len__(self))[place] if isinstance(place, slice) else [place % max(1, list.__len__(self))]
        for each in found:
            if each < list.__len__(self):
                self._read_place(each)
        return list.__getitem__(self, place)

    def __iter__(self) -> Iterator[Any]:
        self._read_length()
        for place, item in enumerate(list.__iter__(self)):
            self._read_place(place)
            yield item

    def __len__(self) -> int:
        self._read_length()
        return list.__len__(self)

    def append(self, item: Any) -> None:
        """Do as `list.append` does."""
        if self.trace.on:
            self._read_length(silent=True)
            self.trace.write((*self.slot, LENGTH))
            self.trace.replace((*self.slot, list.__len__(self)), None)
        list.append(self, item)

    def extend(self, items: Iterable[Any]) -> None:
        """Do as `list.extend` does."""
        for item in items:
            self.append(item)

    def __iadd__(self, items: Iterable[Any]) -> Any:  # type: ignore[misc]  # as `list` has it
        self.extend(items)
        return self

    def __radd__(self, other: list[Any]) -> list[Any]:
        return [*other, *self]

    def __reduce_ex__(self, _: Any) -> Any:
        self._read_all()
        return list, (list(list.__iter__(self)),)

    __hash__ = None


def _whole(name: str, *, changes: bool) -> Callable[..., Any]:
    """Return a method of lists that reads all of one, and may change all of it."""
    plain = getattr(list, name)

    def method(self: NotedList, *arguments: Any, **options: Any) -> Any:
        """Do as `list.method` does."""
        self._read_all()
        before = list(list.__iter__(self)) if changes else []
        result = plain(self, *arguments, **options)
        if changes:
            self._write_all(before)
        return result

    return method


for _name in ("__setitem__", "__delitem__", "insert", "pop", "remove", "clear", "sort", "reverse", "__imul__"):
    setattr(NotedList, _name, _whole(_name, changes=True))
for _name in ("__contains__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__add__", "__mul__", "__rmul__",
              "__reversed__", "__repr__", "copy", "count", "index"):  # fmt: skip
    setattr(NotedList, _name, _whole(_name, changes=False))


class NotedSet(MutableSet[Any]):
    """A set whose every member is a slot, and which members there are one more.

    It is no `set`: C code would read one without asking it.
    """

    __slots__ = ("_items", "canonical", "slot", "trace")

    def __init__(self, items: Iterable[Any], slot: Slot, trace: Trace, canonical: Canonical) -> None:
        self._items = set(items)
        self.slot, self.trace, self.canonical = slot, trace, canonical

    @classmethod
    def _from_iterable(cls, items: Iterable[Any]) -> Any:
        return set(items)

    @property
    def plain(self) -> set[Any]:
        """The members, without a note."""
        return self._items

    def members_key(self) -> str:
        """Return what stands for the members that there are now."""
        return self.canonical.key(frozenset(self._items))

    def _read_members(self, *, silent: bool = False) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, MEMBERS), self.members_key(), silent=silent)

    def _change(self, item: Any) -> None:
        if self.trace.on:
            self._read_members(silent=True)
            self.trace.write((*self.slot, MEMBERS))
            self.trace.write((*self.slot, item))

    def __contains__(self, item: object) -> bool:
        if self.trace.on:
            self.trace.read((*self.slot, item), repr(item in self._items))
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        self._read_members()
        return iter(list(self._items))

    def __len__(self) -> int:
        self._read_members()
        return len(self._items)

    def add(self, value: Any) -> None:
        """Do as `set.add` does."""
        self._change(value)
        self._items.add(value)

    def discard(self, value: Any) -> None:
        """Do as `set.discard` does."""
        self._change(value)
        self._items.discard(value)

    def update(self, *others: Iterable[Any]) -> None:
        """Add all members of others, as `set.update`."""
        for other in others:
            for item in other:
                self.add(item)

    def union(self, *others: Iterable[Any]) -> set[Any]:
        """Return a set of these members and others, as `set.union`."""
        return set(self).union(*others)

    def difference(self, *others: Iterable[Any]) -> set[Any]:
        """Return a set of these members without others, as `set.difference`."""
        return set(self).difference(*others)

    def intersection(self, *others: Iterable[Any]) -> set[Any]:
        """Return a set of the members that others have too, as `set.intersection`."""
        return set(self).intersection(*others)

    def copy(self) -> set[Any]:
        """Return a set of the same members, as `set.copy`."""
        return set(self)
