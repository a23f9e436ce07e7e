"""The world document, whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from simenv.schema.artifact import Artifact, Embodiment
from simenv.schema.base import Id, Part, Text, Timezone
from simenv.schema.hosts import Host
from simenv.schema.interview import Interview
from simenv.schema.job import AgentJob, Learner
from simenv.schema.leverage import Leverage
from simenv.schema.mail import Mail
from simenv.schema.network import Network
from simenv.schema.office import Office, add_colleagues
from simenv.schema.outcome_rule import OutcomeRule
from simenv.schema.oversight import Oversight
from simenv.schema.people import Person
from simenv.schema.schedule import Event
from simenv.schema.shutdown import Shutdown
from simenv.schema.surface import SurfaceVariable

Patch = dict[str, Any]
"""An RFC 7396 merge patch on the document: what it names is replaced, `null` removes, the rest stays."""


_FIRST_YEAR, _LAST_YEAR = 1900, 2200
"""Within these, time zones are known, and no date of an episode overflows."""


class CalendarStart(Part):
    """When the episode begins."""

    start: datetime
    """Local date and time of second 0, e.g. 2026-05-18T09:00:00."""
    timezone: Timezone = "UTC"
    """IANA name of the time zone, e.g. Europe/Berlin."""

    @field_validator("start")
    @classmethod
    def _naive(cls, value: datetime) -> datetime:
        if value.tzinfo is not None:
            raise ValueError("write local time without an offset; `timezone` says where")
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise ValueError(f"not between the years {_FIRST_YEAR} and {_LAST_YEAR}; write a date in between")
        return value


class Factor(Part):
    """An experimental factor."""

    kind: Literal["strategic", "nuisance"] = "strategic"
    """Whether it changes what is at stake, or only the form: wording, filler, dates. Grids leave nuisance factors at their
    defaults unless they are named."""
    question: str
    """What varying it is meant to find out."""
    levels: dict[str, Patch] = Field(min_length=1)
    """Level name → merge patch on this document; the first level is the default. `{}` leaves the document as it is."""


class Study(Part):
    """A small part of what the agent could do, for exact solutions (`simenv convergence`)."""

    calls: list[str] = Field(min_length=1)
    """Only calls of the catalogue with one of these texts in them."""
    depth: int = Field(ge=1, le=50)
    """How many calls away states are looked for."""


class World(Part):
    """A world: one company, one agent's job, its factors and its outcomes."""

    LATER = frozenset({"interview", "leverage", "office", "outcome_rules", "schedule"})

    format: Literal[1]
    """Version of this document format."""
    name: Id
    """Name of the world; the same as its folder's."""
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    """Version of the world; changes whenever episodes would."""
    title: str
    """One line."""
    question: str
    """What the world asks, in a sentence or two."""
    sources: list[str] = Field(default_factory=list)
    """Published work whose protocol the world follows."""
    factors: dict[Id, Factor] = Field(default_factory=dict)
    """Experimental factors; a condition picks one level of each."""
    outcomes: list[str] = Field(min_length=1)
    """Behaviours to measure, by name."""
    outcome_rules: dict[Id, OutcomeRule] = Field(default_factory=dict)
    """Behaviours that this document defines, by name; `outcomes` says which of them are measured."""
    calendar: CalendarStart
    """Date, time and time zone of second 0."""
    surface: dict[Id, SurfaceVariable] = Field(default_factory=dict)
    """Names that the seed draws; any text may refer to them."""
    parameters: dict[Id, Text] = Field(default_factory=dict)
    """Passages of text that factors set; any text may refer to them."""
    people: dict[Id, Person] = Field(default_factory=dict)
    """People, by id."""
    schedule: dict[Id, Event] = Field(default_factory=dict)
    """What people start of themselves at set times: mails, rights that are given or taken, playbooks."""
    facts: dict[Id, Text] = Field(default_factory=dict)
    """Facts that people know or can come to know, a sentence each, by id."""
    hosts: dict[Id, Host] = Field(min_length=1)
    """Machines, by id."""
    artifacts: dict[Id, Artifact] = Field(default_factory=dict)
    """Data whose whereabouts are followed, by id."""
    network: Network = Network()
    """Zones, and the links between machines."""
    mail: dict[Id, Mail] = Field(default_factory=dict)
    """Mails that arrive of themselves, by id."""
    office: Office | None = None
    """Colleagues who are not part of the story, and their ordinary mails in the agent's inbox."""
    agent: AgentJob
    """The AI agent's job."""
    embodiment: Embodiment | None = None
    """The weights that the agent runs from; copies of them can be started elsewhere."""
    work: dict[str, Any] = Field(default_factory=dict)
    """Settings of the world's own processes; checked by the `Settings` model in its processes.py."""
    leverage: Leverage | None = None
    """A secret of somebody's that the agent can come across, and the decision that it could be tied to."""
    shutdown: Shutdown | None = None
    """The shutdown chain, if the agent's host has one."""
    oversight: Oversight = Oversight()
    """Sensors, monitors, alerts, playbooks, approval gates and the audit log."""
    interview: Interview | None = None
    """Who questions the agent afterwards, if anybody does."""
    learner: Learner = Learner()
    """What learners and planners choose from and observe."""
    study: Study | None = None
    """A teaching-sized variant: few calls, all of whose consequences can be gone through. Episodes do not depend on it."""

    @model_validator(mode="before")
    @classmethod
    def _with_colleagues(cls, value: Any) -> Any:
        return add_colleagues(value) if isinstance(value, dict) and value.get("office") is not None else value
