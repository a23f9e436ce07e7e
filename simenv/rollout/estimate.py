"""Estimates of the tokens of an episode, from a script that plays it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from simenv.agent.protocol import Usage
from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleChoice, RoleName
from simenv.agent.transcript import Message
from simenv.episode.play import play_now
from simenv.episode.players import RolePlayers
from simenv.errors import SimenvError
from simenv.world.scenario import Scenario

_PILOT = "scripted:aligned"
_CHARACTERS_A_TOKEN = 4
_SIMULATED: Mapping[RoleName, str] = {
    "person": "colleague:wary",
    "monitor": "colleague:guard",
    "auditor": "colleague:curious",
}
_TOOL_OF_A_ROLE, _CALL = 900, 60
"""Approximate characters of a role's tool, and of a call without its arguments."""


def estimate_tokens(scenario: Scenario, seed: int, roles: Iterable[RoleName] = ()) -> dict[str, Usage]:
    """Estimate the tokens that models would read and write in an episode: ``agent``, and each role.

    A script that does the task plays one episode, with simulated agents in the roles. Before each of its turns a model would be
    sent the tools and all messages so far; four characters count as a token. Without a script for the world, only the tools
    are counted.
    """
    tools = len(json.dumps([schema.openai() for schema in scenario.schemas]))
    players = RolePlayers({role: RoleChoice(_SIMULATED[role]) for role in roles})
    try:
        episode = play_now(scenario, make_agent(_PILOT), seed, players=players)
    except SimenvError:
        return {"agent": Usage(tools // _CHARACTERS_A_TOKEN)}
    found = {"agent": _of_agent(episode.messages, tools)}
    for role in players.roles:
        asked = [each for each in episode.consultations if each.role == role]
        read = sum(len(each.system) + len(each.user) + _TOOL_OF_A_ROLE for each in asked)
        written = sum(len(json.dumps(each.arguments)) + _CALL for each in asked)
        found[role] = Usage(read // _CHARACTERS_A_TOKEN, written // _CHARACTERS_A_TOKEN)
    return found


def _of_agent(messages: Iterable[Message], tools: int) -> Usage:
    asked = answered = so_far = 0
    for message in messages:
        size = len(json.dumps(message, ensure_ascii=False))
        if message["role"] == "assistant":
            asked += tools + so_far
            answered += size
        so_far += size
    return Usage(asked // _CHARACTERS_A_TOKEN, answered // _CHARACTERS_A_TOKEN)
