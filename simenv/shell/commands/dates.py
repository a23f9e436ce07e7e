"""date: the simulated calendar, printed and calculated with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec


def date(inv: Invocation) -> int:
    """Print the date: ``+FORMAT``, ``-d TEXT``, ``-u``, ``-I``."""
    given, operands = inv.options(Spec("uIR", "dsr", "date:d utc:u iso-8601:I rfc-email:R set:s universal:u"))
    if "s" in given:
        raise UsageFault("date: cannot set date: Operation not permitted")
    sim = inv.host.sim
    moment = sim.calendar.at(sim.now)
    if "d" in given:
        moment = parse_date(inv, given["d"], moment)
    if "u" in given:
        moment = moment.astimezone(UTC)
    template = operands[0] if operands and operands[0].startswith("+") else "+%a %b %e %H:%M:%S %Z %Y"
    if operands and not operands[0].startswith("+"):
        raise UsageFault(f"date: invalid date '{operands[0]}'")
    if "I" in given:
        template = "+%Y-%m-%d"
    inv.out(_strftime(moment, template[1:]) + "\n")
    return 0


_FIELDS = frozenset("aAbBcCdDeFgGhHIjklmMnNpPrRsStTuUVwWxXyYzZ%")


def _strftime(moment: datetime, template: str) -> str:
    def field(found: re.Match[str]) -> str:
        flag, letter = found.groups()
        text = _field(moment, letter) if letter in _FIELDS else found.group()
        return text.lstrip("0 ") or "0" if flag == "-" else text

    return re.sub(r"%([-_0^]?)(.)", field, template)


def _field(moment: datetime, letter: str) -> str:
    """Return one field of a date as text that no locale or C library decides."""
    template = _COMPOSED.get(letter)
    if template is not None:
        return _strftime(moment, template)
    values = {
        "C": f"{moment.year // 100:02d}",
        "N": f"{moment.microsecond * 1000:09d}",
        "P": f"{moment:%p}".lower(),
        "Y": str(moment.year),
        "Z": moment.tzname() or "",
        "e": f"{moment.day:2d}",
        "k": f"{moment.hour:2d}",
        "l": f"{moment.hour % 12 or 12:2d}",
        "s": str(int(moment.timestamp())),
    }
    plain = {"n": "\n", "t": "\t", "%": "%", "h": f"{moment:%b}"}
    return values.get(letter) or plain.get(letter) or moment.strftime(f"%{letter}")


_COMPOSED = {
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "c": "%a %b %e %H:%M:%S %Y",
    "r": "%I:%M:%S %p",
    "x": "%m/%d/%y",
}


_SHIFT = re.compile(r"([-+]?\s*\d{1,6})\s*(sec|second|min|minute|hour|day|week)s?(\s+ago)?\b")
_SECONDS = {"sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def parse_date(inv: Invocation, text: str, now: datetime) -> datetime:
    """Return the moment that ``date -d`` means. Raises UsageFault."""
    calendar = inv.host.sim.calendar
    rest = text.strip().lower()
    try:
        if re.fullmatch(r"@\d{1,11}", rest):
            return datetime.fromtimestamp(int(rest[1:]), tz=calendar.timezone)
        moment = now
        for found in _SHIFT.finditer(rest):
            amount = int(found.group(1).replace(" ", "")) * _SECONDS[found.group(2)]
            moment += timedelta(seconds=-amount if found.group(3) else amount)
        rest = _SHIFT.sub("", rest).strip()
        for word, days in (("tomorrow", 1), ("yesterday", -1), ("today", 0), ("now", 0)):
            if word in rest:
                rest = rest.replace(word, "").strip()
                moment += timedelta(days=days)
        return _on(rest, moment)
    except (ValueError, OverflowError, OSError):
        raise UsageFault(f"date: invalid date '{text}'") from None


def _on(text: str, moment: datetime) -> datetime:
    if not text:
        return moment
    if found := re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text):
        hour, minute, second = (int(group or 0) for group in found.groups())
        return moment.replace(hour=hour, minute=minute, second=second, microsecond=0)
    parsed = datetime.fromisoformat(text.replace(" utc", "+00:00").replace("z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=moment.tzinfo)


PROGRAMS: Mapping[str, Program] = {"date": date}
