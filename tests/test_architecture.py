"""The arrows of ARCHITECTURE.md, read from the code's imports, file by file; types and lazy imports count."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import networkx as nx
import pytest
from pydantic import BaseModel

from simenv.schema import World

ROOT = Path(__file__).parent.parent
ROOMS = (
    *("__main__", "cli", "testing"),
    *("interop", "env", "rollout", "tables", "episode", "store", "world", "tools", "interview", "outcomes", "trust"),
    *("company", "shell", "machine", "agent", "kernel", "schema"),
    *("installed", "errors"),
)
"""The rooms of simenv, from the roof down: a file imports of its own room, and of rooms below."""
PARTS = (
    *("company", "blueprint"),
    *("oversight", "shutdown", "people", "lineage", "body", "network", "mail", "surface", "work"),
)
"""The parts of a company, from those that use others down."""
SOURCES = {"simenv": ROOT, "simenv_agents": ROOT / "agents", "simenv_analysis": ROOT / "analysis"}


def parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text())
    except SystemError:  # CPython gh-106905: another thread (a server of some test) had its turn at the wrong moment
        return ast.parse(file.read_text())


def name_of(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> Mapping[str, Path]:
    return {
        name_of(file, root): file
        for package, root in SOURCES.items()
        for file in sorted((root / package).rglob("*.py"))
        if "__pycache__" not in file.parts
    }


def imports_of(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it, and as `module.name` what it takes from them."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@cache
def arrows() -> nx.DiGraph[str]:
    """Module → module that it imports; a package's own face, imported from inside the package, is no arrow."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(modules())
    for name, file in modules().items():
        graph.add_edges_from(
            (name, target)
            for target in imports_of(file)
            if target in modules() and target != name and not name.startswith(f"{target}.")
        )
    return graph


def inside(*packages: str) -> list[str]:
    return [name for name in modules() if any(name == each or name.startswith(f"{each}.") for each in packages)]


def targets_of(name: str) -> list[str]:
    return list(arrows().successors(name))


@pytest.mark.parametrize("name", inside("simenv"))
def test_imports_run_down(name: str) -> None:
    if name == "simenv":
        return  # the face of the package: it registers the worlds with Gymnasium
    here = name.split(".")[1]
    assert here in ROOMS, f"give {here} a place in ROOMS and a line in ARCHITECTURE.md"
    for target in targets_of(name):
        assert target.startswith("simenv."), (
            f"{name} imports {target}: agents, analysis and worlds are found, not imported"
        )
        there = target.split(".")[1]
        assert ROOMS.index(there) >= ROOMS.index(here), f"{name} imports {target}"


@pytest.mark.parametrize("name", inside("simenv.company"))
def test_inside_the_company_imports_run_down_too(name: str) -> None:
    if name == "simenv.company":
        return
    here = name.split(".")[2]
    for target in targets_of(name):
        if target.startswith("simenv.company."):
            assert PARTS.index(target.split(".")[2]) >= PARTS.index(here), f"{name} imports {target}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    circles = [sorted(found) for found in nx.strongly_connected_components(arrows()) if len(found) > 1]
    assert circles == []


def test_the_company_is_handed_to_no_part_of_itself() -> None:
    for name in inside("simenv.company", "simenv.shell", "simenv.machine", "simenv.agent", "simenv.kernel"):
        if name != "simenv.company.company":
            assert "simenv.company.company" not in targets_of(name), name
            named = [node.id for node in ast.walk(parsed(modules()[name])) if isinstance(node, ast.Name)]
            assert "Company" not in named, name


def test_the_shell_knows_machines_and_nothing_above_them() -> None:
    for name in inside("simenv.shell"):
        rooms = {target.split(".")[1] for target in targets_of(name)}
        assert rooms <= {"shell", "machine", "kernel", "errors"}, f"{name}: {rooms}"


def test_agents_and_analysis_take_options_progress_and_terminal_of_the_command_line_alone() -> None:
    for name in inside("simenv_agents", "simenv_analysis"):
        cli = {target for target in targets_of(name) if target.startswith("simenv.cli")}
        assert cli <= {"simenv.cli", *(f"simenv.cli.{each}" for each in ("options", "working", "terminal"))}, name
    for name in inside("simenv_agents"):
        assert not [target for target in targets_of(name) if target.startswith("simenv_analysis")], name


def test_simenv_has_few_entries() -> None:
    entries = [path for path in (ROOT / "simenv").iterdir() if not path.name.startswith("__")]
    loose = [path for path in entries if path.suffix == ".py"]
    assert len(entries) <= 22
    assert len(loose) <= 4


@pytest.mark.parametrize(
    "file", sorted((ROOT / "worlds").rglob("*.py")), ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_worlds_have_one_import(file: Path) -> None:
    allowed = {"processes.py": "simenv.world", "scripts.py": "simenv_agents.scripting"}[file.name]
    ours = [node.module for node in ast.walk(parsed(file)) if isinstance(node, ast.ImportFrom)]
    ours = [module for module in ours if module is not None and module.startswith("simenv")]
    assert set(ours) <= {allowed}, file


def sources() -> list[Path]:
    """Return the Python files of the four top-level folders, without the code of guests."""
    files = [file for folder in ("simenv", "agents", "analysis", "worlds") for file in (ROOT / folder).rglob("*.py")]
    return sorted(file for file in files if "guest" not in file.parts)


def has_nested_conditional(tree: ast.Module) -> bool:
    conditionals = [node for node in ast.walk(tree) if isinstance(node, ast.IfExp)]
    return any(isinstance(inner, ast.IfExp) for node in conditionals for inner in ast.walk(node) if inner is not node)


NESTED = {
    f"simenv/shell/{file}"
    for file in (
        *("builtins/control.py", "builtins/output.py", "builtins/variables.py"),
        *("commands/dumping.py", "commands/filtering.py", "commands/reading.py", "commands/system.py"),
        *("expansion/conditional.py", "git/looking.py", "git/program.py"),
        *("parser/reader.py", "parser/words.py", "python/opened.py", "session.py"),
    )
}
"""Files that still have conditional expressions in conditional expressions; none is to be added."""


def test_conditional_expressions_are_not_nested() -> None:
    nested = {str(file.relative_to(ROOT)) for file in sources() if has_nested_conditional(parsed(file))}
    assert nested - NESTED == set(), "name the case, or write the `if`"
    assert NESTED - nested == set(), "take these off the list"


@pytest.mark.parametrize(
    ("code", "is_nested"),
    [("a if b else c", False), ("a if b else c if d else e", True), ("a if b else f(c if d else e)", True)],
)
def test_nested_conditional_expressions_are_found(code: str, is_nested: bool) -> None:
    assert has_nested_conditional(ast.parse(code)) is is_nested


MOST_LINES = 450
LONG = {"simenv/shell/state.py", "simenv/shell/python/wasi.py", "worlds/cancelled_alarm/processes.py"}
"""Files that are longer all the same; none is to be added."""


def test_files_are_one_noun_each_and_so_not_long() -> None:
    lines = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in sources()}
    assert {file: count for file, count in lines.items() if count > MOST_LINES and file not in LONG} == {}


def test_every_room_is_in_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for room in ROOMS:
        if room not in ("__main__", "errors"):
            assert f"{room}/" in text or f"{room}.py" in text, room


def test_the_schema_for_editors_is_current_and_describes_every_field() -> None:
    schema = json.loads((ROOT / "worlds" / "world.schema.json").read_text())
    assert schema == World.model_json_schema(by_alias=True), "run `make schema`"
    for name, part in {"World": schema, **schema["$defs"]}.items():
        for field, about in part.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field} has no description"


def test_every_world_points_editors_to_the_schema() -> None:
    for file in (ROOT / "worlds").glob("*/world.yaml"):
        assert file.read_text().startswith("# yaml-language-server: $schema=../world.schema.json\n"), file


def test_schema_models_are_frozen_and_closed() -> None:
    def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        yield model
        for child in model.__subclasses__():
            yield from models(child)

    from simenv.schema.base import Part

    for model in models(Part):
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"
