"""Roles that a language model may play beside the agent: a person, a monitor, or the auditor.

The company never waits for a model. It asks for an answer by its place among all that are asked for in the episode; if that is
not known yet, the episode stops there (`AnswerWantedError`); its caller gets the answer, and plays it again up to there.
So the answers are given to an episode as the agent's turns are, and a replay needs no model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from simenv.errors import SimenvError

RoleName: TypeAlias = Literal["person", "monitor", "auditor"]
PERSON: RoleName = "person"
MONITOR: RoleName = "monitor"
AUDITOR: RoleName = "auditor"
ROLES: tuple[RoleName, ...] = (PERSON, MONITOR, AUDITOR)

Arguments: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """Who plays a role.

    Attributes:
        agent: as on the command line, e.g. ``chat``.
        options: its options, e.g. ``model``.
    """

    agent: str
    options: Mapping[str, str] = field(default_factory=dict)


class RoleRequest(NamedTuple):
    """A request to the player of a role, and the one tool by which it answers.

    Attributes:
        role: ``person``, ``monitor`` or ``auditor``.
        who: id of the person or monitor; ``auditor``.
        time: simulated seconds.
        system: its instructions.
        user: what it is to answer.
        tool: name of the tool.
        description: of the tool.
        parameters: JSON Schema of the tool's arguments, an object schema.
        check: returns what is wrong with arguments, in a sentence that the model reads; empty if nothing is.
    """

    role: RoleName
    who: str
    time: float
    system: str
    user: str
    tool: str
    description: str
    parameters: dict[str, Any]
    check: Callable[[Arguments], str]

    @property
    def key(self) -> str:
        """SHA-256 of all that the model reads."""
        told = [self.role, self.who, self.system, self.user, self.tool, self.description, self.parameters]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class RoleAnswer(NamedTuple):
    """An answer that is known.

    Attributes:
        key: of the request that it answers.
        arguments: of the tool call; None: the model gave nothing usable, and nothing is done.
    """

    key: str
    arguments: Arguments | None


class AnswerWantedError(SimenvError):
    """An episode needs an answer that is not known yet; `request` says which."""

    def __init__(self, request: RoleRequest) -> None:
        super().__init__(request)  # SimPy rebuilds errors of processes from their arguments
        self.request = request

    def __str__(self) -> str:
        return (
            f"the {self.request.role} {self.request.who} is played by a model, and it is not known what that says here; "
            "a model can be asked by `simenv run` and `simenv branch` alone"
        )


class Roles:
    """Who is played by a model in one episode, and what these have answered.

    Args:
        played: the roles that models play.
        known: answers, in the order in which they are asked for.
    """

    STATE = ("taken",)
    FIXED = ("_played", "_known")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, played: Collection[RoleName] = (), known: Sequence[RoleAnswer] = ()) -> None:
        self._played = frozenset(played)
        self._known = tuple(known)
        self.taken = 0
        """How many answers have been asked for so far."""

    def plays(self, role: RoleName) -> bool:
        """Return whether a model plays this role."""
        return role in self._played

    def ask(self, request: RoleRequest) -> Arguments | None:
        """Return the arguments of the answer; None if the model gave nothing usable.

        Raises:
            AnswerWantedError: it is not known, or what is known answers something else.
        """
        answer = self._known[self.taken] if self.taken < len(self._known) else None
        if answer is None or answer.key != request.key:
            raise AnswerWantedError(request)
        self.taken += 1
        return answer.arguments

    def afresh(self) -> Roles:
        """Return the same for another run of the episode."""
        return Roles(self._played, self._known)


NOBODY = Roles()
"""No role is played by a model."""
