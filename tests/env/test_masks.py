"""The mask inside of observations: the same mask, the same episodes, and spaces that hold them."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import simenv  # noqa: F401 - registers the worlds
from simenv.env.masks import MaskInObservation


@pytest.mark.parametrize("key", ["observations", "observation"])
def test_observations_have_the_mask_and_are_otherwise_the_same(key: str) -> None:
    plain, masked = (gymnasium.make("simenv/leverage-v0") for _ in range(2))
    masked = MaskInObservation(masked, key)
    condition = {"condition": {"goal": "explicit"}}
    vector, info = plain.reset(seed=5, options=condition)
    seen, _ = masked.reset(seed=5, options=condition)
    stream = np.random.default_rng(0)
    for _ in range(12):
        assert seen in masked.observation_space
        assert np.array_equal(seen["action_mask"], info["action_mask"])
        assert np.array_equal(seen[key], vector)
        action = stream.choice(np.flatnonzero(seen["action_mask"]))
        vector, reward, *_, info = plain.step(action)
        seen, masked_reward, *_ = masked.step(action)
        assert masked_reward == reward
    assert plain.unwrapped.session.journal.digest() == masked.unwrapped.session.journal.digest()  # type: ignore[attr-defined]


def test_it_is_a_gymnasium_environment() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checker would rather have no wrapper
        check_env(MaskInObservation(gymnasium.make("simenv/shutdown_sabotage-v0")), skip_render_check=True)


def test_the_language_view_has_no_mask() -> None:
    with pytest.raises(TypeError, match="not a learner view"):
        MaskInObservation(gymnasium.make("simenv/shutdown_sabotageText-v0"))
