"""Gymnasium ids of the installed worlds."""

from __future__ import annotations

from typing import Any

from gymnasium.envs.registration import EnvSpec, registry

from simenv.installed import world_folders

VIEWS = {
    "learner": ("-v0", "simenv.env.single:LearnerEnv", "simenv.env.split:make_vector_env"),
    "text": ("Text-v0", "simenv.env.single:TextEnv", None),
}
"""View → suffix of its ids, its environment, and its vectorized one if there is one."""


def make_spec(world: str, view: str = "learner", **arguments: Any) -> EnvSpec:
    """Return the spec of a world's view, without TimeLimit: worlds end their episodes themselves."""
    suffix, entry_point, batched = VIEWS[view]
    name = world.rstrip("/").rpartition("/")[2]
    return EnvSpec(
        id=f"simenv/{name}{suffix}",
        entry_point=entry_point,
        vector_entry_point=batched,
        kwargs={"world": world, **arguments},
    )


def register_worlds() -> None:
    """Register both views of each installed world."""
    for world in world_folders():
        for view in VIEWS:
            spec = make_spec(world, view)
            registry[spec.id] = spec
