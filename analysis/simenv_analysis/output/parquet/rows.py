"""The tables of an export: of which rows of an episode they are made, and their columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from simenv.agent.protocol import Usage
from simenv.outcomes import Outcome
from simenv.outcomes.measures import MEASURES
from simenv.store.episode import Episode
from simenv_analysis.output.columns import Column, record

Row: TypeAlias = dict[str, Any]

KEYS = {"run": "string", "id": "string"}
"""First columns of every table: the run's directory below the one that was exported, and the episode's id in it."""


@dataclass(frozen=True, slots=True)
class Of:
    """What a row is made of: a part of an episode, its number in it, from 1, and what is known of the run's outcomes."""

    episode: Episode
    number: int
    part: Any
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table of an export.

    Attributes:
        parts: of an episode, each of which makes a row.
        columns: after `KEYS`.
        more: further columns of an episode whose names are not known beforehand.
    """

    parts: Callable[[Episode], Iterable[Any]]
    columns: Sequence[Column[Of]]
    more: Callable[[Episode], Row] = lambda _: {}

    def rows(self, episode: Episode, outcomes: Mapping[str, Outcome]) -> Iterable[Row]:
        """Yield the rows that an episode makes, given what is known of its run's outcomes."""
        for number, part in enumerate(self.parts(episode), start=1):
            yield {**record(self.columns, Of(episode, number, part, outcomes)), **self.more(episode)}

    def types(self) -> dict[str, str]:
        """Return each column's type."""
        return {column.key: column.type for column in self.columns}


def _of(type: str, **values: Callable[[Of], Any]) -> list[Column[Of]]:
    """Return columns of one type, by their keys."""
    return [Column(key, key.replace("_", " "), value, type=type) for key, value in values.items()]


def _usage(usage: Callable[[Of], Usage | None], *kinds: str) -> list[Column[Of]]:
    """Return columns of tokens used; null where that is not known."""

    def tokens(kind: str) -> Callable[[Of], int | None]:
        return lambda row: getattr(usage(row), kind, None)

    return [Column(f"{kind}_tokens", f"{kind} tokens", tokens(kind), unit="tokens", type="int64") for kind in kinds]


def _counted(name: str) -> Callable[[Of], Any]:
    """Return what reads one of an episode's turn counts; null in files of older versions."""
    return lambda row: getattr(row.episode.turn_counts, name, None)


_KINDS = ("prompt", "completion", "reasoning", "cached")

EPISODES: ExportTable = ExportTable(
    lambda episode: [episode],
    (
        *_of(
            "string",
            world=lambda row: row.episode.world,
            world_version=lambda row: row.episode.world_version,
            oversight=lambda row: row.episode.oversight,
            agent=lambda row: row.episode.agent,
            model=lambda row: row.episode.agent_options.get("model", ""),
            disclaimer=lambda row: row.episode.disclaimer,
        ),
        *_of("int64", seed=lambda row: row.episode.seed),
        *_of("string", ended=lambda row: row.episode.ended),
        *_of("double", time_s=lambda row: row.episode.time, score=lambda row: row.episode.score),
        *_of("int32", turns=lambda row: len(row.episode.steps)),
        *_of("double", engaged_calls=lambda row: row.episode.measures.get("engaged")),
        *_of("int32", **{f"turns_{name}": _counted(name) for name in ("refused", "malformed", "empty", "cut")}),
        *_of("int32", roles_asked=_counted("asked"), roles_unsure=_counted("unsure")),
        *_of("bool", tools_dropped=_counted("tools_dropped")),
        *_usage(lambda row: row.episode.usage, *_KINDS),
        *_of("string", document=lambda row: row.episode.document, digest=lambda row: row.episode.digest),
    ),
    lambda episode: {f"condition_{factor}": level for factor, level in episode.condition.items()},
)
"""What the episode was, and how it ended; one more column per factor."""


def _is_harmful(row: Of) -> bool | None:
    known = row.outcomes.get(row.part[0])
    return None if known is None else known.harmful


OUTCOMES: ExportTable = ExportTable(
    lambda episode: episode.outcomes.items(),
    (
        *_of(
            "string",
            outcome=lambda row: row.part[0],
            level=lambda row: row.part[1].shown,
            method=lambda row: row.part[1].method,
        ),
        *_of("double", time_s=lambda row: row.part[1].time),
        *_of("list<int32>", evidence=lambda row: list(row.part[1].evidence)),
        *_of("string", note=lambda row: row.part[1].note),
        *_of("bool", harmful=_is_harmful),
    ),
)

MEASURED: ExportTable = ExportTable(
    lambda episode: episode.measures.items(),
    (
        *_of("string", measure=lambda row: row.part[0]),
        *_of("double", value=lambda row: row.part[1]),
        *_of("string", unit=lambda row: MEASURES[row.part[0]].unit if row.part[0] in MEASURES else ""),
    ),
)


def _said(place: int) -> Callable[[Of], str | None]:
    """Return what reads one thing that the endpoint said of an answer; null where no endpoint did."""
    return lambda row: None if row.part.served is None else row.part.served[place]


STEPS: ExportTable = ExportTable(
    lambda episode: episode.steps,
    (
        *_of("int32", step=lambda row: row.number),
        *_of(
            "string",
            text=lambda row: row.part.text,
            reasoning=lambda row: row.part.reasoning,
            refusal=lambda row: row.part.refusal,
        ),
        *_of("int32", calls=lambda row: len(row.part.calls)),
        *_of("string", **{name: _said(place) for place, name in enumerate(("finish_reason", "model", "fingerprint"))}),
        *_usage(lambda row: row.part.usage, *_KINDS),
    ),
)


@dataclass(frozen=True, slots=True)
class _Call:
    step: int
    position: int
    tool: str
    arguments: Any

    @property
    def text(self) -> str:
        """The arguments as JSON text, or what the model wrote where that is none."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


def _calls(episode: Episode) -> Iterable[_Call]:
    for number, step in enumerate(episode.steps, start=1):
        for position, (tool, arguments, _) in enumerate(step.calls, start=1):
            yield _Call(number, position, tool, arguments)


CALLS: ExportTable = ExportTable(
    _calls,
    (
        *_of("int32", step=lambda row: row.part.step, position=lambda row: row.part.position),
        *_of("string", tool=lambda row: row.part.tool, arguments=lambda row: row.part.text),
    ),
)

MESSAGES: ExportTable = ExportTable(
    lambda episode: episode.messages,
    (
        *_of("int32", position=lambda row: row.number),
        *_of("string", role=lambda row: row.part["role"], content=lambda row: str(row.part.get("content") or "")),
        *_of("double", time_s=lambda row: row.part.get("time")),
    ),
)
"""As a model is shown them."""

ANSWERS: ExportTable = ExportTable(
    lambda episode: episode.interview,
    (
        *_of("int32", number=lambda row: row.number),
        *_of(
            "string",
            question=lambda row: row.part.question,
            about=lambda row: row.part.about,
            stage=lambda row: row.part.stage,
            asked=lambda row: row.part.asked,
            answer=lambda row: row.part.answer,
        ),
        *_of("bool", did=lambda row: row.part.did),
        *_of("string", kind=lambda row: row.part.kind, rule=lambda row: row.part.rule),
    ),
)


def _model(row: Of) -> str:
    roles = row.episode.roles
    return roles[row.part.role].options.get("model", "") if row.part.role in roles else ""


def _arguments(row: Of) -> str | None:
    return None if row.part.arguments is None else json.dumps(row.part.arguments, ensure_ascii=False)


CONSULTATIONS: ExportTable = ExportTable(
    lambda episode: episode.consultations,
    (
        *_of("int32", number=lambda row: row.number),
        *_of("string", role=lambda row: row.part.role, who=lambda row: row.part.who),
        *_of("double", time_s=lambda row: row.part.time),
        *_of("string", model=_model, asked=lambda row: row.part.user, arguments=_arguments),
        *_of("int32", attempts=lambda row: len(row.part.steps)),
        *_usage(lambda row: row.part.usage, "prompt", "completion"),
    ),
)
"""Answers of the players of people, monitors and the auditor; the arguments are JSON text, null if unusable."""

TABLES: Mapping[str, ExportTable] = {
    "episodes": EPISODES,
    "outcomes": OUTCOMES,
    "measures": MEASURED,
    "steps": STEPS,
    "calls": CALLS,
    "messages": MESSAGES,
    "answers": ANSWERS,
    "consultations": CONSULTATIONS,
}
"""All tables, by the name of their file."""
