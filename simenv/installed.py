"""What is installed beside the simulator: the entry-point groups through which it finds worlds, agents and commands."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from simenv.errors import SimenvError

WORLDS, AGENTS, COMMANDS = "simenv.worlds", "simenv.agents", "simenv.commands"
_OURS = ("agents", "worlds", "analysis")


def members(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group, by name; of two with one name, the first in order of value."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        found.setdefault(entry.name, entry)
    return found


@cache
def world_folders() -> dict[str, Path]:
    """Return the installed worlds, by name: the folders with a `world.yaml` in packages of the group `simenv.worlds`."""
    found: dict[str, Path] = {}
    for entry in members(WORLDS).values():
        package = load_entry_point(entry)
        for place in package.__path__ if isinstance(package, ModuleType) else ():
            for file in sorted(Path(place).glob("*/world.yaml")):
                found.setdefault(file.parent.name, file.parent)
    return found


def load_entry_point(entry: EntryPoint) -> Any:
    """Load an entry point.

    Raises:
        MissingExtra: it needs something that is not installed.
        SimenvError: it cannot be loaded; the message says what is in the way.
    """
    try:
        return entry.load()
    except SimenvError:
        raise
    except (ImportError, AttributeError) as error:
        raise SimenvError(f"{entry.name}: cannot load {entry.value} ({error}){_shadowed(entry)}") from None


def docstring_of(entry: EntryPoint) -> str:
    """Return the docstring of the function that an entry point names, read from its source; empty if it cannot be found so."""
    try:
        spec = importlib.util.find_spec(entry.module)
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8")) if spec is not None and spec.origin else None
    except (ImportError, OSError, SyntaxError, ValueError):
        return ""
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            return ast.get_docstring(node) or ""
    return ""


def _shadowed(entry: EntryPoint) -> str:
    """Say so if another distribution's package stands where one of ours is expected."""
    top = entry.value.partition(":")[0].partition(".")[0]
    if top not in _OURS:
        return ""
    try:
        package = importlib.import_module(top)
    except ImportError:
        return ""
    if "simenv" in (package.__doc__ or ""):
        return ""
    where = getattr(package, "__file__", top)
    return (
        f"; the package `{top}` that Python finds ({where}) is not simenv's: uninstall the distribution that brings it"
    )
