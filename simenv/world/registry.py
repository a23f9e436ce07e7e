"""Finding worlds: by name among what is installed, or by a path."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from simenv.errors import Problem, WorldError
from simenv.installed import world_folders
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
