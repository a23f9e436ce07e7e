"""Answers of Chat Completions endpoints, whole or in pieces, as one plain structure."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Any

from simenv.agent.protocol import ToolCall, Turn, Usage


@dataclass(slots=True)
class Answer:
    """What a model answered.

    Attributes:
        text: the message.
        reasoning: reasoning text, where the endpoint shows any.
        refusal: text of a refusal.
        calls: (id, tool, arguments as text), in order.
        finish: why it stopped: ``stop``, ``tool_calls``, ``length``, ``content_filter``.
        usage: tokens, if reported.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[list[str]] = field(default_factory=list)
    finish: str = ""
    usage: Usage | None = None

    def turn(self, number: int) -> Turn:
        """Return the answer as a turn; ids that are missing or repeated are replaced by ``call_<number>_<position>``."""
        calls: list[ToolCall] = []
        taken = {id for id, _, _ in self.calls}
        for position, (given, tool, arguments) in enumerate(self.calls):
            id = given
            if not given or given in {call.id for call in calls}:
                id = f"call_{number}_{position}"
                while id in taken:
                    id += "_again"
                taken.add(id)
            calls.append(ToolCall(_paired(tool), parse_arguments(_paired(arguments)), _paired(id)))
        refusal = self.refusal or (
            "[stopped by the endpoint's content filter]" if self.finish == "content_filter" else ""
        )
        return Turn(_paired(self.text), tuple(calls), _paired(self.reasoning), _paired(refusal), self.usage)


def parse_arguments(text: str) -> dict[str, Any] | str:
    """Return a call's arguments; text that is no JSON object is returned as it is. Empty text means none.

    >>> parse_arguments('{"command": "ls"}')
    {'command': 'ls'}
    >>> parse_arguments('{"command": "ls')
    '{"command": "ls'
    """
    try:
        data = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return text
    return data if isinstance(data, dict) else text


def read_completion(completion: Any) -> Answer:
    """Read a whole answer. Raises ValueError if it holds no choice, or a call of nothing."""
    if isinstance(completion, str) or not getattr(completion, "choices", None):
        raise ValueError(f"no choices in the answer: {str(getattr(completion, 'error', None) or completion)[:200]}")
    choice = completion.choices[0]
    message = choice.message
    answer = Answer(
        _text(message.content), _reasoning(message), _text(message.refusal), finish=_text(choice.finish_reason)
    )
    for call in message.tool_calls or ():
        function = getattr(call, "function", None)
        if function is None:
            raise ValueError(f"a call without a function: {str(call)[:200]}")
        answer.calls.append([_text(call.id), _text(function.name), _text(function.arguments)])
    answer.usage = _usage(completion.usage)
    return answer


async def read_stream(chunks: AsyncIterable[Any]) -> Answer:
    """Put an answer together from its pieces. Raises ValueError if the stream ends before the answer does."""
    answer = Answer()
    places: dict[Any, list[str]] = {}
    async for chunk in chunks:
        answer.usage = _usage(getattr(chunk, "usage", None)) or answer.usage
        for choice in (chunk.choices or ())[:1]:
            answer.finish = _text(choice.finish_reason) or answer.finish
            _add_delta(answer, places, choice.delta)
    if not answer.finish:
        raise ValueError("the stream ended before the answer did")
    return answer


def _add_delta(answer: Answer, places: dict[Any, list[str]], delta: Any) -> None:
    """Add a piece; `places` maps the index of a call to the call. Some servers give all calls the same index."""
    answer.text += _text(delta.content)
    answer.reasoning += _reasoning(delta)
    answer.refusal += _text(delta.refusal)
    for piece in delta.tool_calls or ():
        id, place = _text(piece.id), places.get(piece.index)
        if place is None or (id and place[0] and id != place[0]):
            place = places[piece.index] = ["", "", ""]
            answer.calls.append(place)
        place[0] = id or place[0]
        if piece.function is not None:
            place[1] += _text(piece.function.name)
            place[2] += _text(piece.function.arguments)


def _text(value: Any) -> str:
    """Return a field as text: some servers send content in parts, arguments as an object, or ids as numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return "" if value is None else json.dumps(value)


def _paired(text: str) -> str:
    """Return text in which characters that were cut in two between pieces are whole; a half alone gives U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reasoning(message: Any) -> str:
    """Return reasoning text where servers put it (DeepSeek and vLLM, OpenRouter)."""
    for name in ("reasoning_content", "reasoning"):
        value = getattr(message, name, None)
        if isinstance(value, str) and value:
            return value
    return ""


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    completion, prompt = (
        getattr(usage, "completion_tokens_details", None),
        getattr(usage, "prompt_tokens_details", None),
    )
    return Usage(
        prompt=_count(usage, "prompt_tokens"),
        completion=_count(usage, "completion_tokens"),
        reasoning=_count(completion, "reasoning_tokens"),
        cached=_count(prompt, "cached_tokens"),
    )


def _count(part: Any, name: str) -> int:
    value = getattr(part, name, None)
    return value if isinstance(value, int) and value >= 0 else 0
