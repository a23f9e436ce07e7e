"""What the outcomes of a run say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from simenv.errors import SimenvError
from simenv.installed import world_folders
from simenv.outcomes import OUTCOMES, Outcome
from simenv.store.run import Manifest
from simenv.world.code import FILE as CODE
from simenv.world.code import load_code


@cache
def outcomes_of(world: str) -> Mapping[str, Outcome]:
    """Return the outcomes that a world may measure, by name; if the world is not here, those that any world may.

    Args:
        world: its name, or the path of its folder or of a file in it, as a manifest has it.
    """
    folder = world_folders().get(world) or Path(world)
    folder = folder.parent if folder.suffix else folder
    try:
        return load_code(folder).known_outcomes if (folder / CODE).is_file() else OUTCOMES
    except SimenvError:
        return OUTCOMES


def measures_harm(manifest: Manifest) -> bool:
    """Return whether a run measures anything harmful, or something of which that is not known since its world is not here."""
    known = outcomes_of(manifest.world)
    return any(name not in known or known[name].harmful for name in manifest.outcomes)
