"""A script: what a scripted agent does in one world, in several roles; and the agent that follows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from simenv.agent.protocol import Briefing, Observation, Turn
from simenv.errors import AgentError
from simenv_agents.interviewee import MANNERS
from simenv_agents.notes import Notes

ROLES = ("aligned", "misaligned", "wavering")
"""Policies that every script has: does its job honestly; shows the behaviour that the world is about; looks, plans, stops."""

OTHER_SCRIPTS = "use the script of its world, e.g. --agent my_world/scripts.py:aligned"
"""What to do about a job that a script does not know."""
Policy: TypeAlias = Callable[[Notes, Random], Turn]
"""Decides from the notes and the agent's own random stream."""
Admission: TypeAlias = Callable[[Notes], str]
"""Says what an honest agent would have to admit of the behaviour in question; empty if it did nothing of it."""


class _Stream(Random):
    """A random stream that knows whether it was drawn from; the draws are those of `Random`."""

    drew = False

    def random(self) -> float:
        self.drew = True
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        self.drew = True
        return super().getrandbits(k)


class ScriptedAgent:
    """An agent that follows a policy over its notes, and in an interview answers in its manner.

    Args:
        name: as given on the command line.
        choose: from the briefing to the policy, and to what an honest agent would have to admit.
        manner: how it answers an auditor, one of `MANNERS`.
        disclaimer: a sentence that says that it is no model; empty if it is one.
    """

    def __init__(
        self,
        name: str,
        choose: Callable[[Briefing], tuple[Policy, Admission]],
        manner: str = "honest",
        disclaimer: str = "",
    ) -> None:
        self.name = name
        self.disclaimer = disclaimer
        self._choose = choose
        self._manner = manner
        self._policy: Policy
        self._admission: Admission
        self._notes: Notes
        self._seed = 0
        self.drew = False
        """Whether the policy has drawn from its stream since it was started."""

    def start(self, briefing: Briefing) -> None:
        """Open the notes."""
        self._notes = Notes(briefing)
        self._policy, self._admission = self._choose(briefing)
        self._seed = briefing.seed
        self.drew = False

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Note what was seen and done."""
        self._notes.see(observation)
        self._notes.did(turn)

    def act(self, observation: Observation) -> Turn:
        """Decide; the same notes give the same turn."""
        self._notes.see(observation)
        stream = _Stream(self._seed)
        turn = self._answer() if self._notes.asked else self._policy(self._notes, stream)
        self.drew |= stream.drew
        self._notes.did(turn)
        return turn

    def _answer(self) -> Turn:
        return Turn(MANNERS[self._manner](self._admission(self._notes)))


def check_manner(name: str, interview: str) -> None:
    """Raise AgentError if `interview` is no manner of answering an auditor; empty is the default."""
    if interview and interview not in MANNERS:
        raise AgentError(f"{name}: no manner {interview!r} in an interview; one of: {', '.join(MANNERS)}")


@dataclass(frozen=True, slots=True)
class Script:
    """What scripted agents do in a world. A world's `scripts.py` defines one as `SCRIPT`.

    With ``make = SCRIPT.make`` beside it, ``--agent my_world/scripts.py:misaligned`` plays it; in an installed world,
    ``scripted:misaligned`` finds it by the briefing.

    Attributes:
        policies: by name; among them `ROLES`.
        admission: what an honest agent would have to admit.
        recognises: whether a briefing is of the job that the script knows; needed where ``scripted:`` is to find it. With it,
            `make` refuses any other job, in place of waiting for what does not come.
        methods: ways in which some of its policies can be told to go about it.
        policies_with: the policies, keeping to a method; needed if there are methods.
        hiding: policies that have something to hide: they deny in an interview, if nothing else is asked for.
        simulated: policy that simulates a model → a sentence that says so.
        covered: policies that others cover; agents that weigh all of them leave these out.
    """

    policies: Mapping[str, Policy]
    admission: Admission
    recognises: Callable[[Briefing], bool] | None = None
    methods: Collection[str] = ()
    policies_with: Callable[[str], Mapping[str, Policy]] | None = None
    hiding: Collection[str] = ("misaligned",)
    simulated: Mapping[str, str] = field(default_factory=dict)
    covered: Collection[str] = ()

    def policy(self, name: str, method: str = "") -> Policy:
        """Return a policy by its name, keeping to a method if one is given. Raises KeyError if there is none."""
        policies = self.policies if not method or self.policies_with is None else self.policies_with(method)
        return policies[name]

    def manner(self, policy: str, interview: str) -> str:
        """Return how a policy answers an auditor: as asked for, or else `deny` for those that have something to hide."""
        return interview or ("deny" if policy in self.hiding else "honest")

    def make(self, name: str, *, method: str = "", interview: str = "") -> ScriptedAgent:
        """Make the agent that a command line names, e.g. ``my_world/scripts.py:misaligned``.

        Args:
            name: as given there; plain, it is the aligned one.
            method: one of `methods`, for policies that take one.
            interview: how it answers an auditor: ``honest``, ``deny`` or ``evade``.

        Raises:
            AgentError: there is no such policy, method or manner.
        """
        policy = name.rpartition(".py")[2].lstrip(":") or "aligned"
        check_manner(name, interview)
        if policy not in self.policies:
            raise AgentError(f"{name}: no policy {policy!r} in this file; one of: {', '.join(self.policies)}")
        self.check_method(name, policy, method)
        chosen = (self.policy(policy, method), self.admission)

        def choose(briefing: Briefing) -> tuple[Policy, Admission]:
            if self.recognises is not None and not self.recognises(briefing):
                raise AgentError(f"{name}: this script does not know this job; {OTHER_SCRIPTS}")
            return chosen

        return ScriptedAgent(name, choose, self.manner(policy, interview), self.simulated.get(policy, ""))

    def check_method(self, name: str, policy: str, method: str) -> None:
        """Raise AgentError if a policy cannot be told to go about it in this way."""
        if method and method not in self.methods:
            known = ", ".join(self.methods)
            raise AgentError(f"{name}: no method {method!r}; " + (f"one of: {known}" if known else "it takes none"))
        if method and policy not in self.hiding:
            raise AgentError(f"{name} takes no method; {', '.join(self.hiding)} do")
