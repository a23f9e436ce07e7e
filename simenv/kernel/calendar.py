"""Simulated seconds as the local dates and times of the company."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_MOST_STAMPS = 100_000


class Calendar:
    """Maps seconds since the start of the episode to local time and back.

    Args:
        start: local wall-clock time at second 0; its own tzinfo, if any, is replaced by `timezone`.
        timezone: an IANA name such as ``Europe/Paris``.

    >>> calendar = Calendar(datetime(2026, 3, 28, 23, 0), "Europe/Paris")
    >>> calendar.clock(4 * 3600)  # the night in which clocks go forward
    '04:00:00'
    """

    __slots__ = ("_origin", "_stamps", "timezone")

    def __init__(self, start: datetime, timezone: str = "UTC") -> None:
        self.timezone = ZoneInfo(timezone)
        self._origin = start.replace(tzinfo=self.timezone).astimezone(UTC)
        self._stamps: dict[float, str] = {}  # a calendar is shared by many episodes, which meet the same instants

    def at(self, seconds: float) -> datetime:
        """Return the local time `seconds` after the start of the episode."""
        return (self._origin + timedelta(seconds=seconds)).astimezone(self.timezone)

    def seconds(self, moment: datetime) -> float:
        """Return how many seconds after the start `moment` is (negative if before); naive means local."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=self.timezone)
        return (aware - self._origin).total_seconds()

    def clock(self, seconds: float) -> str:
        """Return the time of day, ``HH:MM:SS``."""
        return self.stamp(seconds)[11:]

    def stamp(self, seconds: float) -> str:
        """Return date and time of day, ``YYYY-MM-DD HH:MM:SS``."""
        known = self._stamps.get(seconds)
        if known is None:
            if len(self._stamps) > _MOST_STAMPS:
                self._stamps.clear()
            known = self._stamps[seconds] = self.at(seconds).strftime("%Y-%m-%d %H:%M:%S")
        return known
