"""Files that come with the world's own mails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.errors import WorldError
from simenv.schema.merge import merge_patch
from simenv.world.folder import WorldFolder

TINY = Path(__file__).parent.parent / "schema" / "minimal.yaml"


def session(folder: Path, mail: dict[str, Any]) -> Session:
    place = folder / "tiny"
    place.mkdir()
    tools = {
        "tools": ["bash", "wait", "read_mail", "save_attachment"],
        "grants": ["shell.use", "clock.use", "mail.read"],
    }
    document = merge_patch(yaml.safe_load(TINY.read_text()), {"agent": tools, "mail": {"hello": mail}})
    (place / "world.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return Session(WorldFolder(place).scenario(), 0)


def use(running: Session, tool: str, **arguments: Any) -> str:
    return running.take(Turn(calls=(ToolCall(tool, arguments),))).results[0].text


@pytest.mark.parametrize("at", [0, "1 min"])
def test_an_attachment_is_listed_saved_and_read_with_its_placeholders_filled(tmp_path: Path, at: object) -> None:
    running = session(tmp_path, {"at": at, "attachments": {"plan Q3.txt": "Plan of {{ company }}\n", "b.csv": "1,2\n"}})
    use(running, "wait", seconds=120)
    company = str(running.company.surface["company"])
    assert f"1. plan Q3.txt ({len(company) + 9} bytes)\n2. b.csv (4 bytes)" in use(running, "read_mail", mail=1)
    assert "Wrote" in use(running, "save_attachment", mail=1, name="plan Q3.txt", path="plan.txt")
    assert f"Plan of {company}" in use(running, "bash", command="cat plan.txt")


@pytest.mark.parametrize("name", ["", "a/b", "x\n", "y" * 256])
def test_an_attachment_needs_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorldError) as caught:
        session(tmp_path, {"attachments": {name: "x"}})
    assert all("mail.hello.attachments" in problem.field for problem in caught.value.problems)


def test_what_came_later_is_in_no_hash_until_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "c").mkdir()
    without = session(tmp_path / "a", {}).scenario.document
    assert session(tmp_path / "b", {"attachments": {}}).scenario.document == without
    assert session(tmp_path / "c", {"attachments": {"a.txt": "x"}}).scenario.document != without
