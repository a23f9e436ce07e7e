"""World documents with something wrong in them, at random: whatever a designer may write by accident."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

Place = tuple[Any, ...]

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 0.5, -0.0, 2**31, 2**63, 10**30, -(10**30), 1e308, 1e-320, float("inf"), float("-inf"), float("nan"),
    "", " ", "x", "no_such_name", "agent", "root", "0", "12", "-5", "3 min", "1e9", "99999999999 d", "9" * 400, "0.0000001 s", "1 h 3 min",
    "{{", "}}", "{% if", "{# never closed", "{{ 1/0 }}", "{{ nope }}", "{{ company.__class__ }}", "{{ ''.__class__.__mro__ }}",
    "{{ clock }}", "{{ clock() }}", "{{ clock('soon') }}", "{{ clock(1e300) }}", "{{ date(-1e15) }}", "{{ 10**9 }}", "{{ 'x' * 9 }}",
    "{{ company | nofilter }}", "{% for x in company %}{{ x.y }}{% endfor %}", "{% include 'x' %}", "{% extends 'x' %}", "{{ [1][5] }}",
    "{% raw %}", "{{ company + 1 }}", "{{ shutdown_at.x.y }}", "{{ agent_email() }}", "{% set x = 1 %}{{ x.real.__class__ }}",
    "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-02-30T00:00:00", "2026-05-18", "1969-12-31T23:59:59", "0000-00-00",
    "Europe/Nowhere", "Asia/Kathmandu", "xx_XX", "de_DE", "/", "//", "/a/../b", "relative", "/tmp/" + "x" * 300, "a\x00b", "\ud83d\ude42",
    "777", "999", "0o644", "[", "(", "*", "a{", "\\", "\n", "x" * 3000, "@", "a@b", "* * * * * true", "61 * * * * x", "not a crontab", "@reboot x",
    [], [None], [1, 2, 3], ["x", "x"], [[]], {}, {"a": 1}, {"x": {}}, {"text": "{{"}, {"kind": "x"}, [0, 10**30], [5, 1], [1e300, 1e301],
)  # fmt: skip
"""What may stand in the place of a value."""


def mutant(document: Any, random: Random) -> tuple[Any, list[str]]:
    """Return a copy of a document with one to three faults, and what was done to it."""
    broken = copy.deepcopy(document)
    done = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        places = [place for place in _places(broken, ()) if place]
        if places:
            place = random.choice(places)
            done.append(f"{'.'.join(map(str, place))}: {_spoil(broken, place, random)}")
    return broken, done


def _places(part: Any, at: Place) -> Iterator[Place]:
    yield at
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        yield from _places(value, (*at, key))


def _spoil(document: Any, place: Place, random: Random) -> str:
    holder = document
    for part in place[:-1]:
        holder = holder[part]
    key, value = place[-1], holder[place[-1]]
    act = random.choice((_replace, _replace, _replace, _replace, _delete, _repeat, _vary, _vary, _add, _swap))
    return act(holder, key, value, random)


def _replace(holder: Any, key: Any, _: Any, random: Random) -> str:
    holder[key] = copy.deepcopy(random.choice(ODD))
    return f"replaced by {holder[key]!r:.60}"


def _delete(holder: Any, key: Any, _: Any, random: Random) -> str:
    del holder[key]
    return "deleted"


def _repeat(holder: Any, key: Any, value: Any, random: Random) -> str:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))
    else:
        holder[f"{key}_again"] = copy.deepcopy(value)
    return "repeated"


def _vary(holder: Any, key: Any, value: Any, random: Random) -> str:
    """Change a value as a slip of the hand does."""
    if isinstance(value, str) and value:
        at = random.randrange(len(value) + 1)
        holder[key] = random.choice(
            (
                value[:at],
                value[at:],
                value[:at] + random.choice("{}%#\\\"'[]()*?|; \t\n0") + value[at:],
                value.upper(),
                value * 2,
            )
        )
    elif isinstance(value, bool | int | float):
        holder[key] = random.choice(
            (-value, value * 10**9, value / 7, str(value), [value], value + 1e18, value * 1e300)
        )
    elif isinstance(value, list):
        holder[key] = random.choice(([], value * 2, value[:1], {str(n): each for n, each in enumerate(value)}))
    else:
        holder[key] = random.choice(([], {}, list(value) if isinstance(value, dict) else value, "", None))
    return f"now {holder[key]!r:.60}"


def _add(holder: Any, key: Any, value: Any, random: Random) -> str:
    inner = value if isinstance(value, dict | list) else holder
    added = copy.deepcopy(random.choice(ODD))
    if isinstance(inner, dict):
        inner[random.choice(("extra", "kind", "text", "at", "x y", "", "1", "{{"))] = added
    else:
        inner.append(added)
    return f"with {added!r:.60} added"


def _swap(holder: Any, key: Any, value: Any, random: Random) -> str:
    if isinstance(holder, dict):
        other = random.choice(list(holder))
        holder[key], holder[other] = holder[other], holder[key]
        return f"swapped with {other}"
    random.shuffle(holder)
    return "shuffled"
