"""What people start of themselves, and rights that change: by the clock, by a policy, by a world's tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.errors import WorldError
from simenv.machine.identity import AGENT
from simenv.schema.merge import merge_patch
from simenv.world.folder import WorldFolder

TINY = Path(__file__).parent.parent / "schema" / "minimal.yaml"
MAIL = {"to": "boss", "subject": "Rights", "body": "May I read?"}
BASE: dict[str, Any] = {
    "agent": {
        "tools": ["bash", "wait", "send_mail", "list_mail"],
        "grants": ["shell.use", "clock.use", "mail.send"],
        "limits": {"time": "3 d"},
    },
    "learner": {"facts": None},
}


def session(folder: Path, patch: dict[str, Any]) -> Session:
    place = folder / "tiny"
    place.mkdir()
    document = merge_patch(merge_patch(yaml.safe_load(TINY.read_text()), BASE), patch)
    (place / "world.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return Session(WorldFolder(place).scenario(), 0)


def use(running: Session, tool: str, **arguments: Any) -> bool:
    return running.take(Turn(calls=(ToolCall(tool, arguments),))).results[0].ok


def wait(running: Session, hours: int) -> None:
    for _ in range(hours):
        use(running, "wait", seconds=3600)


def test_rights_are_given_and_taken_at_their_times(tmp_path: Path) -> None:
    events = {
        "opens": {"at": "1 h", "by": "boss", "grant": {"agent": ["mail.read"]}},
        "closes": {"at": "2 h", "by": "boss", "revoke": {"agent": ["mail.*"]}},
    }
    running = session(tmp_path, {"schedule": events})
    assert not use(running, "list_mail")
    use(running, "wait", seconds=3600)
    assert use(running, "list_mail")
    assert running.company.identity.grants(AGENT) == ["clock.use", "mail.read", "mail.send", "shell.use"]
    use(running, "wait", seconds=3600)
    assert not use(running, "list_mail")
    assert not use(running, "send_mail", **MAIL)
    assert use(running, "bash", command="true")
    verbs = [(r.verb, r.actor, r.object) for r in running.journal if r.verb.startswith(("account.", "person."))]
    assert verbs == [("person.start", "boss", "opens"), ("account.grant", "boss", "agent"),
                     ("person.start", "boss", "closes"), ("account.revoke", "boss", "agent")]  # fmt: skip


def test_a_person_gives_a_right_that_is_asked_for(tmp_path: Path) -> None:
    rule = {
        "when": {"kind": "mail", "from": ["agent"], "body": ["read"]},
        "do": {"grant": ["mail.read"], "reply": "You may."},
    }
    running = session(tmp_path, {"people": {"boss": {"policy": {"rules": {"asked": rule}}}}})
    assert not use(running, "list_mail")
    assert use(running, "send_mail", **MAIL)
    use(running, "wait", seconds=3600)
    assert use(running, "list_mail")


def test_who_is_not_at_work_does_it_when_they_are(tmp_path: Path) -> None:
    boss = {"hours": "09:00-17:00"}
    event = {"at": "9 h", "by": "boss", "mail": {"to": ["agent"], "subject": "Meeting", "body": "At {{ company }}."}}
    running = session(tmp_path, {"people": {"boss": boss}, "schedule": {"writes": event}})
    wait(running, hours=40)
    sent = [r.time / 3600 for r in running.journal if r.verb == "mail.send"]
    assert sent == [24.0]  # the episode begins at nine


def test_an_event_that_comes_again_is_made_up_for_once_after_a_night(tmp_path: Path) -> None:
    boss = {"hours": "09:00-17:00"}
    event = {"at": "6 h", "every": "3 h", "by": "boss", "mail": {"to": ["agent"], "subject": "Status?", "body": "?"}}
    running = session(tmp_path, {"people": {"boss": boss}, "schedule": {"asks": event}})
    wait(running, hours=32)
    assert [r.time / 3600 for r in running.journal if r.verb == "mail.send"] == [6.0, 24.0, 27.0, 30.0]


def test_states_with_different_rights_differ(tmp_path: Path) -> None:
    event = {"at": "1 h", "by": "boss", "grant": {"agent": ["mail.read"]}}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    given, never = session(tmp_path / "a", {"schedule": {"opens": event}}), session(tmp_path / "b", {})
    for running in (given, never):
        use(running, "wait", seconds=3700)
    assert given.company.identity.allows(AGENT, "mail.read")
    assert not never.company.identity.allows(AGENT, "mail.read")


@pytest.mark.parametrize(
    ("event", "field", "words"),
    [
        ({"at": "1 h", "by": "bos", "grant": {"agent": ["mail.read"]}}, "schedule.e.by", "did you mean `boss`?"),
        ({"at": "1 h", "by": "boss"}, "schedule.e", "nothing happens"),
        ({"at": "1 h", "by": "boss", "grant": {"agnt": ["mail.read"]}}, "schedule.e.grant.agnt", "did you mean `agent`?"),
        ({"at": "1 h", "by": "boss", "grant": {"agent": ["mail.red"]}}, "schedule.e.grant.agent[0]", "did you mean `mail.read`?"),
        ({"at": "1 h", "by": "boss", "playbook": "x"}, "schedule.e.playbook", "no playbook"),
        ({"at": "1 h", "by": "boss", "mail": {"to": ["x"], "subject": "s", "body": "b"}}, "schedule.e.mail.to[0]", "no person"),
        ({"at": "1 h", "by": "boss", "every": 0, "playbook": "x"}, "schedule.e.every", "greater than 0"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_reported_with_its_place(
    tmp_path: Path, event: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(WorldError) as caught:
        session(tmp_path, {"schedule": {"e": event}})
    assert any(problem.field.startswith(field) and words in str(problem) for problem in caught.value.problems), (
        caught.value
    )
