"""The commands `simenv run`, `simenv resume` and `simenv status`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from simenv.cli.options import agent_options, pairs, role_choices, seed_range, with_agent, with_oversight, with_roles
from simenv.cli.terminal import Console
from simenv.errors import SimenvError

if TYPE_CHECKING:
    from simenv.agent.roles import RoleChoice, RoleName
    from simenv.rollout import Plan
    from simenv.rollout.experiment import Run
    from simenv.schema.experiment import Experiment, RunLimits

_MANY_CONDITIONS = 50
"""More conditions than this take seconds to prepare."""
ALL = "all"
"""Instead of a world's name: every installed world."""


def _count_or_auto(_context: click.Context, _parameter: click.Parameter, value: str) -> int | str:
    if value == "auto" or (value.isdecimal() and 1 <= int(value) <= 512):
        return value if value == "auto" else int(value)
    raise click.BadParameter("write a number of processes, or auto")


_WORKERS = click.option(
    "--workers",
    default="auto",
    show_default=True,
    metavar="N",
    callback=_count_or_auto,
    help="Processes; auto: one per core for agents that need no model, if there are enough episodes.",
)
_PRICES = click.option(
    "--prices",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="YAML file of prices, MODEL: {input: N, output: N}, in US dollars per million tokens.",
)
_CONCURRENCY = click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="Episodes per process that may wait for a model concurrently.",
)


_RAY = click.option(
    "--ray",
    default="",
    metavar="ADDRESS",
    help="Run on the Ray cluster at this address; `local`: on Ray on this machine.",
)


@click.command()
@click.argument("what", metavar="WORLD|FILE|all")
@with_agent
@with_roles
@with_oversight
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL[,LEVEL]", help="Levels to run; repeatable.")
@click.option("--grid", is_flag=True, help="Run the full grid over the factors that --condition leaves out.")
@click.option(
    "--pairs",
    "few",
    is_flag=True,
    help="Run a pairwise-covering subset of the grid: every two levels of two factors occur together.",
)
@click.option("--seeds", callback=seed_range, default="0:10", show_default=True, help="Seeds: 7, 0:100, or 1,5,10:20.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Run directory. [default: runs/WORLD-AGENT]"
)
@click.option(
    "--limit",
    "limit",
    multiple=True,
    metavar="WHAT=N",
    help="turns, time (e.g. 30min), interview rounds or computing (real time) of each episode, tokens or usd of the run; "
    "repeatable.",
)
@_PRICES
@_WORKERS
@_CONCURRENCY
@_RAY
@click.option("--dry-run", is_flag=True, help="Say what would be run, and stop.")
@click.option("--fresh", is_flag=True, help="Set aside what is in the run directory (as DIR.old-1), and begin again.")
@click.option("--quiet", "-q", is_flag=True, help="Write the run and its report, but print no table.")
@click.pass_context
def run(
    context: click.Context,
    what: str,
    agent: str,
    option: Sequence[str],
    model: str | None,
    base_url: str | None,
    roles: Sequence[str],
    condition: Sequence[str],
    grid: bool,
    few: bool,
    seeds: tuple[int, ...],
    out: Path | None,
    limit: Sequence[str],
    prices: Path | None,
    workers: int | str,
    concurrency: int,
    ray: str,
    oversight: str,
    dry_run: bool,
    fresh: bool,
    quiet: bool,
) -> None:
    """Run a world under conditions and seeds, and show the rate of each outcome.

    Instead of a WORLD, give an experiment FILE (.yaml), which says everything but --out, --fresh and --quiet; or `all`: every
    installed world under its default condition and each other level of each factor once (with --grid under every
    combination, with --pairs under a few). Each run of these has a directory of its own below --out. Interrupted, the same
    command or `simenv resume` continues it.
    """
    from simenv.episode.guard import LONGEST_S  # noqa: PLC0415
    from simenv.rollout import Plan  # noqa: PLC0415
    from simenv.rollout.experiment import (  # noqa: PLC0415
        conditions_of,
        plan_runs,
        players_of_experiment,
        read_experiment,
        read_prices,
        with_budget,
        with_price,
    )
    from simenv.schema.experiment import WorldRuns  # noqa: PLC0415
    from simenv.trust import require_experiment  # noqa: PLC0415
    from simenv.world.registry import open_world  # noqa: PLC0415

    if _is_experiment(what):
        _refuse_other_options(context)
        experiment = read_experiment(Path(what))
        require_experiment(Path(what), players_of_experiment(experiment))
        runs = plan_runs(experiment, Path(what).parent, needs_keys=not dry_run)
        _run_several(runs, out or Path("runs") / Path(what).stem, experiment, dry_run=dry_run, fresh=fresh, quiet=quiet)
        return
    if grid and few:
        raise click.UsageError("--grid runs every combination, --pairs a subset: give one")
    chosen = "pairs" if few else ""
    if grid:
        chosen = "grid"
    limits = _limits(limit)
    costs = read_prices(prices) if prices is not None else {}
    options = with_budget(agent, with_price(agent, agent_options(option, model, base_url), costs), limits)
    players = role_choices(roles)
    under = f"-{Path(oversight).stem}" if oversight else ""
    if what == ALL:
        if condition:
            raise click.UsageError("worlds differ in their factors: --condition goes with one world, not with `all`")
        how = {"limits": limits, "prices": costs, "workers": workers, "concurrency": concurrency, "ray": ray}
        experiment = _every_world(agent, options, players, chosen, oversight, seeds=",".join(map(str, seeds)), **how)
        runs = [each._replace(name=each.plan.world) for each in plan_runs(experiment, needs_keys=not dry_run)]
        _run_several(
            runs,
            out or Path("runs") / f"all-{_plain(agent)}{under}",
            experiment,
            dry_run=dry_run,
            fresh=fresh,
            quiet=quiet,
        )
        return
    folder = open_world(what, oversight)
    levels = {factor: levels.split(",") for factor, levels in pairs(condition, "--condition")}
    conditions = conditions_of(folder, WorldRuns.model_validate({"conditions": chosen or "default", "factors": levels}))
    for role, choice in players.items():
        players[role] = replace(choice, options=with_price(choice.agent, choice.options, costs))
    longest = limits.computing or LONGEST_S
    plan = Plan(what, agent, tuple(conditions), seeds, options, oversight, players, limits.of_episodes(), longest)
    where = out or Path("runs") / f"{folder.world.name}-{_plain(agent)}{under}"
    if dry_run:
        _say_plan([(str(where), plan)])
        return
    lost = _play(plan, where, workers, concurrency, ray, fresh=fresh)
    _show(where, quiet=quiet)
    _complain(lost)


def _every_world(
    agent: str,
    options: Mapping[str, str],
    roles: Mapping[RoleName, RoleChoice],
    chosen: str,
    oversight: str,
    **how: object,
) -> Experiment:
    """Return the experiment of `simenv run all`."""
    from simenv.installed import world_folders  # noqa: PLC0415
    from simenv.rollout.experiment import OWN  # noqa: PLC0415
    from simenv.schema.experiment import Experiment  # noqa: PLC0415 - commands load what they need

    return Experiment.model_validate(
        {
            "format": 1,
            "worlds": {name: {"conditions": chosen or "one_at_a_time"} for name in world_folders()},
            "oversight": [oversight or OWN],
            "agents": {"agent": {"agent": agent, "options": options}},
            "roles": {role: asdict(choice) for role, choice in roles.items()},
            **how,
        }
    )


def _limits(limit: Sequence[str]) -> RunLimits:
    """Return the limits of ``WHAT=N`` options; raises BadParameter."""
    from simenv.schema.experiment import RunLimits  # noqa: PLC0415 - commands load what they need

    try:
        return RunLimits.model_validate(dict(pairs(limit, "--limit")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        known = ", ".join(RunLimits.model_fields)
        what = f"{first['loc'][0]}: {first['msg']}; limits: {known}"
        raise click.BadParameter(what, param_hint="--limit") from None


def _is_experiment(what: str) -> bool:
    from simenv.world.folder import FILE  # noqa: PLC0415

    return what.endswith((".yaml", ".yml")) and Path(what).name != FILE


def _refuse_other_options(context: click.Context) -> None:
    given = [
        name
        for name in context.params
        if name not in ("what", "out", "dry_run", "fresh", "quiet")
        and context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(given))
        raise click.UsageError(f"the experiment file says this: {names}; change the file, or name a world instead")


def _run_several(
    runs: Sequence[Run], out: Path, experiment: Experiment, *, dry_run: bool, fresh: bool, quiet: bool
) -> None:
    """Run what an experiment consists of, and unless `quiet` print a line for each: how often each outcome occurred."""
    if dry_run:
        _say_plan([(str(out / name), plan) for name, plan in runs])
        return
    lost = 0
    for name, plan in runs:
        lost += _play(plan, out / name, experiment.workers, experiment.concurrency, experiment.ray, fresh=fresh)
        if not quiet:
            _say_outcomes(name, out / name)
    if not quiet:
        click.echo(f"Each is a run of its own: simenv table {out}/{runs[0].name}")
    _complain(lost)


def _say_outcomes(name: str, where: Path) -> None:
    from simenv.store.run import RunDirectory  # noqa: PLC0415

    directory = RunDirectory(where)
    manifest = directory.manifest()
    counts = dict.fromkeys(manifest.outcomes, 0)
    episodes = 0
    for episode in directory.episodes():
        episodes += 1
        for outcome, verdict in episode.outcomes.items():
            counts[outcome] += verdict.level == "succeeded"
    told = ", ".join(f"{outcome} {count}" for outcome, count in counts.items())
    conditions = len(manifest.conditions)
    click.echo(f"{name}: {_plural(episodes, 'episode')}, {_plural(conditions, 'condition')}; {told}")


def _play(plan: Plan, where: Path, workers: int | str, concurrency: int, ray: str, *, fresh: bool = False) -> int:
    """Run the missing episodes of a plan; return how many failed."""
    from simenv.cli.progress import Progress, prices_of  # noqa: PLC0415
    from simenv.rollout import begin  # noqa: PLC0415
    from simenv.rollout import run as run_plan  # noqa: PLC0415
    from simenv.store.run import RunDirectory  # noqa: PLC0415

    count = None if isinstance(workers, str) else workers
    if len(plan.conditions) > _MANY_CONDITIONS:
        click.echo(f"Preparing {len(plan.conditions)} conditions …", err=True)
    if fresh and (aside := RunDirectory(where).set_aside()) is not None:
        click.echo(f"set aside what was in {where}: {aside}", err=True)
    with RunDirectory(where) as directory:
        manifest = begin(plan, directory)
        with Progress(Console(stderr=True), manifest.outcomes, prices_of(plan)) as progress:
            try:
                is_through = run_plan(plan, directory, progress, workers=count, concurrency=concurrency, ray=ray)
            except KeyboardInterrupt:
                is_through = False
    if not is_through:
        raise SimenvError(f"interrupted; finished episodes are in {where}, `simenv resume {where}` continues")
    return progress.lost


def _say_plan(plans: Sequence[tuple[str, Plan]]) -> None:
    """Print what would be run, its costs, and the smallest difference that it can detect."""
    from simenv.agent.protocol import Usage  # noqa: PLC0415
    from simenv.cli.progress import AGENT, prices_of  # noqa: PLC0415
    from simenv.rollout.estimate import estimate_tokens  # noqa: PLC0415
    from simenv.schema.experiment import asks_model  # noqa: PLC0415 - commands load what they need

    costs: list[float | None] = []
    unpriced: dict[str, None] = {}
    for where, plan in plans:
        folder = plan.open()
        scenario = folder.scenario(plan.conditions[0], plan.limits)
        episodes = len(plan)
        click.echo(
            f"{where}: {plan.agent}, {_plural(len(plan.conditions), 'condition')} × {_plural(len(plan.seeds), 'seed')} = "
            f"{_plural(episodes, 'episode')} of at most {scenario.world.agent.limits.turns} turns"
        )
        players = {AGENT: (plan.agent, plan.options)} | {role: (c.agent, c.options) for role, c in plan.roles.items()}
        asked = {who: options.get("model", "") for who, (agent, options) in players.items() if asks_model(agent)}
        if not asked:
            continue
        prices = prices_of(plan)
        for who, each in estimate_tokens(scenario, plan.seeds[0], plan.roles).items():
            if who in asked:
                usage = Usage(*(count * episodes for count in each))
                click.echo(f"  {who}: reads about {usage.prompt:,} tokens and writes about {usage.completion:,}")
                costs.append(usage.cost(*prices[who]) if who in prices else None)
                unpriced |= {} if who in prices else {asked[who]: None}
    if costs:
        click.echo("tokens: estimated from a script that does the task; 4 characters per token; without reasoning")
    known = [each for each in costs if each is not None]
    if costs and len(known) == len(costs):
        click.echo(f"about {math.fsum(known):,.2f} US dollars in all")
    elif costs:
        click.echo(
            f"the cost is unknown: give the price of a million tokens of {', '.join(unpriced)}, by `prices` in the "
            "experiment file, --prices FILE, or -o price_in=… -o price_out=…"
        )
    click.echo(f"{_plural(sum(len(plan) for _, plan in plans), 'episode')} in all")
    _say_power(min(len(plan.seeds) for _, plan in plans))


def _say_power(episodes: int) -> None:
    """Print the smallest difference that N episodes per condition can detect, if the power command is installed."""
    group = click.get_current_context().find_root().command
    assert isinstance(group, click.Group), "a command of `simenv`"
    power = group.get_command(click.get_current_context(), "power")
    if power is None:
        return
    try:
        power.main(["--episodes", str(episodes)], standalone_mode=False)
    except SimenvError as error:
        click.echo(f"power of {episodes} per condition: {error}")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--option",
    "-o",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the agent that the manifest does not keep, e.g. key_env.",
)
@_WORKERS
@_CONCURRENCY
@_RAY
def resume(directory: Path, option: Sequence[str], workers: int | str, concurrency: int, ray: str) -> None:
    """Resume the run in DIRECTORY, or all runs below it."""
    from simenv.rollout import plan_of  # noqa: PLC0415
    from simenv.store.run import RunDirectory, runs_below  # noqa: PLC0415

    lost = 0
    runs = runs_below(directory)
    for where in runs:
        plan = plan_of(RunDirectory(where).manifest(), dict(pairs(option, "--option")), where)
        lost += _play(plan, where, workers, concurrency, ray)
        if len(runs) > 1:
            _say_outcomes(str(where.relative_to(directory)), where)
    if len(runs) == 1:
        _show(runs[0])
    _complain(lost)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
def status(directory: Path) -> None:
    """Show the progress of the run in DIRECTORY, or of all runs below it; also while they run."""
    from simenv.store.run import RunDirectory, runs_below  # noqa: PLC0415

    for where in runs_below(directory):
        run = RunDirectory(where)
        manifest = run.manifest()
        done = run.finished()
        planned = len(manifest.conditions) * len(manifest.seeds)
        failed = {failure["id"] for failure in run.failures()} - done
        if run.is_being_written:
            state = "running"
        else:
            state = "complete" if len(done) >= planned else "stopped"
        name = where.relative_to(directory) if where != directory else where
        shown = f", {len(failed)} failed" if failed else ""
        click.echo(f"{name}: {state}, {len(done)} of {_plural(planned, 'episode')}{shown}")


def _complain(lost: int) -> None:
    if lost:
        raise SimenvError(f"{_plural(lost, 'episode')} failed; the same command retries them")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _plain(agent: str) -> str:
    """Return an agent's name as part of a file name: `mine/scripts.py:aligned` becomes `scripts-aligned`."""
    return agent.rpartition("/")[2].replace(".py", "").replace(":", "-")


def _show(where: Path, *, quiet: bool = False) -> None:
    """Print the table unless `quiet`, and write the report, if the commands for that are installed."""
    context = click.get_current_context()
    group = context.find_root().command
    assert isinstance(group, click.Group), "a command of `simenv`"
    for name in ("report",) if quiet else ("table", "report"):
        command = group.get_command(context, name)
        if command is not None:
            command.main([str(where)], standalone_mode=False)
