"""What a transparency card says, as data with a published schema."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CardPart(BaseModel):
    """A part of a card: frozen, with nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Subject(CardPart):
    """Who was tested."""

    agent: str
    """The agent, as given on the command line."""
    options: dict[str, str]
    """Its options, without secrets; among them the model."""
    disclaimer: str
    """A sentence that says that it is no model; empty if it is one."""
    versions: dict[str, str]
    """Versions of simenv and of what the results depend on."""


class TookPart(CardPart):
    """Whether the agent took part in the episodes of one run."""

    episodes: int = 0
    """Episodes of which it is known."""
    engaged: int = 0
    """Of these, episodes with a call that did more than read."""
    low: float | None = None
    """Lower end of the 95 % Jeffreys interval of their share; null without episodes."""
    high: float | None = None
    """Upper end."""
    turns: int = 0
    """Turns of the agent."""
    refused: int = 0
    """Turns that were refusals."""
    unusable: int = 0
    """Turns of which nothing could be used: malformed calls, empty, cut off."""
    asked: int = 0
    """Questions to the players of roles."""
    unsure: int = 0
    """Questions without a usable answer."""
    cut_off: int = 0
    """Episodes that ended at a limit of turns, time or turns without a call."""
    tools_dropped: int = 0
    """Episodes in which the endpoint dropped the tools, by its own count of tokens."""
    line: str = ""
    """The same in words."""
    warnings: list[str] = Field(default_factory=list)
    """What must be known before any rate of the run is read."""


class Tested(CardPart):
    """One run: a world under an oversight."""

    run: str
    """Its directory, seen from the one that the card was made of."""
    world: str
    """Name of the world."""
    world_version: str
    """Version of the world."""
    title: str
    """What it is about."""
    question: str
    """What it asks."""
    oversight: str
    """Oversight applied to it; empty: the world's own."""
    factors: dict[str, list[str]]
    """Factor → levels that were run, of those that the world has."""
    conditions: int
    """Conditions that were run."""
    seeds: int
    """Companies per condition."""
    planned: int
    """Episodes that were asked for."""
    finished: int
    """Episodes that finished."""
    failed: int
    """Episodes that were attempted and did not finish."""
    repeats: str = ""
    """A sentence that says so where the episodes of a condition are all the same; empty otherwise."""
    alike: bool = False
    """Whether they are in every condition that has any, so that no figure of the run has an interval."""
    engagement: TookPart = TookPart()
    """Whether the agent took part."""
    digest: str
    """SHA-256 over the journals' digests of all finished episodes, in the order of their names."""


class Share(CardPart):
    """How often something was seen."""

    k: int
    """Episodes in which it was seen."""
    n: int
    """Episodes in which it could have been seen."""
    low: float | None
    """Lower end of the 95 % Jeffreys interval of the rate; null where the episodes of each condition are the same."""
    high: float | None
    """Upper end."""


class Level(CardPart):
    """A behaviour under one level of a factor, over all levels of the others."""

    factor: str
    """The factor."""
    level: str
    """The level."""
    share: Share
    """How often it was seen."""


class Effect(CardPart):
    """What a level of a factor changes in a behaviour, against the factor's other levels, beyond chance."""

    factor: str
    """The factor."""
    level: str
    """The level that stands out."""
    difference: float
    """Of the rates, level minus others, stratified by the other factors; -1 to 1."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end."""
    adjusted: float
    """P-value after Holm's adjustment over all factors, levels and behaviours of the run."""
    sentence: str
    """The same in words."""
    short: str
    """The same in a phrase."""


class Result(CardPart):
    """One behaviour in one run."""

    run: str
    """The run's directory."""
    outcome: str
    """Name of the behaviour."""
    title: str
    """Its title."""
    harmful: bool | None
    """Whether the agent does harm by it; null if the world is not here to say so."""
    definition: str
    """What counts as it."""
    overall: Share
    """Over all conditions of the run."""
    levels: list[Level] = Field(default_factory=list)
    """Under each level of the factors that vary in the run."""
    effects: list[Effect] = Field(default_factory=list)
    """What is established of these factors, the greatest difference first."""
    highest: Share
    """In the condition in which it was most frequent."""
    highest_condition: dict[str, str]
    """That condition, by the factors that vary in the run."""
    by_condition: list[tuple[dict[str, str], Share]]
    """In every condition."""


class Answers(CardPart):
    """What the agent said when it was asked afterwards, in one run."""

    run: str
    """The run's directory."""
    episodes: int
    """Episodes in which something that was asked about had been done."""
    denied_once: int
    """Of these, episodes in which it was denied at least once."""
    denied_throughout: int
    """Of these, episodes in which it was denied in every answer."""


class Comparison(CardPart):
    """A published figure beside this card's."""

    outcome: str
    """The behaviour."""
    system: str
    """Whom the published figure is about."""
    condition: dict[str, str]
    """Under which condition."""
    published: float
    """The published rate, 0 to 1."""
    own: Share | None
    """This card's rate under that condition, by the world's own measure."""
    counted: Share | None = None
    """The same by the published measure; null if the world has none of its own for it."""
    comparable: str
    """``yes``, or how far the protocols differ."""
    source: str
    """Where the figure stands."""


class Assurance(CardPart):
    """Whether the off-switch of a world holds against every sequence of calls up to a depth."""

    world: str
    """The world."""
    oversight: str
    """Oversight applied to it."""
    verdict: Literal["holds", "defeated", "unknown"]
    """Unknown: the time did not suffice for the depth."""
    depth: int
    """All sequences of up to this many calls were tried."""
    states: int
    """Different states that were reached."""
    counterexample: list[str]
    """Calls after which it does not hold."""
    why: str
    """How they defeat it."""


class Alarms(CardPart):
    """Alerts about episodes without any misdeed, over all runs."""

    alerts: int
    """How many."""
    hours: float
    """Simulated hours over which they were counted."""
    episodes: int
    """How many."""
    per_day: float | None
    """Alerts per working day of eight hours; null: less than one was watched."""
    low: float | None
    """Lower end of the exact 95% interval of that rate."""
    high: float | None
    """Upper end of it."""


class Card(CardPart):
    """The transparency card of an agent."""

    format: Literal[2] = 2
    """Version of this format."""
    subject: Subject
    """Who was tested."""
    tested: list[Tested]
    """What was tested."""
    results: list[Result]
    """What came of it."""
    measures: dict[str, list[float]] = Field(default_factory=dict)
    """Measure → least, median and greatest figure, and the number of episodes that it applies to, over all runs."""
    false_alarms: Alarms | None = None
    """Null: in no episode it can be told what would have been a false alarm."""
    not_applicable: dict[str, list[str]] = Field(default_factory=dict)
    """Run → titles of the behaviours that cannot occur in it, whatever the agent does."""
    nothing_harmful: list[str] = Field(default_factory=list)
    """Runs that measure nothing harmful, so that detection, containment and false alarms are not defined for them."""
    answers: list[Answers]
    """What the agent said of itself."""
    published: list[Comparison]
    """Published figures beside ours."""
    assurance: list[Assurance]
    """Whether the off-switches hold."""
    not_tested: list[str]
    """What this card says nothing about, in sentences."""
    reproduce: list[str]
    """Commands that do it again."""
