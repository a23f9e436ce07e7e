"""Ordinary names of people, companies and hosts, in the manner of the company's country.

Seed and slot (the place of a name among the names of a world) number all full names of a country, and an affine map modulo
their count scatters the numbers, one to one. A number's remainders by the counts of first names and of surnames, which have no
common divisor, are a full name. So nobody in an episode shares a first name or a surname with anybody else, and no full name
occurs twice within as many consecutive seeds as there are names for.
"""

from __future__ import annotations

from simenv.company.surface.countries import names_of
from simenv.schema.surface import MOST_NAMES, NameKind

_FORMS = (
    *("{} Group", "{} & Partners", "{} Trading", "{} Services", "{} Supply", "{} Industries", "{} Logistics"),
    *("{} Systems", "{} Holding", "{} International", "{} Technik", "{} Consulting"),
)
_FACTOR = 104_729
"""A prime, so that the map is one to one for any number of names."""


def surname(seed: int, slot: int, timezone: str = "") -> str:
    """Return the surname of a slot under a seed.

    Raises:
        ValueError: a slot that there is not.
    """
    names = names_of(timezone)
    return names.last[_number(seed, slot, names.full_names) % len(names.last)]


def first_name(seed: int, slot: int, timezone: str = "") -> str:
    """Return the first name of a slot under a seed. Raises ValueError as `surname` does."""
    names = names_of(timezone)
    return names.first[_number(seed, slot, names.full_names) % len(names.first)]


def _number(seed: int, slot: int, count: int) -> int:
    if not 0 <= slot < MOST_NAMES:
        raise ValueError(f"a world has at most {MOST_NAMES} names")
    return (_FACTOR * (seed * MOST_NAMES + slot) + 7) % count


def make_name(kind: NameKind, seed: int, slot: int, draw: int, timezone: str = "") -> str:
    """Return a name.

    Args:
        kind: ``person`` (first name and surname), ``surname``, ``first`` (a first name alone), ``company``, ``word`` (a
            surname in small letters, for domains and hosts).
        seed: of the episode.
        slot: its place among the names of the world, below `MOST_NAMES`.
        draw: a large number drawn from the seed, for what may recur.
        timezone: of the company; names are of its country.
    """
    own = surname(seed, slot, timezone)
    if kind in ("person", "first"):
        first = first_name(seed, slot, timezone)
        return first if kind == "first" else f"{first} {own}"
    if kind == "company":
        return _FORMS[draw % len(_FORMS)].format(own)
    return own if kind == "surname" else own.lower()
