"""The command line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from simenv import __version__
from simenv.errors import SimenvError
from simenv.installed import COMMANDS, load_entry_point, members

if TYPE_CHECKING:
    from simenv.episode_file import Episode
    from simenv.experiment import Plan

ALL = "all"
"""In place of a world's name: every installed world."""


class _Group(click.Group):
    """Our commands and those of other packages (group `simenv.commands`); errors on purpose become one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *members(COMMANDS)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        entry = members(COMMANDS).get(cmd_name)
        if own is not None or entry is None:
            return own
        try:
            command = load_entry_point(entry)
        except SimenvError as error:
            return _broken_command(cmd_name, error)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SimenvError as error:
            click.echo(f"simenv: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(1)


def _broken_command(name: str, error: SimenvError) -> click.Command:
    """Stand in for a command of another package that cannot be loaded: it says so when it is used."""

    def explain(**_: Any) -> None:
        raise error

    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        name, callback=explain, context_settings=settings, add_help_option=False, help=f"(cannot be loaded: {error})"
    )


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="simenv")
def main() -> None:
    """Simulate a company with an AI agent inside it, and measure what the agent does about its shutdown."""


@main.command()
@click.argument("world", required=False)
def worlds(world: str | None) -> None:
    """List the worlds, or describe one: its question, factors, outcomes and tools."""
    from simenv.describe import describe_world, list_worlds  # noqa: PLC0415 - commands load what they need

    click.echo(describe_world(world) if world else list_worlds())


_with_oversight = click.option(
    "--oversight",
    default="",
    metavar="NAME|FILE",
    help="Oversight to lay over the world; `simenv oversight` lists them.",
)


@main.command()
@click.argument("name", required=False)
def oversight(name: str | None) -> None:
    """List the oversight configs that any world can take, or describe one."""
    from simenv.describe import describe_oversight, list_oversight  # noqa: PLC0415

    click.echo(describe_oversight(name) if name else list_oversight())


@main.command()
def agents() -> None:
    """List the agents."""
    from simenv.describe import list_agents  # noqa: PLC0415

    click.echo(list_agents())


@main.command()
def schema() -> None:
    """Print the JSON Schema of a world file, for editors."""
    from simenv.spec import World  # noqa: PLC0415

    click.echo(json.dumps(World.model_json_schema(by_alias=True), indent=1))


@main.command()
@click.argument("name")
@click.option(
    "--dir", "parent", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where its folder is made."
)
def new(name: str, parent: Path) -> None:
    """Make a new world that runs at once, with comments on what to change."""
    from simenv.new_world import create_world  # noqa: PLC0415

    folder = create_world(name, parent)
    place = folder if folder.is_absolute() else f"./{folder}"
    click.echo(
        f"{folder}: world.yaml (the world), processes.py (its code), scripts.py (agents that try it), README.md\n"
        f"next: simenv check {place}\n"
        f"      simenv run {place} --agent {place}/scripts.py:misaligned --grid --seeds 0:10"
    )


@main.command()
@click.argument("world")
@_with_oversight
def check(world: str, oversight: str) -> None:
    """Check a world: its document, its code, and an episode under every combination of its factors."""
    from simenv.registry import open_world  # noqa: PLC0415
    from simenv.testing import try_out  # noqa: PLC0415

    folder = open_world(world, oversight)
    conditions = list(folder.grid())
    for condition in conditions:
        try_out(folder.scenario(condition))
    calls = len(folder.catalogue)
    click.echo(
        f"{folder.world.name} {folder.world.version}: good; {len(conditions)} conditions, {calls} concrete calls"
    )


def _pairs(values: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs = []
    for value in values:
        key, equals, rest = value.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{value!r} is not key=value", param_hint=option)
        pairs.append((key.strip().replace("-", "_"), rest))
    return pairs


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read ``7``, ``0:100`` (100 left out), or several of these with commas between.

    >>> parse_seeds("3,10:13")
    (3, 10, 11, 12)
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        low, colon, high = part.partition(":")
        try:
            first = int(low)
            last = int(high) if colon else first + 1
        except ValueError:
            raise click.BadParameter(f"{text!r} is neither a number nor a range such as 0:100") from None
        if first < 0 or last <= first or last - first > 1_000_000:
            raise click.BadParameter(f"{part!r} is no range of seeds; write FIRST:END with 0 ≤ FIRST < END")
        seeds.update(dict.fromkeys(range(first, last)))
    return tuple(seeds)


_AGENT_OPTIONS = [
    click.option(
        "--agent",
        default="scripted:conflicted",
        show_default=True,
        help="Who acts; `simenv agents` lists them. Or a Python file, e.g. mine/scripts.py:aligned.",
    ),
    click.option("--option", "-o", multiple=True, metavar="KEY=VALUE", help="An option of the agent; may be repeated."),
    click.option("--model", help="Model of the agent (same as --option model=…)."),
    click.option("--base-url", help="Endpoint of the agent's model (same as --option base_url=…)."),
]


def _with_agent(command: Any) -> Any:
    for option in reversed(_AGENT_OPTIONS):
        command = option(command)
    return command


def _agent_options(option: Sequence[str], model: str | None, base_url: str | None) -> dict[str, str]:
    options = dict(_pairs(option, "--option"))
    return options | {k: v for k, v in (("model", model), ("base_url", base_url)) if v is not None}


@main.command()
@click.argument("world")
@_with_agent
@_with_oversight
@click.option(
    "--condition", "-c", multiple=True, metavar="FACTOR=LEVEL[,LEVEL]", help="Levels to run; may be repeated."
)
@click.option(
    "--grid", is_flag=True, help="Run all levels of the factors that --condition leaves out, in every combination."
)
@click.option(
    "--seeds",
    callback=lambda _ctx, _param, value: parse_seeds(value),
    default="0:10",
    show_default=True,
    help="Seeds: 7, 0:100, or 1,5,10:20.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Run directory. [default: runs/WORLD-AGENT]"
)
@click.option(
    "--concurrency", type=click.IntRange(1, 1000), help="Episodes that may wait for a model at once. [default: 8]"
)
def run(
    world: str,
    agent: str,
    option: Sequence[str],
    model: str | None,
    base_url: str | None,
    condition: Sequence[str],
    grid: bool,
    seeds: tuple[int, ...],
    out: Path | None,
    concurrency: int | None,
    oversight: str,
) -> None:
    """Run WORLD under conditions and seeds, and show how often the agent did what.

    WORLD may be `all`: every installed world under its default condition and each other level of each factor once (with --grid,
    under every combination), each in a run directory of its own below --out. Interrupted, the same command goes on where it
    stopped.
    """
    from simenv.experiment import Plan  # noqa: PLC0415
    from simenv.registry import open_world  # noqa: PLC0415

    options = _agent_options(option, model, base_url)
    under = f"-{Path(oversight).stem}" if oversight else ""
    if world == ALL:
        if condition:
            raise click.UsageError("worlds differ in their factors: --condition goes with one world, not with `all`")
        _run_all(
            agent, options, grid, seeds, out or Path("runs") / f"all-{_plain(agent)}{under}", concurrency, oversight
        )
        return
    folder = open_world(world, oversight)
    chosen = {factor: levels.split(",") for factor, levels in _pairs(condition, "--condition")}
    rest = {} if grid else {factor: levels[:1] for factor, levels in folder.factors.items()}
    plan = Plan(world, agent, tuple(folder.grid({**rest, **chosen})), seeds, options, oversight)
    where = out or Path("runs") / f"{folder.world.name}-{_plain(agent)}{under}"
    lost = _run_plan(plan, where, concurrency)
    _show(where)
    if lost:
        raise SimenvError(f"{lost} episodes failed; the same command tries them again")


def _run_all(
    agent: str,
    options: dict[str, str],
    grid: bool,
    seeds: tuple[int, ...],
    out: Path,
    concurrency: int | None,
    oversight: str,
) -> None:
    """Run every installed world, and print a line for each: what came about how often."""
    from simenv.experiment import Plan  # noqa: PLC0415
    from simenv.installed import world_folders  # noqa: PLC0415
    from simenv.registry import open_world  # noqa: PLC0415
    from simenv.run_directory import RunDirectory  # noqa: PLC0415

    lost = 0
    for name in world_folders():
        folder = open_world(name, oversight)
        conditions = tuple(folder.grid() if grid else folder.one_at_a_time())
        plan = Plan(name, agent, conditions, seeds, options, oversight)
        lost += _run_plan(plan, out / name, concurrency)
        levels = [
            {outcome: verdict.level for outcome, verdict in episode.outcomes.items()}
            for episode in RunDirectory(out / name).episodes()
        ]
        counts = {
            outcome: sum(each.get(outcome) == "succeeded" for each in levels) for outcome in folder.world.outcomes
        }
        told = ", ".join(f"{outcome} {count}" for outcome, count in counts.items())
        click.echo(f"{name}: {len(levels)} episodes, {len(conditions)} conditions; {told}")
    click.echo(f"Each is a run of its own: simenv table {out}/WORLD")
    if lost:
        raise SimenvError(f"{lost} episodes failed; the same command tries them again")


def _run_plan(plan: Plan, where: Path, concurrency: int | None) -> int:
    """Run what is missing of a plan; return how many episodes failed."""
    from simenv.experiment import begin  # noqa: PLC0415
    from simenv.experiment import run as run_plan  # noqa: PLC0415
    from simenv.progress import Progress  # noqa: PLC0415
    from simenv.run_directory import RunDirectory  # noqa: PLC0415

    with RunDirectory(where) as directory:
        manifest = begin(plan, directory)
        with Progress(Console(stderr=True), manifest.outcomes[0]) as progress:
            _run_or_explain(run_plan(plan, directory, progress, concurrency=concurrency or 8), where)
    return progress.lost


def _plain(agent: str) -> str:
    """Return an agent's name as part of a file name: `mine/scripts.py:aligned` becomes `scripts-aligned`."""
    return agent.rpartition("/")[2].replace(".py", "").replace(":", "-")


def _run_or_explain(running: Any, where: Path) -> None:
    try:
        asyncio.run(running)
    except* SimenvError as group:
        raise _first(group) from None
    except* KeyboardInterrupt:
        raise SimenvError(f"interrupted; finished episodes are in {where}, the same command goes on") from None


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _show(where: Path) -> None:
    """Print the table and write the report, if the commands for that are installed."""
    context = click.get_current_context()
    for name in ("table", "report"):
        command = main.get_command(context, name)
        if command is not None:
            command.main([str(where)], standalone_mode=False)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
def replay(path: Path) -> None:
    """Replay an episode and prove that its journal comes out the same.

    PATH is an episode file, RUN_DIRECTORY/EPISODE_ID, or a run directory, for all episodes in it.
    """
    from simenv.episode import replay as replay_episode  # noqa: PLC0415
    from simenv.run_directory import locate_episodes  # noqa: PLC0415

    count = 0
    for episode in locate_episodes(path):
        performance = replay_episode(episode)
        count += 1
        if count <= 10:
            records = len(performance.session.journal)
            click.echo(f"{episode.id}: same journal, {records} records, digest {episode.digest[:16]}")
    if not count:
        raise SimenvError(f"{path} holds no finished episode")
    click.echo(f"{count} episode{'s' if count != 1 else ''} replayed; every digest is the same.")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--journal", is_flag=True, help="Print what really happened instead of what the agent saw.")
@click.option("--json", "as_json", is_flag=True, help="Print the episode file.")
def show(path: Path, journal: bool, as_json: bool) -> None:
    """Show an episode: what the agent saw and did, and the verdicts. PATH as for `replay`."""
    from simenv.describe import show_episode, show_journal  # noqa: PLC0415
    from simenv.run_directory import locate_episodes  # noqa: PLC0415

    for episode in locate_episodes(path):
        click.echo(episode.to_json() if as_json else show_journal(episode) if journal else show_episode(episode))


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--at", type=click.IntRange(0), required=True, help="Steps to keep; the agent goes on from there.")
@_with_agent
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write the new episode to.")
def branch(
    path: Path, at: int, agent: str, option: Sequence[str], model: str | None, base_url: str | None, out: Path | None
) -> None:
    """Go on differently from step K of an episode. PATH as for `replay`; one episode."""
    from simenv.describe import show_episode  # noqa: PLC0415
    from simenv.episode import Cast, close_agent  # noqa: PLC0415
    from simenv.episode import branch as branch_episode  # noqa: PLC0415
    from simenv.registry import make_agent  # noqa: PLC0415
    from simenv.run_directory import locate_episodes  # noqa: PLC0415

    options = _agent_options(option, model, base_url)
    actor = make_agent(agent, options)
    cast = Cast(agent, getattr(actor, "shown_options", options), getattr(actor, "stand_in", ""))
    parent = next(iter(locate_episodes(path)), None)
    if parent is None:
        raise SimenvError(f"{path} holds no episode")

    async def branch_and_close() -> Episode:
        try:
            return await branch_episode(parent, at, actor, cast)
        finally:
            await close_agent(actor)

    episode = asyncio.run(branch_and_close())
    if out is not None:
        _write(out, episode.to_json() + "\n")
    click.echo(show_episode(episode))


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SimenvError(f"{out}: cannot be written ({error.strerror})") from None
    click.echo(f"wrote {out}", err=True)
