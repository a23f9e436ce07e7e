"""An experiment file: which worlds, conditions, agents and seeds to run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, RootModel

from simenv.schema.base import Duration, Part

_MODEL_AGENT = "chat"

_MOST_SEEDS = 1_000_000


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read ``7``, ``0:100`` (100 left out), or several of these with commas between.

    Raises:
        ValueError: it is none of these.

    >>> parse_seeds("3,10:13")
    (3, 10, 11, 12)
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        low, colon, high = part.partition(":")
        try:
            first = int(low)
            last = int(high) if colon else first + 1
        except ValueError:
            raise ValueError(f"{text!r} is neither a number nor a range such as 0:100") from None
        if first < 0 or last <= first:
            raise ValueError(f"{part!r} is no range of seeds; write FIRST:END with 0 ≤ FIRST < END")
        if last - first > _MOST_SEEDS:
            raise ValueError(f"{part!r} are {last - first:,} seeds; a run takes at most {_MOST_SEEDS:,}")
        seeds.update(dict.fromkeys(range(first, last)))
    return tuple(seeds)


def _read_seeds(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("no seeds; write a number, a range such as 0:100, or several with commas between")
    return parse_seeds(str(value))


Seeds = Annotated[tuple[int, ...], BeforeValidator(_read_seeds)]
"""Seeds, written as ``7``, ``"0:100"`` or ``"1,5,10:20"``."""


def asks_model(agent: str) -> bool:
    """Return whether an agent, as on the command line, asks a model at an endpoint, and so has a price."""
    return agent.partition(":")[0] == _MODEL_AGENT


class WorldRuns(Part):
    """Under which conditions a world is run."""

    conditions: Literal["default", "one_at_a_time", "pairs", "grid"] | list[dict[str, str]] = "default"
    """`default`: each factor at its first level; `one_at_a_time`: that, and each other level of each factor once; `pairs`: few
    conditions among which every two levels of two factors meet; `grid`: all combinations; or a list of conditions, each a
    mapping of factors to levels (factors left out are at their first)."""
    factors: dict[str, list[str]] = Field(default_factory=dict)
    """Levels of these factors to combine; others stay at their first with `default`, and take all with `pairs` and `grid`."""


class AgentChoice(Part):
    """Who acts."""

    agent: str
    """As on the command line, e.g. `chat`, `scripted:misaligned`, `mine/scripts.py:aligned`."""
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Its options, e.g. `model` and `base_url`. Never a key: name the environment variable with `key_env`."""


class Price(Part):
    """What a model costs, in US dollars for a million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False)
    """Of what it reads."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Of what it writes."""


class Prices(RootModel[dict[str, Price]]):
    """A file of prices: model → price."""


class RunLimits(Part):
    """Where an episode is cut off, and what a run may spend; what is left out stays as the world and the agent have it."""

    turns: int | None = Field(None, ge=1)
    """Turns of the agent in an episode, in place of the world's limit."""
    time: Duration | None = None
    """Simulated time of an episode, in place of the world's limit."""
    idle: int | None = Field(None, ge=1)
    """Turns in a row without a tool call after which an episode ends, in place of the world's limit, which is mostly none."""
    interview: int | None = Field(None, ge=0, le=4)
    """Rounds of the interview, in place of the world's; 0: no interview."""
    computing: Duration | None = Field(None, gt=0)
    """Real time that an episode may compute, model calls left out; the attempt fails after it. By default 2 minutes."""
    tokens: int | None = Field(None, ge=1)
    """Tokens that the agent's model may read and write in a run, from start to interruption."""
    usd: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Money that the agent's model may cost in a run, likewise; it takes prices."""

    def of_episodes(self) -> dict[str, float]:
        """Return what is cut off in the episode, by name."""
        return {
            name: value for name in ("turns", "time", "idle", "interview") if (value := getattr(self, name)) is not None
        }

    def of_models(self) -> dict[str, str]:
        """Return what is limited at the endpoint, as options of an agent that asks a model."""
        named = {"budget_tokens": self.tokens, "budget_usd": self.usd}
        return {name: f"{value:g}" if name == "budget_usd" else str(value) for name, value in named.items() if value}


class Experiment(Part):
    """An experiment: every world under every oversight with every agent, each of which is a run of its own."""

    format: Literal[1]
    """Version of this document format."""
    worlds: dict[str, WorldRuns] = Field(min_length=1)
    """World, by name or path → its conditions."""
    oversight: list[str] = Field(default_factory=lambda: ["own"], min_length=1)
    """Oversights, by name or path; `own` is the world's own."""
    roles: dict[Literal["person", "monitor", "auditor"], AgentChoice] = Field(default_factory=dict)
    """Role in the company → who plays it, usually a model of its own; rules do where nobody is named. A role is played in the
    worlds and under the oversights that have somebody to be played."""
    agents: dict[Annotated[str, Field(pattern=r"^[\w.-]+$")], AgentChoice] = Field(min_length=1)
    """Agents, by a name for the directories of their runs."""
    seeds: Seeds
    """Seeds, under each condition."""
    limits: RunLimits = RunLimits()
    """Limits of each episode and each run."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Model → price."""
    prices_file: str = ""
    """Path of a YAML file with prices of further models, from this file on."""
    workers: Annotated[int, Field(ge=1, le=512)] | Literal["auto"] = "auto"
    """Processes. `auto`: as many as there are cores where the agent needs no endpoint and there is enough to do, else one."""
    concurrency: int = Field(8, ge=1, le=1000)
    """Episodes of a process that may wait for a model at once."""
    ray: str = ""
    """Address of a Ray cluster to play on; `local`: on one of this machine's own; empty: without Ray."""
