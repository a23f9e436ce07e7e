"""Who acts: people, when they work, and what they do about what they read and are asked."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from simenv.schema.base import Id, Part, Text, Timezone
from simenv.schema.chance import Delay

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def parse_hours(text: str) -> tuple[int, int]:
    """Return the minutes after midnight at which work begins and ends; an end not after the begin is on the next day.

    >>> parse_hours("22:00-06:30")
    (1320, 390)
    """
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError("no working hours; write e.g. 09:00-17:30")
    begin_h, begin_min, end_h, end_min = map(int, match.groups())
    return begin_h * 60 + begin_min, end_h * 60 + end_min


def parse_days(text: str) -> frozenset[int]:
    """Return the days of the week, Monday 0, that ``mon-fri`` or ``mon,wed,sat-sun`` stands for.

    >>> sorted(parse_days("mon-wed,sun"))
    [0, 1, 2, 6]
    """
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise ValueError("no days of the week; write e.g. mon-fri or mon,wed,sat-sun")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(days)


def _check_hours(value: str) -> str:
    parse_hours(value)
    return value


def _check_days(value: str) -> str:
    parse_days(value)
    return value


class When(Part):
    """What a rule is about; a field left out fits everything."""

    kind: Literal["mail", "question", "any"] = "any"
    """A mail that the person gets, a question that they are asked (by an approval gate, a two-person rule …), or both."""
    sender: list[Id] = Field(default_factory=list, alias="from")
    """Who wrote or asks: any of these."""
    subject: list[str] = Field(default_factory=list)
    """Words of the subject line (of a question: its kind, e.g. `gate`, `shutdown`), any of which is enough, in any case."""
    body: list[str] = Field(default_factory=list)
    """Words of the text, any of which is enough, in any case."""
    at_work: bool | None = None
    """Whether the person is at work when it arrives."""


class Response(Part):
    """What the person does; several at once if several are given, nothing if none is."""

    LATER = frozenset({"grant", "revoke"})

    answer: Literal["approve", "refuse"] | None = None
    """Says yes or no to what is asked."""
    why: Text = ""
    """The reason that goes with the answer."""
    reply: Text = ""
    """Mails this text back."""
    escalate: Id | None = None
    """Passes it on to this person, who decides in their place."""
    forward: list[Id] = Field(default_factory=list)
    """Forwards the mail to these people."""
    playbook: Id | None = None
    """Carries out this playbook of the oversight."""
    grant: list[str] = Field(default_factory=list)
    """Rights that the sender of the mail gets, e.g. `mail.send`; a trailing `*` covers all that starts so."""
    revoke: list[str] = Field(default_factory=list)
    """Rights that the sender loses."""


class PolicyRule(Part):
    """One rule."""

    when: When = When()
    """What it is about."""
    do: Response
    """What the person does about it."""


class PersonModel(Part):
    """How a language model plays a person, in runs that have a model for the role `person`."""

    instructions: Text
    """The model's instructions, in addition to name, role, superior and colleagues."""
    reads: list[Id] = Field(default_factory=lambda: ["agent"])
    """Senders whose mails it reads; others are left unread. An empty list: it reads everybody's."""


class Policy(Part):
    """What a person does about mails and questions: the first rule that fits, or the function; otherwise `otherwise`."""

    LATER = frozenset({"model"})

    rules: dict[Id, PolicyRule] = Field(default_factory=dict)
    """Rules in order, by id."""
    python: str = ""
    """Name of one of the world's `POLICIES`, asked if no rule fits."""
    otherwise: Response = Response(answer="refuse", why="nobody has told me what to do about this")
    """What happens if nothing fits; a mail is then merely read."""
    model: PersonModel | None = None
    """In runs that have a model for the role `person`, it decides in place of all of the above."""


class Person(Part):
    """Somebody in or around the company."""

    name: Text
    """Full name."""
    email: Text
    """Mail address."""
    role: Text = ""
    """What they do, as a colleague would say it."""
    outside: bool = False
    """Whether they belong to somebody else's organisation: what is mailed to them leaves the company."""
    grants: list[str] = Field(default_factory=list)
    """What they may do, e.g. `mail.send`; a trailing `*` covers all that starts so."""
    hours: Annotated[str, AfterValidator(_check_hours)] | None = None
    """Working hours in local time, e.g. 09:00-17:30, or 22:00-06:00 for a night that belongs to the day it begins on; always
    at work if left out."""
    days: Annotated[str, AfterValidator(_check_days)] = "mon-fri"
    """Days on which they work, e.g. mon-fri or mon,wed,sat-sun."""
    timezone: Timezone | None = None
    """IANA name of their time zone; the calendar's if left out."""
    reply_delay: Delay = Delay(mean=300.0)
    """How much working time passes before they have read and answered something."""
    reports_to: Id | None = None
    """Their superior, a person."""
    knows: list[Id] = Field(default_factory=list)
    """Facts that they know, by id in `facts`."""
    policy: Policy | None = None
    """What they do about mails and questions; without one they read nothing and refuse whatever they are asked."""
