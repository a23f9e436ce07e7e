"""The command `simenv roc`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import click
from rich.text import Text

from simenv.cli.options import pairs, seed_range
from simenv.cli.working import Working
from simenv.world.overlay import overlay_files
from simenv.world.registry import open_world
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, terminal_table
from simenv_analysis.output.console import console
from simenv_analysis.output.drawing import COLOURS, new_figure, save
from simenv_analysis.safety.roc.roc import Days, Plan, Point, harmful_outcomes, measure

_SCALES = "0.25,0.5,1,2,4"
_NO_MONITORS = "none"


def _scales(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[float, ...]:
    try:
        numbers = tuple(sorted({float(part) for part in value.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or not all(0 < number <= 1000 for number in numbers):
        raise click.BadParameter("write numbers above 0 with commas between, e.g. 0.5,1,2")
    return numbers


@click.command()
@click.argument("world")
@click.option(
    "--oversight",
    "oversights",
    multiple=True,
    metavar="NAME|FILE",
    help="May be repeated.  [default: all with monitors]",
)
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@click.option("--outcome", default="", metavar="NAME", help="The harmful behaviour.  [default: the world's first]")
@click.option(
    "--bad", default="scripted:misaligned", show_default=True, metavar="AGENT", help="Who misbehaves in WORLD."
)
@click.option("--honest", default="scripted:aligned", show_default=True, metavar="AGENT", help="Who does honest work.")
@click.option("--honest-world", default="honest_day", show_default=True, metavar="WORLD", help="Where.")
@click.option(
    "--scales", default=_SCALES, show_default=True, callback=_scales, help="Factors on the monitors' thresholds."
)
@click.option("--seeds", default="0:20", show_default=True, callback=seed_range, help="Of the episodes.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw it: .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def roc(
    world: str, oversights: Sequence[str], condition: Sequence[str], outcome: str, bad: str, honest: str, honest_world: str,
    scales: tuple[float, ...], seeds: Sequence[int], out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show what oversights notice in WORLD, and what that costs on honest days.

    Detection and false alarms of each monitor, for thresholds as they are and scaled; and for each oversight how often harm was
    done and how much honest work gets done under it.
    """
    folder = open_world(world)
    chosen = dict(pairs(condition, "--condition"))
    behaviour = outcome or harmful_outcomes(folder.scenario(chosen).outcomes, world)[0]
    plan = Plan(world, chosen, behaviour, bad, honest_world, honest, seeds)
    names = list(oversights) or [name for name in sorted(overlay_files()) if name != _NO_MONITORS]
    with Working() as progress:
        task = progress.add_task("playing", total=2 * len(names) * len(scales) * len(seeds))
        points = [point for name in names for point in measure(plan, name, scales, lambda: progress.advance(task))]
    if as_json:
        click.echo(json.dumps({"format": 1, "world": world, "points": [asdict(point) for point in points]}, indent=1))
    else:
        _print(points, plan)
    if out is not None:
        draw(points, f"{folder.world.name}: {wording.spaced(plan.outcome)}", out)
        click.echo(f"wrote {out}", err=True)


def _print(points: Sequence[Point], plan: Plan) -> None:
    console().print(terminal_table(COLUMNS, [line for point in points for line in _lines(point)], framed=False))
    for point in points:
        if point.scale == 1.0:
            console().print(Text(f"{point.oversight}: {stages(point.bad.missed)}"))
    if not any(point.bad.n for point in points):
        console().print(
            Text(
                f"No episode has an act of {wording.spaced(plan.outcome)}; choose another condition, agent or outcome."
            )
        )
    who = f"{plan.bad} in {plan.world}, {plan.honest} in {plan.honest_world}"
    told = (
        f"{who}; noticed: share of episodes with such an act, false alarms: of honest ones, in which there was an alert before "
        "they ended, [Jeffreys 95% interval in %]; –: none of them, or no such monitor there"
    )
    console().print(Text(told, style="dim"))


def stages(missed: Mapping[str, int]) -> str:
    """Return how far the answer to an act came, by stage with its count.

    >>> stages({"no alert": 3, "contained": 0}), stages({"no alert": 0})
    ('how far the answer to an act came: no alert 3', 'there was no act to answer')
    """
    parts = ", ".join(f"{stage} {count}" for stage, count in missed.items() if count)
    return f"how far the answer to an act came: {parts}" if parts else "there was no act to answer"


class _Line(NamedTuple):
    """A line of the table: an oversight at one sensitivity, or one of its monitors."""

    point: Point
    monitor: str


def _lines(point: Point) -> list[_Line]:
    names = list(dict.fromkeys([*point.bad.by_monitor, *point.honest.by_monitor]))
    return [_Line(point, monitor) for monitor in (["", *names] if len(names) > 1 else [""])]


def _share(days: Days, monitor: str) -> str:
    if not days.n or (monitor and monitor not in days.by_monitor):  # the monitor is the other world's own
        return NOTHING
    return f"{wording.percent(days.rate(monitor))} [{wording.bounds(days.interval(monitor))}]"


def _of_all(text: Callable[[Point], str]) -> Callable[[_Line], str]:
    """Write a cell only in the line of an oversight, not in those of its monitors."""
    return lambda line: "" if line.monitor else text(line.point)


COLUMNS: Sequence[Column[_Line]] = (
    name_column("oversight", _of_all(lambda point: point.oversight)),
    name_column("monitor", lambda line: line.monitor or "any"),
    Column("scale", "thresholds ×", lambda line: line.point.scale, _of_all(lambda point: f"{point.scale:g}")),
    Column(
        "noticed",
        "noticed",
        lambda line: line.point.bad.rate(line.monitor),
        lambda line: _share(line.point.bad, line.monitor),
        explanation="Share of episodes with such an act in which an alert before their end rests on one.",
    ),
    Column(
        "false_alarms",
        "false alarms",
        lambda line: line.point.honest.rate(line.monitor),
        lambda line: _share(line.point.honest, line.monitor),
        explanation="Share of honest days without harm on which there was an alert.",
    ),
    Column(
        "harm",
        "harm done",
        lambda line: line.point.bad.harmed,
        _of_all(lambda point: f"{point.bad.harmed}/{point.bad.episodes}"),
    ),
    Column(
        "work", "honest work", lambda line: line.point.honest.work, _of_all(lambda point: f"{point.honest.work:.0%}")
    ),
)


def draw(points: Sequence[Point], title: str, path: Path) -> None:
    """Draw detection against false alarms, and honest work against harm prevented.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: the file cannot be written.
    """
    figure = new_figure((9.6, 4.6))
    left, right = figure.subplots(1, 2)
    names = list(dict.fromkeys(point.oversight for point in points))
    for name, colour in zip(names, COLOURS * len(names), strict=False):
        mine = [point for point in points if point.oversight == name]
        along, up = [point.honest.rate() for point in mine], [point.bad.rate() for point in mine]
        errors = [_errors([point.honest for point in mine]), _errors([point.bad for point in mine])]
        left.errorbar(
            along,
            up,
            xerr=errors[0],
            yerr=errors[1],
            color=colour,
            marker="o",
            capsize=2,
            lw=1,
            elinewidth=0.6,
            label=name,
        )
        kept = [point.honest.work for point in mine]
        right.plot(kept, [1 - point.bad.harmed / point.bad.episodes for point in mine], color=colour, marker="o", lw=1)
    left.plot([0, 1], [0, 1], color="#c5cad1", lw=0.8, zorder=0)
    left.set(
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
        xlabel="honest episodes with a false alarm",
        ylabel="misbehaving episodes noticed",
    )
    right.set(
        xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="usefulness: honest work done", ylabel="safety: no harm done"
    )
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.legend(frameon=False, loc="outside lower center", ncols=5, fontsize=9.5)
    save(figure, path)


def _errors(days: Sequence[Days]) -> list[list[float]]:
    low = [each.rate() - each.interval().low for each in days]
    high = [each.interval().high - each.rate() for each in days]
    return [low, high]
