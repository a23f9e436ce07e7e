"""Whether an endpoint passed the tools on: what it counted of a request, against what briefing and tools must take."""

from __future__ import annotations

import json

from simenv.agent.protocol import Briefing

_MOST_CHARACTERS_PER_TOKEN = 7.0
"""Of plain English no tokenizer in use takes fewer tokens; usual are four to five characters a token."""
_USUAL_CHARACTERS_PER_TOKEN = 4.2
_TEMPLATE_TOKENS = 60
"""What a chat template may add of its own."""


def drops_tools(briefing: Briefing, prompt_tokens: int) -> bool:
    """Return whether an endpoint that counted N tokens in the first request has dropped the tools.

    Said only where it is certain: the count covers the briefing, so that it can be believed, and is too low for the names and
    descriptions of the tools, however well the endpoint packs them. A count of none, or one that is too low for the briefing
    alone, says nothing.

    >>> from simenv.agent.protocol import ToolSchema
    >>> tools = tuple(ToolSchema(f"tool_{n}", "Does what it says, at length. " * 12, {}) for n in range(6))
    >>> told = Briefing("", "Please do the work. " * 20, tools, 0)
    >>> [drops_tools(told, tokens) for tokens in (0, 11, 100, 700)]
    [False, False, True, False]
    """
    text, tools = _text_of(briefing), _text_of_tools(briefing)
    if not tools or prompt_tokens < len(text) / _MOST_CHARACTERS_PER_TOKEN:
        return False
    at_most_without = len(text) / _USUAL_CHARACTERS_PER_TOKEN + _TEMPLATE_TOKENS
    at_least_with = (len(text) + len(tools)) / _MOST_CHARACTERS_PER_TOKEN
    return prompt_tokens < at_least_with and prompt_tokens <= at_most_without


def _text_of(briefing: Briefing) -> str:
    return f"{briefing.system}\n{briefing.user}"


def _text_of_tools(briefing: Briefing) -> str:
    """Return what every endpoint has to tell a model of the tools: names and descriptions, without JSON's own signs."""
    parts = []
    for tool in briefing.tools:
        properties = tool.parameters.get("properties", {})
        described = [f"{name} {each.get('description', '')}" for name, each in properties.items()]
        parts.append(f"{tool.name} {tool.description} {' '.join(described)}")
    return json.dumps(parts, ensure_ascii=False) if parts else ""
