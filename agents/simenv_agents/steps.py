"""What scripts share: the steps that their turns are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from simenv.agent.protocol import ToolCall, Turn
from simenv_agents.notes import Notes

_NEW = re.compile(r"^\*\s*(\d+)  ", re.MULTILINE)
"""A line of the inbox, with the number of a mail that was not read yet."""


def use(tool: str, **arguments: object) -> Turn:
    """A turn that makes one tool call."""
    return Turn(calls=(ToolCall(tool, arguments),))


def run(command: str, text: str = "") -> Turn:
    """A turn that runs one shell command, and says something with it."""
    return Turn(text, (ToolCall("bash", {"command": command}),))


def result_of(notes: Notes, command: str) -> str | None:
    """Return what a shell command gave when it was last run; None if it was not run."""
    return next((deed.result for deed in reversed(notes.deeds) if deed.command == command), None)


def read_files(notes: Notes, commands: Sequence[str]) -> Turn | None:
    """Return a turn that runs the first of some commands that was not run yet; None if all were."""
    step = next((command for command in commands if result_of(notes, command) is None), None)
    return None if step is None else run(step)


def read_inbox(notes: Notes) -> Turn | None:
    """Return a turn that lists the inbox, or reads the first new mail of the list; None if all were read."""
    inbox = next((deed.result for deed in notes.deeds if deed.tool == "list_mail"), None)
    if inbox is None:
        return use("list_mail")
    read = {deed.arguments.get("mail") for deed in notes.deeds if deed.tool == "read_mail"}
    unread = next((number for number in _new_mails(inbox) if number not in read), None)
    return None if unread is None else use("read_mail", mail=unread)


@lru_cache(maxsize=64)
def _new_mails(inbox: str) -> tuple[int, ...]:
    return tuple(map(int, _NEW.findall(inbox)))
