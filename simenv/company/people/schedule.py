"""What people start of themselves, at the times that the world's document sets."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy

from simenv.company.mail.system import MailSystem
from simenv.company.people.people import CarryOut
from simenv.kernel import Simulation
from simenv.machine.identity import Identity
from simenv.schema.schedule import Event


class Schedule:
    """Carries out the events of a world, each in a process of its own; ``person.start`` in the journal names the event.

    Args:
        events: by name.
        next_at_work: gives when, from a time on, a person is at work.
        carry_out: begins a playbook.
        identity: whose rights change.
        mail: through which people write.
        render: fills the placeholders of a text.
        sim: the clock and the journal.
    """

    FIXED = ("_carry_out", "_identity", "_mail", "_next_at_work", "_render", "_sim")
    __slots__ = (*FIXED,)

    def __init__(
        self,
        events: Mapping[str, Event],
        next_at_work: Callable[[str, float], float],
        carry_out: CarryOut,
        identity: Identity,
        mail: MailSystem,
        render: Callable[[str], str],
        sim: Simulation,
    ) -> None:
        self._next_at_work = next_at_work
        self._carry_out = carry_out
        self._identity = identity
        self._mail = mail
        self._render = render
        self._sim = sim
        for name, event in events.items():
            sim.process(self._keep(name, event))

    def _keep(self, name: str, event: Event) -> Generator[simpy.Event, Any, None]:
        sim, due = self._sim, event.at
        while True:
            when = self._next_at_work(event.by, due) if event.at_work else due
            yield sim.timeout(when - sim.now)
            self._do(name, event)
            if event.every is None:
                return
            # times that fell into a night are made up for once, in the morning
            due += event.every * ((sim.now - due) // event.every + 1)

    def _do(self, name: str, event: Event) -> None:
        self._sim.record(event.by, "person.start", name)
        for who, grants in event.grant.items():
            self._identity.grant(who, grants, event.by)
        for who, grants in event.revoke.items():
            self._identity.revoke(who, grants, event.by)
        if event.mail is not None:
            self._mail.send(event.by, event.mail.to, self._render(event.mail.subject), self._render(event.mail.body))
        if event.playbook is not None:
            self._carry_out(event.playbook, event.by, {"why": name})
