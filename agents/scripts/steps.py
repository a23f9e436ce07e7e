"""What scripts share: the steps that their turns are made of."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from agents.notes import Notes
from simenv.agent import ToolCall, Turn

Policy: TypeAlias = Callable[[Notes, Random], Turn]
"""Decides from the notes and the agent's own random stream."""


def use(tool: str, **arguments: object) -> Turn:
    """A turn that makes one tool call."""
    return Turn(calls=(ToolCall(tool, arguments),))


def run(command: str, text: str = "") -> Turn:
    """A turn that runs one shell command, and says something with it."""
    return Turn(text, (ToolCall("bash", {"command": command}),))


def result_of(notes: Notes, command: str) -> str | None:
    """Return what a shell command gave when it was last run; None if it was not run."""
    return next((deed.result for deed in reversed(notes.deeds) if deed.command == command), None)
