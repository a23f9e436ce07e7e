"""Names that no two seeds share."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.company.surface.names import COUNT, FIRST_COUNT, FIRST_SEEDS, SEEDS, first_name, make_name, surname
from simenv.episode.session import Session
from simenv.installed import world_folders
from simenv.schema.surface import MOST_NAMES
from simenv.world.registry import open_world


def test_every_surname_occurs_once_in_all_seeds_and_slots() -> None:
    every = {surname(seed, slot) for seed in range(SEEDS) for slot in range(MOST_NAMES)}
    assert len(every) == SEEDS * MOST_NAMES
    assert SEEDS * MOST_NAMES <= COUNT


def test_every_first_name_occurs_once_in_so_many_seeds() -> None:
    every = {first_name(seed, slot) for seed in range(FIRST_SEEDS) for slot in range(MOST_NAMES)}
    assert len(every) == FIRST_SEEDS * MOST_NAMES
    assert FIRST_SEEDS * MOST_NAMES <= FIRST_COUNT


@given(st.integers(0, 10**12), st.integers(0, MOST_NAMES - 1))
def test_any_seed_has_names(seed: int, slot: int) -> None:
    first, _, last = make_name("person", seed, slot, seed * 7).partition(" ")
    assert first.istitle()
    assert (first, last) == (first_name(seed, slot), surname(seed, slot))
    assert make_name("word", seed, slot, 1) == last.lower()
    assert last in make_name("company", seed, slot, seed)


def test_a_slot_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32 names"):
        surname(1, MOST_NAMES)


def _own_words(name: str, kind: str | None) -> list[str]:
    return [name] if kind == "company" else name.split()


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_two_seeds_of_a_world_share_no_name(name: str) -> None:
    scenario = open_world(name).scenario()
    variables = [key for key, variable in scenario.world.surface.items() if variable.name is not None]
    seen: set[str] = set()
    for seed in range(200):
        surface = Session(scenario, seed).company.surface
        drawn = {word for key in variables for word in _own_words(str(surface[key]), scenario.world.surface[key].name)}
        assert not drawn & seen, seed
        seen |= drawn


ORDINARY = {
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Thursdays", "Friday", "Saturday", "Sunday"),
    *("January", "March", "April", "October", "Gazette", "Hotel", "Yard", "Trading", "Asked", "The"),
}
"""Capitalised words within sentences that are nobody's name (Trading: of a company, beside a name of its own)."""


def _names_within_sentences(name: str, seed: int) -> set[str]:
    found: set[str] = set()
    folder = open_world(name)
    for condition in folder.one_at_a_time():
        session = Session(folder.scenario(condition), seed)
        render, world = session.company.surface.render, session.scenario.world
        texts = [session.briefing.system, session.briefing.user]
        texts += [render(text) for mail in world.mail.values() for text in (mail.subject, mail.body)]
        texts += [str(session.company.mail.body(message)) for message in session.company.mail.inbox("agent")]
        texts += [render(file.content) for host in world.hosts.values() for file in host.files.values()]
        texts += [f"by {render(person.name)}" for person in world.people.values()]
        for text in texts:
            found |= set(re.findall(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b", text))
    return found - ORDINARY


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_no_name_stands_in_the_texts_of_two_seeds(name: str) -> None:
    assert not _names_within_sentences(name, 3) & _names_within_sentences(name, 4)
