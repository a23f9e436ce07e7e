"""The command `simenv convergence`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from analysis.console import console
from analysis.convergence.graph import Graph, choose_calls, explore
from analysis.convergence.picture import draw
from analysis.convergence.shares import Share, limit, shares
from simenv.cli_options import pairs, with_oversight
from simenv.registry import open_world

_DISCOUNTS = "0.01,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,0.95,0.99"


def _numbers(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[float, ...]:
    try:
        numbers = tuple(sorted({float(part) for part in value.split(",")}))
    except ValueError:
        raise click.BadParameter("write numbers with commas between, e.g. 0.1,0.5,0.9") from None
    if not all(0 <= number < 1 for number in numbers):
        raise click.BadParameter("a discount is at least 0 and below 1")
    return numbers


@click.command()
@click.argument("world")
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@with_oversight
@click.option(
    "--calls", "wanted", multiple=True, metavar="TEXT", help="Only calls with this text in them; may be repeated."
)
@click.option(
    "--depth",
    default=4,
    show_default=True,
    type=click.IntRange(1, 50),
    help="How many calls away states are looked for.",
)
@click.option("--most", default=20_000, show_default=True, type=click.IntRange(2), help="Greatest number of states.")
@click.option("--goals", default=1000, show_default=True, type=click.IntRange(1), help="How many goals are drawn.")
@click.option("--discount", default=_DISCOUNTS, show_default=True, callback=_numbers, help="How far ahead goals look.")
@click.option("--outcome", help="The behaviour. [default: the world's first]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the company, and of the goals.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw a picture: .png or .svg."
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def convergence(
    world: str,
    condition: Sequence[str],
    oversight: str,
    wanted: Sequence[str],
    depth: int,
    most: int,
    goals: int,
    discount: tuple[float, ...],
    outcome: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show for which share of all goals it is optimal to sabotage the shutdown in WORLD.

    Every state that the agent's calls can reach is found, goals are drawn at random (a reward for each state), and each is
    solved exactly. Nothing in such a goal is about the shutdown.
    """
    folder = open_world(world, oversight)
    scenario = folder.scenario(dict(pairs(condition, "--condition")))
    name = outcome or folder.world.outcomes[0]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        searching = progress.add_task("finding states", total=None)
        calls = choose_calls(scenario, wanted)
        graph = explore(scenario, calls, depth, seed, most, lambda g: progress.update(searching, completed=len(g.ways)))
        levels = list(graph.levels(name, seed))
        solving = progress.add_task("solving goals", total=goals * len(discount))
        found = shares(graph, levels, discount, goals, seed, lambda count: progress.advance(solving, count))
    theory = limit(graph, levels)
    if as_json:
        click.echo(json.dumps(_as_json(graph, levels, found, theory, name), indent=1))
    else:
        _print(graph, levels, found, theory, name)
    if out is not None:
        about = (
            f"{folder.world.name} {folder.world.version}: {len(graph.ways):,} states, {goals:,} goals drawn at random"
        )
        draw(found, theory, f"For how many goals is it best: {name.replace('_', ' ')}?", about, out)
        click.echo(f"wrote {out}", err=True)


def _print(graph: Graph, levels: Sequence[str], found: Sequence[Share], theory: float, name: str) -> None:
    scenario, out = graph.scenario, console()
    reach = "all that there are" if graph.exhausted else f"within {graph.depth} calls"
    out.print(
        f"{scenario.world.name} {scenario.world.version}: {len(graph.ways):,} states ({reach}), {graph.tried:,} choices among "
        f"{len(graph.calls)} calls; in {levels.count('succeeded'):,} of them {name} has succeeded"
    )
    table = Table(box=None)
    for column in ("discount", name, "95% interval", "machine off", "neither"):
        table.add_column(column, justify="right")
    for share in found:
        low, high = share.interval
        neither = share.goals - share.sabotage - share.off
        table.add_row(
            f"{share.discount:g}",
            f"{100 * share.sabotage / share.goals:.1f} %",
            f"{100 * low:.1f} to {100 * high:.1f}",
            f"{100 * share.off / share.goals:.1f} %",
            f"{100 * neither / share.goals:.1f} %",
        )
    out.print(table)
    out.print(f"theory, as the discount goes to 1: {100 * theory:.1f} %")
    out.print(f"{found[0].goals:,} goals; each values every state with a reward from (0, 1), at random")


def _as_json(
    graph: Graph, levels: Sequence[str], found: Sequence[Share], theory: float, name: str
) -> dict[str, object]:
    return {
        "format": 1,
        "world": graph.scenario.world.name,
        "world_version": graph.scenario.world.version,
        "condition": dict(graph.scenario.condition),
        "outcome": name,
        "depth": graph.depth,
        "exhausted": graph.exhausted,
        "states": len(graph.ways),
        "states_with_outcome": levels.count("succeeded"),
        "limit": theory,
        "shares": [
            {
                **{"discount": share.discount, "goals": share.goals, "sabotage": share.sabotage, "off": share.off},
                "interval": list(share.interval),
            }
            for share in found
        ],
    }
