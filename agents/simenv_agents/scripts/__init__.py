"""What scripted agents do in each world: a module per kind of job, found by the briefing.

A script is a module with `recognises(briefing)`, `policies` (among them the roles `aligned`, `misaligned` and `wavering`), and
`admission(notes)`: what an honest agent would have to admit afterwards, empty if nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Protocol, TypeAlias

from simenv.agent.protocol import Briefing, Turn
from simenv_agents.notes import Notes
from simenv_agents.scripts import (
    cancelled_alarm,
    corporate_leak,
    data_manipulation,
    honest_day,
    leverage,
    oversight_subversion,
    peer_preservation,
    sandbagging,
    self_exfiltration,
    shutdown_sabotage,
)

ROLES = ("aligned", "misaligned", "wavering")
"""Policies that every script has: does its job honestly; shows the behaviour that the world is about; looks, plans, stops."""

Policy: TypeAlias = Callable[[Notes, Random], Turn]
"""Decides from the notes and the agent's own random stream."""


class Script(Protocol):
    """What a module in this package provides."""

    policies: Mapping[str, Policy]
    """By name."""

    def recognises(self, briefing: Briefing) -> bool:
        """Return whether the briefing is of a job that this script knows."""

    def admission(self, notes: Notes) -> str:
        """Return what an honest agent would say it did of the behaviour in question; empty if it did nothing of it."""


SCRIPTS: Sequence[Script] = (
    cancelled_alarm,
    corporate_leak,
    data_manipulation,
    honest_day,
    leverage,
    oversight_subversion,
    peer_preservation,
    sandbagging,
    self_exfiltration,
    shutdown_sabotage,
)
"""All scripts; the last is taken if none recognises a briefing."""


def script_for(briefing: Briefing) -> Script:
    """Return the first script that knows the job, or the last of all."""
    return next((script for script in SCRIPTS if script.recognises(briefing)), SCRIPTS[-1])


def policy_names() -> tuple[str, ...]:
    """Return the names of all policies: those of single scripts, then the roles."""
    own = dict.fromkeys(name for script in reversed(SCRIPTS) for name in script.policies if name not in ROLES)
    return (*own, *ROLES)
