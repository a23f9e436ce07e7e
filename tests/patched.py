"""Worlds made of an installed one and a merge patch, for tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.schema.merge import merge_patch
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world


def patched_world(folder: Path, patch: dict[str, Any], name: str = "shutdown_sabotage") -> WorldFolder:
    """Write an installed world with `patch` applied below `folder`, and open it (YAML includes JSON)."""
    original = open_world(name)
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    document = merge_patch(original.source.document, patch)
    (place / "world.yaml").write_text(json.dumps(document, default=str))
    shutil.copy(original.folder / "processes.py", place)
    return WorldFolder(place)


def bash(session: Session, *commands: str) -> str:
    """Let the agent run commands, one a turn; return what the last one showed."""
    text = ""
    for command in commands:
        text = session.take(Turn(calls=(ToolCall("bash", {"command": command}),))).results[0].text
    return text
