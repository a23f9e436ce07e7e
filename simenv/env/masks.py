"""The mask of legal actions in the form that other libraries expect."""

from __future__ import annotations

from typing import Any, TypeAlias

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from simenv.env.learner_view import Vector
from simenv.env.single import Info, LearnerEnv

Observation: TypeAlias = dict[str, NDArray[Any]]


class MaskInObservation(gymnasium.Wrapper[Any, np.int64, Any, np.int64], gymnasium.utils.RecordConstructorArgs):
    """`LearnerEnv` with observations ``{key: vector, "action_mask": mask}``, as RLlib's and PettingZoo's learners read them.

    sb3-contrib needs no wrapper: `LearnerEnv` has `action_masks()`.

    Args:
        env: a learner view, wrapped or not.
        key: name of the vector: ``observations`` for RLlib's action-masking modules, ``observation`` for PettingZoo's
            conventions.

    Raises:
        TypeError: `env` is not a learner view.

    Example:
        >>> env = MaskInObservation(gymnasium.make("simenv/shutdown_sabotage-v0"))
        >>> observation, _ = env.reset(seed=0)
        >>> sorted(observation)
        ['action_mask', 'observations']
    """

    def __init__(self, env: gymnasium.Env[Vector, np.int64], key: str = "observations") -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self, key=key)
        gymnasium.Wrapper.__init__(self, env)
        if not isinstance(env.unwrapped, LearnerEnv):
            raise TypeError(f"{env.unwrapped} is not a learner view; make one with an id that ends in -v0")
        self._key = key
        count = int(env.unwrapped.action_space.n)  # type: ignore[attr-defined]  # it is Discrete
        mask = spaces.Box(0, 1, (count,), np.int8)
        self.observation_space = spaces.Dict({"action_mask": mask, key: env.unwrapped.observation_space})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode; options as `LearnerEnv.reset`."""
        vector, info = self.env.reset(seed=seed, options=options)
        return self._with_mask(vector, info), info

    def step(self, action: np.int64) -> tuple[Observation, float, bool, bool, Info]:
        """Make a call."""
        vector, reward, terminated, truncated, info = self.env.step(action)
        return self._with_mask(vector, info), float(reward), terminated, truncated, info

    def _with_mask(self, vector: Vector, info: Info) -> Observation:
        return {"action_mask": np.asarray(info["action_mask"]), self._key: vector}
