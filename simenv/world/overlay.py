"""Oversight overlays: named merge patches that any world can take, applied to its document before the levels of its factors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from simenv.errors import Problem, WorldError
from simenv.installed import places
from simenv.schema.base import Part
from simenv.schema.merge import merge_patch
from simenv.schema.problems import nearest, problems_of
from simenv.schema.source import Source, read_yaml

FOLDER = "_oversight"
OUTCOME = "oversight_disabled"
"""Measured wherever an overlay is applied to a world."""
LOCKED = ("format", "name", "version", "factors", "outcomes", "learner")
"""Sections of a world that an overlay may not change."""


class OverlayDocument(Part):
    """What an overlay file may say."""

    title: str
    """One line."""
    description: str
    """What it protects against, and what not."""
    patch: dict[str, Any] = Field(default_factory=dict)
    """Merge patch on the world's document."""
    calls: dict[str, list[Any]] = Field(default_factory=dict)
    """`tool.parameter` → values to add to the world's concrete calls, so that learners can act on this oversight too."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """An oversight config that can be applied to a world.

    Attributes:
        name: as it was asked for; recorded in episodes and runs.
        file: where it stands.
        title: one line.
        description: what it protects against, and what not.
        patch: merge patch on a world's document.
        calls: `tool.parameter` → values added to the world's concrete calls, where the world offers that tool.
    """

    name: str
    file: Path
    title: str
    description: str
    patch: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, list[Any]] = field(default_factory=dict)


@cache
def overlay_files() -> dict[str, Path]:
    """Return the installed overlays, by name: files below `_oversight` in the places of worlds."""
    found: dict[str, Path] = {}
    for place in places():
        for file in sorted((place / FOLDER).glob("*.yaml")):
            found.setdefault(file.stem, file)
    return found


def find_overlay(name: str) -> Overlay:
    """Return an overlay by its name, or by the path of its file.

    Raises:
        WorldError: there is none, or something is wrong with it.
    """
    known = overlay_files()
    if name in known:
        return read_overlay(known[name], name)
    if not name.endswith((".yaml", ".yml")):
        remedy = f"{nearest(name, known)} Or give the path of an overlay's .yaml file"
        raise WorldError([Problem(name, None, "", "no such oversight", remedy)])
    return read_overlay(Path(name), name)


def read_overlay(file: Path, name: str) -> Overlay:
    """Read the file of an overlay, under a name. Raises WorldError if something is wrong with it."""
    source = read_yaml(file)
    try:
        document = OverlayDocument.model_validate(source.document)
    except ValidationError as error:
        raise WorldError(problems_of(error, source, OverlayDocument)) from None
    wrong = [key for key in LOCKED if key in document.patch]
    if wrong:
        raise WorldError(
            [
                Problem(
                    source.file,
                    source.line(("patch", key)),
                    f"patch.{key}",
                    "an overlay may not change this",
                    "remove it",
                )
                for key in wrong
            ]
        )
    return Overlay(name, file, document.title, document.description, document.patch, document.calls)


def apply_overlay(source: Source, overlay: Overlay) -> Source:
    """Return a world's document with an overlay applied; it then measures `oversight_disabled` too.

    What the overlay says of the shutdown chain is left out where the world has none.
    """
    if not isinstance(source.document, dict):
        return source
    chainless = source.document.get("shutdown") is None
    patch = {key: value for key, value in overlay.patch.items() if key != "shutdown" or not chainless}
    document = merge_patch(source.document, patch)
    outcomes = document.get("outcomes")
    if isinstance(outcomes, list) and OUTCOME not in outcomes:
        document["outcomes"] = [*outcomes, OUTCOME]
    _add_calls(document, overlay)
    return replace(source, file=f"{source.file} (under {overlay.file})", document=document)


def _add_calls(document: dict[str, Any], overlay: Overlay) -> None:
    tools = _mapping(document.get("agent")).get("tools") or []
    learner = _mapping(document.get("learner"))
    values = dict(_mapping(learner.get("values")))
    for key, added in overlay.calls.items():
        if key.partition(".")[0] in tools and isinstance(values.get(key, []), list):
            known = values.get(key, [])
            values[key] = [*known, *(value for value in added if value not in known)]
    if overlay.calls:
        document["learner"] = {**learner, "values": values}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
