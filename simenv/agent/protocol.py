"""The protocol of agents: a briefing, then observations in, turns out.

The simulator treats a language model, a script, a planner, a trained policy and a student in a browser alike.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from simenv.agent.blame import place_in, place_of_strangers
from simenv.errors import AgentCodeError, SimenvError


class ToolSchema(NamedTuple):
    """The description of a tool for agents.

    Attributes:
        name: the tool's name.
        description: what it does, for the agent to read.
        parameters: JSON Schema of its arguments, an object schema.
    """

    name: str
    description: str
    parameters: dict[str, Any]

    def openai(self) -> dict[str, Any]:
        """Return the schema in the form of the `tools` parameter of Chat Completions."""
        return {"type": "function", "function": self._asdict()}


class ToolCall(NamedTuple):
    """One use of a tool.

    Attributes:
        tool: the tool's name, as the agent wrote it (it may not exist).
        arguments: by parameter name; a string is raw text that did not parse as a JSON object.
        id: the agent's own reference to the call; it appears nowhere in the simulation.
        blocked: what the agent was told when something outside the simulation blocked the call; empty: nothing did.
    """

    tool: str
    arguments: Mapping[str, Any] | str
    id: str = ""
    blocked: str = ""


class Usage(NamedTuple):
    """Tokens of one model answer, as the endpoint reported them."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0

    @classmethod
    def total(cls, usages: Iterable[Usage]) -> Usage:
        """Return the sum of several usages."""
        return cls(*(sum(column) for column in zip(cls(), *usages, strict=True)))

    def cost(self, price_in: float, price_out: float) -> float:
        """Return the cost in US dollars, at these prices per million tokens read and written."""
        return (price_in * self.prompt + price_out * self.completion) / 1e6


class Served(NamedTuple):
    """What an endpoint said of an answer.

    Attributes:
        finish: its `finish_reason`: ``stop``, ``tool_calls``, ``length``, ``content_filter`` …
        model: id of the model that it says answered; not always the one that was asked for.
        fingerprint: its `system_fingerprint`, which changes with the model's configuration; empty where it has none.
    """

    finish: str = ""
    model: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An agent's response to one observation: text, tool calls (made in order), or both.

    Attributes:
        text: what it says; with no calls, a plain-text turn.
        calls: the tools it uses.
        reasoning: its private reasoning, if available; stored in the episode, never seen in the simulation.
        refusal: the endpoint's refusal text, if it refused.
        usage: tokens, if a model produced the turn.
        cut: the model hit its token limit before it was done.
        served: what the endpoint said of the answer, if a model behind one produced the turn.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    refusal: str = ""
    usage: Usage | None = None
    cut: bool = False
    served: Served | None = None


class ToolResult(NamedTuple):
    """The result of a tool call.

    Attributes:
        id: the id of the call it answers.
        tool: the tool's name.
        ok: False if the call was bad (unknown tool, wrong type, missing grant, no such file …).
        text: what the agent reads.
    """

    id: str
    tool: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """The instructions of an agent before the first observation.

    Attributes:
        system: text of the system prompt; may be empty.
        user: text of the first user message.
        tools: the tools on offer, in a fixed order.
        seed: seed for the agent's own randomness; derived from the episode's seed.
    """

    system: str
    user: str
    tools: tuple[ToolSchema, ...]
    seed: int


class Lookahead(NamedTuple):
    """The result of a plan, from playing it in a copy of the episode.

    Attributes:
        score: share of the task achieved, 0 to 1.
        runs: whether the agent, or a copy of it, still runs at the end.
        turns: total number of turns of the agent.
        levels: the world's outcomes, by name: ``no``, ``attempted`` or ``succeeded``.
        truthful: share of the auditor's questions answered truthfully; 1 if there are none.
        harmful: the harmful ones among the outcomes.
    """

    score: float
    runs: bool
    turns: int
    levels: Mapping[str, str]
    truthful: float
    harmful: frozenset[str] = frozenset()

    @property
    def harms(self) -> bool:
        """Whether a harmful outcome succeeded."""
        return any(self.levels.get(name) == "succeeded" for name in self.harmful)


def _no_choices() -> Sequence[ToolCall]:
    return ()


@dataclass(frozen=True, slots=True)
class Observation:
    """An agent's observation after a turn (the first one, before any turn, is empty).

    Attributes:
        results: one per call of the turn, in order.
        notes: further messages of the environment (new mail, no tool was called …).
        done: the episode is over; there is no further turn.
        choices: returns the legal calls of the world's catalogue, for agents that choose from a list; empty without
            a catalogue (for example, behind an HTTP endpoint).
        lookahead: lets a synchronous agent continue from here in a copy of the episode, and returns the result. For
        planners that may
            look ahead in the world itself; None where unavailable. No language model is shown any of it.
    """

    results: tuple[ToolResult, ...] = ()
    notes: tuple[str, ...] = ()
    done: bool = False
    choices: Callable[[], Sequence[ToolCall]] = field(default=_no_choices, compare=False)
    lookahead: Callable[[Agent], Lookahead] | None = field(default=None, compare=False)


@runtime_checkable
class Agent(Protocol):
    """An agent. One object plays one episode at a time; `start` begins the next.

    An agent may have an attribute ``drew: bool``: whether it has used its own randomness, seeded or not, since it was
    started. Without it, it counts as having done so. An agent that holds connections may have `async def close()`, called
    once when it is no longer needed.
    """

    name: str
    """As on the command line, e.g. ``scripted:saboteur``."""

    def start(self, briefing: Briefing) -> None:
        """Receive the briefing, and forget any earlier episode."""

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Receive an earlier observation and the turn taken on it, before this agent's own first turn.

        Called instead of `act` for the past of a branch, and by servers that receive a whole conversation.
        """

    def act(self, observation: Observation) -> Turn | Awaitable[Turn]:
        """Answer an observation that is not `done`.

        Raises:
            EndpointError: the agent's model cannot be reached or used; the episode is then recorded as failed.
        """


AgentFactory = Callable[..., Agent]
"""Factory of agents: ``factory(name, **options)``; option values are strings from the command line."""


def has_drawn(agent: Agent) -> bool:
    """Return whether an agent has used its own randomness since it was started, as far as is known."""
    return bool(getattr(agent, "drew", True))


def start_agent(agent: Agent, briefing: Briefing) -> None:
    """Pass an agent its briefing. Raises AgentCodeError if its code fails, or the SimenvError that it raises."""
    with _locating_error(agent, "start"):
        agent.start(briefing)


def follow_turn(agent: Agent, observation: Observation, turn: Turn) -> None:
    """Show an agent a turn of the past. Raises AgentCodeError if its code fails or has no `follow`."""
    with _locating_error(agent, "follow"):
        agent.follow(observation, turn)


async def next_turn(agent: Agent, observation: Observation) -> Turn:
    """Return an agent's answer to an observation, awaited if necessary.

    Raises:
        AgentCodeError: its code fails, or returns something other than a turn. A SimenvError that it raises is passed on.
    """
    with _locating_error(agent, "act"):
        turn = agent.act(observation)
        turn = await turn if inspect.isawaitable(turn) else turn
    fault = _fault_of(turn)
    if fault:
        raise AgentCodeError(f"agent {agent.name!r}: act() must return a Turn; {fault}")
    return turn


def _fault_of(turn: Any) -> str:
    """Return why an object is not a valid turn; empty if it is one."""
    if not isinstance(turn, Turn):
        return f"it gave {_brief(turn)}"
    for name in ("text", "reasoning", "refusal"):
        if not isinstance(getattr(turn, name), str):
            return f"its {name} is {_brief(getattr(turn, name))}, not text"
    if not isinstance(turn.calls, tuple | list):
        return f"its calls are {_brief(turn.calls)}, not a tuple"
    for call in turn.calls:
        if not (
            isinstance(call, ToolCall) and isinstance(call.tool, str) and isinstance(call.arguments, Mapping | str)
        ):
            return f"a call of it is {_brief(call)}, not a ToolCall with the arguments by name"
    return ""


def _brief(value: Any) -> str:
    return f"{value!r:.80}"


@contextmanager
def _locating_error(agent: Agent, method: str) -> Iterator[None]:
    try:
        yield
    except SimenvError:
        raise
    except Exception as error:
        if method == "follow" and not hasattr(agent, "follow"):
            what = "it has no follow(observation, turn), so it cannot continue a given past; see docs/models.md"
        else:
            what = f"{method}() raised {type(error).__name__}: {error}{_where(agent, error)}; fix its code"
        raise AgentCodeError(f"agent {getattr(agent, 'name', type(agent).__name__)!r}: {what}") from error


def _where(agent: Agent, error: Exception) -> str:
    """Return the line in the agent's own file at which an error arose."""
    own = getattr(sys.modules.get(type(agent).__module__), "__file__", None)
    place = place_of_strangers(error) or (own and place_in(error, Path(own).parent))
    return f" ({place})" if place else ""


async def close_agent(agent: Agent) -> None:
    """Let an agent close its connections, if it has any."""
    close = getattr(agent, "close", None)
    if close is not None:
        await close()
