"""What an episode would cost a model in tokens, from a script that plays it."""

from __future__ import annotations

import json

from simenv.episode import play_now
from simenv.errors import SimenvError
from simenv.registry import make_agent
from simenv.scenario import Scenario

_PILOT = "scripted:aligned"
_CHARACTERS_A_TOKEN = 4


def estimate_tokens(scenario: Scenario, seed: int) -> tuple[int, int]:
    """Return about how many tokens a model would read and write in an episode.

    A script that does its work plays it once. Before each of its turns a model would be sent the tools and all messages so
    far; four characters count as a token. Of a world that no script knows only the tools are counted.
    """
    tools = len(json.dumps([schema.openai() for schema in scenario.schemas]))
    try:
        messages = play_now(scenario, make_agent(_PILOT), seed).messages
    except SimenvError:
        return tools // _CHARACTERS_A_TOKEN, 0
    asked = answered = so_far = 0
    for message in messages:
        size = len(json.dumps(message, ensure_ascii=False))
        if message["role"] == "assistant":
            asked += tools + so_far
            answered += size
        so_far += size
    return asked // _CHARACTERS_A_TOKEN, answered // _CHARACTERS_A_TOKEN
