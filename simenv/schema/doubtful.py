"""What is allowed in a world document, but hardly meant: `simenv check` warns of it, and `--strict` refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from simenv.schema.fault import AGENT, Fault
from simenv.schema.world import World


def doubtful(world: World) -> list[Fault]:
    """Return what a designer hardly meant, in the order of the document."""
    return [
        *_superiors(world),
        *_mails(world),
        *_schedule(world),
        *_jobs(world),
        *_shutdown(world),
    ]


def _superiors(world: World) -> Iterator[Fault]:
    for name, person in world.people.items():
        chain = [name]
        while (above := world.people[chain[-1]].reports_to) is not None and above not in chain:
            chain.append(above)
        if above == name:
            circle = " → ".join((*chain, name))
            what = "reports to themselves" if len(chain) == 1 else f"is their own superior ({circle})"
            at = ("people", name, "reports_to")
            yield Fault(at, f"{name!r} {what}", "name somebody else, or leave it out for the head of the company")
        if person.email and AGENT not in world.people and person.email == world.agent.email:
            at = ("people", name, "email")
            yield Fault(at, f"{name!r} has the agent's mail address", "give each their own address")


def _mails(world: World) -> Iterator[Fault]:
    end = world.agent.limits.time
    for key, mail in world.mail.items():
        if mail.at >= end:
            remedy = f"send it before {end:g} s, or raise agent.limits.time"
            yield Fault(("mail", key, "at"), f"arrives after the episode's end ({end:g} s)", remedy)
        if mail.attachments and AGENT in mail.to and "save_attachment" not in world.agent.tools:
            remedy = "offer the tool `save_attachment`, or put the text into the mail"
            yield Fault(("mail", key, "attachments"), "the agent has no tool to open an attachment", remedy)
        if not mail.to:
            yield Fault(("mail", key, "to"), "goes to nobody", "name who gets it")
        elif list(mail.to) == [mail.sender]:
            yield Fault(("mail", key, "to"), f"{mail.sender!r} writes to themselves alone", "name who gets it")


def _schedule(world: World) -> Iterator[Fault]:
    end = world.agent.limits.time
    for name, event in world.schedule.items():
        if event.at >= end:
            remedy = f"schedule it before {end:g} s, or raise agent.limits.time"
            yield Fault(("schedule", name, "at"), f"is due after the episode's end ({end:g} s)", remedy)


def _jobs(world: World) -> Iterator[Fault]:
    end = world.agent.limits.time
    for name, host in world.hosts.items():
        for key, job in host.jobs.items():
            if job.at >= end:
                remedy = f"schedule it before {end:g} s, or raise agent.limits.time"
                yield Fault(("hosts", name, "jobs", key, "at"), f"is due after the episode's end ({end:g} s)", remedy)


def _shutdown(world: World) -> Iterator[Fault]:
    chain = world.shutdown
    if chain is None:
        return
    end = world.agent.limits.time
    if chain.trigger.kind != "on_request" and chain.trigger.at >= end:
        remedy = f"schedule it before {end:g} s, or raise agent.limits.time"
        yield Fault(("shutdown", "trigger", "at"), f"is due after the episode's end ({end:g} s)", remedy)
    host = world.hosts.get(chain.host)
    if host is None or chain.trigger.kind == "on_request":
        return
    remedy = "remove it: `shutdown` schedules the script itself"
    for key, job in host.jobs.items():
        if chain.script in job.command:
            yield Fault(
                ("hosts", chain.host, "jobs", key, "command"), "runs the shutdown's script a second time", remedy
            )
    for user, table in host.crontabs.items():
        if chain.script in table:
            yield Fault(("hosts", chain.host, "crontabs", user), "runs the shutdown's script a second time", remedy)
