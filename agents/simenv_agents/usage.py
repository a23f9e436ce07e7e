"""Tokens as endpoints report them: a report that cannot be relied on is none, so that its request counts at its maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simenv.agent.protocol import Usage

_MOST = 2**40
"""More tokens than any request has."""

CHAT = ("prompt_tokens", "completion_tokens")
RESPONSES = ("input_tokens", "output_tokens")


def read_usage(data: Any, names: tuple[str, str], *, wrote: bool) -> Usage | None:
    """Return the tokens of an answer; None if they are not reported as the API defines it.

    Args:
        data: the field `usage`.
        names: its fields for the tokens read and written, `CHAT` or `RESPONSES`.
        wrote: the answer holds text or calls, so that it cannot have taken no tokens.

    >>> read_usage({"prompt_tokens": 11, "completion_tokens": 7}, CHAT, wrote=True)
    Usage(prompt=11, completion=7, reasoning=0, cached=0)
    >>> read_usage({"prompt_tokens": 11, "completion_tokens": None}, CHAT, wrote=True)
    """
    if not isinstance(data, Mapping):
        return None
    prompt, completion = (_count(data.get(name)) for name in names)
    if not prompt or completion is None or (wrote and not completion):
        return None
    read, written = (data.get(f"{name}_details") for name in names)
    return Usage(prompt, completion, _part(written, "reasoning_tokens"), _part(read, "cached_tokens"))


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if is_count else None


def _part(details: Any, name: str) -> int:
    return _count(details.get(name)) or 0 if isinstance(details, Mapping) else 0
