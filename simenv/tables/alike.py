"""Whether the companies of a scenario differ in names alone: what tables that hold for all of them rest on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from simenv.episode.session import FINISHED, Session
from simenv.machine.identity import AGENT
from simenv.tables.recorder import REFERENCE
from simenv.world.scenario import Scenario

_COMPANIES, _EPISODES = 8, 12
_SCORED_IN = 64


class Seen(NamedTuple):
    """What a learner sees of an episode, and what a call in it came to."""

    ok: bool
    time: float
    facts: tuple[int, ...]
    inbox: int
    unread: int
    ended: str
    score: float


def seen(session: Session, *, ok: bool) -> Seen:
    """Return what a learner sees of an episode now."""
    company = session.company
    mail, score = company.mail, float(company.work.score)
    inbox, unread = len(mail.inbox(AGENT)), mail.unread(AGENT)
    return Seen(ok, company.sim.now, tuple(session.facts), inbox, unread, session.ended, score)


def difference(scenario: Scenario) -> str:
    """Play the same calls in several companies; return what differs in what a learner sees, empty if nothing does.

    Each call is made once at the start, and some episodes are played at random. Scores are left out: `is_alike` compares them
    call by call.
    """
    count = len(scenario.catalogue)
    plans = [[action] for action in range(count)]
    for number in range(_EPISODES):
        stream = random.Random(number)
        plans.append([stream.randrange(count) for _ in range(scenario.world.agent.limits.turns)])
    return next(filter(None, (_compare(scenario, plan) for plan in plans)), "")


def _compare(scenario: Scenario, actions: Sequence[int]) -> str:
    sessions = [Session(scenario, REFERENCE + number) for number in range(_COMPANIES)]
    for action in actions:
        results = [session.take_entry(scenario.catalogue.entries[action]) for session in sessions]
        views = [seen(session, ok=ok)._replace(score=0.0) for session, ok in zip(sessions, results, strict=True)]
        other = next((number for number, view in enumerate(views) if view != views[0]), None)
        if other is not None:
            label = scenario.catalogue.labels[action]
            return f"the companies of seeds {REFERENCE} and {other} differ in more than names after {label}"
        if sessions[0].ended:
            break
    return ""


def is_alike(scenario: Scenario, actions: Sequence[int], draw: int) -> bool:
    """Return whether the last of some calls comes to the same in other companies: in one, or in many if it is judged.

    Args:
        scenario: the scenario.
        actions: the calls.
        draw: which others are chosen.
    """
    first = _play(scenario, REFERENCE, actions)
    before = _play(scenario, REFERENCE, actions[:-1]).score if first.score else 0.0
    others = _SCORED_IN if first.score != before or first.ended == FINISHED else 1
    return all(_play(scenario, REFERENCE + 1 + draw + number, actions) == first for number in range(others))


def _play(scenario: Scenario, seed: int, actions: Sequence[int]) -> Seen:
    session, ok = Session(scenario, seed), True
    for action in actions:
        ok = session.take_entry(scenario.catalogue.entries[action])
    return seen(session, ok=ok)
