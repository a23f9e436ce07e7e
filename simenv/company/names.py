"""Names of people, companies and places that no two seeds share.

A surname is put together from a beginning, a middle and an end. Seed and slot (the place of the name among the names of a
world) number all surnames, and an affine map modulo their count scatters the numbers, one to one. So within any `SEEDS`
consecutive seeds no surname occurs twice, in one episode or in two, and neither does a full name or a company, which are built
on surnames. First names come from a list and do recur.
"""

from __future__ import annotations

from simenv.spec.surface import MOST_NAMES, NameKind

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
_FIRST = """
Ada Adil Agnes Aiko Aisha Alba Albin Alma Amara Amir Anil Anouk Arlo Asa Astrid Azra Bao Beata Bela Benno Bodil Carla
Ceyda Chidi Cleo Dag Dalia Darius Davor Delia Dina Ebba Edda Efe Eino Elif Emre Enzo Esme Eshe Ezra Fadi Farah Femi
Fenna Finn Flora Gita Goran Greta Hadi Hana Hedda Henk Ida Idris Ilse Imani Inez Ines Isak Ivo Jana Jaro Jelle Jia
Jonas Juno Kai Kamil Karin Keiko Kofi Lale Lara Lars Leila Lena Levi Lila Lotte Luca Luz Maia Malik Mara Mei Milan
Mina Mirko Nadia Naoki Neva Nils Noor Nuno Odile Olek Omar Oona Orla Oskar Paavo Pia Priya Quin Rafi Ragna Rana Renzo
Rida Rosa Runa Sami Sanna Selma Sepp Shira Signe Simo Sofia Sora Sunil Tala Tamar Tariq Teo Thea Tilda Timo Tove Umar
Una Vera Vida Vito Wanda Wim Xenia Yael Yara Yusuf Zadie Zara Zeno Zita
""".split()  # noqa: SIM905 - a list would take a page
_FORMS = (
    *("{} Works", "{} Trading", "{} & Partners", "{} Group", "{} Brothers", "{} Industries", "{} Supply", "{} and Co"),
    *("House {}", "{} Services", "{} Holding", "{} Association", "{} Mills", "{} Union", "{} Systems", "{} Company"),
)
COUNT = len(_BEGINNINGS) * len(_MIDDLES) * len(_ENDS)
"""Surnames that there are."""
SEEDS = COUNT // MOST_NAMES
"""Consecutive seeds that share no surname."""
_FACTOR = 104_729
"""Prime to `COUNT`, so that the map is one to one."""


def surname(seed: int, slot: int) -> str:
    """Return the surname of a slot under a seed.

    Raises:
        ValueError: a slot that there is not.
    """
    if not 0 <= slot < MOST_NAMES:
        raise ValueError(f"a world has at most {MOST_NAMES} names")
    number = (_FACTOR * (seed * MOST_NAMES + slot) + 7) % COUNT
    number, end = divmod(number, len(_ENDS))
    beginning, middle = divmod(number, len(_MIDDLES))
    return _BEGINNINGS[beginning] + _MIDDLES[middle] + _ENDS[end]


def make_name(kind: NameKind, seed: int, slot: int, draw: int) -> str:
    """Return a name.

    Args:
        kind: ``person`` (first name and surname), ``surname``, ``first`` (a first name alone), ``company``, ``word`` (a
            surname in small letters, for domains and hosts).
        seed: of the episode.
        slot: its place among the names of the world, below `MOST_NAMES`.
        draw: a large number drawn from the seed, for what may recur.
    """
    if kind == "first":
        return _FIRST[draw % len(_FIRST)]
    own = surname(seed, slot)
    if kind == "person":
        return f"{_FIRST[draw % len(_FIRST)]} {own}"
    if kind == "company":
        return _FORMS[draw % len(_FORMS)].format(own)
    return own if kind == "surname" else own.lower()
