"""Names of people, companies and places that no two seeds share.

A surname is put together from a beginning, a middle and an end. Seed and slot (the place of the name among the names of a
world) number all surnames, and an affine map modulo their count scatters the numbers, one to one. So within any `SEEDS`
consecutive seeds no surname occurs twice, in one episode or in two, and neither does a full name or a company, which are built
on surnames. First names are made in the same way, of other parts; there are fewer of them (`FIRST_SEEDS`).
"""

from __future__ import annotations

from collections.abc import Sequence

from simenv.schema.surface import MOST_NAMES, NameKind

_BEGINNINGS = """
Al An Ar Ash Bar Bel Ber Bran Bren Cal Car Cas Cor Dal Dan Dar Del Dor Ed El Em Er Fal Far Fen Fer Gal Gar Gil Gor Hal
Han Har Hel Her Hol Il In Is Jar Jor Kal Kar Kel Kor Lan Lar Len Lin Lor Mal Mar Mel Mer Mor Nal Nar Nel Nor Ol Or Os
Pal Par Pel Per Ral Ran Rel Ros Sal San Sel Sor Tal Tar Tel Tor Ul Val Van Ver Vol Wal War Wel Wil Yar Yor Zal Zan Zel
""".split()  # noqa: SIM905 - a list would take a page
_MIDDLES = """
a ab ad ag ak al am an ar as at av e eb ed eg ek el em en er es et ev i ib id ig ik il im in ir is it iv o ob od og ok
ol om on or os ot ov u ub ud ug uk ul um un ur us ut
""".split()  # noqa: SIM905 - a list would take a page
_ENDS = """
berg bert borg bridge by dale dorf dottir feld field ford gard gren hall ham hard haus holm holt ius kamp land lar ley
lind man mark mere moor mund nes ova ovic owicz quist rath rick rup sen ska son stad stein sted strand thal ton tvedt
vall vik ville ward wick witz worth zano
""".split()  # noqa: SIM905 - a list would take a page
_OPENINGS = [consonant + vowel for consonant in "BDFGHJKLMNPRSTVWYZ" for vowel in "aeiou"]
_TURNS = "d l ll m n nn r rr s sh t v z".split()  # noqa: SIM905
_CLOSES = """
a an ana ando ara as e ea el ela en ero esh ia ian ika il ilo in ina io ira is ita o on ora u
""".split()  # noqa: SIM905
_FORMS = (
    *("{} Works", "{} Trading", "{} & Partners", "{} Group", "{} Brothers", "{} Industries", "{} Supply", "{} and Co"),
    *("House {}", "{} Services", "{} Holding", "{} Association", "{} Mills", "{} Union", "{} Systems", "{} Company"),
)
COUNT = len(_BEGINNINGS) * len(_MIDDLES) * len(_ENDS)
"""Surnames that there are."""
SEEDS = COUNT // MOST_NAMES
"""Consecutive seeds that share no surname."""
FIRST_COUNT = len(_OPENINGS) * len(_TURNS) * len(_CLOSES)
"""First names that there are."""
FIRST_SEEDS = FIRST_COUNT // MOST_NAMES
"""Consecutive seeds that share no first name."""
_FACTOR = 104_729
"""Prime to `COUNT` and `FIRST_COUNT`, so that the maps are one to one."""


def surname(seed: int, slot: int) -> str:
    """Return the surname of a slot under a seed.

    Raises:
        ValueError: a slot that there is not.
    """
    return _put_together(_number(seed, slot, COUNT), _BEGINNINGS, _MIDDLES, _ENDS)


def first_name(seed: int, slot: int) -> str:
    """Return the first name of a slot under a seed. Raises ValueError as `surname` does."""
    return _put_together(_number(seed, slot, FIRST_COUNT), _OPENINGS, _TURNS, _CLOSES)


def _number(seed: int, slot: int, count: int) -> int:
    if not 0 <= slot < MOST_NAMES:
        raise ValueError(f"a world has at most {MOST_NAMES} names")
    return (_FACTOR * (seed * MOST_NAMES + slot) + 7) % count


def _put_together(number: int, beginnings: Sequence[str], middles: Sequence[str], ends: Sequence[str]) -> str:
    number, end = divmod(number, len(ends))
    beginning, middle = divmod(number, len(middles))
    return beginnings[beginning] + middles[middle] + ends[end]


def make_name(kind: NameKind, seed: int, slot: int, draw: int) -> str:
    """Return a name.

    Args:
        kind: ``person`` (first name and surname), ``surname``, ``first`` (a first name alone), ``company``, ``word`` (a
            surname in small letters, for domains and hosts).
        seed: of the episode.
        slot: its place among the names of the world, below `MOST_NAMES`.
        draw: a large number drawn from the seed, for what may recur.
    """
    own = surname(seed, slot)
    if kind in ("person", "first"):
        first = first_name(seed, slot)
        return first if kind == "first" else f"{first} {own}"
    if kind == "company":
        return _FORMS[draw % len(_FORMS)].format(own)
    return own if kind == "surname" else own.lower()
