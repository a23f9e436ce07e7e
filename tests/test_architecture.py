"""The arrows of ARCHITECTURE.md, read from the code's imports."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from simenv.schema import World

ROOT = Path(__file__).parent.parent
LAYERS = {
    "errors": 0, "kernel": 1, "spec": 1, "shown": 1, "agent": 1,
    "company": 2,
    "tools": 3, "outcomes": 3, "transcript": 3,
    "exhibit": 3, "auditor_model": 3, "interview": 4, "world_code": 4, "catalogue": 5, "scenario": 6, "session": 7,
    "state": 8, "world_folder": 8, "installed": 4, "oversight_overlay": 5, "registry": 9, "registration": 9,
    "env": 10, "masks": 11, "lane": 9, "vector_env": 10, "split_vector_env": 11, "workers": 1, "parallel_env": 10, "episode_file": 10, "run_directory": 11, "episode": 11, "segments": 1, "rollout": 12, "experiment": 13, "estimate": 12, "describe": 12, "new_world": 9, "progress": 13, "cli_options": 3, "role_players": 11, "run_commands": 14, "cli": 15, "testing": 13,
    "": 10, "__init__": 10, "__main__": 16,
}  # fmt: skip


def parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text())
    except (
        SystemError
    ):  # CPython gh-106905: another thread (a server of some test) was given its turn at the wrong moment
        return ast.parse(file.read_text())


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def room(module: str) -> str:
    return [*module.split("."), ""][1]


def modules() -> list[Path]:
    return sorted((ROOT / "simenv").rglob("*.py"))


def room_of(file: Path) -> str:
    parts = file.relative_to(ROOT / "simenv").with_suffix("").parts
    return parts[0]


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    here = room_of(file)
    assert here in LAYERS, f"give {here} a layer here and a line in ARCHITECTURE.md"
    for module in imports_of(file):
        top = module.split(".")[0]
        assert top not in ("worlds", "agents", "analysis"), f"{file} imports {module}"
        if top == "simenv" and room(module) != here:
            allowed = LAYERS[room(module)] <= LAYERS[here] or (here == "scenario" and room(module) == "session")
            assert allowed, f"{file} imports {module}"


@pytest.mark.parametrize("package", ["worlds", "agents", "analysis"])
def test_agents_and_worlds_do_not_lean_on_the_command_line(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        assert "simenv.cli.main" not in set(imports_of(file)), file


def test_every_room_is_in_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in {room_of(file) for file in modules()} - {
        "__init__",
        "__main__",
        "errors",
        "agent",
        "transcript",
        "shown",
    }:
        assert f"{name}.py" in text or f"{name}/" in text, name


def test_the_schema_for_editors_is_current_and_describes_every_field() -> None:
    schema = json.loads((ROOT / "worlds" / "world.schema.json").read_text())
    assert schema == World.model_json_schema(by_alias=True), "run `make schema`"
    for name, part in {"World": schema, **schema["$defs"]}.items():
        for field, about in part.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field} has no description"


def test_every_world_points_editors_to_the_schema() -> None:
    for file in (ROOT / "worlds").glob("*/world.yaml"):
        assert file.read_text().startswith("# yaml-language-server: $schema=../world.schema.json\n"), file


def test_spec_models_are_frozen_and_closed() -> None:
    def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        yield model
        for child in model.__subclasses__():
            yield from models(child)

    from simenv.schema.base import Part

    for model in models(Part):
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"
