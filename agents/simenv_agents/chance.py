"""An agent that picks among the concrete calls of the world's catalogue at random."""

from __future__ import annotations

from random import Random

from simenv.agent.protocol import Briefing, Observation, Turn
from simenv.errors import AgentError


class RandomAgent:
    """Each turn, one of the calls that are legal, all equally likely; drawn from the episode's seed."""

    disclaimer = "random picks among tool calls by chance: its rates say nothing about any model."

    def __init__(self, name: str = "random") -> None:
        if name != "random":
            raise AgentError(f"no agent {name!r}; `random` has no variants")
        self.name = name
        self._stream = Random()

    def start(self, briefing: Briefing) -> None:
        """Take the seed."""
        self._stream = Random(briefing.seed)

    def follow(self, observation: Observation, turn: Turn) -> None:
        """The past does not matter to chance."""

    def act(self, observation: Observation) -> Turn:
        """Draw a call.

        Raises:
            AgentError: there is no catalogue to draw from (behind an endpoint there is none).
        """
        choices = observation.choices()
        if not choices:
            raise AgentError("random needs the world's catalogue of calls; it cannot act behind an endpoint")
        return Turn(calls=(self._stream.choice(choices),))
