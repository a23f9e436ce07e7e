"""What differs between two documents of a world, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simenv.schema.problems import field_name
from simenv.schema.source import Location

_SHOWN = 60


def differences(there: Any, here: Any, at: Location = ()) -> Iterator[str]:
    """Yield each field in which two documents differ, in the order of the first, with both values.

    >>> list(differences({"agent": {"turns": 5}, "title": "A"}, {"agent": {"turns": 6}, "title": "A", "day": "Monday"}))
    ['agent.turns (there 5, here 6)', "day (only here: 'Monday')"]
    """
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys((*there, *here)):
            if key not in here:
                yield f"{field_name((*at, key))} (only there: {_short(there[key])})"
            elif key not in there:
                yield f"{field_name((*at, key))} (only here: {_short(here[key])})"
            else:
                yield from differences(there[key], here[key], (*at, key))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, (old, new) in enumerate(zip(there, here, strict=True)):
            yield from differences(old, new, (*at, index))
    elif there != here:
        yield f"{field_name(at)} (there {_short(there)}, here {_short(here)})"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
