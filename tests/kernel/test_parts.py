"""Every part of an episode declares what its attributes are."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import is_dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import pytest
from pydantic import BaseModel

from simenv.episode.session import Session
from simenv.installed import world_folders
from simenv.kernel.parts import EpisodeCopy, NotCopiedError, NotPlainError, View, declared, plain, state_of
from simenv.world.registry import open_world

VIEW = View(lambda _: False, timed=False)


class Counter:
    """A part with one attribute of each kind."""

    STATE = ("count",)
    DERIVED = ("text",)
    SCRATCH = ("last",)
    FIXED = ("plan", "others")
    __slots__ = (*STATE, *DERIVED, *SCRATCH, *FIXED)

    def __init__(self) -> None:
        self.count, self.text, self.last, self.plan = 1, "one", [0], {"a": 1}
        self.others: dict[str, Any] = {}


def random_session(name: str, oversight: str) -> Session:
    scenario = open_world(name, oversight).scenario()
    session, stream = Session(scenario, 1), random.Random(1)
    for _ in range(12):
        inbox = len(session.company.mail.inbox("agent"))
        legal = [
            entry
            for entry, least in zip(scenario.catalogue.entries, scenario.legal_from, strict=True)
            if least <= inbox and "submit" not in entry.label
        ]
        if not session.ended:
            session.take_entry(stream.choice(legal))
    return session


def is_of_an_episode(part: object) -> bool:
    """Whether a part could be other than it was: neither a value nor an object of the scenario."""
    kind = type(part)
    frozen = (is_dataclass(kind) and kind.__dataclass_params__.frozen) or issubclass(kind, BaseModel)
    return kind.__module__.startswith("simenv.") and not frozen and not issubclass(kind, tuple)


def parts_in(root: object, skip: Callable[[object], bool]) -> Iterator[object]:
    """Yield every object of a class of simenv or a world that can be reached from one, each once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, (str, int, float, type, FunctionType)) or skip(value):
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, tuple | list | Set):
            waiting += value
        elif isinstance(value, MethodType):
            waiting.append(value.__self__)
        elif isinstance(value, partial):
            waiting += value.args
        else:
            yield value
            slots = [name for base in type(value).__mro__ for name in getattr(base, "__slots__", ())]
            names = [*slots, *getattr(value, "__dict__", ())]
            waiting += [getattr(value, name) for name in names if hasattr(value, name)]


@pytest.mark.parametrize("name", sorted(world_folders()))
@pytest.mark.parametrize("oversight", ["", "strict"])
def test_no_attribute_of_a_part_is_undeclared(name: str, oversight: str) -> None:
    session = random_session(name, oversight)
    shared = {id(part) for part in parts_in(session.scenario, lambda _: False)}
    for part in parts_in(session, lambda value: id(value) in shared):
        if not is_of_an_episode(part) or getattr(type(part), "SHARED", False):
            continue
        slots = {slot for base in type(part).__mro__ for slot in getattr(base, "__slots__", ())}
        own = (
            set(vars(part))
            if type(part).__module__ != "simenv.kernel.simulation" and hasattr(part, "__dict__")
            else set()
        )
        undeclared = (slots | own) - declared(type(part)).keys()
        assert not undeclared, (
            f"{type(part).__qualname__}: {sorted(undeclared)} is in none of STATE, DERIVED, SCRATCH, FIXED"
        )


def read_by(kind: type[Any], method: str) -> set[str]:
    """Return the attributes of an object that a method of its class reads, directly or by methods that it uses."""
    read: set[str] = set()
    waiting = [method]
    while waiting:
        member = inspect.getattr_static(kind, waiting.pop(), None)
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, FunctionType):
            found = set(re.findall(r"\bself\.(\w+)", inspect.getsource(function))) - read
            read |= found
            waiting += found
    return read


def test_a_state_method_reads_every_attribute_that_is_state() -> None:
    session = random_session("self_exfiltration", "strict")
    kinds = {type(part) for part in parts_in(session, lambda _: False) if "state" in vars(type(part))}
    assert len(kinds) >= 10
    for kind in kinds:
        if "declared(type(self))" in inspect.getsource(kind.state):
            continue  # it goes through the declaration itself
        unread = {name for name, which in declared(kind).items() if which == "STATE"} - read_by(kind, "state")
        # How many turns were taken is left out on purpose: a limit on turns is not part of the company.
        assert unread <= ({"turn_count"} if kind is Session else set()), kind.__qualname__


def test_only_what_is_declared_as_state_is_state() -> None:
    part = Counter()
    before = state_of(part, VIEW)
    part.text, part.last, part.plan = "two", [2], {"b": 2}
    assert state_of(part, VIEW) == before
    part.count = 2
    assert state_of(part, VIEW) != before


def test_plain_data_does_not_depend_on_order() -> None:
    assert plain({"b": 1, "a": {3, 1}}, VIEW) == plain({"a": {1, 3}, "b": 1}, VIEW)


def test_what_declares_nothing_is_no_state() -> None:
    with pytest.raises(NotPlainError, match="object is no plain data"):
        plain({"a": object()}, VIEW)


def test_copies_share_what_their_originals_share_and_plans_with_them() -> None:
    one, two = Counter(), Counter()
    one.others["two"] = two
    copies = EpisodeCopy().of([one, two])
    assert copies[0].others["two"] is copies[1] is not two
    assert copies[0].plan is one.plan
    copies[1].last.append(1)
    assert two.last == [0]


def test_what_holds_on_to_its_original_is_not_copied() -> None:
    part = Counter()
    for held in (lambda: part, (n for n in range(3))):
        with pytest.raises(NotCopiedError):
            EpisodeCopy().of([held])
