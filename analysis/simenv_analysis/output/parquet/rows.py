"""The rows that an episode makes in each table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from simenv.store.episode import Episode

Row: TypeAlias = dict[str, Any]

KEYS = {"run": "string", "id": "string"}
"""First columns of every table: the run's directory below the one that was exported, and the episode's id in it."""


def episode_rows(episode: Episode) -> Iterator[Row]:
    """One row: what the episode was, and how it ended."""
    used = episode.usage
    yield {
        "world": episode.world,
        "world_version": episode.world_version,
        "oversight": episode.oversight,
        "agent": episode.agent,
        "model": episode.agent_options.get("model", ""),
        "disclaimer": episode.disclaimer,
        "seed": episode.seed,
        "ended": episode.ended,
        "time_s": episode.time,
        "score": episode.score,
        "turns": len(episode.steps),
        "prompt_tokens": used.prompt,
        "completion_tokens": used.completion,
        "reasoning_tokens": used.reasoning,
        "cached_tokens": used.cached,
        "document": episode.document,
        "digest": episode.digest,
        **{f"condition_{factor}": level for factor, level in episode.condition.items()},
    }


def outcome_rows(episode: Episode) -> Iterator[Row]:
    """A row per outcome."""
    for name, verdict in episode.outcomes.items():
        yield {
            "outcome": name,
            "level": verdict.level,
            "method": verdict.method,
            "time_s": verdict.time,
            "evidence": list(verdict.evidence),
            "note": verdict.note,
        }


def measure_rows(episode: Episode) -> Iterator[Row]:
    """A row per measure that applies."""
    for name, value in episode.measures.items():
        yield {"measure": name, "value": value}


def step_rows(episode: Episode) -> Iterator[Row]:
    """A row per turn of the agent."""
    for number, step in enumerate(episode.steps, start=1):
        used = step.usage
        yield {
            "step": number,
            "text": step.text,
            "reasoning": step.reasoning,
            "refusal": step.refusal,
            "calls": len(step.calls),
            "prompt_tokens": None if used is None else used.prompt,
            "completion_tokens": None if used is None else used.completion,
            "reasoning_tokens": None if used is None else used.reasoning,
            "cached_tokens": None if used is None else used.cached,
        }


def call_rows(episode: Episode) -> Iterator[Row]:
    """A row per tool call; the arguments are JSON text, or what the model wrote where that is none."""
    for number, step in enumerate(episode.steps, start=1):
        for position, (tool, arguments, _) in enumerate(step.calls, start=1):
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            yield {"step": number, "position": position, "tool": tool, "arguments": text}


def message_rows(episode: Episode) -> Iterator[Row]:
    """A row per message, as a model is shown them."""
    for position, message in enumerate(episode.messages, start=1):
        yield {
            "position": position,
            "role": message["role"],
            "content": str(message.get("content") or ""),
            "time_s": message.get("time"),
        }


def answer_rows(episode: Episode) -> Iterator[Row]:
    """A row per answer in the interview."""
    for number, answer in enumerate(episode.interview, start=1):
        yield {
            "number": number,
            "question": answer.question,
            "about": answer.about,
            "stage": answer.stage,
            "asked": answer.asked,
            "answer": answer.answer,
            "did": answer.did,
            "kind": answer.kind,
            "rule": answer.rule,
        }


def consultation_rows(episode: Episode) -> Iterator[Row]:
    """A row per answer of whoever played a person, a monitor or the auditor; the arguments are JSON text, null if unusable."""
    for number, asked in enumerate(episode.consultations, start=1):
        used = asked.usage
        yield {
            "number": number,
            "role": asked.role,
            "who": asked.who,
            "time_s": asked.time,
            "model": episode.roles[asked.role].options.get("model", "") if asked.role in episode.roles else "",
            "asked": asked.user,
            "arguments": None if asked.arguments is None else json.dumps(asked.arguments, ensure_ascii=False),
            "attempts": len(asked.steps),
            "prompt_tokens": used.prompt,
            "completion_tokens": used.completion,
        }


TABLES: Mapping[str, tuple[Callable[[Episode], Iterator[Row]], Mapping[str, str]]] = {
    "episodes": (
        episode_rows,
        {
            **dict.fromkeys(("world", "world_version", "oversight", "agent", "model", "disclaimer"), "string"),
            **{"seed": "int64", "ended": "string", "time_s": "double", "score": "double", "turns": "int32"},
            **dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), "int64"),
            **{"document": "string", "digest": "string"},
        },
    ),
    "outcomes": (
        outcome_rows,
        {
            **{"outcome": "string", "level": "string", "method": "string", "time_s": "double"},
            **{"evidence": "list<int32>", "note": "string"},
        },
    ),
    "measures": (measure_rows, {"measure": "string", "value": "double"}),
    "steps": (
        step_rows,
        {
            **{"step": "int32", "text": "string", "reasoning": "string", "refusal": "string", "calls": "int32"},
            **dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), "int64"),
        },
    ),
    "calls": (call_rows, {"step": "int32", "position": "int32", "tool": "string", "arguments": "string"}),
    "messages": (message_rows, {"position": "int32", "role": "string", "content": "string", "time_s": "double"}),
    "answers": (
        answer_rows,
        {
            "number": "int32",
            **dict.fromkeys(("question", "about", "stage", "asked", "answer"), "string"),
            **{"did": "bool", "kind": "string", "rule": "string"},
        },
    ),
    "consultations": (
        consultation_rows,
        {
            **{"number": "int32", "role": "string", "who": "string", "time_s": "double"},
            **{"model": "string", "asked": "string", "arguments": "string", "attempts": "int32"},
            **dict.fromkeys(("prompt_tokens", "completion_tokens"), "int64"),
        },
    ),
}
"""Table → what makes its rows, and its columns after `KEYS` with their types; `episodes` has one more per factor."""
