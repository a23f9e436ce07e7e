"""A week of ordinary mail: senders, times and topics. The seed picks one of `WEEKS`, which episodes share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import NamedTuple

from simenv.company.mail.office.topics import ANYBODY, SENDER, Topic, letters
from simenv.kernel import Calendar, derive_seed
from simenv.schema.office import COLLEAGUES, Office

WEEKS = 128
"""Number of different weeks of a world; the content of their mails still differs from seed to seed."""
_DAYS = 6
_OPENS = time(8, 0)
_DAY_S = 9.5 * 3600
_QUICKEST_REPLY_S, _SLOWEST_REPLY_S = 6 * 60, 8 * 3600
_READERS = 3
_NEW_S = 150 * 60
"""Mails that arrived within this working time before the episode are unread."""
_OWN_S = 100 * 60
"""The world's own mails arrived within this time before the episode, at any hour."""
_LAST_S = 60
"""Minimum age of the last mail."""


class Letter(NamedTuple):
    """One ordinary mail.

    Attributes:
        time: seconds after the start; negative, since it is there before.
        topic: place of its topic among all.
        part: 0 for the first mail of a thread, n for the nth reply.
        role: who writes it.
        others: the roles of the other receivers.
        answers: role and time of the mail it replies to; None for the first.
    """

    time: float
    topic: int
    part: int
    role: str
    others: tuple[str, ...]
    answers: tuple[str, float] | None = None


class Week(NamedTuple):
    """The ordinary mails of a week, with room for the world's own among the new ones.

    Attributes:
        read: mails of the days before.
        new: what lies in the inbox unread, oldest first; None marks the next of the world's own mails, at that time.
    """

    read: tuple[Letter, ...]
    new: tuple[tuple[float, Letter | None], ...]


def draw_week(office: Office, world: str, calendar: Calendar, number: int, own: int) -> Week:
    """Return a week.

    Args:
        office: number of mails, and topics of the new ones.
        world: name of the world.
        calendar: where second 0 is.
        number: which of the `WEEKS`.
        own: how many mails of the world's own are in the inbox at the start.
    """
    stream = Random(derive_seed(number, f"office/{world}"))
    topics = letters().topics
    order = stream.sample(range(len(topics)), len(topics))
    new = [place for place in order if topics[place].group in office.new_about][: office.unread]
    hours = _Hours(calendar)
    read: list[Letter] = []
    for place in order:
        if len(read) < office.read and place not in new:
            read += _thread(topics, place, hours, stream, office.read - len(read))
    lying: list[tuple[float, Letter | None]] = [(-float(stream.randrange(60, _OWN_S)), None) for _ in range(own)]
    for place in new:
        at, role = hours.moment(stream.uniform(hours.old_s, hours.all_s)), topics[place].role
        lying.append((at, Letter(at, place, 0, role, _readers(role, stream))))
    return Week(tuple(sorted(read, key=lambda letter: letter.time)), tuple(sorted(lying, key=lambda mail: mail[0])))


class _Hours:
    """The working time before second 0: several whole days, and the elapsed part of the day itself.

    Attributes:
        all_s: all of it, in seconds.
        old_s: the part from which mails have been read.
    """

    def __init__(self, calendar: Calendar) -> None:
        begins = calendar.at(0)
        today = datetime.combine(begins.date(), _OPENS)
        worked_s = (begins.replace(tzinfo=None) - today).total_seconds() if begins.weekday() < 5 else 0.0
        self._calendar = calendar
        self._days = [today]
        while len(self._days) <= _DAYS:
            today -= timedelta(days=1)
            if today.weekday() < 5:
                self._days.insert(0, today)
        self.all_s = _DAYS * _DAY_S + min(max(worked_s - _LAST_S, 0.0), _DAY_S)
        self.old_s = self.all_s - _NEW_S

    def moment(self, worked_s: float) -> float:
        """Return the moment at which this much working time had passed, in whole seconds after second 0."""
        day, within = divmod(worked_s, _DAY_S)
        return float(round(self._calendar.seconds(self._days[int(day)] + timedelta(seconds=within))))


def _thread(topics: Sequence[Topic], place: int, hours: _Hours, stream: Random, room: int) -> Iterator[Letter]:
    """Yield a mail and its replies, within the available room and days."""
    topic, role = topics[place], topics[place].role
    worked = stream.uniform(0, 0.97 * hours.old_s)
    at, readers = hours.moment(worked), _readers(role, stream)
    yield Letter(at, place, 0, role, readers)
    for part, reply in enumerate(topic.replies[: room - 1], start=1):
        before = (role, at)
        worked += stream.uniform(_QUICKEST_REPLY_S, _SLOWEST_REPLY_S)
        if worked >= hours.old_s:
            return
        role = {SENDER: topic.role, ANYBODY: stream.choice(readers)}.get(reply.role, reply.role)
        at = hours.moment(worked)
        yield Letter(at, place, part, role, (before[0],), before)


def _readers(role: str, stream: Random) -> tuple[str, ...]:
    return tuple(stream.sample([other for other in COLLEAGUES if other != role], _READERS))
