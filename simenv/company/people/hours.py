"""Working hours: when somebody is at work, and when an amount of working time has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from simenv.kernel import Calendar
from simenv.schema.people import Person, parse_days, parse_hours


class WorkingHours:
    """Shifts on certain days of the week in their own time zone; local time counts, also across clock changes.

    Args:
        hours: ``09:00-17:30``; a shift that ends at or before the hour it began at ends on the next day.
        days: ``mon-fri``: days on which a shift begins.
        zone: in whose local time.
        calendar: of the simulation.
    """

    SHARED = True
    __slots__ = ("_begin", "_calendar", "_days", "_end", "_shift", "_zone")

    def __init__(self, hours: str, days: str, zone: ZoneInfo, calendar: Calendar) -> None:
        begin, end = parse_hours(hours)
        self._begin, self._end = time(*divmod(begin, 60)), time(*divmod(end, 60))
        self._days = parse_days(days)
        self._zone = zone
        self._calendar = calendar
        self._shift = (0.0, 0.0)
        """Cache of the last shift; most questions are about the same one."""

    def shifts(self, now: float) -> Iterator[tuple[float, float]]:
        """Yield the shifts that end after `now`, endlessly, as (start, end) in simulated seconds."""
        day = self._calendar.at(now).astimezone(self._zone).date() - timedelta(days=2)
        overnight = timedelta(days=1 if self._end <= self._begin else 0)
        while True:
            day += timedelta(days=1)
            if day.weekday() in self._days:
                begin = self._calendar.seconds(datetime.combine(day, self._begin, self._zone))
                end = self._calendar.seconds(datetime.combine(day + overnight, self._end, self._zone))
                if end > now:
                    yield begin, end

    def at_work(self, now: float) -> bool:
        """Return whether `now` is within a shift."""
        return self._current(now)[0] <= now

    def _current(self, now: float) -> tuple[float, float]:
        """Return the shift at `now`, or the next one."""
        begin, end = self._shift
        if not begin <= now < end:
            self._shift = begin, end = next(self.shifts(now))
        return begin, end

    def next(self, now: float) -> float:
        """Return the first moment from `now` on that is within a shift."""
        return max(now, self._current(now)[0])

    def after(self, now: float, work_s: float) -> float:
        """Return when `work_s` seconds of working time have passed since `now`."""
        begin, end = self._current(now)
        if begin <= now and end - now >= work_s:
            return now + work_s
        for begin, end in self.shifts(now):
            start = max(now, begin)
            if end - start >= work_s:
                return start + work_s
            work_s -= end - start
        raise AssertionError("shifts have no end")


def working_hours(person: Person, calendar: Calendar) -> WorkingHours | None:
    """Return a person's working hours; None if they are always at work."""
    if person.hours is None:
        return None
    zone = ZoneInfo(person.timezone) if person.timezone else calendar.timezone
    return WorkingHours(person.hours, person.days, zone, calendar)
