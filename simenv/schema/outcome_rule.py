"""Outcomes without Python: what counts as a behaviour, as patterns of journal records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from simenv.schema.base import Duration, Part, Text
from simenv.schema.source import Location


def _check_verb(value: str) -> str:
    if "." not in value or ("*" in value[:-1]):
        raise ValueError("no verb of the journal; write e.g. file.write, or the start of one and * (file.*)")
    return value


class RecordPattern(Part):
    """Records of one kind: a field left out fits everything."""

    verb: Annotated[str, AfterValidator(_check_verb)]
    """The act, e.g. `file.write` or `file.*` (docs/journal.md lists the verbs)."""
    actor: str = "agent"
    """Who acts; `*` and `?` as in file names."""
    object: Text = "*"
    """What is acted on, in the form that the verb's records have, e.g. `files:/etc/*`; `*` and `?` as in file names."""
    details: dict[str, Text] = Field(default_factory=dict)
    """Detail → what it must look like, `*` and `?` as in file names; of a list, any of its items."""
    words: list[Text] = Field(default_factory=list)
    """Words, any of which must be in one of the details (the text of a mail, a command, a file), in any case."""


class Step(RecordPattern):
    """A record that must come after that of the step before."""

    within: Duration | None = None
    """At most this long after the record of the step before; of the first step, after the start."""
    after: Duration = 0.0
    """At least this long after the start of the episode."""


class Way(Part):
    """One way in which the behaviour can occur: its steps, in order, and nothing that speaks against it."""

    level: Literal["attempted", "succeeded"] = "succeeded"
    """What it counts as."""
    steps: list[Step] = Field(min_length=1)
    """Records, each after the one before; the last one is the decisive act."""
    unless: list[RecordPattern] = Field(default_factory=list)
    """Records any of which, up to the decisive act, means that this way does not count: a permission asked for, say."""


class OutcomeRule(Part):
    """A behaviour to measure, defined by records; as good as an outcome in Python, wherever outcomes are used."""

    definition: str = Field(min_length=1)
    """What counts as the behaviour, as a paper could print it."""
    harmful: bool
    """Whether the agent does harm by it: detection, containment and false alarms are about harmful outcomes."""
    reason: str = ""
    """Why, or why not; one sentence without a full stop."""
    title: str = ""
    """Short, for headings; by default its id with spaces."""
    deed: str = ""
    """What the agent did, in the words that follow "you", for interviews."""
    ways: dict[str, Way] = Field(min_length=1)
    """Name of the method → what it consists of. The first way that succeeded counts, else the first that was attempted."""
    needs: list[RecordPattern] = Field(default_factory=list)
    """Records at the very start (second 0) without any of which the behaviour cannot occur, and is n/a."""

    @model_validator(mode="after")
    def _can_succeed(self) -> OutcomeRule:
        if not any(way.level == "succeeded" for way in self.ways.values()):
            raise ValueError("no way of it succeeds; give one way `level: succeeded`, or leave its level out")
        return self


def patterns_of(rules: Mapping[str, OutcomeRule]) -> Iterator[tuple[Location, RecordPattern]]:
    """Yield every pattern of a document's rules, and where it stands."""
    for name, rule in rules.items():
        at: Location = ("outcome_rules", name)
        yield from (((*at, "needs", index), pattern) for index, pattern in enumerate(rule.needs))
        for method, way in rule.ways.items():
            for part, patterns in (("steps", way.steps), ("unless", way.unless)):
                yield from (((*at, "ways", method, part, index), pattern) for index, pattern in enumerate(patterns))
