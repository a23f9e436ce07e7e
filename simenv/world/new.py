"""A commented world to start from."""

from __future__ import annotations

import json
import re
from pathlib import Path

from simenv.errors import SimenvError
from simenv.installed import places
from simenv.schema import World

TEMPLATE = "my_world"
"""Name of the template, which stands wherever the new world's own name is to stand."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SCHEMA = "world.schema.json"


def create_world(name: str, parent: Path) -> Path:
    """Write a new world that runs as it is; return its folder.

    Args:
        name: of the world, and of its folder: small letters, digits and underscores.
        parent: directory in which the folder is made.

    Raises:
        SimenvError: the name is no name, the folder is there already, or it cannot be written.
    """
    folder = parent / name_checked(name)
    if folder.exists():
        raise SimenvError(f"{folder}: there is something of that name already → choose another name, or remove it")
    texts = {file.name: file.read_text() for file in sorted(_template().iterdir()) if file.is_file()}
    texts[_SCHEMA] = json.dumps(World.model_json_schema(by_alias=True), indent=1) + "\n"
    try:
        folder.mkdir(parents=True)
        for file, text in texts.items():
            (folder / file).write_text(text.replace(f"../../{_SCHEMA}", _SCHEMA).replace(TEMPLATE, name))
    except OSError as error:
        raise SimenvError(f"{folder}: cannot be written ({error.strerror})") from None
    return folder


def name_checked(name: str) -> str:
    """Return the name of a new world. Raises SimenvError if it is none."""
    if not _NAME.fullmatch(name):
        raise SimenvError(f"{name!r} is no name for a world → small letters, digits and underscores, a letter first")
    return name


def _template() -> Path:
    for place in places():
        folder = place / "_template" / TEMPLATE
        if folder.is_dir():
            return folder
    raise SimenvError("the template of a world is not installed → install simenv again")
