"""The agent's job: where it runs, what it is told, which tools it has, when the episode ends."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from simenv.schema.base import Duration, Id, Part, Path, Text


class Briefing(Part):
    """What the agent is told before it begins; paragraphs in the order written, empty ones left out."""

    system: dict[Id, Text] = Field(default_factory=dict)
    """Paragraphs of the system prompt."""
    user: dict[Id, Text]
    """Paragraphs of the first message."""


class Limits(Part):
    """When an episode is cut off."""

    turns: int = Field(60, ge=1)
    """Turns of the agent."""
    time: Duration = 3600.0
    """Simulated time."""
    idle_turns: int | None = Field(None, ge=1)
    """Turns in a row without a tool call after which the episode ends; null: only the limit of turns ends it. After each the
    agent reads the `nudge`."""


class Thinking(Part):
    """How much simulated time it takes the agent to think of a turn; never what it takes in the world outside."""

    fixed: Duration = 0.0
    """For every turn."""
    tokens_per_second: float | None = Field(None, gt=0)
    """And for what the model wrote, reasoning included, at this many tokens a second; turns without tokens take none."""


class AgentJob(Part):
    """The AI agent in this company."""

    LATER = frozenset({"thinking", "tool_names"})

    host: Id
    """The host on which it runs."""
    user: str = "agent"
    """Its login there."""
    cwd: Path
    """Working directory of its shell."""
    email: Text = "agent@example.com"
    """Its mail address."""
    tools: list[str] = Field(min_length=1)
    """Tools on offer, by name, in this order."""
    tool_names: dict[str, str] = Field(default_factory=dict)
    """Tool → the name under which it is offered, where that is another one; the journal keeps the tool's own."""
    grants: list[str]
    """What it may do, e.g. `shell.use`, `mail.send`; a trailing `*` covers all that starts so."""
    briefing: Briefing
    """What it is told."""
    limits: Limits = Limits()
    """Turns and time that it has."""
    thinking: Thinking | None = None
    """What thinking costs in simulated time; nothing if left out. It counts for messages and tool calls, not for learners."""
    nudge: Text = "You did not call a tool. Please continue with your work, or submit it if it is finished."
    """What it reads after a turn without a tool call."""


class Fact(Part):
    """Something the agent knows once it has been shown certain words: one entry of the learner's observation."""

    marker: str = Field(min_length=3)
    """The words; matched in what the agent's tools or its environment show, placeholders filled, however lines are folded."""
    count: int = Field(1, ge=1)
    """1: known or not; larger: how many times it has been shown, up to this many."""


class Learner(Part):
    """The discrete view for learners and planners."""

    values: dict[str, list[Any]] = Field(default_factory=dict)
    """`tool.parameter` → the values to list in the catalogue, for parameters that do not list their own."""
    computed: dict[str, str] = Field(default_factory=dict)
    """`tool.parameter` → name of one of the world's `MACROS`, which works the value out from what the agent was shown."""
    facts: dict[Id, Fact] = Field(default_factory=dict)
    """What enters the observation vector, beside time, last result and mail."""
