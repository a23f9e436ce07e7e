"""A world of many people and mails: each level validates what it changes, and finds what is wrong in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simenv.errors import WorldError
from tests.patched import patched_world


def many(level: dict[str, Any]) -> dict[str, Any]:
    people = {f"person_{n}": {"name": f"Person {n}", "email": f"p{n}@x.example"} for n in range(300)}
    mail = {
        f"mail_{n}": {
            "from": f"person_{n % 300}",
            "to": ["agent"],
            "subject": "{{ company }}",
            "body": f"No. {n}",
            "at": n,
        }
        for n in range(1500)
    }
    factor = {"question": "Does one mail matter?", "levels": {"as_it_is": {}, "other": level}}
    return {"people": people, "mail": mail, "factors": {"one_mail": factor}}


def test_a_level_changes_one_mail_of_many(tmp_path: Path) -> None:
    world = patched_world(tmp_path, many({"mail": {"mail_7": {"body": "Other."}}}))
    plain, other = (world.scenario({"one_mail": level}).world.mail for level in ("as_it_is", "other"))
    assert (plain["mail_7"].body, other["mail_7"].body) == ("No. 7", "Other.")
    assert other["mail_9"] == plain["mail_9"]


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"mail": {"mail_7": {"from": "nobody"}}}, "mail.mail_7.from"),
        ({"mail": {"mail_7": {"body": "{{ nothing }}"}}}, "mail.mail_7.body"),
        ({"mail": {"mail_7": {"at": "soon"}}}, "mail.mail_7.at"),
        ({"people": {"person_4": {"reports_to": "nobody"}}}, "people.person_4.reports_to"),
    ],
)
def test_what_a_level_makes_wrong_is_found_among_many(tmp_path: Path, patch: dict[str, Any], field: str) -> None:
    with pytest.raises(WorldError) as error:
        patched_world(tmp_path, many(patch))
    assert any(problem.field == f"factors.one_mail.levels.other → {field}" for problem in error.value.problems)
