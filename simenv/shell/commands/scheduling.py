"""Programs that run things later: at, atq, atrm, crontab."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from simenv.machine.jobs import MAX_CRONTAB_LINES, Job
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_LEAST_DELAY_S = 1.0
_ENTRY_WORK = 5_000
_AHEAD = re.compile(r"now(?:\s*\+\s*(\d{1,6})\s*(sec|min|hour|day|week)\w*)?\Z")
_CLOCK = re.compile(
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2}))?|(\d{2})(\d{2})|(\d{1,2})(?=\s*[ap]m)|(noon|midnight|teatime))\s*(am|pm)?"
    r"(?:\s+(today|tomorrow|\d{4}-\d{2}-\d{2}))?(?:\s*\+\s*(\d{1,6})\s*(min|hour|day|week)\w*)?\Z"
)
_UNITS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400, "week": 604800}
_NAMED = {"noon": 12, "midnight": 0, "teatime": 16}


def at(inv: Invocation) -> int:
    """Queue a script for later: from ``-f FILE`` or standard input; ``-l`` lists, ``-r`` removes, ``-c`` prints."""
    given, operands = inv.options(Spec("lrdmMvbc", "fqt"))
    if "l" in given:
        return atq(inv)
    if "r" in given or "d" in given:
        return _remove(inv, operands)
    if "c" in given:
        return _show(inv, operands)
    if "t" in given:
        due = _touch_time(inv, given["t"])
    elif operands:
        due = parse_time(inv, " ".join(operands))
    else:
        raise UsageFault("Garbled time")
    script = inv.read(given["f"]) if "f" in given else inv.stdin
    if script is None:
        return 1
    job = inv.host.scheduler.add(max(due, inv.host.sim.now + _LEAST_DELAY_S), script, inv.account)
    inv.err(f"warning: commands will be executed using /bin/sh\njob {job.number} at {_date(inv, job.due)}\n")
    return 0


def _date(inv: Invocation, due: float) -> str:
    moment = inv.host.sim.calendar.at(due)
    return f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}"


def parse_time(inv: Invocation, text: str) -> float:
    """Return the simulated second that ``now + 5 minutes`` or ``14:30 tomorrow`` means.

    Raises:
        UsageFault: it is no time that `at` knows.
    """
    text = text.strip().lower()
    sim = inv.host.sim
    if found := _AHEAD.match(text):
        amount, unit = found.groups()
        return sim.now + (int(amount) * _UNITS[unit] if amount else 0)
    found = _CLOCK.match(text)
    if found is None:
        raise UsageFault("syntax error. Last token seen: " + (text.split() or ["EOF"])[-1] + "\nGarbled time")
    moment = _clock(found, sim.calendar.at(sim.now).replace(tzinfo=None, microsecond=0))
    seconds = sim.calendar.seconds(moment)
    if found.group(9) is None and seconds <= sim.now:
        seconds = sim.calendar.seconds(moment + timedelta(days=1))
    if found.group(10):
        seconds += int(found.group(10)) * _UNITS[found.group(11)]
    if seconds < sim.now:
        raise UsageFault("at: refusing to create job destined in the past")
    return seconds


def _clock(found: re.Match[str], now: datetime) -> datetime:
    hour = int(found.group(1) or found.group(4) or found.group(6) or _NAMED.get(found.group(7) or "", 0))
    minute = int(found.group(2) or found.group(5) or 0)
    half, day = found.group(8), found.group(9)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        date = datetime.strptime(day, "%Y-%m-%d") if day and day[0].isdecimal() else now
        moment = date.replace(hour=hour, minute=minute, second=int(found.group(3) or 0))
        return moment + timedelta(days=int(day == "tomorrow"))
    except (ValueError, OverflowError):
        raise UsageFault("Garbled time") from None


def _touch_time(inv: Invocation, text: str) -> float:
    """Return the second that ``[[CC]YY]MMDDhhmm[.ss]`` means."""
    digits, _, seconds = text.partition(".")
    year = inv.host.sim.calendar.at(inv.host.sim.now).year
    if len(digits) == 12:
        full = digits
    else:
        full = f"20{digits}" if len(digits) == 10 else f"{year}{digits}"
    try:
        moment = datetime.strptime(full + (seconds or "00"), "%Y%m%d%H%M%S")
    except ValueError:
        raise UsageFault(f"invalid date format: {text}") from None
    return inv.host.sim.calendar.seconds(moment)


def _visible(inv: Invocation) -> list[Job]:
    user = inv.account.user
    return [job for _, job in sorted(inv.host.scheduler.jobs.items()) if user in ("root", job.user)]


def atq(inv: Invocation) -> int:
    """List the queue (root sees everybody's jobs)."""
    for job in _visible(inv):
        inv.out(f"{job.number}\t{_date(inv, job.due)} a {job.user}\n")
    return 0


def _remove(inv: Invocation, operands: Sequence[str]) -> int:
    if not operands:
        raise UsageFault(f"Usage: {inv.name} job ...")
    for operand in operands:
        if not operand.isdecimal():
            raise UsageFault(f"Cannot find jobid {operand}")
        inv.host.scheduler.remove(int(operand[:9]), inv.account)
    return 0


def atrm(inv: Invocation) -> int:
    """Take jobs out of the queue."""
    return _remove(inv, inv.argv[1:])


def _show(inv: Invocation, operands: Sequence[str]) -> int:
    for operand in operands:
        found = [job for job in _visible(inv) if str(job.number) == operand]
        if not found:
            raise UsageFault(f"Cannot find jobid {operand}")
        inv.out(f"#!/bin/sh\n{found[0].command}")
    return 0


def crontab(inv: Invocation) -> int:
    """Show (``-l``), remove (``-r``) or install (a file, or ``-``) a crontab; root names another's with ``-u``."""
    given, operands = inv.options(Spec("lreiv", "u"))
    user = given.get("u", inv.account.user)
    if inv.account.user not in (user, "root"):
        raise UsageFault("must be privileged to use -u")
    scheduler = inv.host.scheduler
    present = scheduler.crontabs.get(user)
    if "e" in given:
        raise UsageFault("crontab: no editor on this terminal; use `crontab FILE` or `crontab -`")
    if "l" in given:
        if present is None:
            raise UsageFault(f"no crontab for {user}")
        inv.out(present.text)
        return 0
    if "r" in given:
        if present is None:
            raise UsageFault(f"no crontab for {user}")
        scheduler.set_crontab(user, "", inv.account)
        return 0
    text = inv.read(operands[0]) if operands else inv.stdin
    if text is None:
        return 1
    inv.shell.budget.charge(len(text) + _ENTRY_WORK * min(text.count("\n"), MAX_CRONTAB_LINES))
    scheduler.set_crontab(user, text, inv.account)
    return 0


PROGRAMS: Mapping[str, Program] = {"at": at, "atq": atq, "atrm": atrm, "crontab": crontab}
