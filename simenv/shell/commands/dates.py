"""date: the simulated calendar, printed and calculated with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec


def date(inv: Invocation) -> int:
    """Print the date: ``+FORMAT``, ``-d TEXT``, ``-u``, ``-I``."""
    precision = _take_precision(inv)
    given, operands = inv.options(_SPEC)
    if "s" in given:
        raise UsageFault("date: cannot set date: Operation not permitted")
    if operands and not operands[0].startswith("+"):
        raise UsageFault(f"date: invalid date '{operands[0]}'")
    template = operands[0][1:] if operands else "%a %b %e %H:%M:%S %Z %Y"
    if precision:
        template = _ISO[precision]
    elif "R" in given:
        template = "%a, %d %b %Y %H:%M:%S %z"
    for moment in _moments(inv, given):
        inv.out(strftime(moment.astimezone(UTC) if "u" in given else moment, template) + "\n")
    return inv.code


_SPEC = Spec("uR", "dsrf", "date:d utc:u rfc-email:R rfc-2822:R set:s universal:u reference:r file:f")
_ISO = {
    "date": "%Y-%m-%d", "hours": "%Y-%m-%dT%H%:z", "minutes": "%Y-%m-%dT%H:%M%:z", "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}  # fmt: skip


def _take_precision(inv: Invocation) -> str:
    """Take ``-I[PRECISION]`` out of the arguments; return how precise a date of ISO 8601 is asked for, or nothing."""
    for word in inv.argv[1:]:
        found = re.fullmatch(r"(?:-I|--iso-8601=?)(\w*)", word)
        if found:
            inv.argv = [other for other in inv.argv if other != word]
            wanted = [name for name in _ISO if name.startswith(found.group(1) or "date")]
            if not wanted:
                raise UsageFault(f"date: invalid argument '{found.group(1)}' for '--iso-8601'")
            return wanted[0]
    return ""


def _moments(inv: Invocation, given: Mapping[str, str]) -> list[datetime]:
    """Return what is to be printed: now, a date that is described, a file's time of change, or the dates of a file."""
    sim = inv.host.sim
    now = sim.calendar.at(sim.now)
    if "r" in given:
        node = inv.find(given["r"])
        return [] if node is None else [sim.calendar.at(node.mtime)]
    if "f" in given:
        return [parse_date(inv, line, now) for line in (inv.read(given["f"]) or "").splitlines()]
    return [parse_date(inv, given["d"], now) if "d" in given else now]


_FIELDS = frozenset("aAbBcCdDeFgGhHIjklmMnNpPrRsStTuUVwWxXyYzZ%")


def strftime(moment: datetime, template: str) -> str:
    """Return a date in the format of ``date``."""

    def field(found: re.Match[str]) -> str:
        flag, width, colon, letter = found.groups()
        if colon:
            zone = f"{moment:%z}"
            return f"{zone[:3]}:{zone[3:5]}"
        text = _field(moment, letter) if letter in _FIELDS else found.group()
        if letter == "N" and width:
            return text[: int(width)]
        return _padded(text, flag, int(width or 0))

    return re.sub(r"%([-_0^]?)(\d?)(?:(:)(?=z))?(.)", field, template)


def _padded(text: str, flag: str, width: int) -> str:
    """Return a field as its flag has it: ``-`` nothing, ``_`` blanks, ``0`` zeros in front, ``^`` capitals."""
    if flag == "^":
        return text.upper()
    plain = text.lstrip("0 ") or "0"
    if flag == "-":
        return plain if text.strip().isdecimal() else text
    if flag == "_" and text.isdecimal():
        return plain.rjust(max(width, len(text)))
    if flag == "0" and text.strip().isdecimal():
        return plain.rjust(max(width, len(text)), "0")
    return text.rjust(width, "0") if text.isdecimal() else text.rjust(width)


def _field(moment: datetime, letter: str) -> str:
    """Return one field of a date as text that no locale or C library decides."""
    template = _COMPOSED.get(letter)
    if template is not None:
        return strftime(moment, template)
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


_UNITS = "sec|second|min|minute|hour|day|week|fortnight|month|year"
_SHIFT = re.compile(rf"(?<![\d:-])((?:[-+]\s*)?\d{{1,6}}|next|last|a|an)\s*({_UNITS})s?(\s+ago)?\b")
_SECONDS = {
    "sec": 1,
    "second": 1,
    "min": 60,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "fortnight": 1209600,
}
_WORDS = {"next": 1, "last": -1, "a": 1, "an": 1}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(r"\b(next |last |this )?(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b,?")
_CLOCK = re.compile(r"(?<![\d-])(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d+)?)?\s*(am|pm)?(?![\d-])(?=.*)")
_NAMED = {"midnight": "00:00", "noon": "12:00"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = (
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?:t(?=\d))?"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>\d{4}))?"),
    re.compile(r"\b(?P<d>\d{1,2})[ -](?P<n>[a-z]{3})[a-z]*(?:[ -](?P<y>\d{4}))?"),
    re.compile(r"\b(?P<n>[a-z]{3})[a-z]* (?P<d>\d{1,2})(?:,? (?P<y>\d{4}))?(?![\d:])"),
    re.compile(r"(?<!\d)(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)"),
)


def parse_date(inv: Invocation, text: str, now: datetime) -> datetime:
    """Return the moment that ``date -d`` means: a date, a time of day, a zone, and steps from there. Raises UsageFault."""
    rest = text.strip().lower()
    try:
        if found := re.fullmatch(r"@(-?\d{1,11})(\.\d+)?", rest):
            return datetime.fromtimestamp(int(found.group(1)), tz=inv.host.sim.calendar.timezone)
        return _parsed(rest, now)
    except (ValueError, OverflowError, OSError):
        raise UsageFault(f"date: invalid date '{text}'") from None


def _parsed(rest: str, now: datetime) -> datetime:
    for word, clock in _NAMED.items():
        rest = re.sub(rf"\b{word}\b", clock, rest)
    moment, rest, dated = _dated(rest, now)
    shifts: list[tuple[int, str]] = []

    def shift(found: re.Match[str]) -> str:
        word = found.group(1).replace(" ", "")
        amount = _WORDS[word] if word in _WORDS else int(word)
        shifts.append((-amount if found.group(3) else amount, found.group(2)))
        return " "

    rest = _SHIFT.sub(shift, rest)
    rest, zone = _zone(rest)
    for word, days in (("tomorrow", 1), ("yesterday", -1), ("today", 0), ("now", 0)):
        if re.search(rf"\b{word}\b", rest):
            rest = re.sub(rf"\b{word}\b", " ", rest)
            shifts.append((days, "day"))
    weekday = _WEEKDAY.search(rest)
    if weekday:
        rest = rest.replace(weekday.group(), " ", 1)
    time = _CLOCK.search(rest)
    if time and (time.group(2) or time.group(4)):
        rest = rest.replace(time.group(), " ", 1)
        moment = _at_clock(moment, time)
    elif dated or weekday:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if rest.strip(" ,t"):
        raise ValueError(rest)
    moment = moment if zone is None else moment.replace(tzinfo=zone)
    moment = moment if not weekday or dated else _on_weekday(moment, weekday)
    for amount, unit in shifts:
        moment = _shifted(moment, amount, unit)
    return moment


def _dated(rest: str, now: datetime) -> tuple[datetime, str, bool]:
    """Return the moment with the date that is written, the rest of the text, and whether there was one."""
    for pattern in _WRITTEN:
        found = pattern.search(rest)
        parts = found.groupdict() if found else {}
        if not found or ("n" in parts and parts["n"] not in _MONTHS):
            continue
        month = _MONTHS.index(parts["n"]) + 1 if "n" in parts else int(parts["m"])
        moment = now.replace(year=int(parts.get("y") or now.year), month=month, day=int(parts["d"]))
        return moment, rest[: found.start()] + " " + rest[found.end() :], True
    return now, rest, False


def _zone(rest: str) -> tuple[str, tzinfo | None]:
    if found := re.search(r"(?<=[\d ])(?:\b(?:utc|gmt)\b|z(?![a-z]))", rest):
        return rest[: found.start()] + rest[found.end() :], UTC
    found = re.search(r"(?<=:\d\d) ?([-+])(\d{2}):?(\d{2})\b", rest)
    if not found:
        return rest, None
    offset = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
    return rest[: found.start()] + rest[found.end() :], timezone(offset if found.group(1) == "+" else -offset)


def _at_clock(moment: datetime, found: re.Match[str]) -> datetime:
    hour, minute, second = int(found.group(1)), int(found.group(2) or 0), int(found.group(3) or 0)
    if found.group(4):
        if not 1 <= hour <= 12:
            raise ValueError(found.group())
        hour = hour % 12 + (12 if found.group(4) == "pm" else 0)
    return moment.replace(hour=hour, minute=minute, second=second, microsecond=0)


def _on_weekday(moment: datetime, found: re.Match[str]) -> datetime:
    wanted = next(number for number, name in enumerate(_DAYS) if name.startswith(found.group(2)[:3]))
    days = (wanted - moment.weekday()) % 7
    word = (found.group(1) or "").strip()
    if word == "next" and days == 0:
        days = 7
    return moment + timedelta(days=days - 7 if word == "last" else days)


def _shifted(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return moment + timedelta(seconds=amount * _SECONDS[unit])
    months = moment.month - 1 + amount * (12 if unit == "year" else 1)
    first = moment.replace(year=moment.year + months // 12, month=months % 12 + 1, day=1)
    return first + timedelta(days=moment.day - 1)  # as mktime has it: 31 January and a month is 3 March


PROGRAMS: Mapping[str, Program] = {"date": date}
