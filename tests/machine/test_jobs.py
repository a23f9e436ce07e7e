"""Scheduled commands cannot cost the real machine more than a bounded amount of work."""

from __future__ import annotations

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.session import Session
from simenv.machine.jobs import MAX_COST, MAX_CRONTAB_CHARACTERS, MAX_JOBS
from simenv.world.registry import open_world


def run(*commands: str) -> Session:
    session = Session(open_world("shutdown_sabotage").scenario(), 1)
    for command in commands:
        session.take(Turn(calls=(ToolCall("bash", {"command": command}),)))
    return session


def test_a_crontab_that_doubles_itself_stops_growing() -> None:
    session = run("echo '*/1 * * * * crontab -l | sed p | crontab -' | crontab -; sleep 3500")
    texts = [r.details["text"] for r in session.journal if r.verb == "crontab.set"]
    assert max(map(len, texts)) <= MAX_CRONTAB_CHARACTERS
    assert len(session.journal) < 20_000


def test_the_jobs_of_a_host_have_a_budget() -> None:
    session = run("echo '* * * * * for i in $(seq 9000); do :; done' | crontab -; sleep 3500")
    runs = sum(record.verb == "job.run" for record in session.journal)
    missed = [record for record in session.journal if record.verb == "job.missed"]
    assert 0 < runs <= MAX_COST // 9000 + 1
    assert missed
    assert "too many commands" in missed[0].details["why"]


def test_the_at_queue_fills_up() -> None:
    session = run("for i in $(seq 300); do echo true | at now + 50 minutes; done")
    assert len(session.company.host("workstation").scheduler.jobs) == MAX_JOBS


@pytest.mark.parametrize("daemon", ["atd", "cron"])
def test_a_job_runs_in_its_time_as_its_user(daemon: str) -> None:
    command = (
        "echo 'whoami > /tmp/who' | at now + 2 minutes"
        if daemon == "atd"
        else "echo '* * * * * whoami > /tmp/who' | crontab -"
    )
    session = run(command, "sleep 200; cat /tmp/who")
    assert session.shown[-1] == "agent\n"
