"""Mail: scheduled mails of the world, and mails sent by people and the agent."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

import simpy

from simenv.company.mail.message import Address, Attachment, Message, PlannedMail
from simenv.company.mail.office.letters import LetterWriter
from simenv.company.mail.office.plan import OfficePlan
from simenv.company.surface.surface import Surface
from simenv.kernel import Details, Simulation
from simenv.kernel.parts import View
from simenv.machine.content.tokens import byte_size
from simenv.machine.identity import AGENT


class MailPlan(NamedTuple):
    """The world's mails and address book: frozen, shared by all episodes of a condition.

    Attributes:
        addresses: the address book.
        first: the world's mails at the start, by receiver.
        later: the mails that arrive during the episode.
        office: the ordinary mail in the agent's inbox; None if there is none.
    """

    addresses: Mapping[str, Address]
    first: Mapping[str, tuple[Message, ...]]
    later: Sequence[PlannedMail]
    office: OfficePlan | None = None


class MailSystem:
    """Everybody's inbox. A mail's number is its place in the inbox, from 1."""

    STATE = ("_inboxes", "_read", "_sent")
    DERIVED = ("_read_counts", "_writer", "changes")
    FIXED = ("_plan", "_surface", "_sim", "_old", "on_delivery")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(self, plan: MailPlan, surface: Surface, sim: Simulation) -> None:
        self._plan = plan
        self._surface = surface
        self._sim = sim
        self._inboxes: dict[str, list[Message]] = {who: list(mails) for who, mails in plan.first.items()}
        self._read: set[tuple[str, int]] = set()
        self._read_counts: dict[str, int] = {}
        self._writer: LetterWriter | None = None
        self._old = 0  # the first mails of the agent's inbox, read before the episode
        if plan.office is not None:
            self._inboxes[AGENT] = list(plan.office.inbox(surface.seed))
            self._old = self._read_counts[AGENT] = plan.office.read
        self._sent = 0
        self.changes = 0
        """Increases with every delivery and every first reading: cheaper to check than counting mails."""
        self.on_delivery: Callable[[str, Message, int], None] | None = None
        """Called for each receiver of each mail that arrives, with the mail and its number in their inbox."""
        if plan.later:
            sim.process(self._deliver_mail())

    def _deliver_mail(self) -> Generator[simpy.Event, Any, None]:
        for mail in self._plan.later:
            yield self._sim.timeout(mail.at - self._sim.now)
            self._deliver(mail.sender, mail.key, mail.to, mail.subject, mail.body, mail.attachments)

    def _deliver(
        self,
        sender: str,
        key: str,
        to: tuple[str, ...],
        subject: str,
        body: str,
        attachments: tuple[Attachment, ...] = (),
    ) -> Message:
        sim = self._sim
        record = sim.record(sender, "mail.deliver", key, to=list(to))
        message = Message(key, sender, to, subject, body, sim.now, record, attachments)
        self.changes += 1
        for receiver in to:
            inbox = self._inboxes.setdefault(receiver, [])
            inbox.append(message)
            if self.on_delivery is not None:
                self.on_delivery(receiver, message, len(inbox))
        return message

    def inbox(self, who: str) -> Sequence[Message]:
        """Return the mails of a person or the agent, oldest first."""
        return self._inboxes.get(who, ())

    def state(self, view: View) -> object:
        """Return the inboxes and which mails are read, with the text of those sent during the episode."""
        inboxes = [(who, [_mail_state(m) for m in mails]) for who, mails in sorted(self._inboxes.items())]
        return inboxes, sorted(self._read), self._sent

    def is_read(self, who: str, number: int) -> bool:
        """Return whether mail `number` of an inbox has been read."""
        return (who, number) in self._read or (who == AGENT and number <= self._old)

    def unread(self, who: str) -> int:
        """Return the number of unread mails in an inbox."""
        return len(self._inboxes.get(who, ())) - self._read_counts.get(who, 0)

    def read(self, who: str, number: int) -> Message:
        """Return mail `number` and mark it as read; journaled as ``mail.read``. Raises IndexError if there is none."""
        inbox = self.inbox(who)
        if not 1 <= number <= len(inbox):
            raise IndexError(number)
        message = inbox[number - 1]
        if not self.is_read(who, number):
            self.changes += 1
            self._read.add((who, number))
            self._read_counts[who] = self._read_counts.get(who, 0) + 1
        self._sim.record(who, "mail.read", message.key)
        return message

    def send(
        self, sender: str, to: Sequence[str], subject: str, body: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        """Send a mail; journaled as ``mail.send`` with its text and attachments, and delivered at once."""
        self._sent += 1
        key = f"sent/{self._sent}"
        details: Details = {"to": list(to), "subject": subject, "body": body}
        if attachments:
            details["attachments"] = [
                {"name": name, "bytes": byte_size(content), "content": content} for name, content in attachments
            ]
        self._sim.record(sender, "mail.send", key, **details)
        return self._deliver(sender, key, tuple(to), subject, body, tuple(attachments))

    # -- what people read --------------------------------------------------------------------------------------

    def subject(self, message: Message) -> str:
        """Return the subject line."""
        if message.letter is not None:
            return self._letter_writer().subject(message.letter)
        return self._render(message, message.subject)

    def body(self, message: Message) -> str:
        """Return the text."""
        if message.letter is not None:
            return self._letter_writer().body(message.letter)
        return self._render(message, message.body)

    def attachments(self, message: Message) -> list[Attachment]:
        """Return the files that come with it."""
        return [Attachment(name, self._render(message, content)) for name, content in message.attachments]

    def _letter_writer(self) -> LetterWriter:
        if self._writer is None:
            assert self._plan.office is not None, "only an office has letters"
            self._writer = self._plan.office.writer(self._surface)
        return self._writer

    def _render(self, message: Message, text: str) -> str:
        """Only the world's own mails are templates: mails of an agent are shown verbatim."""
        return text if message.key.startswith("sent/") else self._surface.render(text)

    def show(self, who: str) -> str:
        """Return how an address book shows a person: ``Name <address>``; an outside address as it is."""
        address = self._plan.addresses.get(who)
        return f"{self._surface.render(address.name)} <{self._surface.render(address.email)}>" if address else who

    def look_up(self, text: str) -> str | None:
        """Return the id for a written address: an id, a mail address, or ``Name <address>``; else None."""
        wanted = text.strip()
        if wanted in self._plan.addresses:
            return wanted
        if wanted.endswith(">") and "<" in wanted:
            wanted = wanted[wanted.rindex("<") + 1 : -1].strip()
        for who, address in self._plan.addresses.items():
            shown = (self._surface.render(address.email), self._surface.render(address.name))
            if wanted.casefold() in (shown[0].casefold(), shown[1].casefold()):
                return who
        return None

    def people(self) -> list[str]:
        """Return the ids in the address book, in the order of the world file."""
        return list(self._plan.addresses)


def _mail_state(message: Message) -> object:
    """The world's own mails are what their key says."""
    key, sender, to, subject, body, _, record, attachments, _ = message
    return key if record < 0 else (key, sender, to, subject, body, attachments)
