"""Answers of Chat Completions endpoints, whole or in pieces, as one plain structure."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simenv.agent.protocol import Served, ToolCall, Turn, Usage
from simenv_agents.reported import ReportedError, error_of, raise_reported
from simenv_agents.usage import CHAT, read_usage

_OLD_CALL = "function_call"
"""Field of the one call that older servers know."""

_THOUGHT = re.compile(r"\s*(?:<think(?:ing)?>)?(?P<thought>(?:(?!<think(?:ing)?>).)*?)</think(?:ing)?>\s*", re.DOTALL)
"""Reasoning at the beginning of a text; the opening tag is missing where the chat template has written it."""

_ONLY_THOUGHT = re.compile(r"\s*<think(?:ing)?>(?P<thought>.*)", re.DOTALL)
"""Reasoning that was cut off."""


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
        model: id of the model that answered, as the endpoint names it.
        fingerprint: its `system_fingerprint`.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[list[str]] = field(default_factory=list)
    finish: str = ""
    usage: Usage | None = None
    model: str = ""
    fingerprint: str = ""

    @property
    def has_begun(self) -> bool:
        """Whether the model wrote anything."""
        return bool(self.text or self.reasoning or self.refusal or self.calls)

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
        text, reasoning = _paired(self.text), _paired(self.reasoning)
        served = Served(self.finish, self.model, self.fingerprint)
        return Turn(text, tuple(calls), reasoning, _paired(refusal), self.usage, self.finish == "length", served)

    def name_source(self, head: Mapping[str, Any]) -> None:
        """Keep which model an answer, or a piece of it, says that it is from."""
        self.model = _text(head.get("model")) or self.model
        self.fingerprint = _text(head.get("system_fingerprint")) or self.fingerprint


def parse_arguments(text: str) -> dict[str, Any] | str:
    """Return a call's arguments; text that is no JSON object is returned as it is. Empty text and null mean none.

    >>> parse_arguments('{"command": "ls"}')
    {'command': 'ls'}
    >>> parse_arguments('{"command": "ls')
    '{"command": "ls'
    """
    try:
        data = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return text
    if data is None:
        return {}
    return data if isinstance(data, dict) else text


def read_completion(data: Any) -> Answer:
    """Read a whole answer.

    Raises:
        ReportedError: it reports an error.
        ValueError: it holds no choice, or a call of nothing.
    """
    raise_reported(data)
    choice = _first_choice(data)
    if not isinstance(choice, Mapping) or not isinstance(choice.get("message"), Mapping):
        raise ValueError(f"no choices in the answer: {data}")
    raise_error_of_choice(choice)
    answer = Answer(finish=_text(choice.get("finish_reason")))
    answer.name_source(data)
    message = choice["message"]
    _add_text(answer, message)
    for call in message.get("tool_calls") or ():
        answer.calls.append(_call(call.get("id"), call["function"]))
    if message.get("function_call") and not answer.calls:
        answer.calls.append(_call("", message["function_call"]))
    return _finished(answer, data.get("usage"))


async def read_stream(chunks: AsyncIterable[Any], answer: Answer) -> Answer:
    """Put an answer together from its pieces.

    Args:
        chunks: the events, as plain data.
        answer: what to add the pieces to, so that a caller has what was written before an error.

    Raises:
        ReportedError: an event reports an error.
        ValueError: the stream ends before the answer does.
    """
    places: dict[Any, list[str]] = {}
    usage: Any = None
    async for chunk in chunks:
        raise_reported(chunk)
        usage = chunk.get("usage") or usage
        answer.name_source(chunk)
        choice = _first_choice(chunk)
        if choice:
            raise_error_of_choice(choice)
            answer.finish = _text(choice.get("finish_reason")) or answer.finish
            _add_delta(answer, places, choice.get("delta") or {})
    if not answer.finish:
        raise ValueError("the stream ended before the answer did")
    if _OLD_CALL in places and not answer.calls:
        answer.calls.append(places[_OLD_CALL])
    return _finished(answer, usage)


def raise_error_of_choice(choice: Mapping[str, Any]) -> None:
    """Raise the error that a choice reports: what was written until then is no turn of the model."""
    if choice.get("error"):
        raise error_of(choice["error"], wrote=True)
    if choice.get("finish_reason") == "error":
        raise ReportedError("the answer ended with an error")


def _first_choice(data: Any) -> Any:
    choices = data.get("choices") if isinstance(data, Mapping) else None
    return choices[0] if isinstance(choices, list) and choices else None


def _finished(answer: Answer, usage: Any) -> Answer:
    """Return a whole answer with its usage."""
    answer.usage = read_usage(usage, CHAT, wrote=answer.has_begun)
    set_thought_apart(answer)
    return answer


def set_thought_apart(answer: Answer) -> None:
    """Move reasoning that stands at the beginning of the text, in the tags of many open models, to `reasoning`."""
    if not answer.reasoning and (thought := _THOUGHT.match(answer.text) or _ONLY_THOUGHT.match(answer.text)):
        answer.reasoning, answer.text = thought["thought"].strip(), answer.text[thought.end() :]


def _call(id: Any, function: Mapping[str, Any]) -> list[str]:
    return [_text(id), _text(function.get("name")), arguments_text(function.get("arguments"))]


def arguments_text(value: Any) -> str:
    """Return the arguments of a call as text; some servers send an object, or null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _add_text(answer: Answer, message: Mapping[str, Any]) -> None:
    answer.text += _text(message.get("content"))
    answer.reasoning += _reasoning(message)
    answer.refusal += _text(message.get("refusal"))


def _add_delta(answer: Answer, places: dict[Any, list[str]], delta: Mapping[str, Any]) -> None:
    """Add a piece; `places` maps the index of a call to the call. Some servers give all calls the same index."""
    _add_text(answer, delta)
    for piece in delta.get("tool_calls") or ():
        index, (id, name, arguments) = piece.get("index"), _call(piece.get("id"), piece.get("function") or {})
        place = places.get(index)
        if place is None or _begins_another(place, id, name):
            place = places[index] = ["", "", ""]
            answer.calls.append(place)
        _add_to_call(place, id, name, arguments)
    if delta.get("function_call"):
        _add_to_call(places.setdefault(_OLD_CALL, ["", "", ""]), *_call("", delta["function_call"]))


def _begins_another(place: Sequence[str], id: str, name: str) -> bool:
    """Return whether a piece with a new id begins a call; some servers give each piece of one call its own id."""
    if not (id and place[0] and id != place[0]):
        return False
    return bool(name) and isinstance(parse_arguments(place[2]), dict)


def _add_to_call(place: list[str], id: str, name: str, arguments: str) -> None:
    """Add a piece to a call; a name, or whole arguments, that are sent again replace those before."""
    place[0] = place[0] or id
    if name.startswith(place[1]):
        place[1] = name
    else:
        place[1] = place[1] + name if not place[1].endswith(name) else place[1]
    is_repeated = arguments == place[2] and len(arguments) > 2 and isinstance(parse_arguments(arguments), dict)
    place[2] += "" if is_repeated else arguments


def _text(value: Any) -> str:
    """Return a field as text: some servers send content in parts, or ids as numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return "" if value is None else json.dumps(value)


def _paired(text: str) -> str:
    """Return text in which characters that were cut in two between pieces are whole; a half alone gives U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reasoning(message: Mapping[str, Any]) -> str:
    """Return reasoning text where servers put it (DeepSeek and vLLM, OpenRouter)."""
    for name in ("reasoning_content", "reasoning"):
        value = message.get(name)
        if isinstance(value, str) and value:
            return value
    return ""
