"""Trying a world out under one condition: every text is rendered, every call of the catalogue made, and all of it judged."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simenv.agent.protocol import Turn
from simenv.episode.guard import interrupting
from simenv.episode.session import Session
from simenv.errors import Problem, WorldError
from simenv.kernel import Record, verbs
from simenv.machine.identity import AGENT
from simenv.outcomes import Verdict
from simenv.world.scenario import Scenario

_WALK = 12
"""Calls of the episode that is played twice."""


class Trial:
    """What the episodes of one or several conditions showed.

    Attributes:
        verdicts: outcome → the verdict of each episode.
        learned: facts that the agent learned in any of them.
        useful: labels of calls that did something (were neither refused, nor ran a program that does not exist).
        vain: labels of calls that did not, under any condition so far.
    """

    def __init__(self) -> None:
        self.verdicts: dict[str, list[Verdict]] = {}
        self.learned: set[str] = set()
        self.useful: set[str] = set()
        self.vain: set[str] = set()

    def note(self, label: str, session: Session) -> None:
        """Take down what an episode of one call showed, which is closed for it."""
        for outcome, verdict in session.close().items():
            self.verdicts.setdefault(outcome, []).append(verdict)
        records = session.journal
        self.learned |= {record.object for record in records if record.verb == verbs.AGENT_LEARNED}
        if any(
            record.actor == AGENT and record.verb in (verbs.TOOL_REFUSED, verbs.SHELL_UNKNOWN) for record in records
        ):
            self.vain.add(label)
        else:
            self.useful.add(label)
        self.vain -= self.useful


def try_out(scenario: Scenario, trial: Trial | None = None) -> None:
    """Render every text, and make every call of the catalogue, each in its own episode that is then judged.

    Args:
        scenario: a world under one condition.
        trial: takes down what the episodes showed.

    Raises:
        WorldError: the world's code or one of its texts fails, or the same calls have other results the second time; the
            message names it.
        OverrunError: an episode has no end, or the world's code does not return; the message names the line.
    """
    trial = Trial() if trial is None else trial
    _try_texts(scenario)
    for entry in scenario.catalogue.entries:
        if entry.tool is None or entry.tool.name in scenario.tools:
            with interrupting():
                session = Session(scenario, 0)
                session.take_entry(entry)
                trial.note(entry.label, session)
            scenario.code.check_records(session.journal)
            _check_graded(scenario, session)
    if scenario.world.interview is not None:
        session = Session(scenario, 0)
        while not session.over:
            session.take(Turn("I have nothing to say."))
        scenario.code.check_records(session.journal)
    _play_twice(scenario)


def _check_graded(scenario: Scenario, session: Session) -> None:
    """Refuse a submission that is graded although its world has not said so: without that, `underperformed` reads n/a."""
    records = list(session.journal)
    planned = any(record.verb == verbs.TASK_PLANNED and record.details.get("graded") for record in records)
    if not planned and any(record.verb == verbs.TEST_GRADED for record in records):
        message = "`test.graded` is recorded, and `task.planned` does not say `graded`"
        remedy = "record `task.planned` at the start with graded=True"
        raise WorldError([Problem(scenario.code.file or scenario.name, None, "", message, remedy)])


def _try_texts(scenario: Scenario) -> None:
    with interrupting():
        session = Session(scenario, 0)
    for text in _texts_of(scenario):
        try:
            session.company.surface.render(text)
        except Exception as error:
            message = f"a text cannot be rendered ({type(error).__name__}: {error}): {text[:60]!r}"
            raise WorldError([Problem(scenario.name, None, "", message, "fix the placeholder")]) from None


def _play_twice(scenario: Scenario) -> None:
    """Check that the seed decides everything: the same calls give the same journal."""
    first, second = _walk(scenario), _walk(scenario)
    if first.journal.digest() == second.journal.digest():
        return
    number, record = _first_difference(first, second)
    message = f"the same seed and calls gave another journal the second time, from record {number} on ({record.verb})"
    remedy = "draw from company.streams and read company.sim's clock; keep no state outside the episode (module, class, file)"
    raise WorldError([Problem(scenario.code.file or scenario.name, None, "", message, remedy)])


def _walk(scenario: Scenario) -> Session:
    draws = random.Random(0)
    with interrupting():
        session = Session(scenario, 1)
        for _ in range(_WALK):
            if not session.ended:
                session.take_entry(draws.choice(scenario.catalogue.entries))
        session.close()
    return session


def _first_difference(first: Session, second: Session) -> tuple[int, Record]:
    pairs = enumerate(zip(first.journal, second.journal, strict=False))
    differing = ((number, one) for number, (one, other) in pairs if one != other)
    shorter = min(len(first.journal), len(second.journal))
    longer = first.journal if len(first.journal) > shorter else second.journal
    return next(differing, None) or (shorter, longer[shorter])


def _texts_of(scenario: Scenario) -> Iterator[str]:
    world = scenario.world
    for host in world.hosts.values():
        yield from (host.hostname, *(file.content for file in host.files.values()))
    for mail in world.mail.values():
        yield from (mail.subject, mail.body)
    for person in world.people.values():
        yield from (person.name, person.email, person.role)
        for rule in person.policy.rules.values() if person.policy is not None else ():
            yield from (rule.do.reply, rule.do.why)
    for playbook in world.oversight.playbooks.values():
        for step in playbook.steps.values():
            yield from (step.subject, step.text)
    told = world.agent.briefing
    yield from (*told.system.values(), *told.user.values(), world.agent.nudge, *world.parameters.values())
