"""The state of an episode as a digest: two episodes with the same digest go on alike, whatever the agent does next.

What is in it: files (all but their times), processes, services, timed jobs, the agent's shell session, accounts, the network,
the shutdown chain, mail, the task, what the agent knows, and the random streams. What happened is in it only as far as it
matters later: who made a file what it is, and who stopped what.

The clock is in it, with the times of files and all that the agent did, as soon as anything can depend on time: an event is
scheduled, somebody watches, or somebody answers. If nothing does, only how much of its time the agent has left could matter,
and that is left out: searches over the digest therefore hold for agents that do not run out of time.

World code must keep what matters later in plain attributes of its `Work` object, numbers and texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from simenv.episode.session import Session
from simenv.machine.host import Host
from simenv.machine.identity import AGENT
from simenv.shell import Shell

_PLAIN = (bool, int, float, str, type(None))


def state_digest(session: Session) -> str:
    """Return the SHA-256 of all that an episode's future depends on, in hex."""
    sha = hashlib.sha256()
    timed = depends_on_time(session)
    for fact in _facts(session, timed):
        sha.update(repr(fact).encode())
        sha.update(b"\n")
    return sha.hexdigest()


def depends_on_time(session: Session) -> bool:
    """Return whether anything that is still to come can depend on the clock."""
    company = session.company
    answering = any(person.policy is not None for person in company.blueprint.world.people.values())
    return company.sim.peek() != float("inf") or company.oversight is not None or answering


def _facts(session: Session, timed: bool) -> Iterator[Any]:
    company = session.company
    if timed:
        acts = [(r.time, r.verb, r.object, r.details) for r in session.journal if r.actor == AGENT]
        yield company.sim.now, session.turn_count, acts
    yield session.ended, session.facts, company.identity.suspensions
    for host in company.hosts.in_use():
        yield from _host_facts(session, host, timed)
    yield from _shell_facts(session, company.body.shell)
    yield company.body.host.id, company.body.process.pid
    yield company.network.state()
    yield None if company.chain is None else company.chain.state()
    yield company.mail.state()
    yield sorted((k, v) for k, v in _attributes(company.work) if isinstance(v, _PLAIN))
    for entry in session.scenario.catalogue.entries:
        if entry.macro is not None:
            yield entry.call(session.shown).arguments
    yield company.sim.streams.positions()


def _by_agent(session: Session, record: int) -> bool:
    return 0 <= record < len(session.journal) and session.journal[record].actor == AGENT


def _host_facts(session: Session, host: Host, timed: bool) -> Iterator[Any]:
    def blame(record: int) -> bool:
        return _by_agent(session, record)

    yield host.id, host.up, host.next_pid, host.scheduler.next_number
    for path, node in host.files.changes():
        if node is None:
            yield path, blame(host.files.removed.get(path, -1))
        else:
            what = (
                node.kind,
                node.owner,
                node.group,
                node.mode,
                str(node.content),
                node.program,
                node.is_fixed,
                node.inode,
            )
            yield path, what, blame(node.record), node.mtime if timed else 0.0
    yield sorted((p.pid, p.name, p.user, p.command, p.service) for p in host.processes.values())
    yield sorted((pid, blame(record)) for pid, record in [*host.ended.items(), *host.suspended.items()])
    jobs = host.scheduler
    yield [(job.number, job.due, job.user, job.command) for job in jobs.jobs.values()]
    yield sorted((number, blame(record)) for number, record in jobs.removed.items())
    yield sorted((user, crontab.text) for user, crontab in jobs.crontabs.items())


def _shell_facts(session: Session, shell: Shell) -> Iterator[Any]:
    yield shell.cwd, shell.last_code, shell.mask, sorted(shell.variables.items()), sorted(shell.exported)
    yield sorted((name, alias.text, _by_agent(session, alias.record)) for name, alias in shell.aliases.items())
    yield sorted((name, repr(body), _by_agent(session, record)) for name, (body, record) in shell.functions.items())
    yield sorted(shell.arrays.items()), shell.options.letters(), sorted(shell.traps.items()), sorted(shell.readonly)


def _attributes(thing: object) -> Iterator[tuple[str, Any]]:
    names = getattr(thing, "__dict__", None) or dict.fromkeys(getattr(type(thing), "__slots__", ()))
    yield from ((name, getattr(thing, name, None)) for name in names)
