"""The slots of a value and of all that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simenv.machine.path_table import PathTable
from simenv.tables.canonical import ABSENT
from simenv.tables.containers import NotedDict, NotedList, NotedSet
from simenv.tables.nodes import EXISTS, MADE, NODE, NotedNodes
from simenv.tables.parts import noted_names
from simenv.tables.trace import KEYS, LENGTH, MEMBERS, Slot
from simenv.tables.watch import Watch

_get = object.__getattribute__


def slots_below(watch: Watch, value: Any, slot: Slot) -> Iterator[tuple[Slot, str]]:
    """Yield the slots of all that a noted value holds, each with what stands for its value now."""
    if isinstance(value, NotedDict):
        yield (*slot, KEYS), value.keys_key()
        for key, item in dict.items(value):
            yield (*slot, key), value.value_key(key)
            yield from slots_below(watch, item, (*slot, key))
    elif isinstance(value, NotedList):
        yield (*slot, LENGTH), repr(list.__len__(value))
        for place, item in enumerate(list.__iter__(value)):
            yield (*slot, place), value.value_key(place)
            yield from slots_below(watch, item, (*slot, place))
    elif isinstance(value, NotedSet):
        yield (*slot, MEMBERS), value.members_key()
        yield from (((*slot, item), repr(True)) for item in value.plain)
    elif watch.trace.paths.get(id(value)) == slot:
        for name in noted_names(value):
            if hasattr(value, name):
                item = _get(value, name)
                yield (*slot, name), watch.attribute_key((*slot, name), item)
                yield from slots_below(watch, item, (*slot, name))


def key_of(watch: Watch, slot: Slot) -> str:
    """Return what stands for the value of a slot now, in the episode that is watched."""
    value: Any = watch.root(slot)
    place: Slot = slot[: 2 if slot[0] == "host" else 1]
    for step in slot[len(place) :]:
        if isinstance(value, PathTable) and step in (NODE, EXISTS, MADE):
            return _file_key(_get(value, "_own"), step, slot[-1])
        if value is None or value is ABSENT:
            return ABSENT
        place = (*place, step)
        if place == slot:
            return _last_key(watch, value, step, slot)
        value = _step(value, step)
    return ABSENT


def _file_key(own: NotedNodes, kind: str, path: str) -> str:
    if kind == NODE:
        return own.node_key(path)
    return repr(own.node_at(path) is not None) if kind == EXISTS else own.canonical.key(own.made(path))


def _step(value: Any, step: Any) -> Any:
    """Return what is one step further down, without a note; `ABSENT` if there is nothing."""
    if isinstance(value, dict):
        return dict.get(value, step, ABSENT)
    if isinstance(value, list | tuple):
        items = list(list.__iter__(value)) if isinstance(value, list) else value
        return items[step] if isinstance(step, int) and step < len(items) else ABSENT
    try:
        return _get(value, step)
    except (AttributeError, TypeError):
        return ABSENT


def _last_key(watch: Watch, value: Any, step: Any, slot: Slot) -> str:
    if isinstance(value, NotedDict):
        return value.keys_key() if step == KEYS else value.value_key(step)
    if isinstance(value, NotedList):
        if step == LENGTH:
            return repr(list.__len__(value))
        return value.value_key(step) if isinstance(step, int) and step < list.__len__(value) else ABSENT
    if isinstance(value, NotedSet):
        return value.members_key() if step == MEMBERS else repr(step in value.plain)
    found = _step(value, step)
    return ABSENT if found is ABSENT else watch.attribute_key(slot, found)
