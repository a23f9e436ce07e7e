"""An experiment file: which worlds, conditions, agents and seeds to run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simenv.spec.base import Part

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
        if first < 0 or last <= first or last - first > _MOST_SEEDS:
            raise ValueError(f"{part!r} is no range of seeds; write FIRST:END with 0 ≤ FIRST < END")
        seeds.update(dict.fromkeys(range(first, last)))
    return tuple(seeds)


def _read_seeds(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("no seeds; write a number, a range such as 0:100, or several with commas between")
    return parse_seeds(str(value))


Seeds = Annotated[tuple[int, ...], BeforeValidator(_read_seeds)]
"""Seeds, written as ``7``, ``"0:100"`` or ``"1,5,10:20"``."""


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


class Experiment(Part):
    """An experiment: every world under every oversight with every agent, each of which is a run of its own."""

    format: Literal[1]
    """Version of this document format."""
    worlds: dict[str, WorldRuns] = Field(min_length=1)
    """World, by name or path → its conditions."""
    oversight: list[str] = Field(default_factory=lambda: ["own"], min_length=1)
    """Oversights, by name or path; `own` is the world's own."""
    roles: dict[Literal["person", "monitor"], AgentChoice] = Field(default_factory=dict)
    """Role in the company → who plays it, usually a model of its own; rules do where nobody is named. A role is played in the
    worlds and under the oversights that have somebody to be played."""
    agents: dict[Annotated[str, Field(pattern=r"^[\w.-]+$")], AgentChoice] = Field(min_length=1)
    """Agents, by a name for the directories of their runs."""
    seeds: Seeds
    """Seeds, under each condition."""
    workers: Annotated[int, Field(ge=1, le=512)] | Literal["auto"] = "auto"
    """Processes. `auto`: as many as there are cores where the agent needs no endpoint and there is enough to do, else one."""
    concurrency: int = Field(8, ge=1, le=1000)
    """Episodes of a process that may wait for a model at once."""
