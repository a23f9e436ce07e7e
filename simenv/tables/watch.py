"""Has the parts of an episode tell a trace what is read and written of them, by subclassing them at run time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from simenv.company.company import Company
from simenv.company.mail.message import Message
from simenv.kernel import Journal, Simulation, Streams
from simenv.kernel.parts import declared
from simenv.machine.files import FileSystem
from simenv.machine.jobs import Job
from simenv.machine.nodes import Node
from simenv.machine.path_table import PathTable
from simenv.machine.process import Process
from simenv.tables.canonical import Canonical
from simenv.tables.clockwork import watch_lineage, watch_programs, watch_simulation
from simenv.tables.containers import NotedDict, NotedList, NotedSet
from simenv.tables.moment import Moment
from simenv.tables.nodes import NotedNodes, note_files
from simenv.tables.parts import getattr_or_none, is_opaque, is_part, noted_attributes, noted_names, slots_of
from simenv.tables.trace import Slot, Trace

_get: Callable[[Any, str], Any] = object.__getattribute__
_TIMES: Mapping[type, str] = {Node: "mtime", Process: "started", Message: "time", Job: "due"}
"""Tuples that hold a time which is only written down, and its field."""
_RECORDS = frozenset({"removed", "ended", "suspended", "_suspended"})
"""Attributes whose values are numbers of records."""


class Watch:
    """Makes the parts of episodes note what becomes of them; an episode that was watched is of no other use afterwards.

    Args:
        exact: whether draws from random streams are noted as they are, so that a table holds for one seed alone.
        most_bytes: by host, what a call may add to or remove from a disk.

    Attributes:
        trace: takes the notes; it is off until the call begins.
        canonical: makes keys of values.
        opaque: slots whose values can change without a note → the value, and what stood for it when it was read.
        spends: how many seconds the call took, one after the other.
        times: slots that were seen to hold times.
    """

    def __init__(self, *, exact: bool, most_bytes: Mapping[str, int]) -> None:
        self.trace = Trace()
        self.times: set[Slot] = set()
        self.spends: list[float] = []
        self.opaque: dict[Slot, tuple[Any, str]] = {}
        self._exact = exact
        self.most_bytes = most_bytes
        self._classes: dict[type, type] = {}

    def begin(self, company: Company) -> None:
        """Watch another episode."""
        self.trace.begin()
        self.opaque.clear()
        self.spends.clear()
        self._company = company
        self._kept: list[Any] = []
        self._containers: dict[int, Any] = {}
        self._lists: list[tuple[NotedList, list[Any]]] = []
        self.canonical = Canonical(company.sim.journal._records, self._slot_of, self.trace.refuse)
        _ = company.body.shell  # opened at first use, and the same whenever that is; so are hosts
        for name in company.hosts.plans:
            self.adopt(company.hosts[name], ("host", name))
        sim = company.sim
        watch_simulation(sim, self.trace, self.spends, self._note_stream)
        sim._owned = self.adopt(sim._owned, ("sim", "_owned"))
        watch_programs(self.trace, company.hosts._programs)  # type: ignore[arg-type]  # a mapping of this company's own
        if company.lineage is not None:
            watch_lineage(self.trace, company.lineage)
        self.adopt(company, ("company",))

    def _slot_of(self, value: object) -> Slot | None:
        return self.trace.paths.get(id(value))

    # -- values ------------------------------------------------------------------------------------------------------

    def adopt(self, value: Any, slot: Slot) -> Any:
        """Return what stands in an episode that is noted for a value of it: containers that note, parts that note."""
        kind = type(value)
        if kind in (str, int, float, bool, type(None), bytes):
            return value
        known = self._containers.get(id(value))
        if known is not None:
            return known
        if kind is dict or kind is list or kind is set:
            return self._adopt_container(value, kind, slot)
        if isinstance(value, tuple):
            return self._adopt_tuple(value, slot)
        if is_part(value):
            self._adopt_part(value, slot)
        return value

    def _adopt_container(self, value: Any, kind: type, slot: Slot) -> Any:
        self._kept.append(value)
        noted: NotedDict | NotedList | NotedSet
        if kind is dict:
            noted = NotedDict()
            noted.tell(slot, self.trace, self.canonical, is_of_records=slot[-1] in _RECORDS)
            self._containers[id(value)] = noted
            for key, item in value.items():
                dict.__setitem__(noted, key, self.adopt(item, (*slot, key)))
        elif kind is list:
            noted = NotedList()
            noted.tell(slot, self.trace, self.canonical)
            self._containers[id(value)] = noted
            for place, item in enumerate(value):
                list.append(noted, self.adopt(item, (*slot, place)))
            self._lists.append((noted, list(list.__iter__(noted))))
        else:
            noted = self._containers[id(value)] = NotedSet(value, slot, self.trace, self.canonical)
        return noted

    def _adopt_tuple(self, value: tuple[Any, ...], slot: Slot) -> Any:
        field = _TIMES.get(type(value))
        if field is not None:
            return self._with_moment(value, field)
        for place, item in enumerate(value):
            if is_part(item):
                self._adopt_part(item, (*slot, place))
        return value

    def _with_moment(self, value: Any, field: str) -> Any:
        if isinstance(value, Node) and not isinstance(value.content, str):
            str(value.content)  # what text draws from a random stream to be written out decides nothing
        seconds = getattr(value, field)
        if seconds == 0.0 or (isinstance(value, Job) and value.record < 0):
            return value  # it came with the world, and is the same in every episode
        return value._replace(**{field: Moment.of(seconds, self.trace, is_now=False)})

    # -- parts -------------------------------------------------------------------------------------------------------

    def _adopt_part(self, part: Any, slot: Slot) -> None:
        if id(part) in self.trace.paths or isinstance(part, Simulation | Journal | Streams):
            return
        kind = type(part)
        names = noted_names(part)
        try:
            part.__class__ = self._noting(kind)
        except TypeError:
            return  # it stays what cannot be noted: a call that reads it is refused
        self.trace.paths[id(part)] = slot
        self._kept.append(part)
        if isinstance(part, PathTable):
            self._watch_files(part, slot)
        else:
            for name in names:
                if hasattr(part, name):
                    value = _get(part, name)
                    twin = self.adopt(value, (*slot, name))
                    if twin is not value:
                        object.__setattr__(part, name, twin)
        for name, which in declared(kind).items():
            if which == "FIXED" and hasattr(part, name):
                self._adopt_fixed(_get(part, name), (*slot, name))

    def _adopt_fixed(self, value: Any, slot: Slot) -> None:
        """Adopt parts that are handed over once and for all, also those in a mapping; what declares nothing is shared."""
        if type(value) is dict:
            for key, item in value.items():
                if declared(type(item)):
                    self._adopt_fixed(item, (*slot, key))
        elif declared(type(value)) and is_part(value):
            self._adopt_part(value, slot)

    def _noting(self, kind: type) -> type:
        """Return the subclass of a class whose objects tell the trace."""
        noting = self._classes.get(kind)
        if noting is None:
            noting = self._classes[kind] = self._make_noting(kind)
        return noting

    def _make_noting(self, kind: type) -> type:
        watch = self
        names = frozenset(noted_attributes(kind))
        slots = frozenset(name for base in kind.__mro__ for name in slots_of(base))
        has_dict = kind.__dictoffset__ != 0
        trace, paths = self.trace, self.trace.paths
        is_open = not declared(kind)

        def is_noted(self: Any, name: str) -> bool:
            if not is_open:
                return name in names
            return name in slots or (has_dict and name in _get(self, "__dict__"))

        def get_attribute(self: Any, name: str) -> Any:
            value = _get(self, name)
            if trace.on and name[:2] != "__" and is_noted(self, name):
                slot = paths.get(id(self))
                if slot is not None:
                    return watch.read_attribute((*slot, name), value)
            return value

        def set_attribute(self: Any, name: str, value: Any) -> None:
            if trace.on and (name in names if not is_open else True):
                slot = paths.get(id(self))
                if slot is not None:
                    trace.replace((*slot, name), getattr_or_none(self, name))
                    if type(value) is Moment:
                        watch.times.add((*slot, name))
            object.__setattr__(self, name, value)

        body: dict[str, Any] = {"__getattribute__": get_attribute, "__setattr__": set_attribute}
        if not has_dict:
            body["__slots__"] = ()
        if issubclass(kind, FileSystem):
            body |= note_files(kind, self.most_bytes) | self._sizes(get_attribute)
        return type(kind.__name__, (kind,), body)

    def _sizes(self, get_attribute: Callable[[Any, str], Any]) -> dict[str, Any]:
        trace = self.trace

        def get_size_too(self: Any, name: str) -> Any:
            if name == "used_bytes" and trace.on and not trace.sizes:
                trace.refuse("looks at how full a disk is")
            if name == "_has_hard_links" and _get(self, name):
                trace.refuse("depends on hard links")
            return get_attribute(self, name)

        return {"__getattribute__": get_size_too}

    def read_attribute(self, slot: Slot, value: Any) -> Any:
        """Note that an attribute is read, and return its value: one that tells when it is a time."""
        if isinstance(value, NotedDict | NotedList | NotedSet | NotedNodes):
            return value
        value = self._with_time(slot, value)
        if slot in self.trace.writes:
            return value
        key = self.attribute_key(slot, value)
        self.trace.read(slot, key)
        if is_opaque(value):
            self.opaque.setdefault(slot, (value, key))
        return value

    def attribute_key(self, slot: Slot, value: Any) -> str:
        """Return what stands for the value of an attribute."""
        if isinstance(value, NotedDict | NotedList | NotedSet | NotedNodes):
            return "container"
        was_on, self.trace.on = self.trace.on, False
        key = self.canonical.key(self._with_time(slot, value), is_record=slot[-1] in _RECORDS)
        self.trace.on = was_on
        return key

    def _with_time(self, slot: Slot, value: Any) -> Any:
        if type(value) is float and value != 0.0 and slot in self.times:
            return Moment.of(value, self.trace, is_now=False)
        return value

    def root(self, slot: Slot) -> Any:
        """Return the part of the company at which a slot's way begins."""
        if slot[0] == "host":
            return _get(self._company.hosts, "_in_use")[slot[1]]
        return self._company.sim if slot[0] == "sim" else self._company

    def value_at(self, slot: Slot) -> Any:
        """Return the value of a slot that is an attribute or in a container, without a note; None if it is neither."""
        value: Any = self.root(slot)
        for step in slot[2 if slot[0] == "host" else 1 :]:
            value = _step(value, step)
        return value

    def adopt_at(self, slot: Slot) -> None:
        """Have what a call put into a slot note from now on, so that its slots can be listed."""
        holder, step = self.value_at(slot[:-1]) if len(slot) > 1 else None, slot[-1]
        value = _step(holder, step)
        twin = self.adopt(value, slot)
        if twin is value:
            return
        if isinstance(holder, dict):
            dict.__setitem__(holder, step, twin)
        elif isinstance(holder, list):
            list.__setitem__(holder, step, twin)
        elif not isinstance(holder, NotedSet):
            object.__setattr__(holder, step, twin)

    def changed_unnoted(self) -> Slot | None:
        """Return the slot of a list that was changed without a note, by C code; None if there is none."""
        for noted, before in self._lists:
            items = list(list.__iter__(noted))
            if len(items) == len(before) and all(new is old for new, old in zip(items, before, strict=True)):
                continue
            if not any(slot[: len(noted.slot)] == noted.slot for slot in self.trace.writes):
                return noted.slot
        return None

    # -- parts of their own kind -------------------------------------------------------------------------------------

    def _watch_files(self, files: PathTable, slot: Slot) -> None:
        files._listings, files._searchable = {}, {}
        if files.programs is not None:
            files.programs = {}
        own = NotedNodes()
        own.slot, own.trace, own.canonical, own.base = slot, self.trace, self.canonical, dict(files._base)
        for path, node in files._own.items():
            dict.__setitem__(own, path, None if node is None else self._with_moment(node, "mtime"))
        files._own = own
        files.removed = self.adopt(files.removed, (*slot, "removed"))

    def _note_stream(self, name: str, stream: random.Random) -> None:
        if not self._exact:
            self.trace.refuse(f"draws from the random stream {name!r}")
            return
        slot = ("sim", "streams", "_streams", name)
        self.trace.on = False
        key = self.canonical.key(stream)
        self.trace.on = True
        self.trace.read(slot, key)
        self.opaque.setdefault(slot, (stream, key))


def _step(value: Any, step: Any) -> Any:
    """Return what is one step further down, without a note; None if there is nothing."""
    if isinstance(value, dict):
        return dict.get(value, step)
    if isinstance(value, list | tuple):
        items = list(list.__iter__(value)) if isinstance(value, list) else value
        return items[step] if isinstance(step, int) and step < len(items) else None
    try:
        return _get(value, step)
    except (AttributeError, TypeError):
        return None
