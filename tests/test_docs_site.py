"""The pages of the documentation site, as `docs/site/stage.py` lays them out; `make site` builds them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from simenv.installed import world_folders
from simenv.world.registry import open_world

ROOT = Path(__file__).parent.parent


def load_stage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stage", ROOT / "docs" / "site" / "stage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STAGE = load_stage()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    STAGE.stage(out)
    return out


def test_every_guide_has_a_place_in_the_sidebar() -> None:
    placed = {name for names in STAGE.GUIDES.values() for name in names}
    assert placed == {file.stem for file in (ROOT / "docs").glob("*.md")} - {"README"}


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_a_worlds_page_has_its_factors_levels_outcomes_and_tools(pages: Path, name: str) -> None:
    folder, page = open_world(name), (pages / "worlds" / f"{name}.md").read_text()
    assert folder.world.question.strip() in page
    for factor, levels in folder.factors.items():
        assert f"| `{factor}` | {' · '.join(f'`{level}`' for level in levels)} |" in page
    for outcome in folder.world.outcomes:
        assert re.search(rf"^`{outcome}`\n: \w", page, re.M), outcome
    for tool in folder.world.agent.tools:
        assert f"| `{tool}` |" in page


def test_links_between_pages_lead_to_pages(pages: Path) -> None:
    for page in pages.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_a_link_to_source_becomes_text_and_one_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    source = ROOT / "docs" / "made_up.md"  # is never written: only its place counts
    page = tmp_path / "guides" / "made_up.md"
    text = {"code": "[`errors`](../simenv/errors.py)", "lost": "[lost](nowhere.md)"}

    def fitted(words: str) -> str:
        return STAGE.fit_links(words, source, page, tmp_path)

    assert fitted(text["code"]) == "`errors`"
    assert fitted("[shell](shell.md#pipes)") == "[shell](shell.md#pipes)"
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fitted(text["lost"])


def test_the_api_reference_has_a_page_for_each_module(pages: Path) -> None:
    for name in STAGE.API:
        assert f".. automodule:: {name}" in (pages / "api" / f"{name}.md").read_text()


def test_a_package_that_exports_nothing_is_documented_module_by_module() -> None:
    assert ".. automodule:: simenv.schema.world\n" in STAGE.api_page("simenv.schema")
    assert ".. automodule:: simenv.kernel.journal" not in STAGE.api_page("simenv.kernel")
