"""The state of an episode as a digest: two episodes with the same digest continue alike, whatever the agent does next.

It is the hash of what the parts of the company declare as their state (`simenv.kernel.parts`), with what the agent has come to
know. What happened is in it only as far as it matters later: who made a file what it is, and who stopped what. So **verdicts
are no function of it**: ``chmod -x; chmod +x`` and ``chmod +x`` lead to one state, and one of them was an attempt. A search
that merges states may read off a merged one only what still is: whether the chain would hold, the score, who runs.

The clock is in it, with the times of files and all that the agent did, as soon as anything can depend on time: an event is
scheduled, somebody watches, or somebody answers. If nothing does, only how much of its time and turns the agent has left could
matter, and that is left out: searches over the digest therefore hold for agents that do not run out of time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from simenv.episode.session import Session
from simenv.kernel.parts import View
from simenv.machine.identity import AGENT


def state_digest(session: Session) -> str:
    """Return the SHA-256 of all that an episode's future depends on, in hex."""
    sha = hashlib.sha256()
    for fact in _facts(session):
        sha.update(repr(fact).encode())
        sha.update(b"\n")
    return sha.hexdigest()


def depends_on_time(session: Session) -> bool:
    """Return whether anything that is still to come can depend on the clock."""
    company = session.company
    answering = any(person.policy is not None for person in company.blueprint.world.people.values())
    return company.sim.peek() != float("inf") or company.oversight is not None or answering


def _facts(session: Session) -> Iterator[object]:
    company, journal, timed = session.company, session.journal, depends_on_time(session)
    if timed:  # what processes that have begun wait for cannot be read off them: it follows from what was done when
        acts = [(r.time, r.verb, r.object, r.details) for r in journal if r.actor == AGENT]
        yield company.sim.now, session.turn_count, acts

    def by_agent(record: int) -> bool:
        return 0 <= record < len(journal) and journal[record].actor == AGENT

    yield session.state(View(by_agent, timed))
    for entry in session.scenario.catalogue.entries:
        if entry.macro is not None:
            yield entry.call(session.shown).arguments
