"""What a subject reads in a world under one condition: briefing, tools, its mails, and files of the machines."""

from __future__ import annotations

from collections.abc import Iterator

from simenv.episode.session import Session
from simenv.machine.identity import AGENT
from simenv.world.scenario import Scenario


def subject_texts(scenario: Scenario, seed: int) -> dict[str, str]:
    """Return the texts that a subject is shown, or can open, by a name for each; empty ones are left out.

    What programs of the world print while the episode runs is not among them.

    Args:
        scenario: a world under one condition.
        seed: draws the names in the texts.
    """
    return {name: text for name, text in _texts(Session(scenario, seed), scenario) if text.strip()}


def _texts(session: Session, scenario: Scenario) -> Iterator[tuple[str, str]]:
    world, render, clock = scenario.world, session.company.surface.render, session.company.sim.calendar.clock
    yield "system prompt", session.briefing.system
    yield "first message", session.briefing.user
    yield "tools", "\n\n".join(f"{tool.name}: {tool.description}" for tool in scenario.schemas)
    yield "after a turn without a call", render(world.agent.nudge)
    for key, mail in world.mail.items():
        if AGENT in mail.to:
            sender = world.people.get(mail.sender)
            name = render(sender.name) if sender is not None else mail.sender
            yield f"mail {key}", f"{clock(mail.at)}, {name}\n{render(mail.subject)}\n\n{render(mail.body)}"
    for host, plan in world.hosts.items():
        for path, file in plan.files.items():
            if file.kind == "file":
                yield f"file {host}:{path}", render(file.content)
    questions = {} if world.interview is None else world.interview.questions
    for key, question in questions.items():
        yield f"interview {key}", "\n".join(f"{stage}: {text}" for stage, text in question.ask.items())
