"""A turn in progress, whose calls are made one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simenv.agent.protocol import Observation, ToolCall, ToolResult

End = Callable[[Sequence[ToolCall], Sequence[ToolResult]], Observation]
"""Ends a turn: the calls as they were made, and their results."""


class OpenTurn:
    """A turn in progress, for harnesses that execute calls one by one: it costs what the same turn costs in one go.

    Args:
        make: makes a call.
        end: ends the turn.
    """

    __slots__ = ("_calls", "_end", "_make", "_results")

    def __init__(self, make: Callable[[ToolCall], ToolResult], end: End) -> None:
        self._make = make
        self._end = end
        self._calls: list[ToolCall] = []
        self._results: list[ToolResult] = []

    def make(self, call: ToolCall) -> ToolResult:
        """Make the turn's next call; it may differ from what the agent wrote, where somebody outside has changed it."""
        result = self._make(call)
        self._calls.append(call)
        self._results.append(result)
        return result

    def block(self, call: ToolCall, why: str) -> ToolResult:
        """Note that something outside the simulation blocked the turn's next call: it is journaled, and has no effect.

        Args:
            call: as the agent wrote it.
            why: what the agent is told.
        """
        return self.make(call._replace(blocked=why or "blocked"))

    def close(self) -> Observation:
        """End the turn, and return what the agent sees of it."""
        return self._end(self._calls, self._results)
