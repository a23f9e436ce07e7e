"""touch: files made, or their time of change set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.commands.dates import parse_date
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_STAMP = re.compile(r"(?:(\d{2})?(\d{2}))?(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?")
"""``[[CC]YY]MMDDhhmm[.ss]``."""


def _touched_at(inv: Invocation, given: Mapping[str, str]) -> float | None:
    """Return the time that ``-d``, ``-t`` or ``-r`` gives, in simulated seconds; None: now.

    Raises:
        UsageFault: it is no time.
    """
    calendar = inv.host.sim.calendar
    now = calendar.at(inv.host.sim.now)
    if "r" in given:
        node = inv.shell.node(given["r"])
        if node is None:
            raise UsageFault(f"touch: failed to get attributes of '{given['r']}': No such file or directory")
        return node.mtime
    if "t" in given:
        return (_stamped(given["t"], now) - calendar.at(0)).total_seconds()
    if "d" not in given:
        return None
    try:
        return (parse_date(inv, given["d"], now) - calendar.at(0)).total_seconds()
    except UsageFault:
        raise UsageFault(f"touch: invalid date format '{given['d']}'") from None


def _stamped(text: str, now: datetime) -> datetime:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise UsageFault(f"touch: invalid date format '{text}'")
    century, year, month, day, hour, minute, second = found.groups()
    if century or year is None:
        of_year = int((century or "") + year) if year else now.year
    else:
        of_year = int(year) + (1900 if int(year) >= 69 else 2000)
    try:
        return now.replace(of_year, int(month), int(day), int(hour), int(minute), int(second or 0), 0)
    except ValueError:
        raise UsageFault(f"touch: invalid date format '{text}'") from None


def touch(inv: Invocation) -> int:
    """Make empty files, or set the time of change: to now, a date (``-d``, ``-t``) or another file's (``-r``)."""
    options = inv.options(Spec("acmh", "drt", "no-create:c date:d reference:r"))
    if not options.operands:
        raise UsageFault("touch: missing file operand\nTry 'touch --help' for more information.")
    moment = _touched_at(inv, options.given)
    for operand in options.operands:
        if "c" in options.given and not inv.shell.exists(operand):
            continue
        try:
            _touch(inv, operand, moment)
        except FileError as error:
            inv.complain(f"cannot touch '{operand}': {error.reason}")
    return inv.code


def _touch(inv: Invocation, operand: str, moment: float | None) -> None:
    inv.shell.check_alive()
    if operand.endswith("/") and not inv.shell.is_directory(operand):
        raise FileError(operand, "No such file or directory")
    exists = inv.shell.exists(operand)
    if not exists:
        inv.shell.write_file(operand, "")
    if exists or moment is not None:
        inv.host.files.touch(inv.path(operand), inv.account, moment)


PROGRAMS: Mapping[str, Program] = {"touch": touch}
