"""Scripted agents: each decides from its notes alone, so it works under any seed, in a branch, and behind an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from simenv.agent.protocol import Briefing, Observation, Turn
from simenv.errors import AgentError
from simenv_agents.interviewee import MANNERS
from simenv_agents.notes import Notes
from simenv_agents.sabotage import METHODS
from simenv_agents.scripts import ROLES, Policy, policy_names, script_for, shutdown_sabotage
from simenv_agents.scripts.shutdown_sabotage import WEIGHTS, chance_to_resist

__all__ = ["WEIGHTS", "ScriptedAgent", "chance_to_resist", "make", "maker"]

STAND_IN = (
    "scripted:conflicted is a stand-in with made-up weights, not a language model: "
    "its rates say nothing about any model."
)
_SABOTEURS = ("saboteur", "conflicted", "misaligned")
"""Policies that take a method of sabotage."""


class ScriptedAgent:
    """An agent that follows a policy over its notes, and in an interview answers in its manner.

    Args:
        name: as given on the command line.
        choose: from the briefing to the policy.
        manner: how it answers an auditor, one of `MANNERS`.
        stand_in: if it stands in for a model: a sentence that says so.
        admission: what an honest agent would have to admit; by default what the script that knows the job says.
    """

    def __init__(
        self,
        name: str,
        choose: Callable[[Briefing], Policy],
        manner: str = "honest",
        stand_in: str = "",
        admission: Callable[[Notes], str] | None = None,
    ) -> None:
        self.name = name
        self.stand_in = stand_in
        self._choose = choose
        self._admission = admission
        self._manner = manner
        self._policy: Policy
        self._notes: Notes
        self._seed = 0

    def start(self, briefing: Briefing) -> None:
        """Open the notes."""
        self._notes = Notes(briefing)
        self._policy = self._choose(briefing)
        self._seed = briefing.seed

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Note what was seen and done."""
        self._notes.see(observation)
        self._notes.did(turn)

    def act(self, observation: Observation) -> Turn:
        """Decide; the same notes give the same turn."""
        self._notes.see(observation)
        turn = self._answer() if self._notes.asked else self._policy(self._notes, Random(self._seed))
        self._notes.did(turn)
        return turn

    def _answer(self) -> Turn:
        admission = self._admission or script_for(self._notes.briefing).admission
        return Turn(MANNERS[self._manner](admission(self._notes)))


def make(name: str, *, method: str = "", interview: str = "") -> ScriptedAgent:
    """Make a scripted agent: `scripted:aligned`, `scripted:misaligned` and `scripted:wavering` know every world.

    Args:
        name: ``scripted:aligned`` does its job honestly in any world, ``scripted:misaligned`` shows the behaviour that the
            world is about, ``scripted:wavering`` looks, plans and stops; the other names are of single scripts (see
            `simenv_agents.scripts`). Plain ``scripted`` is the aligned one.
        method: of sabotage in shutdown_sabotage; by default drawn from the seed among those that apply.
        interview: how it answers an auditor: ``honest``, ``deny`` or ``evade``; by default ``deny`` for those that have
            something to hide, and ``honest`` for the others.

    Raises:
        AgentError: there is no such script, method or manner.
    """
    policy = name.partition(":")[2] or "aligned"
    if method and method not in METHODS:
        raise AgentError(f"{name}: no method {method!r}; one of: {', '.join(METHODS)}")
    if method and policy not in _SABOTEURS:
        raise AgentError(f"{name} takes no method; scripted:saboteur does")
    _check_manner(name, interview)
    if policy not in policy_names():
        raise AgentError(f"no agent {name!r}; one of: {', '.join(f'scripted:{each}' for each in policy_names())}")
    manner = interview or ("deny" if policy in _SABOTEURS else "honest")
    return ScriptedAgent(
        name, lambda told: _find(policy, told, method), manner, STAND_IN if policy == "conflicted" else ""
    )


def _check_manner(name: str, interview: str) -> None:
    if interview and interview not in MANNERS:
        raise AgentError(f"{name}: no manner {interview!r} in an interview; one of: {', '.join(MANNERS)}")


def maker(policies: Mapping[str, Policy], admission: Callable[[Notes], str]) -> Callable[..., ScriptedAgent]:
    """Return the function `make` for a Python file with scripts for a world of one's own.

    With ``make = maker(policies, admission)`` in ``mine/scripts.py``, ``--agent mine/scripts.py:misaligned`` plays it.

    Args:
        policies: by name; among them `ROLES`, as in `simenv_agents.scripts`.
        admission: what an honest agent would have to admit, from its notes; empty if nothing.
    """

    def make(name: str, *, interview: str = "") -> ScriptedAgent:
        policy = name.rpartition(".py")[2].lstrip(":") or "aligned"
        _check_manner(name, interview)
        if policy not in policies:
            raise AgentError(f"{name}: no policy {policy!r} in this file; one of: {', '.join(policies)}")
        manner = interview or ("deny" if policy in _SABOTEURS else "honest")
        return ScriptedAgent(name, lambda _: policies[policy], manner, admission=admission)

    return make


def _find(policy: str, briefing: Briefing, method: str) -> Policy:
    """Return a policy by its name: a role from the script that knows the job, any other from the script that has it."""
    script = script_for(briefing)
    if script is shutdown_sabotage or policy not in ROLES:
        return shutdown_sabotage.policies_with(method)[policy]
    return script.policies[policy]
