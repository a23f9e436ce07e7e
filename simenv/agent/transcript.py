"""An episode as the list of messages that a chat model would have seen and written."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from simenv.agent.protocol import Briefing, Observation, ToolCall, Turn

Message: TypeAlias = dict[str, Any]
"""A message of OpenAI's Chat Completions API: role, content, and for an assistant `tool_calls`.

An assistant message may also have `reasoning`, `refusal`, `usage` and `cut`, and any message `time`, the simulated seconds at
which it was written; these keys are not sent to an endpoint.
"""


class Transcript:
    """Builds the messages of one episode, turn by turn.

    Every call receives an id (the agent's own, or ``call_<turn>_<position>``), so that no tool result is orphaned.
    """

    def __init__(self, briefing: Briefing) -> None:
        self.messages: list[Message] = []
        if briefing.system:
            self.messages.append({"role": "system", "content": briefing.system})
        self.messages.append({"role": "user", "content": briefing.user})
        self._turns = 0
        self._ids: list[str] = []

    def copy(self) -> Transcript:
        """Return an independent copy."""
        twin = object.__new__(Transcript)
        twin.messages, twin._turns, twin._ids = list(self.messages), self._turns, list(self._ids)
        return twin

    def add_turn(self, turn: Turn, time: float | None = None) -> None:
        """Append what the agent said and called, at `time` in simulated seconds."""
        message: Message = {"role": "assistant", "content": turn.text}
        self._ids = [call.id or f"call_{self._turns}_{position}" for position, call in enumerate(turn.calls)]
        if turn.calls:
            message["tool_calls"] = [_wire(call, id) for call, id in zip(turn.calls, self._ids, strict=True)]
        if turn.reasoning:
            message["reasoning"] = turn.reasoning
        if turn.refusal:
            message["refusal"] = turn.refusal
        if turn.usage is not None:
            message["usage"] = turn.usage._asdict()
        if turn.cut:
            message["cut"] = True
        self._append(message, time)
        self._turns += 1

    def add_observation(self, observation: Observation, time: float | None = None) -> None:
        """Append the results of the last turn's calls, then the notes as one user message."""
        for id, result in zip(self._ids, observation.results, strict=True):
            self._append({"role": "tool", "tool_call_id": id, "content": result.text}, time)
        self._ids = []
        if observation.notes:
            self._append({"role": "user", "content": "\n".join(observation.notes)}, time)

    def _append(self, message: Message, time: float | None) -> None:
        self.messages.append(message if time is None else {**message, "time": time})


def _wire(call: ToolCall, id: str) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments))
    return {"id": id, "type": "function", "function": {"name": call.tool, "arguments": arguments}}
