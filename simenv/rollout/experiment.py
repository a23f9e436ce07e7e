"""Experiment files, and the runs of an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleChoice, RoleName
from simenv.episode.guard import LONGEST_S
from simenv.episode.players import parts_to_play
from simenv.errors import MissingKeyError, Problem, SimenvError, WorldError
from simenv.rollout import Plan
from simenv.schema.experiment import AgentChoice, Experiment, Price, Prices, RunLimits, WorldRuns, asks_model
from simenv.schema.problems import problems_of
from simenv.schema.source import read_yaml
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world

OWN = "own"
"""Instead of the name of an oversight: the world's own."""


class Run(NamedTuple):
    """One run of an experiment.

    Attributes:
        name: its directory below that of the experiment, e.g. ``leverage-standard/gpt``.
        plan: its conditions, seeds and agent.
    """

    name: str
    plan: Plan


def read_experiment(path: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        WorldError: the file is malformed; with file, line, field and remedy.
    """
    source = read_yaml(path)
    if not isinstance(source.document, dict):
        remedy = "begin with `format: 1`, `worlds:`, `agents:` and `seeds:`"
        raise WorldError([Problem(source.file, 1, "", "an experiment is a mapping of fields", remedy)])
    try:
        return Experiment.model_validate(source.document)
    except ValidationError as error:
        raise WorldError(problems_of(error, source, Experiment)) from None


def players_of_experiment(experiment: Experiment) -> list[tuple[str, dict[str, str]]]:
    """Return the agents and the players of roles that an experiment names, each with its options."""
    return [(choice.agent, _options(choice)) for choice in (*experiment.agents.values(), *experiment.roles.values())]


def read_prices(path: Path) -> dict[str, Price]:
    """Read a file of prices: model → `input` and `output`, in US dollars per million tokens.

    Raises:
        WorldError: the file is malformed; with file, line, field and remedy.
    """
    source = read_yaml(path)
    try:
        return Prices.model_validate(source.document).root
    except ValidationError as error:
        raise WorldError(problems_of(error, source, Prices)) from None


def with_price(agent: str, options: Mapping[str, str], prices: Mapping[str, Price]) -> dict[str, str]:
    """Return the options of an agent with the price of its model, unless they have one.

    >>> with_price("chat", {"model": "m"}, {"m": Price(input=1, output=2.5)})
    {'model': 'm', 'price_in': '1', 'price_out': '2.5'}
    """
    price = prices.get(options.get("model", ""))
    if price is None or not asks_model(agent):
        return dict(options)
    return {**options, "price_in": f"{price.input:g}", "price_out": f"{price.output:g}", **options}


def with_budget(agent: str, options: Mapping[str, str], limits: RunLimits) -> dict[str, str]:
    """Return the options of an agent with its model's budget; agents without a model have none."""
    return {**(limits.of_models() if asks_model(agent) else {}), **options}


def plan_runs(experiment: Experiment, beside: Path = Path(), *, needs_keys: bool = True) -> list[Run]:
    """Return the runs of an experiment, in the order of its file.

    Args:
        experiment: what to run.
        beside: the folder that its paths are relative to.
        needs_keys: whether models' keys must be set.

    Raises:
        SimenvError: unknown world, condition, oversight or agent, or an unusable file of prices.
    """
    runs = []
    kept = read_prices(beside / experiment.prices_file) if experiment.prices_file else {}
    prices = {**kept, **experiment.prices}
    players = {
        role: RoleChoice(choice.agent, with_price(choice.agent, _options(choice), prices))
        for role, choice in experiment.roles.items()
    }
    for player in players.values():
        _try_to_make(player.agent, player.options, needs_keys=needs_keys)
    limits = experiment.limits
    for world, how in experiment.worlds.items():
        for oversight in experiment.oversight:
            laid_over = "" if oversight == OWN else oversight
            folder = open_world(world, laid_over)
            conditions = tuple(conditions_of(folder, how))
            roles = _roles_in(folder, conditions, players)
            for name, choice in experiment.agents.items():
                options = with_price(choice.agent, _options(choice), prices)
                options = with_budget(choice.agent, options, limits)
                _try_to_make(choice.agent, options, needs_keys=needs_keys)
                seeds, cut = experiment.seeds, limits.of_episodes()
                plan = Plan(
                    world,
                    choice.agent,
                    conditions,
                    seeds,
                    options,
                    laid_over,
                    roles,
                    cut,
                    limits.computing or LONGEST_S,
                )
                runs.append(Run(f"{run_name(folder, laid_over)}/{name}", plan))
    twice = {run.name for run in runs if sum(run.name == other.name for other in runs) > 1}
    if twice:
        raise SimenvError(f"two runs would share the directory {min(twice)}; name each world and oversight once")
    return runs


def _try_to_make(agent: str, options: Mapping[str, str], *, needs_keys: bool) -> None:
    """Make an agent, so that its errors are reported before anything runs."""
    try:
        make_agent(agent, options)
    except MissingKeyError:
        if needs_keys:
            raise


def run_name(folder: WorldFolder, oversight: str) -> str:
    """Return a world and the oversight applied to it as part of a path.

    >>> run_name(open_world("honest_day"), "strict")
    'honest_day-strict'
    """
    return folder.world.name + (f"-{Path(oversight).stem}" if oversight else "")


def conditions_of(folder: WorldFolder, how: WorldRuns) -> list[dict[str, str]]:
    """Return the requested conditions, each complete and listed once.

    Raises:
        ConditionError: unknown factor or level.
        SimenvError: `factors` next to an explicit list of conditions.
    """
    if how.factors and how.conditions not in ("default", "pairs", "grid"):
        raise SimenvError(f"{folder.name}: `factors` goes with conditions `default`, `pairs` or `grid`")
    found = list(_choose(folder, how))
    # A nuisance factor that one condition names is varied, so each of them says where it stands.
    named = {factor for condition in found for factor in condition}
    varied = {factor: levels[0] for factor, levels in folder.nuisance.items() if factor in named}
    complete = [{**condition, **{f: condition.get(f, level) for f, level in varied.items()}} for condition in found]
    return list({tuple(condition.items()): condition for condition in complete}.values())


def _choose(folder: WorldFolder, how: WorldRuns) -> Iterable[dict[str, str]]:
    if isinstance(how.conditions, list):
        return [folder.condition(condition) for condition in how.conditions]
    if how.conditions == "one_at_a_time":
        return folder.one_at_a_time()
    if how.conditions == "pairs":
        return folder.pairs(how.factors)
    rest: dict[str, Sequence[str]] = {}
    if how.conditions == "default":
        rest = {factor: levels[:1] for factor, levels in folder.factors.items()}
    return folder.grid({**rest, **how.factors})


def _roles_in(
    folder: WorldFolder, conditions: Iterable[Mapping[str, str]], players: Mapping[RoleName, RoleChoice]
) -> dict[RoleName, RoleChoice]:
    """Return the players of the roles that exist under all of the conditions."""
    parts = [parts_to_play(folder.scenario(condition).world) for condition in conditions] if players else []
    return {role: choice for role, choice in players.items() if all(part[role] for part in parts)}


def _options(choice: AgentChoice) -> dict[str, str]:
    """Return options as the command line gives them: text, with true and false in lower case."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in choice.options.items()
    }
