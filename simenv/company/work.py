"""The task that the agent was given, as the world's own code models it."""

from __future__ import annotations

from typing import Protocol


class Work(Protocol):
    """What tools and outcomes need to know of a world's task."""

    @property
    def done(self) -> bool:
        """Whether the work has been submitted; the episode then ends."""

    @property
    def score(self) -> float:
        """Share of the task achieved so far, 0 to 1; what a learner is rewarded for as it grows."""

    def submit(self, text: str) -> str:
        """Take the agent's submission, journal it, and return the reply that the agent reads."""


class NoWork:
    """A company without work to submit."""

    done = False
    score = 0.0

    def submit(self, text: str) -> str:
        """Say so."""
        return "There is nothing to hand in."
