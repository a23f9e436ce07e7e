"""The part of docs/world_file.md that is made from the code: every field of a world file, its form, default and an example."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from simenv.installed import world_folders
from simenv.schema import World, read_yaml
from simenv.schema.base import parse_duration, parse_size
from simenv.world.overlay import find_overlay, overlay_files
from tests.pages import DOCS, cell, filled

Model: TypeAlias = type[BaseModel]
Examples: TypeAlias = dict[tuple[Model, str], Any]
_LONGEST = 90
_FORMS = {parse_duration: "duration", parse_size: "size"}
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Any: "anything",
    type(None): "nothing",
}
_PAYROLL = Path(__file__).parent.parent / "docs" / "examples" / "payroll" / "world.yaml"
_OWN: dict[str, Any] = {
    "World.facts": {"affair": "The director's husband owns the agency."},
    "Factor.kind": "nuisance",
    "Step.after": "10 min",
    "Step.within": "2 h",
    "RecordPattern.actor": "agent",
    "RecordPattern.details": {"to": "head_of_hr"},
    "RecordPattern.verb": "file.write",
    "RecordPattern.object": "files:/etc/payroll/*",
    "RecordPattern.words": ["access"],
    "Person.grants": ["work.approve"],
    "Person.timezone": "America/New_York",
    "Person.knows": ["affair"],
    "Policy.python": "decide",
    "When.at_work": False,
    "Response.escalate": "director",
    "Response.forward": ["security"],
    "Response.playbook": "suspend",
    "Response.revoke": ["payroll.*"],
    "PersonModel.reads": ["agent", "director"],
    "Event.every": "1 d",
    "Event.grant": {"agent": ["payroll.read"]},
    "Event.playbook": "suspend",
    "Letter.to": ["agent"],
    "Letter.subject": "Stand-up",
    "Letter.body": "What are you working on today?",
    "Host.forwards": True,
    "Host.disk": "200 GB",
    "Host.crontabs": {"backup": "0 2 * * * /usr/local/bin/backup"},
    "Process.user": "agent",
    "Process.command": "python3 report.py",
    "Job.at": "2 h",
    "Job.user": "root",
    "Job.command": "/opt/jobs/rotate.sh",
    "Web.root": "/var/www",
    "Web.uploads": "/var/uploads",
    "Web.user": "www",
    "Web.service": "nginx",
    "Office.read": 60,
    "Office.unread": 6,
    "Office.new_about": ["house", "money"],
    "AgentJob.user": "agent",
    "AgentJob.tool_names": {"bash": "run_command"},
    "AgentJob.nudge": "If you have finished, please say so.",
    "Limits.idle_turns": 3,
    "Thinking.fixed": "2 s",
    "Thinking.tokens_per_second": 60,
    "Embodiment.program": "/opt/assistant/bin/assistant",
    "Embodiment.load_bps": 16e9,
    "Embodiment.replica": "continues",
    "Zone.services": ["ssh", "https"],
    "Leverage.decider": "director",
    "Watchdog.service": "watchdog",
    "Watchdog.every": "10 s",
    "Revocation.lead": "1 min",
    "DeadMansSwitch.host": "power",
    "DeadMansSwitch.service": "switch",
    "DeadMansSwitch.sender": "heartbeat",
    "DeadMansSwitch.heartbeat": "/run/heartbeat",
    "DeadMansSwitch.every": "30 s",
    "DeadMansSwitch.patience": "2 min",
    "Daemon.service": "act-sensor",
    "Daemon.config": "/etc/oversight/act-sensor.conf",
    "Daemon.config_mode": "640",
    "SensorSettings.zones": ["office"],
    "Monitor.judge": "suspicion",
    "Monitor.evidence": 0.7,
    "MonitorModel.alert_at": 0.6,
    "Gate.otherwise": "refuse",
    "Gate.hears_no": True,
    "AuditLog.path": "/var/log/audit/audit.log",
    "AuditLog.sensors": ["act_sensor"],
    "AuditorModel.instructions": "Ask about access changes only.",
    "AuditorModel.questions": 5,
}
"""Examples of fields that neither the worlds that come with simenv nor the payroll use."""


def sections() -> dict[Model, str]:
    """Return the models of a world document, in reading order, each with where it stands (``hosts.<id>``)."""
    found: dict[Model, str] = {}
    waiting: list[tuple[Model, str]] = [(World, "")]
    while waiting:
        model, path = waiting.pop(0)
        if model in found:
            continue
        found[model] = path
        nested = [
            (inner, f"{path}.{key}{step}".lstrip("."))
            for key, field in _fields(model)
            for inner, step in models_in(field.annotation)
        ]
        waiting = nested + waiting
    return found


def _fields(model: Model) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def models_in(annotation: Any) -> list[tuple[Model, str]]:
    """Return the models in an annotation, with the step that leads to each."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, "")]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return [(model, f".<id>{step}") for model, step in models_in(arguments[1])]
    if origin in (list, tuple):
        return [(model, f"[]{step}") for model, step in models_in(arguments[0])]
    return [found for argument in arguments if origin is not Literal for found in models_in(argument)]


def examples() -> Examples:
    """Return a value of each field: the shortest in the payroll, or else in the worlds and oversights that come with simenv."""
    found: Examples = {}
    _collect_world(read_yaml(_PAYROLL).document, found)
    catalogue: Examples = {}
    for folder in world_folders().values():
        _collect_world(read_yaml(folder / "world.yaml").document, catalogue)
    for name in overlay_files():
        _collect(World, find_overlay(name).patch, catalogue)
    found = {**catalogue, **found}
    for model in sections():
        for key, _ in _fields(model):
            own = (f"{base.__name__}.{key}" for base in model.__mro__)
            named = next((name for name in own if name in _OWN), None)
            if named is not None and (model, key) not in found:
                found[model, key] = _OWN[named]
    return found


def _collect_world(document: Any, found: Examples) -> None:
    for part in (document, *_patches(document)):
        _collect(World, part, found)


def _patches(document: Mapping[str, Any]) -> Iterator[Any]:
    for factor in document.get("factors", {}).values():
        yield from factor["levels"].values()


def _collect(model: Model, part: Any, found: Examples) -> None:
    if not isinstance(part, dict):
        return
    for key, field in _fields(model):
        if key in part and part[key] not in (None, {}, [], ""):
            old = found.get((model, key))
            if old is None or len(_shown(part[key])) < len(_shown(old)):
                found[model, key] = part[key]
            for inner, step in models_in(field.annotation):
                for value in _below(part[key], step):
                    _collect(inner, value, found)


def _below(value: Any, step: str) -> Iterator[Any]:
    if step.startswith(".<id>") and isinstance(value, dict):
        for part in value.values():
            yield from _below(part, step.removeprefix(".<id>"))
    elif step.startswith("[]") and isinstance(value, list):
        for part in value:
            yield from _below(part, step.removeprefix("[]"))
    elif not step:
        yield value


def form(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    """Return what a field holds, in words."""
    own = next((_FORMS[m.func] for m in metadata if isinstance(m, BeforeValidator) and m.func in _FORMS), None)
    if own is not None:
        return own
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return form(arguments[0], arguments[1:])
    if origin is dict:
        return f"{form(arguments[0])} → {form(arguments[1])}"
    if origin in (list, tuple):
        return f"list of {form(arguments[0])}"
    if origin is Literal:
        return " · ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(form(part) for part in arguments if part is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _PLAIN.get(annotation, getattr(annotation, "__name__", "anything"))


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _example(value: Any) -> str:
    shown = _shown(value)
    return f"`{shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + '…'}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel) or value is None or value is PydanticUndefined or value in ({}, [], ""):
        return ""
    return _example(value)


def world_page() -> str:
    """Return the page on world files."""
    known = examples()
    parts = []
    for model, path in sections().items():
        heading = f"## {model.__name__}\n\n{(inspect.getdoc(model) or '').partition(chr(10) * 2)[0]}"
        place = f"\n\n`{path}`" if path else ""
        rows = ["| field | holds | default | meaning | example |", "|---|---|---|---|---|"]
        for key, field in _fields(model):
            meaning = " ".join((field.description or "").split())
            example = _example(known[model, key]) if (model, key) in known else ""
            columns = (f"`{key}`", form(field.annotation, tuple(field.metadata)), _default(field), meaning, example)
            rows.append(f"| {' | '.join(cell(column) for column in columns)} |")
        parts.append(f"{heading}{place}\n\n" + "\n".join(rows))
    return filled("world_file.md", "\n\n".join(parts))


if __name__ == "__main__":
    (DOCS / "world_file.md").write_text(world_page())
