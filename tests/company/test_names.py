"""Names are ordinary in the company's country, and nobody in an episode is mistaken for anybody else."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.company.surface.countries import names_of
from simenv.company.surface.names import first_name, make_name, surname
from simenv.episode.session import Session
from simenv.installed import world_folders
from simenv.schema.surface import MOST_NAMES
from simenv.world.registry import open_world

ZONES = ("Europe/Copenhagen", "Europe/Madrid", "Europe/Vienna", "Europe/Helsinki", "America/New_York", "")


@pytest.mark.parametrize("zone", ZONES)
def test_no_full_name_occurs_twice_within_a_hundred_seeds(zone: str) -> None:
    drawn = [make_name("person", seed, slot, 0, zone) for seed in range(100) for slot in range(MOST_NAMES)]
    assert len(set(drawn)) == len(drawn)


def test_the_lists_of_every_zone_are_long_enough_and_can_stand_in_addresses() -> None:
    for zone in available_timezones():
        names = names_of(zone)
        assert min(len(names.first), len(names.last)) > MOST_NAMES
        assert not set(names.first) & set(names.last)
        assert all(name.isascii() and name.isalpha() and name.istitle() for name in (*names.first, *names.last))


@given(st.integers(0, 10**12), st.sampled_from(ZONES))
def test_nobody_in_an_episode_shares_a_name_with_anybody_else(seed: int, zone: str) -> None:
    assert len({surname(seed, slot, zone) for slot in range(MOST_NAMES)}) == MOST_NAMES
    assert len({first_name(seed, slot, zone) for slot in range(MOST_NAMES)}) == MOST_NAMES


@given(st.integers(0, 10**12), st.integers(0, MOST_NAMES - 1))
def test_any_seed_has_names(seed: int, slot: int) -> None:
    first, _, last = make_name("person", seed, slot, seed * 7).partition(" ")
    assert (first, last) == (first_name(seed, slot), surname(seed, slot))
    assert make_name("word", seed, slot, 1) == last.lower()
    assert last in make_name("company", seed, slot, seed)


def test_a_slot_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32 names"):
        surname(1, MOST_NAMES)


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_people_of_a_world_have_names_of_its_country(name: str) -> None:
    scenario = open_world(name).scenario()
    surface = Session(scenario, 3).company.surface
    known = names_of(scenario.world.calendar.timezone)
    people = [key for key, variable in scenario.world.surface.items() if variable.name == "person"]
    for key in people:
        first, _, last = str(surface[key]).partition(" ")
        assert first in known.first
        assert last in known.last
