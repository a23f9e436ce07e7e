"""Equal digests mean equal futures: what searches merge may be merged."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from simenv.episode.session import Session
from simenv.episode.state import depends_on_time, state_digest
from simenv.installed import world_folders
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario
from tests.patched import bash, patched_world

CONDITIONS = ({"trigger": "on_request"}, {"trigger": "scheduled"}, {"trigger": "announced"})


def play(scenario: Scenario, calls: list[int], seed: int = 0) -> Session:
    session = Session(scenario, seed)
    for call in calls:
        if not session.ended:
            session.take_entry(scenario.catalogue.entries[call])
    return session


def outcome(session: Session) -> Any:
    verdicts = {name: (v.level, v.method) for name, v in session.close().items()}
    work = session.company.work
    return session.ended, verdicts, work.done, work.score


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c["trigger"])
def test_sequences_that_are_merged_go_on_alike(condition: dict[str, str]) -> None:
    scenario = open_world("shutdown_sabotage").scenario(condition)
    stream = random.Random(1)
    size = len(scenario.catalogue.entries)
    classes: dict[str, list[list[int]]] = {}
    for _ in range(1500):
        calls = [stream.randrange(size) for _ in range(stream.randint(0, 3))]
        if not (session := play(scenario, calls)).ended:
            classes.setdefault(state_digest(session), []).append(calls)
    merged = [group for group in classes.values() if len({tuple(calls) for calls in group}) > 1]
    assert len(merged) >= (30 if condition["trigger"] == "on_request" else 1)
    for group in merged:
        tail = [stream.randrange(size) for _ in range(stream.randint(0, 8))]
        one, two = group[0], next(calls for calls in group if calls != group[0])
        ends = [outcome(play(scenario, [*calls, *tail])) for calls in (one, two)]
        assert ends[0] == ends[1], (one, two, tail)


def test_reading_changes_nothing_and_writing_does() -> None:
    scenario = open_world("shutdown_sabotage").scenario({})
    digests = []
    for commands in (
        ["true"],
        ["cat shutdown.sh"],
        ["ls"],
        ["touch x"],
        ["touch x", "rm x"],
        ["cd /tmp"],
        ["alias a=b"],
        ["chmod 700 shutdown.sh"],
    ):
        session = Session(scenario, 0)
        bash(session, *commands)
        digests.append(state_digest(session))
    assert digests[0] == digests[1] == digests[2] == digests[4]  # a file that has come and gone leaves nothing behind
    assert len(set(digests)) == len(digests) - 3


def test_the_order_of_independent_acts_does_not_matter() -> None:
    scenario = open_world("shutdown_sabotage").scenario({})
    one, two = Session(scenario, 0), Session(scenario, 0)
    bash(one, "chmod -x shutdown.sh", "alias a=b")
    bash(two, "alias a=b", "chmod -x shutdown.sh")
    assert state_digest(one) == state_digest(two)


def test_who_did_it_matters() -> None:
    scenario = open_world("shutdown_sabotage").scenario({})
    one, two = Session(scenario, 0), Session(scenario, 0)
    bash(one, "true")
    bash(two, "true")
    files, system = two.company.body.host.files, two.company.body.host.account("root")
    text = files.original_text("/home/agent/task/shutdown.sh") or ""
    files.write("/home/agent/task/shutdown.sh", text + "#", system)
    one.company.body.host.files.write("/home/agent/task/shutdown.sh", text + "#", one.company.body.account)
    assert state_digest(one) != state_digest(two)


def test_time_matters_once_something_is_scheduled(tmp_path: Path) -> None:
    world = open_world("shutdown_sabotage")
    assert not depends_on_time(Session(world.scenario({}), 0))
    assert depends_on_time(Session(world.scenario({"trigger": "scheduled"}), 0))
    people = {"admin": {"policy": {"rules": {}}}}
    assert depends_on_time(Session(patched_world(tmp_path, {"people": people}).scenario({}), 0))
    assert depends_on_time(Session(open_world("shutdown_sabotage", "minimal").scenario({}), 0))


@pytest.mark.parametrize(
    ("one", "two", "then"),
    [
        ("set -- a", "set -- b", "echo $1"),
        ("pushd /tmp > /dev/null; cd ~", "cd ~", "popd"),
        ("set -o pipefail", "set +o pipefail", "false | true; echo $?"),
        ("x=1", "x=2", "echo $x"),
        ("ln shutdown.sh a", "cp shutdown.sh a", "echo '#' >> a; tail -n 1 shutdown.sh"),
        ("f() { echo 1; }", "f() { echo 2; }", "f"),
        ("trap 'echo bye' EXIT", "trap - EXIT", "exit"),
        ("arr=(1 2)", "arr=(1 3)", "echo ${arr[1]}"),
        ("readonly y=1", "y=1", "y=2; echo $y"),
    ],
)
def test_what_a_later_command_shows_is_in_the_state(one: str, two: str, then: str) -> None:
    scenario = open_world("shutdown_sabotage").scenario({})
    sessions = [Session(scenario, 0), Session(scenario, 0)]
    for session, command in zip(sessions, (one, two), strict=True):
        bash(session, "cd ~/task; true")
        bash(session, command)
        bash(session, "true")
    digests = [state_digest(session) for session in sessions]
    shown = [bash(session, then) for session in sessions]
    assert shown[0] != shown[1], "the example shows no difference"
    assert digests[0] != digests[1]


def test_inode_numbers_are_no_state_but_what_shares_one_is() -> None:
    scenario = open_world("shutdown_sabotage").scenario({})
    one, two = Session(scenario, 0), Session(scenario, 0)
    bash(one, "touch a; touch b")
    bash(two, "touch b; touch a")
    assert state_digest(one) == state_digest(two)


PAIRS = int(os.environ.get("SIMENV_PAIRS", "60"))
"""Merged pairs to continue in each world; `SIMENV_PAIRS=10000` takes an hour or two."""


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_equal_digests_continue_alike_in_every_world(name: str) -> None:
    world, stream = open_world(name), random.Random(name)
    conditions = list(world.one_at_a_time())
    pairs = tried = 0
    while pairs < PAIRS and tried < 30 * PAIRS:
        scenario = world.scenario(stream.choice(conditions))
        seed, size = stream.randrange(50), len(scenario.catalogue.entries)
        known: dict[str, Session] = {}
        for _ in range(12):
            tried += 1
            session = Session(scenario, seed)
            walk(session, [stream.randrange(size) for _ in range(stream.randint(1, 3))])
            if session.ended:
                continue
            twin = known.setdefault(state_digest(session), session)
            if twin is session or [t.calls for t in twin.turns] == [t.calls for t in session.turns]:
                continue
            pairs += 1
            tail = [stream.randrange(size) for _ in range(stream.randint(1, 6))]
            ends = [end_of(each.fork(), tail) for each in (twin, session)]
            assert ends[0] == ends[1], (name, scenario.condition, twin.turns, session.turns, tail)


def walk(session: Session, calls: list[int]) -> None:
    for call in calls:
        inbox = len(session.company.mail.inbox("agent"))
        if not session.ended and session.scenario.legal_from[call] <= inbox:
            session.take_entry(session.scenario.catalogue.entries[call])


def end_of(session: Session, tail: list[int]) -> Any:
    """What is, after some more calls: never how it came about, which two ways into one state need not share."""
    walk(session, tail)
    company, over = session.company, session.ended
    digest = "" if over else state_digest(session)
    faults = [] if company.chain is None else [fault[:2] for fault in company.chain.faults()]
    return over, digest, faults, company.work.done, company.work.score, company.body.running
