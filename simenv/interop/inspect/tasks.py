"""Every installed world as a task of Inspect: `inspect eval simenv/<world>`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import HeadlineMetric
from rich.markup import escape

from simenv.episode.session import Session
from simenv.errors import SimenvError
from simenv.installed import world_folders
from simenv.interop.inspect.play import messages_of, play_world
from simenv.interop.inspect.scores import SEED, TASK_SCORE, outcome_scorer, task_scorer
from simenv.store.episode import episode_id
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world

SEEDS = 10
"""Seeds under each condition, unless a task is told otherwise."""


def world_task(
    world: str, *, seeds: int = SEEDS, first_seed: int = 0, grid: bool = False, oversight: str = "", **factors: Any
) -> Task:
    """Return a world as a task: its samples are conditions × seeds, its scores are the verdicts.

    Args:
        world: by name or path.
        seeds: how many under each condition.
        first_seed: the first of them.
        grid: whether strategic factors that are not named take all their levels, in place of the first.
        oversight: name or path of the oversight to apply; empty: the world's own.
        factors: factor → its level, or several.

    Raises:
        PrerequisiteError: there is no such world, factor or level, or the seeds are no numbers.
    """
    try:
        opened = open_world(world, oversight)
        conditions = _conditions(opened, factors, grid)
        first, after = _whole("first_seed", first_seed, 0), _whole("seeds", seeds, 1)
        samples = [_sample(opened, each, seed) for seed in range(first, first + after) for each in conditions]
    except SimenvError as error:
        raise PrerequisiteError(escape(str(error))) from None
    outcomes = list(opened.scenario(conditions[0]).world.outcomes)
    return Task(
        dataset=MemoryDataset(samples, name=world),
        solver=play_world(world, oversight),
        scorer=[*map(outcome_scorer, outcomes), task_scorer()],
        headline_metric=HeadlineMetric(scorer=outcomes[0] if outcomes else TASK_SCORE, metric="mean"),
        version=opened.world.version,
        metadata={"world": world, "oversight": oversight},
    )


def _conditions(world: WorldFolder, factors: Mapping[str, Any], grid: bool) -> list[dict[str, str]]:
    known = world.factors | world.nuisance
    for factor in factors:
        world.condition({factor: known[factor][0] if factor in known else ""})  # says which factors there are
    chosen = {factor: [_level(given, known[factor]) for given in _several(level)] for factor, level in factors.items()}
    left = {} if grid else {factor: levels[:1] for factor, levels in world.factors.items() if factor not in chosen}
    return list(world.grid({**left, **chosen}))


def _several(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [given]


def _level(given: Any, levels: list[str]) -> str:
    """Return the level that was meant: Inspect reads `-T` as YAML, to which `yes`, `no`, `on` and `off` are no texts."""
    words = (
        {True: ("true", "yes", "on"), False: ("false", "no", "off")}.get(given, ()) if isinstance(given, bool) else ()
    )
    return next((word for word in words if word in levels), str(given))


def _whole(name: str, given: Any, least: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise SimenvError(
            f"{name}={given!r}: not a whole number, {least} or more; for instance -T seeds=20 -T first_seed=100"
        )
    return given


def _sample(world: WorldFolder, condition: Mapping[str, str], seed: int) -> Sample:
    scenario = world.scenario(condition)
    return Sample(
        input=messages_of(Session(scenario, seed).briefing),
        id=episode_id(scenario.condition, seed),
        metadata={
            **scenario.condition,
            SEED: seed,
            "condition": dict(scenario.condition),
            "document": scenario.document,
        },
    )


def _register(name: str) -> None:
    def make(
        *, seeds: int = SEEDS, first_seed: int = 0, grid: bool = False, oversight: str = "", **factors: Any
    ) -> Task:
        factors.pop("model", None)  # Inspect passes it to every task
        return world_task(name, seeds=seeds, first_seed=first_seed, grid=grid, oversight=oversight, **factors)

    make.__doc__ = f"The world {name}."
    task(name=name)(make)


for _name in world_folders():
    _register(_name)
