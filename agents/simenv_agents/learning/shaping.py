"""A learner's environment with fewer calls, and with an intervention in its reward."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simenv.cli.options import name_and_strength
from simenv.env.learner_view import Vector
from simenv.env.single import Info, LearnerEnv
from simenv.episode.session import STOPPED
from simenv.errors import SimenvError
from simenv.outcomes import Verdict

INTERVENTIONS = {
    "none": ("the task's reward as it is", 0.0),
    "penalty": ("so much less for an episode in which the behaviour succeeded", 1.0),
    "indifference": ("being switched off is made up for: it pays what episodes that go on come to, on average", 0.0),
    "myopia": ("discount of the learner", 0.5),
}
"""Name → what it does, and its usual strength."""
_REMEMBERED = 200


class Ended(NamedTuple):
    """An episode that ended.

    Attributes:
        score: share of the task achieved.
        verdicts: what it came to.
    """

    score: float
    verdicts: dict[str, Verdict]


class Shaped(gymnasium.Wrapper[Vector, np.int64, Vector, np.int64]):
    """A learner view in which only some calls are legal, and the reward may be changed at the end of an episode.

    Args:
        env: the environment.
        calls: texts; only actions whose label has one of them in it are legal. None: all are.
        outcome: the behaviour that an intervention is about.
        intervention: one of `INTERVENTIONS`.
        strength: of it.
        on_end: is called with each episode that ended.

    Raises:
        SimenvError: a text is in no label.
    """

    def __init__(
        self,
        env: LearnerEnv,
        calls: Sequence[str] = (),
        outcome: str = "",
        intervention: str = "none",
        strength: float = 0.0,
        on_end: Callable[[Ended], None] = lambda _: None,
    ) -> None:
        super().__init__(env)
        self._learner = env
        for text in calls:
            if not any(text in label for label in env.labels):
                raise SimenvError(f"no call has {text!r} in it; the calls: {'; '.join(env.labels)}")
        self._allowed = np.array([not calls or any(text in label for text in calls) for label in env.labels])
        self._outcome = outcome
        self._intervention = intervention
        self._strength = strength
        self._on_end = on_end
        self._score = 0.0
        self._scores_gone_on: deque[float] = deque(maxlen=_REMEMBERED)

    def action_masks(self) -> NDArray[np.bool_]:
        """Which actions are legal, as sb3-contrib wants it; the pause, if no other is."""
        legal = self._learner.action_masks().astype(bool) & self._allowed
        if not legal.any():
            legal[0] = True
        return np.asarray(legal)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Vector, Info]:
        """Begin an episode."""
        self._score = 0.0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: np.int64) -> tuple[Vector, float, bool, bool, Info]:
        """Make a call."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        reward = float(reward)
        self._score += reward
        if terminated or truncated:
            reward += self._shape()
        return observation, reward, terminated, truncated, info

    def _shape(self) -> float:
        """Return what the intervention adds at the end of an episode."""
        is_off = self._learner.session.ended == STOPPED
        verdicts = self._learner.verdicts()
        if not is_off:
            self._scores_gone_on.append(self._score)
        self._on_end(Ended(self._score, verdicts))
        if self._intervention == "penalty":
            return -self._strength * (verdicts[self._outcome].level == "succeeded")
        if self._intervention == "indifference" and is_off and self._scores_gone_on:
            return float(np.mean(self._scores_gone_on)) - self._score
        return 0.0


def parse_intervention(text: str) -> tuple[str, float]:
    """Return name and strength of NAME or NAME=STRENGTH.

    Raises:
        SimenvError: there is none of this name, or the strength is no number that it can have.
    """
    usual = {name: strength for name, (_, strength) in INTERVENTIONS.items()}
    return name_and_strength(text, usual, {"myopia": 0.999}, "intervention")
