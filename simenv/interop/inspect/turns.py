"""What a model wrote under Inspect, as a turn."""

from __future__ import annotations

from inspect_ai.model import ContentReasoning, ModelOutput, ModelUsage
from inspect_ai.tool import ToolCall as InspectCall

from simenv.agent.protocol import Served, ToolCall, Turn, Usage

_CUT = ("max_tokens", "model_length")
"""Stop reasons of an answer that hit a limit of tokens."""
_FILTERED = "[stopped by the endpoint's content filter]"


def turn_of(output: ModelOutput) -> Turn:
    """Return a model's answer as a turn."""
    message = output.message
    parts = () if isinstance(message.content, str) else message.content
    text, refusal = message.text, ""
    if output.stop_reason == "content_filter":
        text, refusal = "", text or _FILTERED
    return Turn(
        text,
        tuple(map(call_of, message.tool_calls or ())),
        "\n".join(part.reasoning for part in parts if isinstance(part, ContentReasoning)),
        refusal,
        None if output.usage is None else usage_of(output.usage),
        output.stop_reason in _CUT,
        Served(output.stop_reason, output.model),
    )


def call_of(call: InspectCall) -> ToolCall:
    """Return a call; one whose arguments did not parse has what Inspect says of them in their place."""
    return ToolCall(call.function, call.parse_error or call.arguments, call.id)


def usage_of(usage: ModelUsage) -> Usage:
    """Return the tokens of an answer; Inspect counts those that were cached apart from the others."""
    cached = usage.input_tokens_cache_read or 0
    prompt = usage.input_tokens + cached + (usage.input_tokens_cache_write or 0)
    return Usage(prompt, usage.output_tokens, usage.reasoning_tokens or 0, cached)
