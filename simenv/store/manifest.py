"""The manifest of a run: what was requested, and under which versions."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simenv.agent.roles import RoleName
from simenv.errors import EpisodeError
from simenv.store.episode import RoleCast

FORMAT = 3


class OwnOutcome(BaseModel):
    """The description of a world's own outcome, so that a run can be read without the code of its world."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    title: str
    """Short, for headings."""
    definition: str
    """A definition that a paper could print."""
    harmful: bool
    """Whether it is harmful."""
    reason: str
    """Why it counts as harmful or not."""
    unit: str
    """Of its rate."""
    as_published: str = ""
    """The outcome that published figures count under this name; empty for most."""


class Manifest(BaseModel):
    """The request of a run. A run resumes only under the same manifest (`seeds` and `conditions` may grow)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    format: int = FORMAT
    """Version of this file format."""
    world: str
    """World, as given on the command line."""
    world_version: str
    """Its version."""
    oversight: str = ""
    """Oversight applied to it, as given on the command line; empty: the world's own."""
    title: str = ""
    """Its title."""
    question: str = ""
    """What it asks."""
    documents: dict[str, str] = Field(default_factory=dict)
    """Condition (levels joined by dots) → SHA-256 of the resolved document and the world's code."""
    kept: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]] = Field(default_factory=dict)
    """Such a SHA-256 → the copy of the world that has it, in `worlds/` (see `simenv.world.copies`)."""
    factors: dict[str, list[str]] = Field(default_factory=dict)
    """Factor → its levels, in the order of the world file; nuisance factors that are varied stand last."""
    nuisance: list[str] = Field(default_factory=list)
    """Those of them that are nuisance factors."""
    outcomes: list[str]
    """Outcomes measured, in order; the first is the world's main one."""
    own_outcomes: dict[str, OwnOutcome] = Field(default_factory=dict)
    """The world's own among them."""
    agent: str
    """Who acts."""
    agent_options: dict[str, str] = Field(default_factory=dict)
    """Its options, without secrets."""
    disclaimer: str = ""
    """A sentence that says that the agent is not a model; empty if it is one."""
    roles: dict[RoleName, RoleCast] = Field(default_factory=dict)
    """Role in the company → who plays it."""
    limits: dict[str, float] = Field(default_factory=dict)
    """Limits of episodes that override the world's, by name."""
    computing_s: float | None = Field(None, gt=0)
    """Real seconds that an episode may compute before its attempt fails; None: the default."""
    conditions: list[dict[str, str]]
    """Conditions to run, each with every factor."""
    seeds: list[int]
    """Seeds to run under each condition."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of simenv and of the libraries that its results depend on."""

    @model_validator(mode="after")
    def _conditions_have_every_factor(self) -> Manifest:
        for number, condition in enumerate(self.conditions):
            missing = [factor for factor in self.factors if factor not in condition]
            if missing:
                raise ValueError(f"conditions[{number}] has no level of {missing[0]!r}")
        return self

    @property
    def caveat(self) -> str:
        """The disclaimer to show with all results: the agent, or a player of a role, is not a model; empty if all are."""
        said = [self.disclaimer, *(cast.disclaimer for cast in self.roles.values())]
        return " ".join(dict.fromkeys(filter(None, said)))


def parse_manifest(text: bytes, source: str) -> Manifest:
    """Read a manifest.

    Args:
        text: its JSON text.
        source: where it comes from, for errors.

    Raises:
        EpisodeError: not a manifest, or of another format.
    """
    _check_format(text, source)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "(document)"
        raise EpisodeError(f"{source}: field `{field}`: {first['msg']}; the file is damaged; restore it") from None


def _check_format(text: bytes, source: str) -> None:
    # before the fields are validated: those of another format are wrong in ways that tell the reader nothing
    try:
        found = json.loads(text).get("format", FORMAT)
    except (ValueError, AttributeError, RecursionError):
        return  # not a JSON object, which validation reports
    if found != FORMAT:
        raise EpisodeError(f"{source}: a run of format {found}; this version of simenv reads {FORMAT}; run it again")
