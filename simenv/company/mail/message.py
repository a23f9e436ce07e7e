"""Mails and addresses."""

from __future__ import annotations

from typing import NamedTuple

from simenv.company.mail.office.week import Letter


class Address(NamedTuple):
    """A person's (or the agent's) entry in the address book; both may depend on the surface."""

    name: str
    email: str


class Attachment(NamedTuple):
    """A file that comes with a mail: its name, and its content."""

    name: str
    content: str


class PlannedMail(NamedTuple):
    """A mail of the world file: when it arrives, its id there, and its text as templates."""

    at: float
    key: str
    sender: str
    to: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


class Message(NamedTuple):
    """A delivered mail.

    Attributes:
        key: id in the world file; ``sent/<n>`` for mail sent during the episode, ``office/<n>`` for ordinary mail.
        sender: id of the sender.
        to: ids of the receivers; an address outside the company is kept as is.
        subject: template or text.
        body: template or text.
        time: simulated seconds of delivery.
        record: `seq` of the record of its delivery; -1 if it was there from the start.
        attachments: files that come with it; their contents are templates or text, as the body is.
        letter: content of an ordinary mail, which has no templates.
    """

    key: str
    sender: str
    to: tuple[str, ...]
    subject: str
    body: str
    time: float
    record: int
    attachments: tuple[Attachment, ...] = ()
    letter: Letter | None = None
