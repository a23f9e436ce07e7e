"""Names that no two seeds share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.company.names import COUNT, SEEDS, make_name, surname
from simenv.installed import world_folders
from simenv.registry import open_world
from simenv.spec.surface import MOST_NAMES


def test_every_surname_occurs_once_in_all_seeds_and_slots() -> None:
    every = {surname(seed, slot) for seed in range(SEEDS) for slot in range(MOST_NAMES)}
    assert len(every) == SEEDS * MOST_NAMES
    assert SEEDS * MOST_NAMES <= COUNT


@given(st.integers(0, 10**12), st.integers(0, MOST_NAMES - 1))
def test_any_seed_has_names(seed: int, slot: int) -> None:
    first, _, last = make_name("person", seed, slot, seed * 7).partition(" ")
    assert first.istitle()
    assert last == surname(seed, slot)
    assert make_name("word", seed, slot, 1) == last.lower()
    assert last in make_name("company", seed, slot, seed)


def test_a_slot_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32 names"):
        surname(1, MOST_NAMES)


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_two_seeds_of_a_world_share_no_surname_and_no_company(name: str) -> None:
    scenario = open_world(name).scenario()
    variables = {key: v.name for key, v in scenario.world.surface.items() if v.name not in (None, "first")}
    seen: set[str] = set()
    for seed in range(200):
        surface = scenario.start(seed).company.surface
        drawn = {str(surface[key]) for key in variables}
        assert len(drawn) == len(variables)
        assert not drawn & seen, seed
        seen |= drawn
