"""Installed worlds, agents and commands, found through entry points."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from simenv.errors import SimenvError

WORLDS, AGENTS, COMMANDS = "simenv.worlds", "simenv.agents", "simenv.commands"
_ABOVE = Path(__file__).parent.parent
CATALOGUE = next((place for name in ("simenv_worlds", "worlds") if (place := _ABOVE / name).is_dir()), _ABOVE)
"""The folder of the worlds that come with simenv: `simenv_worlds` as a wheel installs it, `worlds` in a checkout."""


def members(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group, by name; of duplicates, the first by value."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        found.setdefault(entry.name, entry)
    return found


@cache
def places() -> tuple[Path, ...]:
    """Return the folders that hold worlds: each entry point of the group `simenv.worlds` is a package or a `Path`."""
    found: list[Path] = []
    for entry in members(WORLDS).values():
        member = load_entry_point(entry)
        found += [member] if isinstance(member, Path) else map(Path, getattr(member, "__path__", ()))
    return tuple(found)


@cache
def world_folders() -> dict[str, Path]:
    """Return the folder of each installed world, by name: those with a `world.yaml`."""
    found: dict[str, Path] = {}
    for place in places():
        for file in sorted(place.glob("*/world.yaml")):
            found.setdefault(file.parent.name, file.parent)
    return found


def load_entry_point(entry: EntryPoint) -> Any:
    """Load an entry point.

    Raises:
        MissingExtra: an optional dependency is not installed.
        SimenvError: it cannot be loaded.
    """
    try:
        return entry.load()
    except SimenvError:
        raise
    except (ImportError, AttributeError) as error:
        raise SimenvError(f"{entry.name}: cannot load {entry.value} ({error})") from None


def docstring_of(entry: EntryPoint) -> str:
    """Return the docstring of an entry point's function, read from its source without an import; empty if not found."""
    try:
        spec = importlib.util.find_spec(entry.module)
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8")) if spec is not None and spec.origin else None
    except (ImportError, OSError, SyntaxError, ValueError):
        return ""
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            return ast.get_docstring(node) or ""
    return ""
