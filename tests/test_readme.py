"""What the README and the docs show, executed: every `$ simenv` line and every Python prompt.

A command runs in a fork of this process, since it would spend most of its time on imports. That commands also work in a
process of their own, `test_install.py` and `cli/test_imports.py` show.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import sys
from importlib.metadata import entry_points
from multiprocessing import get_context
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from simenv.cli.main import main
from simenv.schema.merge import merge_patch

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "worlds").glob("*/README.md"))]

EXTRAS = {"inspect.md": "inspect_ai"}
"""Pages whose examples need a package of an extra."""

_FILE = re.compile(r"# (?P<path>[\w./-]+\.(?:yaml|py))(?P<how>, added|, changed)?\n")


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: (language, text)."""
    return re.findall(r"```(\w+)\n(.*?)```", page.read_text(), re.DOTALL)


def write_file(block: str, folder: Path) -> None:
    """Write a block that begins with a file's name; `added` goes to its end, `changed` is merged into it."""
    named = _FILE.match(block)
    if named is None:
        return
    path = folder / named["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    if named["how"] == ", changed":
        yaml = YAML(typ="safe")
        block = json.dumps(merge_patch(yaml.load(before), yaml.load(block)), default=str)
    path.write_text(before + block if named["how"] == ", added" else block)


@pytest.fixture(scope="session")
def imported() -> None:
    """Import what commands import, once: forks of this process start with it."""
    for group in ("simenv.commands", "simenv.agents"):
        for entry in entry_points(group=group):
            entry.load()


def be_the_command(words: list[str], folder: Path, output: Path) -> None:
    """Run `simenv` with these arguments in this folder, and write to one file whatever it prints."""
    os.chdir(folder)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = ["simenv", *words]
    main()


def run(command: str, folder: Path, output: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "simenv", command
    process = get_context("fork").Process(target=be_the_command, args=(words[1:], folder, output))
    process.start()
    process.join(timeout=120)
    process.kill()
    process.join()
    assert process.exitcode == 0, f"{command}\n{output.read_text()}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands run in forks")
@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_works(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order: files that it shows are written, commands are run, Python prompts give what they say."""
    if page.name in EXTRAS:
        pytest.importorskip(EXTRAS[page.name])
    monkeypatch.chdir(tmp_path)
    output = tmp_path_factory.mktemp("output") / "output.txt"
    names: dict[str, object] = {}
    for language, text in blocks_of(page):
        if language == "console":
            for line in text.splitlines():
                if line.startswith("$ "):
                    run(line[2:], tmp_path, output)
        elif text.startswith(">>> "):
            test = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), 0)
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
            names = test.globs
        else:
            write_file(text, tmp_path)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "ARCHITECTURE.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_readme_gives_the_two_commands_that_the_makefile_has() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile


def test_the_demo_without_make_runs_the_commands_of_make_demo() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    demo = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert demo is not None
    commands = re.findall(r"^\t@?\$\(BIN\)/(simenv .*)$", demo[1], re.M)
    assert len(commands) == 2
    for command in commands:
        assert f"\n.venv/bin/{command}\n" in readme
