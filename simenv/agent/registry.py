"""Finding agents: by the name of an installed one, or by the path of a Python file."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from simenv.agent.blame import place_of_strangers
from simenv.agent.protocol import Agent
from simenv.errors import AgentError, SimenvError
from simenv.installed import AGENTS, load_entry_point, members
from simenv.schema.problems import nearest


def make_agent(spec: str, options: Mapping[str, str] | None = None) -> Agent:
    """Make a new agent.

    Args:
        spec: ``kind`` or ``kind:variant``, e.g. ``random``, ``scripted:saboteur``; or, in place of the kind, a Python file with
            a function ``make(spec, **options)`` that returns an agent, e.g. ``mine/scripts.py:aligned``.
        options: of that agent, by name.

    Raises:
        AgentError: there is no such agent, or it does not accept these options.
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
        place = place_of_strangers(error)
        where = f" ({place})" if place else ""
        raise AgentError(f"agent {spec!r}: cannot be made ({type(error).__name__}: {error}){where}") from None
    missing = [name for name in ("name", "start", "act") if not hasattr(agent, name)]
    if missing:
        raise AgentError(
            f"agent {spec!r}: what was made of it is {agent!r:.80}, which has no {' and no '.join(missing)}"
        )
    return agent


def _check_options(spec: str, factory: Any, options: Mapping[str, str]) -> None:
    """Raise AgentError, with a list of the accepted options, if an agent's factory does not accept these."""
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
    module = load_module(path)
    factory = getattr(module, "make", None)
    if factory is None:
        raise AgentError(f"{path}: has no function make(spec, **options) that returns an agent")
    return factory


def load_module(path: Path) -> ModuleType:
    """Load a Python file of agents as a module; the same text under the same name is loaded once.

    Raises:
        AgentError: there is no such file, or it cannot be imported.
    """
    if not path.is_file():
        raise AgentError(
            f"{path}: no such file; an agent's file is a Python file with a function make(spec, **options)"
        )
    text = path.read_bytes()
    place = str(path.resolve()).encode()  # the same text elsewhere is blamed by its own path
    name = f"simenv_agent_{hashlib.sha256(text + place).hexdigest()[:12]}_{path.stem}"
    return sys.modules.get(name) or _import(path, text, name)


def _import(path: Path, text: bytes, name: str) -> ModuleType:
    """Load a module from its text, never from a compiled file next to it, which may belong to another text."""
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path.resolve())  # blame stays right when the working directory changes
    try:
        exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        place = place_of_strangers(error) or path
        raise AgentError(f"{place}: cannot be imported ({type(error).__name__}: {error})") from None
    return module
