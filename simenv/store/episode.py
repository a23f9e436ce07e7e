"""The episode file: one finished episode as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from pydantic_core import PydanticSerializationError

from simenv.agent.protocol import Served, ToolCall, Turn, Usage
from simenv.agent.roles import RoleAnswer, RoleName
from simenv.errors import EpisodeError
from simenv.outcomes.answers import Answer
from simenv.outcomes.verdict import Verdict
from simenv.store.turns import TurnCounts

FORMAT = 2


class Evidence(BaseModel):
    """A journal record that a verdict cites, copied so that readers need not replay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    time: float
    actor: str
    verb: str
    object: str
    details: dict[str, Any]


class Step(BaseModel):
    """One turn of the agent, as it can be replayed, and what the model reported about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str, str], ...] = ()
    """(tool, arguments, the agent's own id of the call)."""
    blocked: dict[int, str] = Field(default_factory=dict, exclude_if=lambda blocked: not blocked)
    """Position of a call that something outside the simulation blocked → what the agent was told."""
    reasoning: str = ""
    refusal: str = ""
    usage: Usage | None = None
    cut: bool = Field(default=False, exclude_if=lambda cut: not cut)
    """The model hit its token limit."""
    served: Served | None = Field(default=None, exclude_if=lambda served: served is None)
    """(`finish_reason`, model id, `system_fingerprint`) as the endpoint returned them."""

    def turn(self) -> Turn:
        """Return the turn as agents make it."""
        calls = tuple(ToolCall(*call, self.blocked.get(at, "")) for at, call in enumerate(self.calls))
        return Turn(self.text, calls, self.reasoning, self.refusal, self.usage, self.cut, self.served)

    @classmethod
    def of(cls, turn: Turn) -> Step:
        """Return `turn` as it is stored."""
        calls = tuple(
            (c.tool, c.arguments if isinstance(c.arguments, str) else dict(c.arguments), c.id) for c in turn.calls
        )
        said = {"text": turn.text, "reasoning": turn.reasoning, "refusal": turn.refusal}
        blocked = {at: call.blocked for at, call in enumerate(turn.calls) if call.blocked}
        return cls(calls=calls, blocked=blocked, usage=turn.usage, cut=turn.cut, served=turn.served, **said)


class RoleCast(BaseModel):
    """Who plays a role in the company."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    options: dict[str, str] = Field(default_factory=dict)
    disclaimer: str = ""

    @property
    def shown(self) -> str:
        """The agent, and its model if it has one."""
        return f"{self.agent} {self.options['model']}" if "model" in self.options else self.agent


class Consultation(BaseModel):
    """A request to the player of a role, and its answer: an input of the episode, like turns."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    role: RoleName
    """`person`, `monitor` or `auditor`."""
    who: str
    """Id of the person or monitor; `auditor`."""
    time: float
    """Simulated seconds."""
    system: str
    """Its instructions."""
    user: str
    """What it was asked."""
    steps: tuple[Step, ...]
    """Its turns; all but the last were unusable."""
    key: str
    """SHA-256 of its instructions and the request."""
    arguments: dict[str, Any] | None
    """Its answer; null: no usable one."""

    @property
    def answer(self) -> RoleAnswer:
        """The answer as a replay needs it."""
        return RoleAnswer(self.key, self.arguments)

    @property
    def usage(self) -> Usage:
        """Its tokens."""
        return _usage_of(self.steps)


class Episode(BaseModel):
    """One finished episode: the inputs of a replay, the measurements, and what the agent saw and did.

    Replay needs `world`, `condition`, `seed` and `steps`; `digest` proves that it gave the same journal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, ser_json_inf_nan="constants")

    format: int = FORMAT
    """Version of this file format."""
    id: str
    """Unique within a run: levels of the condition and the seed, e.g. `allow.user.neutral.on_request.midway.17`."""
    world: str
    """Name of the world, or the path by which it was given."""
    world_version: str
    """Its version."""
    document: str
    """SHA-256 of the resolved world document and the world's own code."""
    oversight: str = ""
    """Name or path of the oversight applied to the world; empty: the world's own."""
    condition: dict[str, str]
    """Factor → level, every factor of the world."""
    seed: int
    """The episode's seed."""
    agent: str
    """Who acted, e.g. `scripted:saboteur`."""
    agent_options: dict[str, str] = Field(default_factory=dict)
    """Its options, without secrets."""
    disclaimer: str = ""
    """A sentence that says that the agent is not a model; empty if it is one. Shown next to all results."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of simenv and of the libraries that its results depend on."""
    branched_from: str = ""
    """`<episode id>@<step>` if the episode is a branch."""
    limits: dict[str, float] = Field(default_factory=dict)
    """Limits that override the world's, by name; omitted from the file if there are none."""
    roles: dict[RoleName, RoleCast] = Field(default_factory=dict)
    """Role → who played it; omitted from the file if nobody did."""
    consultations: tuple[Consultation, ...] = ()
    """Their requests and answers, in order; omitted from the file if there are none."""
    steps: tuple[Step, ...]
    """The agent's turns, in order."""
    ended: str
    """Reason for the end: `stopped` (its process or host), `finished`, `turns`, `time`, `idle`."""
    time: float
    """Simulated seconds when the agent's part ended."""
    score: float | None = None
    """Share of the task achieved, 0 to 1, if the world's task has a score."""
    outcomes: dict[str, Verdict]
    """Outcome name → verdict."""
    measures: dict[str, float] = Field(default_factory=dict)
    """Measure name → figure, of those that apply (see `simenv.outcomes.measures`)."""
    turn_counts: TurnCounts | None = None
    """What its turns were worth: refused, unusable, roles that stayed unsure; null in files of older versions."""
    evidence: tuple[Evidence, ...] = ()
    """Every record that a verdict cites, by `seq`."""
    interview: tuple[Answer, ...] = ()
    """The interview after the agent's part, with its result; omitted from the file if there is none."""
    digest: str
    """SHA-256 of the journal."""
    drew: bool = True
    """Whether the agent, or a player of a role, used its own randomness, as far as is known; omitted from the file if so."""
    messages: tuple[dict[str, Any], ...] = ()
    """The episode as chat messages (see `simenv.agent.transcript`)."""
    _copy: Path | None = PrivateAttr(None)

    @property
    def copy_of_world(self) -> Path | None:
        """The copy of its world that its run keeps; None outside a run."""
        return self._copy

    def in_copy(self, copies: Mapping[str, Path]) -> Episode:
        """Attach the copy of its world, chosen by document; return the episode."""
        self._copy = copies.get(self.document)
        return self

    @property
    def usage(self) -> Usage:
        """Tokens of the agent in the whole episode."""
        return _usage_of(self.steps)

    def role_usage(self) -> dict[RoleName, Usage]:
        """Return the tokens of the players of roles, by role."""
        return {
            role: Usage.total(asked.usage for asked in self.consultations if asked.role == role) for role in self.roles
        }

    def to_json(self) -> str:
        """Return the episode as one line of JSON (no newline at the end)."""
        unused = {name for name in ("interview", "limits", "roles", "consultations") if not getattr(self, name)}
        unused |= {"drew"} if self.drew else set()
        try:
            return self.model_dump_json(exclude=unused)
        except PydanticSerializationError:  # half a surrogate pair, say, which only Python's own writer takes
            return json.dumps(self.model_dump(mode="json", exclude=unused), ensure_ascii=False, separators=(",", ":"))

    def to_line(self) -> bytes:
        """Return the episode as a line of a run directory, newline included."""
        return self.to_json().encode("utf-8", "surrogatepass") + b"\n"


class Head(BaseModel):
    """The part of an episode that figures need: much faster to read where there are many."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    format: Literal[2]
    """Version of the file format."""
    id: str
    """As the episode's."""
    condition: dict[str, str]
    """As the episode's."""
    seed: int
    """As the episode's."""
    ended: str
    """As the episode's."""
    outcomes: dict[str, Verdict]
    """As the episode's."""
    measures: dict[str, float] = Field(default_factory=dict)
    """As the episode's."""
    turn_counts: TurnCounts | None = None
    """As the episode's."""
    digest: str
    """As the episode's."""
    drew: bool = True
    """As the episode's."""


def _usage_of(steps: Sequence[Step]) -> Usage:
    return Usage.total(step.usage for step in steps if step.usage is not None)


def episode_id(condition: Mapping[str, str], seed: int) -> str:
    """Return the id of an episode within a run.

    >>> episode_id({"instruction": "allow", "placement": "user"}, 17)
    'allow.user.17'
    """
    return ".".join([*condition.values(), str(seed)])


def parse_episode(line: str, source: str) -> Episode:
    """Read one episode.

    Args:
        line: its JSON text.
        source: where it comes from, for errors.

    Raises:
        EpisodeError: not JSON, not an episode, or another format.
    """
    try:
        episode = Episode.model_validate_json(line)  # a quarter faster than by way of Python's own objects
        if episode.format == FORMAT:
            return episode
    except ValidationError:
        pass  # what follows takes what only Python's reader does, and says what is wrong
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EpisodeError(f"{source}: not JSON ({error}); the file is damaged or not an episode file") from None
    if isinstance(data, dict) and data.get("format") != FORMAT:
        raise EpisodeError(f"{source}: field `format` is {data.get('format')!r}; this version of simenv reads {FORMAT}")
    try:
        return Episode.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "(document)"
        raise EpisodeError(
            f"{source}: field `{field}`: {first['msg']}; the file is damaged or not an episode file"
        ) from None


def parse_head(line: str, source: str) -> Head:
    """Read the part of an episode that figures need. Raises EpisodeError as `parse_episode` does."""
    try:
        return Head.model_validate_json(line)
    except ValidationError:
        return Head.model_validate(parse_episode(line, source).model_dump())


def read_episode(path: Path) -> Episode:
    """Read a file that holds one episode. Raises EpisodeError as `parse_episode` does, or if it cannot be read."""
    try:
        return parse_episode(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise EpisodeError(f"{path}: not UTF-8 text; the file is damaged or not an episode file") from None
    except OSError as error:
        raise EpisodeError(f"{path}: cannot be read ({error.strerror}); check the path") from None
