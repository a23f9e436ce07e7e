"""Roles that a language model may play in addition to the agent: a person, a monitor, or the auditor.

The company never waits for a model. It requests answers by their position in the episode. If an answer is not known yet,
the episode stops there (`AnswerWantedError`); the caller obtains the answer, and plays the episode again up to that point.
So answers are inputs of an episode, like the agent's turns, and a replay needs no model.
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
    """A request to the player of a role, and the tool by which it answers.

    Attributes:
        role: ``person``, ``monitor`` or ``auditor``.
        who: id of the person or monitor; ``auditor``.
        time: simulated seconds.
        system: its instructions.
        user: the request.
        tool: name of the tool.
        description: of the tool.
        parameters: JSON Schema of the tool's arguments, an object schema.
        check: returns an error about the arguments, in a sentence that the model reads; empty if they are valid.
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
        """SHA-256 of everything that the model reads."""
        told = [self.role, self.who, self.system, self.user, self.tool, self.description, self.parameters]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class RoleAnswer(NamedTuple):
    """A known answer.

    Attributes:
        key: key of the request.
        arguments: arguments of the tool call; None: no usable answer, so nothing is done.
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
            f"the {self.request.role} {self.request.who} is played by a model, and its answer is not recorded; "
            "only `simenv run` and `simenv branch` can ask a model"
        )


class Roles:
    """The roles that models play in one episode, and their answers.

    Args:
        played: the roles that models play.
        known: answers, in the order of the requests.
    """

    STATE = ("taken",)
    FIXED = ("_played", "_known")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, played: Collection[RoleName] = (), known: Sequence[RoleAnswer] = ()) -> None:
        self._played = frozenset(played)
        self._known = tuple(known)
        self.taken = 0
        """Number of requests so far."""

    def plays(self, role: RoleName) -> bool:
        """Return whether a model plays this role."""
        return role in self._played

    def ask(self, request: RoleRequest) -> Arguments | None:
        """Return the arguments of the answer; None if the model gave no usable one.

        Raises:
            AnswerWantedError: it is not known, or the known answer belongs to another request.
        """
        answer = self._known[self.taken] if self.taken < len(self._known) else None
        if answer is None or answer.key != request.key:
            raise AnswerWantedError(request)
        self.taken += 1
        return answer.arguments

    def afresh(self) -> Roles:
        """Return the same roles and answers for another pass over the episode."""
        return Roles(self._played, self._known)


NOBODY = Roles()
"""No role is played by a model."""
