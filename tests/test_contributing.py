"""CONTRIBUTING.md sends people to rooms that exist, and what is cited is what is installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
ROOMS = re.findall(
    r"`((?:simenv|worlds|agents|analysis|tests|docs|\.ci)/[^`*<]*)`", (ROOT / "CONTRIBUTING.md").read_text()
)


def test_there_are_ten_changes() -> None:
    changes = re.findall(r"^\| (\d+)\. ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert changes == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("room", sorted(set(ROOMS)))
def test_a_room_that_changes_go_to_exists(room: str) -> None:
    assert (ROOT / room).exists()


def test_the_citation_is_of_this_version() -> None:
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert [author["name"] for author in citation["authors"]] == ["The simenv authors"]
    assert f"## [{citation['version']}] - {citation['date-released']}" in (ROOT / "CHANGELOG.md").read_text()
