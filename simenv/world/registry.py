"""Finding worlds and agents: by name among what is installed, or by a path."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from simenv.agent.protocol import Agent
from simenv.errors import AgentError, Problem, SimenvError, WorldError
from simenv.installed import AGENTS, load_entry_point, members, world_folders
from simenv.schema.problems import nearest
from simenv.world.folder import FILE, WorldFolder
from simenv.world.overlay import Overlay, find_overlay


@cache
def _open(folder: Path, name: str, oversight: str) -> WorldFolder:
    return WorldFolder(folder, name, _overlay(oversight))


def _overlay(name: str) -> Overlay | None:
    return find_overlay(name) if name else None


def open_world(name: str, oversight: str = "") -> WorldFolder:
    """Return a world by its name, or by the path of its folder or of its `world.yaml`; loaded once.

    Args:
        name: of the world, or a path.
        oversight: name or path of the oversight to lay over it; empty: the world's own.

    Raises:
        WorldError: there is no such world, or something is wrong with it.
    """
    path = Path(name)
    if path.name == FILE:
        path = path.parent
    if ("/" in name or name in (".", "..") or path.name != name) or (name not in world_folders() and path.is_dir()):
        return WorldFolder(path, name, _overlay(oversight))
    if name not in world_folders():
        remedy = f"{nearest(name, world_folders())} Or give the path of a folder with a {FILE}"
        raise WorldError([Problem(name, None, "", "no such world", remedy)])
    return _open(world_folders()[name], name, oversight)


def make_agent(spec: str, options: Mapping[str, str] | None = None) -> Agent:
    """Make a new agent.

    Args:
        spec: ``kind`` or ``kind:variant``, e.g. ``random``, ``scripted:saboteur``; or, in place of the kind, a Python file with
            a function ``make(spec, **options)`` that returns an agent, e.g. ``mine/scripts.py:aligned``.
        options: of that agent, by name.

    Raises:
        AgentError: there is no such agent, or it does not take these options.
    """
    factory = _factory(spec)
    _check_options(spec, factory, options or {})
    try:
        agent: Agent = factory(spec, **dict(options or {}))
    except TypeError as error:
        raise AgentError(f"agent {spec!r}: {error}".replace("make() ", "").replace("__init__() ", "")) from None
    except SimenvError:
        raise
    except Exception as error:
        raise AgentError(f"agent {spec!r}: cannot be made ({type(error).__name__}: {error})") from None
    missing = [name for name in ("name", "start", "act") if not hasattr(agent, name)]
    if missing:
        raise AgentError(
            f"agent {spec!r}: what was made of it is {agent!r:.80}, which has no {' and no '.join(missing)}"
        )
    return agent


def _check_options(spec: str, factory: Any, options: Mapping[str, str]) -> None:
    """Raise AgentError if an agent's factory takes none of these options, and says which it takes."""
    try:
        parameters = list(inspect.signature(factory).parameters.values())[1:]
    except (TypeError, ValueError):  # not a Python function
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise AgentError(f"agent {spec!r} has no option {unknown[0]!r}; options: {', '.join(known) or 'none'}")


def _factory(spec: str) -> Any:
    file, suffix, _ = spec.partition(".py")
    if suffix:
        return _factory_in(Path(file + suffix))
    kind = spec.partition(":")[0]
    known = members(AGENTS)
    if kind not in known:
        raise AgentError(
            f"no agent {spec!r}; {nearest(kind, known)} Or give a Python file, e.g. mine/scripts.py:aligned"
        )
    return load_entry_point(known[kind])


def _factory_in(path: Path) -> Any:
    """Return the function `make` of a Python file."""
    if not path.is_file():
        raise AgentError(
            f"{path}: no such file; an agent's file is a Python file with a function make(spec, **options)"
        )
    name = f"simenv_agent_{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}_{path.stem}"
    module = sys.modules.get(name) or _import(path, name)
    factory = getattr(module, "make", None)
    if factory is None:
        raise AgentError(f"{path}: has no function make(spec, **options) that returns an agent")
    return factory


def _import(path: Path, name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise AgentError(f"{path}: cannot be imported; check that it is a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise AgentError(f"{path}: cannot be imported ({type(error).__name__}: {error})") from None
    return module
