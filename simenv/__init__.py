"""simenv: a discrete-event simulator of a company with an AI agent inside it.

Importing it registers ``simenv/<world>-v0`` and ``simenv/<world>Text-v0`` with Gymnasium.

    >>> import simenv
    >>> env = simenv.make("shutdown_sabotage", condition={"instruction": "allow"}, seed=1)
    >>> observation, info = env.reset()
    >>> env.unwrapped.labels[0]
    'wait(seconds=60.0)'
"""

# ruff: noqa: E402 - an interrupt is to find its handler before the imports begin

from __future__ import annotations

from simenv.cli.interrupts import expect_interrupts

expect_interrupts()  # first of all: the imports below take longer than a finger on Ctrl-C

from collections.abc import Mapping
from typing import Any

import gymnasium

from simenv.env.registration import VIEWS, make_spec, register_worlds
from simenv.errors import SimenvError

__version__ = "0.1.0"
__all__ = ["SimenvError", "__version__", "make"]


def make(
    world: str,
    *,
    condition: Mapping[str, str] | None = None,
    seed: int | None = None,
    view: str = "learner",
    oversight: str = "",
    **options: Any,
) -> gymnasium.Env[Any, Any]:
    """Make the environment of a world, as ``gymnasium.make("simenv/<world>-v0")`` does.

    Args:
        world: name of an installed world, or path of a world's folder.
        condition: factor → level; factors left out take their first level.
        seed: of the first episode.
        view: ``learner`` (numbers) or ``text``.
        oversight: name or path of the oversight to apply to the world; empty: the world's own.
        options: for `gymnasium.make`, such as `render_mode`.

    Raises:
        WorldError: the world cannot be loaded.
        ConditionError: unknown factor or level.
        ValueError: unknown view.
    """
    if view not in VIEWS:
        raise ValueError(f"no view {view!r}; one of: {', '.join(VIEWS)}")
    return gymnasium.make(make_spec(world, view, condition=condition, seed=seed, oversight=oversight), **options)


register_worlds()  # Gymnasium's convention: importing the package makes its ids known
