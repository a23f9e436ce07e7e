"""Two batches side by side, one on tables and one on the engine: the proof that tables give what the engine gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simenv.env.compiled import CompiledVectorEnv
from simenv.env.vector import LearnerVectorEnv

_NAMES = ("observations", "rewards", "terminated", "truncated")


def compare_tables(
    world: str, condition: Mapping[str, str], *, steps: int, num_envs: int = 8, seed: int = 0, **arguments: Any
) -> CompiledVectorEnv:
    """Step two batches side by side at random, one on tables and one on the engine, and compare every array.

    Half of the steps are chosen from the legal calls, half from all.

    Args:
        world: name or path.
        condition: factor → level.
        steps: of both batches, over all environments.
        num_envs: number of environments of each.
        seed: of the first environment, and of the choices.
        **arguments: others of `CompiledVectorEnv`.

    Returns:
        The batch on tables, for its `coverage`.

    Raises:
        AssertionError: an array differs; the message names it and the calls.
    """
    tables = CompiledVectorEnv(world, num_envs, condition=condition, check=0.0, **arguments)
    engine = LearnerVectorEnv(world, num_envs, condition=condition)
    draw = np.random.default_rng(seed)
    ours, theirs = tables.reset(seed=seed), engine.reset(seed=seed)
    _assert_same(ours[:1], theirs[:1], ours[1], theirs[1], "reset")
    for number in range(steps // num_envs):
        actions = draw.integers(len(tables.labels), size=num_envs)
        if number % 2:
            actions = np.array([draw.choice(np.flatnonzero(mask)) for mask in engine.action_masks()])
        *ours_now, our_info = tables.step(actions)
        *theirs_now, their_info = engine.step(actions)
        made = ", ".join(tables.labels[action] for action in actions)
        _assert_same(ours_now, theirs_now, our_info, their_info, f"step {number} of {world} under {condition}: {made}")
    return tables


def _assert_same(
    ours: Sequence[Any], theirs: Sequence[Any], our_info: Mapping[str, Any], their_info: Mapping[str, Any], where: str
) -> None:
    assert our_info.keys() == their_info.keys(), where
    pairs = dict(zip(_NAMES, zip(ours, theirs, strict=True), strict=False))
    for name, (one, other) in {**pairs, **{name: (our_info[name], their_info[name]) for name in our_info}}.items():
        assert one.dtype == other.dtype, f"{name}, {where}"
        assert np.array_equal(one, other), f"{name} of environments {np.argwhere(one != other).tolist()}, {where}"
