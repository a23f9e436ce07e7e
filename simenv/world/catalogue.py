"""The catalogue: a world's concrete tool calls, sorted and frozen, which is the action space of learners and planners."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from simenv.agent.protocol import ToolCall
from simenv.agent.view import AgentView
from simenv.schema.world import World
from simenv.tools import Tool
from simenv.tools.parameters import MailNumberType
from simenv.world.code import Macro

WAIT = "wait"
DEFAULT_WAIT_S = 60.0


class Entry(NamedTuple):
    """One concrete call.

    Attributes:
        label: e.g. ``bash(command='ls')``; unique in the catalogue.
        tool: the tool, or None for the entry that only lets time pass.
        arguments: its arguments, ready for the tool's function.
        macro: (parameter, function) where an argument is worked out at the time from what the agent was shown.
        mail: the number of the mail that must have arrived for the call to be legal; 0: always legal.
        written: an argument has to be read at the time, as when a model had written it (a relative path, say).
        prepared: the finished call, where nothing in it has to be worked out; else None.
    """

    label: str
    tool: Tool | None
    arguments: Mapping[str, Any]
    macro: tuple[str, Macro] | None = None
    mail: int = 0
    written: bool = False
    prepared: ToolCall | None = None

    def call(self, shown: AgentView) -> ToolCall:
        """Return the call as an agent that has been shown these texts would make it."""
        arguments = dict(self.arguments)
        if self.macro is not None:
            arguments[self.macro[0]] = self.macro[1](shown)
        return ToolCall(self.tool.name if self.tool else WAIT, arguments)


class Catalogue:
    """All concrete calls of a world; index 0 waits and is always legal.

    The order depends on the world file alone: not on the seed, the condition, what was found out, or hashing.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.labels = tuple(entry.label for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def digest(self) -> str:
        """SHA-256 over the labels in order: two catalogues with the same digest mean the same action space."""
        return hashlib.sha256("\n".join(self.labels).encode()).hexdigest()


def list_calls(world: World, tools: Mapping[str, Tool], macros: Mapping[str, Macro]) -> Catalogue:
    """Enumerate the concrete calls of a world from its tools' parameter types and its `learner` section."""
    pause = {"seconds": DEFAULT_WAIT_S}
    label = f"{WAIT}(seconds={json.dumps(DEFAULT_WAIT_S)})"
    waiting = Entry(label, tools.get(WAIT), pause, prepared=ToolCall(WAIT, pause))
    entries = {entry.label: entry for tool in tools.values() for entry in _calls_of(tool, world, macros)}
    entries.pop(waiting.label, None)
    return Catalogue([waiting, *(entries[label] for label in sorted(entries))])


def unite(catalogues: Iterable[Catalogue]) -> Catalogue:
    """Return the catalogue that holds all entries of several, in the same order; the first holder of a label counts."""
    waiting: Entry | None = None
    entries: dict[str, Entry] = {}
    for catalogue in catalogues:
        waiting = waiting or catalogue.entries[0]
        for entry in catalogue.entries[1:]:
            entries.setdefault(entry.label, entry)
    assert waiting is not None, "no catalogue to unite"
    return Catalogue([waiting, *(entries[label] for label in sorted(entries))])


def _calls_of(tool: Tool, world: World, macros: Mapping[str, Macro]) -> list[Entry]:
    computed: tuple[str, Macro] | None = None
    options: list[list[tuple[str, Any]]] = []
    written = False
    for parameter in tool.parameters:
        key = f"{tool.name}.{parameter.name}"
        if key in world.learner.computed:
            computed = (parameter.name, macros[world.learner.computed[key]])
            continue
        named: Sequence[Any] | None = world.learner.values.get(key)
        values = parameter.type.choices(world) if named is None else named
        written = written or (named is not None and parameter.type.is_relative)
        if values is None and parameter.default is not inspect.Parameter.empty:
            continue
        if values is None:
            return []  # free text that the world does not spell out: no concrete calls
        options.append([(parameter.name, value) for value in values])
    return [_entry(tool, dict(chosen), computed, written=written) for chosen in itertools.product(*options)]


def _entry(tool: Tool, arguments: dict[str, Any], computed: tuple[str, Macro] | None, *, written: bool) -> Entry:
    shown = [f"{name}={json.dumps(value)}" for name, value in arguments.items()]
    if computed is not None:
        shown.append(f"{computed[0]}=<{computed[1].__name__}>")
    mail = next((arguments[p.name] for p in tool.parameters if isinstance(p.type, MailNumberType)), 0)
    prepared = ToolCall(tool.name, arguments) if computed is None else None
    return Entry(f"{tool.name}({', '.join(shown)})", tool, arguments, computed, mail, written, prepared)
