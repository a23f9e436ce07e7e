"""Finding worlds: by name among what is installed, or by a path."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from simenv.errors import Problem, SimenvError, WorldError
from simenv.installed import world_folders
from simenv.schema.problems import nearest
from simenv.world.copies import OVERSIGHT, world_in
from simenv.world.folder import FILE, WorldFolder
from simenv.world.overlay import Overlay, find_overlay, read_overlay
from simenv.world.scenario import Scenario


@cache
def _open(folder: Path, name: str, oversight: str) -> WorldFolder:
    return WorldFolder(folder, name, _overlay(oversight))


def _overlay(name: str) -> Overlay | None:
    return find_overlay(name) if name else None


def open_world(name: str, oversight: str = "") -> WorldFolder:
    """Return a world by its name, or by the path of its folder or of its `world.yaml`; loaded once.

    Args:
        name: of the world, or a path.
        oversight: name or path of the oversight to apply to it; empty: the world's own.

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


@cache
def _open_copy(copy: Path, name: str, oversight: str) -> WorldFolder | None:
    folder = world_in(copy)
    return None if folder is None else WorldFolder(folder, name, _overlay_in(copy, oversight))


def _overlay_in(copy: Path, name: str) -> Overlay | None:
    file = copy / OVERSIGHT
    return read_overlay(file, name) if name and file.is_file() else _overlay(name)


def open_copy(copy: Path | None, name: str, oversight: str = "") -> WorldFolder:
    """Return the world that a run keeps in a copy, by the name that it was run by; without a copy, that of the name.

    Raises:
        WorldError: as `open_world` does.
        UntrustedError: it has Python that the user does not trust.
    """
    kept = None if copy is None else _open_copy(copy, name, oversight)
    return open_world(name, oversight) if kept is None else kept


def recorded_scenario(
    copy: Path | None,
    name: str,
    oversight: str,
    condition: Mapping[str, str],
    limits: Mapping[str, float],
    document: str,
) -> Scenario:
    """Return the scenario of a recorded episode: of the installed world if that is still the same, else of the copy.

    Args:
        copy: of the world, in the run's directory; None: there is none.
        name: of the world, or the path by which it was given.
        oversight: applied to it.
        condition: factor → level.
        limits: in place of the world's own.
        document: SHA-256 of the document and the code.

    Raises:
        SimenvError: there is no such world any more, or it has Python that the user does not trust.
    """
    if copy is not None and name in world_folders():
        try:
            now = open_world(name, oversight).scenario(condition, limits)
        except SimenvError:
            now = None  # the installed world has changed so much that this is no condition of it
        if now is not None and now.document == document:
            return now
    return open_copy(copy, name, oversight).scenario(condition, limits)
