"""A Chat Completions request read back as a briefing and the turns so far: `simenv.agent.transcript` the other way round."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simenv.agent.protocol import Briefing, Observation, ToolCall, ToolResult, ToolSchema, Turn
from simenv_agents.answer import parse_arguments

_ROLES = ("system", "developer", "user", "assistant", "tool")


class BadRequestError(Exception):
    """A request that cannot be read; the text says what is wrong with it."""


class Conversation(NamedTuple):
    """A conversation up to the point where the agent is to act.

    Attributes:
        briefing: what it was told at first.
        past: each observation and the turn that was taken on it.
        now: the observation to act on.
    """

    briefing: Briefing
    past: tuple[tuple[Observation, Turn], ...]
    now: Observation


def read_conversation(body: Mapping[str, Any]) -> Conversation:
    """Read the body of a request.

    Raises:
        BadRequestError: no messages, a message of an unknown form, a tool result without its call, or the reverse.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError("'messages' must be a list with at least one message")
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in messages):
        raise BadRequestError("each message must be an object with a 'role'")
    for message in messages:
        if message["role"] not in _ROLES:
            raise BadRequestError(f"no role {message['role'][:40]!r}; one of: {', '.join(_ROLES)}")
    first = next((i for i, m in enumerate(messages) if m["role"] in ("assistant", "tool")), len(messages))
    past, now = _read_turns(messages[first:])
    return Conversation(_read_briefing(messages[:first], body), tuple(past), now)


def _read_briefing(messages: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> Briefing:
    system = "\n\n".join(_text(m) for m in messages if m["role"] in ("system", "developer"))
    user = "\n\n".join(_text(m) for m in messages if m["role"] == "user")
    seed = body.get("seed")
    if not isinstance(seed, int):
        seed = int.from_bytes(hashlib.sha256(json.dumps([system, user]).encode()).digest()[:4], "big") >> 1
    return Briefing(system, user, tuple(_read_tools(body.get("tools") or ())), seed)


def _read_tools(tools: Any) -> list[ToolSchema]:
    try:
        functions = [tool["function"] for tool in tools]
        return [ToolSchema(f["name"], f.get("description", ""), f.get("parameters", {})) for f in functions]
    except (TypeError, KeyError, AttributeError):
        raise BadRequestError("'tools' must be a list of {type: function, function: {name, ...}}") from None


def _read_turns(messages: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[Observation, Turn]], Observation]:
    past: list[tuple[Observation, Turn]] = []
    results: list[ToolResult] = []
    notes: list[str] = []
    calls: dict[str, str] = {}
    for message in messages:
        if calls and message["role"] != "tool":
            break
        if message["role"] == "assistant":
            turn = _read_turn(message)
            past.append((Observation(tuple(results), tuple(notes)), turn))
            results, notes, calls = [], [], {call.id: call.tool for call in turn.calls}
        elif message["role"] == "tool":
            id = str(message.get("tool_call_id"))
            if id not in calls:
                raise BadRequestError(f"the tool message for {id!r} answers no call of the assistant message before it")
            results.append(ToolResult(id, calls.pop(id), True, _text(message)))
        elif message["role"] == "user":
            notes.append(_text(message))
    if calls:
        raise BadRequestError(f"the calls {', '.join(map(repr, calls))} have no tool message")
    return past, Observation(tuple(results), tuple(notes))


def _read_turn(message: Mapping[str, Any]) -> Turn:
    try:
        calls = tuple(
            ToolCall(str(c["function"]["name"]), parse_arguments(c["function"]["arguments"]), str(c["id"]))
            for c in message.get("tool_calls") or ()
        )
    except (TypeError, KeyError, AttributeError):
        raise BadRequestError("a tool call must be {id, type: function, function: {name, arguments}}") from None
    if len({call.id for call in calls}) < len(calls):
        raise BadRequestError("two calls of one assistant message have the same id")
    return Turn(_text(message), calls)


def _text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, also if it comes in parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)
