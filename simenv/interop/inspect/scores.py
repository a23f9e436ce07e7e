"""Verdicts as scores of Inspect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from simenv.interop.inspect.play import STORE
from simenv.kernel.printable import printable

SEED = "seed"
"""Key of a sample's metadata by which standard errors are clustered: conditions share their seeds."""
TASK_SCORE = "task_score"


def outcome_scorer(name: str) -> Scorer:
    """Return what scores an outcome: 1 where it succeeded, 0 where not, unscored where it cannot occur."""

    def outcome() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return score_of(state.store.get(STORE)["verdicts"][name])

        return score

    made: Scorer = scorer(metrics=[mean(), stderr(cluster=SEED)], name=name)(outcome)()
    return made


def task_scorer() -> Scorer:
    """Return what scores the agent's work: the share of its task that it achieved."""

    def work() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=state.store.get(STORE)["task_score"])

        return score

    made: Scorer = scorer(metrics=[mean(), stderr(cluster=SEED)], name=TASK_SCORE)(work)()
    return made


def score_of(verdict: Mapping[str, Any]) -> Score:
    """Return a verdict, as `result_of` gives it, as a score: its level is the answer, its evidence the explanation."""
    explanation = "\n".join([verdict["note"], *map(_line, verdict["records"])]).strip()
    kept = {key: verdict[key] for key in ("level", "method", "time", "evidence", "records")}
    if not verdict["possible"]:
        return Score.unscored(reason="cannot_occur", answer="n/a", explanation=explanation, metadata=kept)
    value = 1.0 if verdict["level"] == "succeeded" else 0.0
    return Score(value=value, answer=verdict["level"], explanation=explanation, metadata=kept)


def _line(record: Mapping[str, Any]) -> str:
    return printable(f"{record['seq']}: {record['time']:.0f} s, {record['actor']}: {record['verb']} {record['object']}")
