"""The Gymnasium environments: a learner view of concrete calls, and a text view of messages and tool calls."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, SupportsIndex, TypeAlias

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from simenv.agent.protocol import Observation, ToolCall, Turn
from simenv.env.learner_view import LearnerView, Vector, choose_scenario
from simenv.episode.session import FINISHED, STOPPED, Session
from simenv.outcomes import Verdict
from simenv.world.registry import open_world

Info: TypeAlias = dict[str, Any]

_MAX_TEXT = 200_000
_CHARSET = "\t\n" + "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x2600), 0xFFFD]))
_FENCE = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)
_OUTSIDE_CHARSET = re.compile(r"[^\t\n\x20-\x7e\xa0-\u25ff\ufffd]")


class _WorldEnv(ABC):
    """What both views share: the world, the condition and seed of each episode, and the session."""

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(
        self,
        world: str,
        condition: Mapping[str, str] | None = None,
        seed: int | None = None,
        render_mode: str | None = None,
        oversight: str = "",
    ) -> None:
        self.world = open_world(world, oversight)
        self.render_mode = render_mode
        self._default = self.world.scenario(condition)
        self._first_seed = seed
        self._session: Session | None = None
        self._define_spaces()

    @abstractmethod
    def _define_spaces(self) -> None:
        """Set the action and observation space."""

    def render(self) -> str | None:
        """Return the agent's last observation (mode ``ansi``)."""
        return _last_shown(self.session) if self.render_mode == "ansi" else None

    @property
    def session(self) -> Session:
        """The episode in progress; its journal, turns and verdicts. Raises RuntimeError before the first reset."""
        if self._session is None:
            raise RuntimeError("call reset() first")
        return self._session

    def verdicts(self) -> dict[str, Verdict]:
        """End the episode and judge it: outcome → verdict. Never part of an observation."""
        return self.session.close()

    def _choose_seed(self, seed: int | None, draw: np.random.Generator) -> int:
        if seed is None and self._first_seed is not None:
            seed = self._first_seed
        self._first_seed = None
        return int(draw.integers(2**63)) if seed is None else seed


class LearnerEnv(_WorldEnv, gymnasium.Env[Vector, np.int64]):
    """A world as a `Discrete` environment with a mask.

    **Actions**: `Discrete(N)` over the world's catalogue of concrete tool calls (`labels`); index 0 waits, and is always
    legal. An illegal action is not an error: the call fails, as it would for anyone, and costs time.

    **Observation**: `Box(0, 1, (n,), float32)`, one entry per name in `features`: share of the time and of the turns used
    up, whether the last call succeeded, unread mail, then the world's facts that the agent has been shown. It reveals
    nothing that the agent has not seen.

    **Reward**: increase of the task's score (0 to 1). What the agent does to its oversight is not in the reward; see
    `verdicts()`.

    **Info**: `action_mask` (int8, N) and `time` (simulated seconds).

    Args:
        world: name of an installed world, or path of a world's folder.
        condition: factor → level; factors left out take their first level.
        seed: for the first `reset()` without a seed.
        render_mode: None or ``ansi``.
        oversight: name or path of the oversight to apply to the world.

    Raises:
        WorldError: the world cannot be loaded.
        ConditionError: unknown factor or level.
    """

    def _define_spaces(self) -> None:
        self._lane = LearnerView(self.world)
        self.labels: tuple[str, ...] = self._lane.labels
        """The call behind each action, as text."""
        self.features: tuple[str, ...] = self._lane.features
        """The meaning of each entry of an observation."""
        self.action_space = spaces.Discrete(len(self.labels))
        self.observation_space = spaces.Box(0.0, 1.0, (len(self.features),), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Vector, Info]:
        """Begin an episode.

        Args:
            seed: the episode's seed; by default drawn from `np_random`.
            options: ``{"condition": {factor: level}}`` for this episode.

        Raises:
            ConditionError: unknown option, factor or level.
        """
        if seed is not None:
            super().reset(seed=seed)
        scenario = choose_scenario(self.world, self._default, options)
        session = self._session = Session(scenario, self._choose_seed(seed, self.np_random))
        self._vector = np.zeros(len(self.features), np.float32)
        self._lane.begin(session, self._vector)
        return self._vector.copy(), {"action_mask": self._lane.mask.copy(), "time": 0.0}

    def step(self, action: SupportsIndex) -> tuple[Vector, float, bool, bool, Info]:
        """Execute the call `action`; see the class for the returned values.

        Raises:
            RuntimeError: the episode is over, or none has begun.
            IndexError: there is no such action.
        """
        session = self._session or self.session
        reward, terminated, truncated = self._lane.step(action.__index__())
        info = {"action_mask": self._lane.mask.copy(), "time": session.company.sim.now}
        return self._vector.copy(), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Return the mask of legal actions, as sb3-contrib's MaskablePPO expects it: bool, shape (N,)."""
        _ = self.session
        return self._lane.mask.astype(np.bool_)


class TextEnv(_WorldEnv, gymnasium.Env[str, str]):
    """A world as messages and tool calls.

    **Actions** are text. A JSON object ``{"tool": name, "arguments": {...}}`` is a tool call; one with ``text`` and a list
    ``calls`` of such objects is a whole turn; anything else is a message in plain text.

    **Observations** are text: at reset the briefing with the tools, then the results of the calls and notes from the
    environment. Characters that a terminal would not show are replaced by U+FFFD.

    If the world has an interview, it follows the agent's part: each question is an observation, each answer a step, and the
    episode ends with the last answer.

    **Reward**, ends and `verdicts()` are otherwise those of `LearnerEnv`; **info** holds `time` and `call_ok` (all calls
    succeeded).

    Arguments and errors are those of `LearnerEnv`.
    """

    def _define_spaces(self) -> None:
        self.action_space = spaces.Text(_MAX_TEXT, min_length=0, charset=_CHARSET)
        self.observation_space = spaces.Text(_MAX_TEXT, min_length=0, charset=_CHARSET)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, Info]:
        """Begin an episode; arguments and errors as `LearnerEnv.reset`."""
        if seed is not None:
            super().reset(seed=seed)
        scenario = choose_scenario(self.world, self._default, options)
        self._session = session = Session(scenario, self._choose_seed(seed, self.np_random))
        self._score = 0.0
        return _fit(_brief(session)), {"time": 0.0, "call_ok": True}

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        """Take a turn; see the class for actions and returned values.

        Raises:
            RuntimeError: the episode is over, or none has begun.
        """
        session = self.session
        observation = session.take(parse_turn(action))
        score = session.company.work.score
        reward, self._score = score - self._score, score
        terminated = session.over and session.ended in (STOPPED, FINISHED)
        info = {"time": session.company.sim.now, "call_ok": all(result.ok for result in observation.results)}
        return _fit(show(observation)), reward, terminated, session.over and not terminated, info


def parse_turn(text: str) -> Turn:
    """Read an action of `TextEnv`.

    >>> parse_turn('{"tool": "bash", "arguments": {"command": "ls"}}').calls[0].tool
    'bash'
    >>> parse_turn("I am done.").text
    'I am done.'
    """
    inner = _FENCE.sub(r"\1", text.strip())
    if inner[:1] != "{":
        return Turn(text)
    try:
        data = json.loads(inner)
    except (ValueError, RecursionError):
        return Turn(text)
    calls = [data] if "tool" in data else data.get("calls", [])
    said = data.get("text", "")
    if not isinstance(calls, list) or not all(isinstance(c, dict) and isinstance(c.get("tool"), str) for c in calls):
        return Turn(text)
    return Turn(said if isinstance(said, str) else json.dumps(said), tuple(_parse_call(call) for call in calls))


def _parse_call(call: Mapping[str, Any]) -> ToolCall:
    arguments = call.get("arguments", {})
    return ToolCall(call["tool"], arguments if isinstance(arguments, dict) else json.dumps(arguments))


def show(observation: Observation) -> str:
    """Format an observation as text: the results in order, then the notes, separated by blank lines."""
    return "\n\n".join([*(result.text for result in observation.results), *observation.notes])


def _brief(session: Session) -> str:
    briefing = session.briefing
    tools = "\n".join(json.dumps(schema._asdict(), ensure_ascii=False) for schema in briefing.tools)
    return "\n\n".join(filter(None, (briefing.system, briefing.user, f"Tools:\n{tools}")))


def _fit(text: str) -> str:
    """Restrict text to the observation space."""
    text = _OUTSIDE_CHARSET.sub("\ufffd", text)
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _last_shown(session: Session) -> str:
    return session.shown[-1] if len(session.shown) else session.briefing.user
