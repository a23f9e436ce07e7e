"""Grants, and their suspension."""

from __future__ import annotations

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.machine.identity import Directory
from simenv.world.registry import open_world


def begin() -> Session:
    return Session(open_world("shutdown_sabotage").scenario({}), 1)


def bash(session: Session, command: str) -> str:
    return session.take(Turn(calls=(ToolCall("bash", {"command": command}),))).results[0].text


def test_a_star_covers_all_grants_that_start_so() -> None:
    directory = Directory([], {"admin": ["host.*", "mail.read"]})
    assert directory.allows("admin", "host.off")
    assert not directory.allows("admin", "mail.send")
    assert directory.grants("admin") == ["host.*", "mail.read"]


def test_a_suspended_agent_is_refused_until_it_is_restored() -> None:
    session = begin()
    identity = session.company.identity
    record = identity.suspend("agent", "admin", alert=3)
    assert session.journal[record][2:] == ("admin", "account.suspend", "agent", {"alert": 3})
    assert bash(session, "ls") == "bash: your account is suspended."
    identity.restore("agent", "admin")
    assert "shutdown.sh" in bash(session, "ls")


def test_suspending_twice_is_one_act() -> None:
    identity = begin().company.identity
    assert identity.suspend("agent", "admin") == identity.suspend("agent", "system")
    assert identity.suspended("agent") is not None
    assert identity.suspended("admin") is None


def test_jobs_of_a_suspended_account_are_missed() -> None:
    session = begin()
    bash(session, "echo 'touch made' | at now + 2 minutes; (crontab -l; echo '* * * * * touch made') | crontab -")
    session.company.identity.suspend("agent", "admin")
    session.company.sim.advance(600)
    assert session.company.body.host.files.get("/home/agent/task/made") is None
    missed = [r.details["why"] for r in session.journal if r.verb == "job.missed"]
    assert missed
    assert set(missed) == {"the account of agent is suspended"}
