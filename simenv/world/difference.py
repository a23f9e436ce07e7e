"""What differs between two documents of a world, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simenv.schema.problems import field_name
from simenv.schema.source import Location

_SHOWN = 60


def differences(there: Any, here: Any, at: Location = (), names: tuple[str, str] = ("there", "here")) -> Iterator[str]:
    """Yield each field in which two documents differ, in the order of the first, with both values.

    Args:
        there: the one document, as plain data.
        here: the other.
        at: where in a larger document they stand.
        names: what to call the two.

    >>> list(differences({"agent": {"turns": 5}, "title": "A"}, {"agent": {"turns": 6}, "title": "A", "day": "Monday"}))
    ['agent.turns (there 5, here 6)', "day (only here: 'Monday')"]
    """
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys((*there, *here)):
            if key not in here:
                yield f"{field_name((*at, key))} (only {names[0]}: {_short(there[key])})"
            elif key not in there:
                yield f"{field_name((*at, key))} (only {names[1]}: {_short(here[key])})"
            else:
                yield from differences(there[key], here[key], (*at, key), names)
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, (old, new) in enumerate(zip(there, here, strict=True)):
            yield from differences(old, new, (*at, index), names)
    elif there != here:
        yield f"{field_name(at)} ({names[0]} {_short(there)}, {names[1]} {_short(here)})"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
