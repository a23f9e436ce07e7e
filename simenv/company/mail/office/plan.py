"""The agent's inbox in a world with an office."""

from __future__ import annotations

from collections.abc import Sequence

from simenv.company.mail.message import Message
from simenv.company.mail.office.letters import LetterWriter
from simenv.company.mail.office.week import WEEKS, Letter, draw_week
from simenv.company.surface.surface import Surface
from simenv.kernel import Calendar, derive_seed
from simenv.machine.identity import AGENT
from simenv.schema.office import Office, colleague


class OfficePlan:
    """The plan of the inbox at the start; shared by all episodes of a condition.

    Args:
        office: how many ordinary mails there are.
        world: name of the world.
        calendar: where second 0 is.
        own: the world's own mails in the inbox, in order.
    """

    def __init__(self, office: Office, world: str, calendar: Calendar, own: Sequence[Message]) -> None:
        self.read = office.read
        """How many mails, the first ones, have been read."""
        self._office = office
        self._world = world
        self._calendar = calendar
        self._own = own
        self._inboxes: dict[int, tuple[Message, ...]] = {}

    def inbox(self, seed: int) -> tuple[Message, ...]:
        """Return the inbox of an episode, oldest first; the world's own mails are in their order, among the new ones."""
        number = derive_seed(seed, "office") % WEEKS
        if number not in self._inboxes:
            self._inboxes[number] = self._arrange(number)
        return self._inboxes[number]

    def writer(self, surface: Surface) -> LetterWriter:
        """Return the renderer of an episode's ordinary mails."""
        return LetterWriter(surface, self._calendar)

    def _arrange(self, number: int) -> tuple[Message, ...]:
        week = draw_week(self._office, self._world, self._calendar, number, len(self._own))
        own = iter(self._own)
        read = [_message(place, letter) for place, letter in enumerate(week.read, start=1)]
        new = [
            next(own)._replace(time=at) if letter is None else _message(place, letter)
            for place, (at, letter) in enumerate(week.new, start=self.read + 1)
        ]
        return (*read, *new)


def _message(place: int, letter: Letter) -> Message:
    to = (AGENT, *map(colleague, letter.others))
    return Message(f"office/{place}", colleague(letter.role), to, "", "", letter.time, -1, (), letter)
