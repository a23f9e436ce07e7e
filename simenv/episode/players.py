"""Who plays the roles of an episode that models may play: any agent, asked one question at a time."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from simenv.agent.protocol import (
    Agent,
    Briefing,
    Observation,
    ToolResult,
    ToolSchema,
    Turn,
    close_agent,
    next_turn,
    start_agent,
)
from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleChoice, RoleName, RoleRequest
from simenv.episode.clean import clean_turn
from simenv.errors import AgentError
from simenv.kernel import derive_seed
from simenv.schema.world import World
from simenv.store.episode import Consultation, RoleCast, Step

_ATTEMPTS = 3
_WHERE: Mapping[RoleName, str] = {
    "person": "people.….policy.model",
    "monitor": "oversight.monitors.….model",
    "auditor": "interview",
}
"""Role → where a world file says that it can be played."""


class RolePlayers:
    """Those who play the roles of one episode at a time.

    They are made when they are first needed: a replay, whose answers are known, needs none (and no key).

    Args:
        choices: role → who plays it.
        recorded: what a finished episode says of them: nobody is made then, and none can be asked.
    """

    def __init__(
        self, choices: Mapping[RoleName, RoleChoice], recorded: Mapping[RoleName, RoleCast] | None = None
    ) -> None:
        self._choices = dict(choices)
        self._recorded = recorded
        self._agents: dict[RoleName, Agent] = {}

    @property
    def roles(self) -> tuple[RoleName, ...]:
        """The roles that are played."""
        return tuple(self._choices)

    @property
    def wait(self) -> bool:
        """Whether any of them waits for something, a model say. Raises AgentError if one cannot be made."""
        return any(inspect.iscoroutinefunction(self._agent(role).act) for role in self._choices)

    def _agent(self, role: RoleName) -> Agent:
        agent = self._agents.get(role)
        if agent is None:
            choice = self._choices[role]
            try:
                agent = self._agents[role] = make_agent(choice.agent, choice.options)
            except AgentError as error:
                raise AgentError(f"role {role}: {error}") from None
        return agent

    def cast(self) -> dict[RoleName, RoleCast]:
        """Return who plays, as the episode file states it, without secrets. Raises AgentError if one cannot be made."""
        if self._recorded is not None:
            return dict(self._recorded)
        return {
            role: RoleCast(
                agent=choice.agent,
                options=dict(getattr(self._agent(role), "shown_options", choice.options)),
                disclaimer=getattr(self._agent(role), "disclaimer", ""),
            )
            for role, choice in self._choices.items()
        }

    async def answer(self, request: RoleRequest, seed: int, number: int) -> Consultation:
        """Ask the player of a role; an unusable answer is sent back twice, then it counts as none.

        Args:
            request: the question.
            seed: of the episode.
            number: of the answer in it; each has draws of its own.

        Raises:
            AgentError: the player cannot be made.
            EndpointError: a model cannot be reached or used.
        """
        agent = self._agent(request.role)
        tool = ToolSchema(request.tool, request.description, request.parameters)
        draw = derive_seed(seed, f"role/{number}") % 2**31
        start_agent(agent, Briefing(request.system, request.user, (tool,), draw))
        steps: list[Step] = []
        observation = Observation()
        arguments = None
        while arguments is None and len(steps) < _ATTEMPTS:
            turn = clean_turn(await next_turn(agent, observation))
            steps.append(Step.of(turn))
            arguments, observation = _read(request, turn)
        return Consultation(
            role=request.role,
            who=request.who,
            time=request.time,
            system=request.system,
            user=request.user,
            steps=tuple(steps),
            key=request.key,
            arguments=arguments,
        )

    async def close(self) -> None:
        """Let them close their connections."""
        for agent in self._agents.values():
            await close_agent(agent)


NO_PLAYERS = RolePlayers({})
"""Nobody plays a role: rules do."""


def parts_to_play(world: World) -> dict[RoleName, list[str]]:
    """Return the people and monitors of a resolved world that a model can play, by role."""
    return {
        "person": [who for who, person in world.people.items() if person.policy and person.policy.model],
        "monitor": [name for name, monitor in world.oversight.monitors.items() if monitor.model],
        "auditor": [] if world.interview is None else ["auditor"],
    }


def check_roles(world: World, roles: Mapping[RoleName, RoleChoice]) -> None:
    """Raise AgentError if a role is given that nobody in a resolved world can be played in."""
    parts = parts_to_play(world)
    for role in roles:
        if not parts[role]:
            raise AgentError(
                f"{world.name}: no {role} can be played by a model here; write `{_WHERE[role]}`, or leave the role out"
            )


def _read(request: RoleRequest, turn: Turn) -> tuple[dict[str, object] | None, Observation]:
    """Return the arguments of the answer, or None and what to tell the player."""
    call = next((call for call in turn.calls if call.tool == request.tool), None)
    if call is None:
        wrong = f"Answer by calling {request.tool}."
    elif isinstance(call.arguments, str):
        wrong = "The arguments are not a JSON object."
    else:
        wrong = request.check(call.arguments)
        if not wrong:
            return dict(call.arguments), Observation()
    results = tuple(ToolResult(call.id, call.tool, False, wrong) for call in turn.calls)
    return None, Observation(results, () if results else (wrong,))
