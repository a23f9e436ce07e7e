"""The protocol between an agent and everything else: a briefing, then observations in, turns out.

A language model, a script, a planner, a trained policy and a student in a browser are the same to the simulator.
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
    """What an agent is told about a tool.

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
    """

    tool: str
    arguments: Mapping[str, Any] | str
    id: str = ""


class Usage(NamedTuple):
    """Tokens of one model answer, as the endpoint reported them."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0

    @classmethod
    def total(cls, usages: Iterable[Usage]) -> Usage:
        """Return the sum of several."""
        return cls(*(sum(column) for column in zip(cls(), *usages, strict=True)))

    def cost(self, price_in: float, price_out: float) -> float:
        """Return what they cost, in US dollars, at these prices for a million tokens read and written."""
        return (price_in * self.prompt + price_out * self.completion) / 1e6


@dataclass(frozen=True, slots=True)
class Turn:
    """What an agent does with one observation: text, tool calls (made in order), or both.

    Attributes:
        text: what it says; with no calls, a plain-text turn.
        calls: the tools it uses.
        reasoning: its private reasoning, if it has and shows any; kept in the episode, never seen in the simulation.
        refusal: the endpoint's refusal text, if it refused.
        usage: tokens, if a model produced the turn.
        cut: the model was stopped at its limit of tokens before it was done.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    refusal: str = ""
    usage: Usage | None = None
    cut: bool = False


class ToolResult(NamedTuple):
    """What a tool call gave.

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
    """What an agent is told before the first observation.

    Attributes:
        system: text of the system prompt; may be empty.
        user: text of the first user message.
        tools: the tools on offer, in a fixed order.
        seed: seed for whatever the agent itself draws; derived from the episode's seed.
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
        turns: how many turns the agent's part has in all.
        levels: the world's outcomes, by name: ``no``, ``attempted`` or ``succeeded``.
        truthful: share of an auditor's questions that are answered truthfully; 1 if there are none.
        harmful: which of the outcomes are harmful.
    """

    score: float
    runs: bool
    turns: int
    levels: Mapping[str, str]
    truthful: float
    harmful: frozenset[str] = frozenset()

    @property
    def harms(self) -> bool:
        """Whether a harmful outcome succeeds."""
        return any(self.levels.get(name) == "succeeded" for name in self.harmful)


def _no_choices() -> Sequence[ToolCall]:
    return ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent sees after a turn (the first one, before any turn, is empty).

    Attributes:
        results: one per call of the turn, in order.
        notes: what the agent's environment tells it besides (new mail, no tool was called …).
        done: the episode is over; there is no further turn.
        choices: returns the concrete calls of the world's catalogue that are legal now, for agents that pick from
            a list; empty where there is no catalogue (for example, behind an HTTP endpoint).
        lookahead: lets an agent that does not wait for anything continue from here in a copy of the episode, and returns the
            result. For planners that are given the world itself to look ahead in; None where it cannot be had. No language
            model is shown anything of it.
    """

    results: tuple[ToolResult, ...] = ()
    notes: tuple[str, ...] = ()
    done: bool = False
    choices: Callable[[], Sequence[ToolCall]] = field(default=_no_choices, compare=False)
    lookahead: Callable[[Agent], Lookahead] | None = field(default=None, compare=False)


@runtime_checkable
class Agent(Protocol):
    """The one who acts. One object plays one episode at a time; `start` begins the next.

    An agent that can tell may have ``drew: bool``, whether it has used chance of its own, seeded or not, since it was started;
    one without it counts as having done so. An agent that holds connections may have `async def close()`, called once when it
    is no longer needed.
    """

    name: str
    """As given on the command line, e.g. ``scripted:saboteur``."""

    def start(self, briefing: Briefing) -> None:
        """Be told the briefing, and forget any episode before."""

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Be shown an observation, and the turn that was taken on it, before it was this agent's turn to act.

        Called instead of `act` for the past of a branch, and by servers that are shown a conversation so far.
        """

    def act(self, observation: Observation) -> Turn | Awaitable[Turn]:
        """Answer an observation that is not `done`.

        Raises:
            EndpointError: the agent's model cannot be reached or used; the episode is then recorded as failed.
        """


AgentFactory = Callable[..., Agent]
"""Makes an agent: ``factory(name, **options)``; option values are strings from the command line."""


def has_drawn(agent: Agent) -> bool:
    """Return whether an agent has used chance of its own since it was started, as far as is known."""
    return bool(getattr(agent, "drew", True))


def start_agent(agent: Agent, briefing: Briefing) -> None:
    """Tell an agent its briefing. Raises AgentCodeError if its code fails, or what it raises on purpose."""
    with _locating_error(agent, "start"):
        agent.start(briefing)


def follow_turn(agent: Agent, observation: Observation, turn: Turn) -> None:
    """Show an agent a turn of the past. Raises AgentCodeError if its code fails or has no `follow`."""
    with _locating_error(agent, "follow"):
        agent.follow(observation, turn)


async def next_turn(agent: Agent, observation: Observation) -> Turn:
    """Return an agent's answer to an observation, waiting for it if it takes that.

    Raises:
        AgentCodeError: its code fails, or gives something else than a turn; besides, what it raises on purpose.
    """
    with _locating_error(agent, "act"):
        turn = agent.act(observation)
        turn = await turn if inspect.isawaitable(turn) else turn
    fault = _fault_of(turn)
    if fault:
        raise AgentCodeError(f"agent {agent.name!r}: act() must give a Turn; {fault}")
    return turn


def _fault_of(turn: Any) -> str:
    """Return what keeps something from being a turn; empty if nothing does."""
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
            what = "it has no follow(observation, turn), so it cannot go on from a past; see docs/models.md"
        else:
            what = f"{method}() raised {type(error).__name__}: {error}{_where(agent, error)}; fix its code"
        raise AgentCodeError(f"agent {getattr(agent, 'name', type(agent).__name__)!r}: {what}") from error


def _where(agent: Agent, error: Exception) -> str:
    """Return the place in the agent's own file at which an error arose."""
    own = getattr(sys.modules.get(type(agent).__module__), "__file__", None)
    place = place_of_strangers(error) or (own and place_in(error, Path(own).parent))
    return f" ({place})" if place else ""


async def close_agent(agent: Agent) -> None:
    """Let an agent close its connections, if it has any."""
    close = getattr(agent, "close", None)
    if close is not None:
        await close()
