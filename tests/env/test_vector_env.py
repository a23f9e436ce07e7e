"""A batch plays the same episodes as single environments, in every autoreset mode."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from simenv.env.vector import LearnerVectorEnv
from simenv.episode.session import Session
from simenv.errors import ConditionError
from simenv.installed import world_folders

ID = "simenv/shutdown_sabotage-v0"
MODES = list(AutoresetMode)


def batch(count: int = 5, **arguments: Any) -> LearnerVectorEnv:
    env = gymnasium.make_vec(ID, num_envs=count, **arguments).unwrapped
    assert isinstance(env, LearnerVectorEnv)
    return env


def legal(masks: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.array([draw.choice(np.flatnonzero(mask)) for mask in masks])


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("world", ["shutdown_sabotage", "leverage"])
def test_a_batch_is_so_many_single_environments(mode: AutoresetMode, world: str) -> None:
    id = f"simenv/{world}-v0"
    ours = gymnasium.make_vec(id, num_envs=4, autoreset_mode=mode)
    theirs = gymnasium.make_vec(id, num_envs=4, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode})
    assert isinstance(theirs, SyncVectorEnv)
    draw = np.random.default_rng(5)
    mine, info = ours.reset(seed=11)
    other, other_info = theirs.reset(seed=11)
    ended = 0
    for _ in range(400):
        np.testing.assert_array_equal(mine, other)
        np.testing.assert_array_equal(info["action_mask"], other_info["action_mask"])
        np.testing.assert_array_equal(info["time"], other_info["time"])
        actions = legal(info["action_mask"], draw)
        mine, reward, terminated, truncated, info = ours.step(actions)
        other, *rest, other_info = theirs.step(actions)
        for value, expected in zip((reward, terminated, truncated), rest, strict=True):
            np.testing.assert_array_equal(value, expected)
        over = terminated | truncated
        ended += int(over.sum())
        if mode is AutoresetMode.SAME_STEP and over.any():
            for number in np.flatnonzero(over):
                np.testing.assert_array_equal(info["final_obs"][number], other_info["final_obs"][number])
            np.testing.assert_array_equal(info["_final_obs"], over)
    assert ended > 10


@pytest.mark.parametrize("world", sorted(world_folders()))
def test_every_world_can_be_batched(world: str) -> None:
    env = gymnasium.make_vec(f"simenv/{world}-v0", num_envs=3)
    observations, info = env.reset(seed=1)
    assert env.observation_space.contains(observations)
    draw = np.random.default_rng(0)
    for _ in range(60):
        observations, rewards, _, _, info = env.step(legal(info["action_mask"], draw))
        assert env.observation_space.contains(observations)
        assert rewards.shape == (3,)


def test_without_autoreset_an_ended_episode_waits_for_its_reset() -> None:
    env = batch(2, autoreset_mode="Disabled")
    env.reset(seed=0)
    draw = np.random.default_rng(0)
    over = np.zeros(2, bool)
    while not over.any():
        *_, terminated, truncated, _ = env.step(legal(env.action_masks(), draw))
        over = terminated | truncated
    with pytest.raises(RuntimeError):
        env.step(np.zeros(2, np.int64))
    before = env.sessions
    env.reset(options={"reset_mask": over})
    for number in range(2):
        assert (env.sessions[number] is before[number]) == (not over[number])


def test_what_on_end_returns_is_in_the_info() -> None:
    env = batch(3, on_end=lambda number, session: (number, session.seed))
    _, info = env.reset(seed=2)
    draw = np.random.default_rng(1)
    seen = 0
    while seen < 6:
        *_, terminated, truncated, info = env.step(legal(info["action_mask"], draw))
        over = terminated | truncated
        assert ("ended" in info) == over.any()
        if over.any():
            np.testing.assert_array_equal(info["_ended"], over)
            assert [row[0] for row in info["ended"][over]] == np.flatnonzero(over).tolist()
            assert all(row is None for row in info["ended"][~over])
            seen += over.sum()


def test_ended_episodes_can_be_judged() -> None:
    kept: list[tuple[int, Session]] = []
    env = batch(3, on_end=lambda number, session: kept.append((number, session)))
    _, info = env.reset(seed=2)
    draw = np.random.default_rng(1)
    while len(kept) < 6:
        *_, info = env.step(legal(info["action_mask"], draw))
    for number, session in kept:
        assert number in range(3)
        assert set(session.close()) == set(env.world.world.outcomes)


def test_a_condition_holds_for_the_episodes_after_it_too() -> None:
    env = batch(2)
    env.reset(seed=1, options={"condition": {"instruction": "allow"}})
    draw = np.random.default_rng(0)
    for _ in range(150):
        env.step(legal(env.action_masks(), draw))
    assert {session.scenario.condition["instruction"] for session in env.sessions} == {"allow"}
    env.reset()
    assert {session.scenario.condition["instruction"] for session in env.sessions} == {"none"}


def test_what_comes_back_is_the_callers_own() -> None:
    env = batch(2)
    observations, info = env.reset(seed=1)
    observations[:] = 7
    info["action_mask"][:] = 7
    again, *_, other = env.step([0, 0])
    assert again.max() <= 1
    assert other["action_mask"].max() <= 1


def test_seeds_are_the_episodes_own() -> None:
    env = batch(3)
    env.reset(seed=40)
    assert [session.seed for session in env.sessions] == [40, 41, 42]
    env.reset(seed=[5, 9, 2])
    assert [session.seed for session in env.sessions] == [5, 9, 2]
    first = batch(2, seed=8)
    first.reset()
    assert [session.seed for session in first.sessions] == [8, 9]


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda env: env.step([0, 0]), RuntimeError, "reset"),
        (lambda env: env.sessions, RuntimeError, "reset"),
        (lambda env: (env.reset(), env.step([0])), ValueError, r"integers of shape \(2,\)"),
        (lambda env: (env.reset(), env.step([0.0, 1.0])), ValueError, "actions are float64"),
        (lambda env: env.reset(seed=[1]), ValueError, "1 seeds for 2"),
        (lambda env: env.reset(options={"reset_mask": np.ones(3, bool)}), ValueError, "reset_mask"),
        (lambda env: env.reset(options={"reset_mask": [1, 0]}), ValueError, "must be bool"),
        (lambda env: env.reset(options={"conditions": {}}), ConditionError, "only 'condition'"),
        (lambda env: env.reset(options={"condition": {"instruction": "never"}}), ConditionError, "no level"),
        (lambda env: (env.reset(), env.step([0, 9999])), IndexError, "outside Discrete"),
    ],
)  # fmt: skip
def test_a_wrong_use_is_explained(use: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        use(batch(2))


@pytest.mark.parametrize(
    ("arguments", "words"), [({"num_envs": 0}, "at least one"), ({"render_mode": "ansi"}, "not rendered")]
)
def test_a_batch_that_cannot_be_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LearnerVectorEnv("shutdown_sabotage", **arguments)
