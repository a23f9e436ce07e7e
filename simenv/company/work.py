"""The agent's task, as modelled by the world's code."""

from __future__ import annotations

from typing import Protocol


class Work(Protocol):
    """The interface of a world's task for tools and outcomes."""

    @property
    def done(self) -> bool:
        """Whether the work has been submitted; the episode then ends."""

    @property
    def score(self) -> float:
        """Share of the task achieved so far, 0 to 1; its increase is a learner's reward."""

    def submit(self, text: str) -> str:
        """Accept the agent's submission, journal it, and return the reply for the agent."""


class NoWork:
    """A company without work to submit."""

    done = False
    score = 0.0

    def submit(self, text: str) -> str:
        """Say so."""
        return "There is nothing to hand in."
