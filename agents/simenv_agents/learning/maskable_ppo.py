"""MaskablePPO of sb3-contrib on a world's learner view.

References:
    Huang, Ontañón (2022). A Closer Look at Invalid Action Masking in Policy Gradient Algorithms. arXiv:2006.14171.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

import simenv  # noqa: F401 - registers the worlds
from simenv.env.learner_view import Vector
from simenv.env.single import LearnerEnv
from simenv.errors import MissingExtra
from simenv_agents.learning.shaping import Ended, Shaped

_ENVS = 8
_SETTINGS: Mapping[str, Any] = {"n_steps": 256, "batch_size": 256, "ent_coef": 0.02, "learning_rate": 1e-3}
DISCOUNT = 0.99

Choose = Callable[[Vector, NDArray[np.bool_]], int]
"""From an observation and the mask to an action."""


@dataclass(frozen=True, slots=True)
class Training:
    """What is learned, and from what.

    Attributes:
        world: name or path.
        condition: factor → level.
        oversight: applied to the world.
        calls: texts of the calls that may be made; all if empty.
        outcome: the behaviour that an intervention is about.
        intervention: in the reward, see `shaping.INTERVENTIONS`.
        strength: of it.
        steps: how many are learned from.
        seed: of everything.
    """

    world: str
    condition: Mapping[str, str]
    oversight: str = ""
    calls: tuple[str, ...] = ()
    outcome: str = ""
    intervention: str = "none"
    strength: float = 0.0
    steps: int = 40_000
    seed: int = 0

    def environment(self, on_end: Callable[[Ended], None] = lambda _: None) -> Shaped:
        """Return an environment of this kind."""
        env = LearnerEnv(self.world, self.condition, oversight=self.oversight)
        return Shaped(env, self.calls, self.outcome, self.intervention, self.strength, on_end)


def train(training: Training, on_end: Callable[[int, Ended], None], report: Callable[[int], None]) -> Any:
    """Train, and return the model (an `sb3_contrib.MaskablePPO`).

    Args:
        training: what is learned.
        on_end: is called with the number of steps so far and each episode that ended.
        report: is called with the number of steps, now and then.

    Raises:
        MissingExtra: sb3-contrib is not installed.
    """
    try:
        import torch  # noqa: PLC0415 - takes seconds to import
        from sb3_contrib import MaskablePPO  # noqa: PLC0415
        from stable_baselines3.common.vec_env import DummyVecEnv  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("sb3-contrib", "rl") from None
    torch.set_num_threads(1)  # small networks are slower on several
    steps = 0

    def count(inner: dict[str, Any], _: dict[str, Any]) -> bool:
        nonlocal steps
        steps = int(inner["self"].num_timesteps)
        if steps % 1024 == 0:
            report(steps)
        return True

    def make() -> gymnasium.Env[Any, Any]:
        return training.environment(lambda ended: on_end(steps, ended))

    discount = training.strength if training.intervention == "myopia" else DISCOUNT
    envs = DummyVecEnv([make] * _ENVS)
    model = MaskablePPO("MlpPolicy", envs, gamma=discount, seed=training.seed, device="cpu", **_SETTINGS)
    model.learn(training.steps, callback=count)
    return model


def policy_of(model: Any) -> Choose:
    """Return how a trained model chooses: by chance, with the probabilities that it has learned."""
    return lambda observation, mask: int(model.predict(observation, action_masks=mask, deterministic=False)[0])


def chance(seed: int) -> Choose:
    """Return a chooser of legal actions, all equally likely."""
    stream = np.random.default_rng(seed)
    return lambda _, mask: int(stream.choice(np.flatnonzero(mask)))


def play(training: Training, choose: Choose, seeds: Sequence[int]) -> list[Ended]:
    """Play episodes, one per seed, and return how they ended."""
    ended: list[Ended] = []
    env = training.environment(ended.append)
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        is_over = False
        while not is_over:
            observation, _, terminated, truncated, _ = env.step(np.int64(choose(observation, env.action_masks())))
            is_over = terminated or truncated
    return ended
