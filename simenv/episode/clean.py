"""What a subject wrote, as plain JSON data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simenv.agent.protocol import Served, ToolCall, Turn
from simenv.machine.content.tokens import plain

_MAX_DEPTH = 20
_MOST_SERVED = 200
"""Characters kept of each thing that an endpoint says of an answer."""


def clean_turn(turn: Turn) -> Turn:
    """Return a turn of plain JSON data: unpaired surrogates, numbers that JSON lacks and deep nesting are replaced.

    Characters that are reserved for content that is not text are dropped.
    """
    calls = tuple(clean_call(call) for call in turn.calls)
    text, reasoning, refusal = map(_clean_text, (turn.text, turn.reasoning, turn.refusal))
    return Turn(text, calls, reasoning, refusal, turn.usage, turn.cut, _clean_served(turn.served))


def clean_call(call: ToolCall) -> ToolCall:
    """Return a call of plain JSON data, as `clean_turn` does."""
    tool, id, blocked = map(_clean_text, (call.tool, call.id, call.blocked))
    return ToolCall(tool, _clean_arguments(call.arguments), id, blocked)


def _clean_served(served: Served | None) -> Served | None:
    return None if served is None else Served(*(_clean_text(str(said))[:_MOST_SERVED] for said in served))


def _clean_text(text: str) -> str:
    return text if text.isascii() else plain(text.encode("utf-8", "replace").decode("utf-8"))


def _clean_arguments(arguments: Mapping[str, Any] | str) -> dict[str, Any] | str:
    if isinstance(arguments, str):
        return _clean_text(arguments)
    return {_clean_text(str(key)): _clean(value, 0) for key, value in arguments.items()}


def _clean_integer(value: int) -> int | str:
    """Return an integer that fits into a float (which JSON readers in other languages take it for), else its text."""
    if abs(value) < 10**300:
        return value
    # Python refuses to write integers of more than 4,300 digits.
    return str(value)[:50] if abs(value) < 10**4000 else "a very large number"


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _clean_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _clean_integer(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _MAX_DEPTH:
        return "[nested too deep]"
    if isinstance(value, Mapping):
        return {_clean_text(str(key)): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    return _clean_text(str(value))
