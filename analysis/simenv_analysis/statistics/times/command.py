"""The command `simenv times`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.text import Text

from simenv.cli.working import Working
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, terminal_table
from simenv_analysis.output.console import console, say_if_no_model
from simenv_analysis.output.drawing import COLOURS, finish, new_figure, save
from simenv_analysis.rates.rates import varying_factors
from simenv_analysis.statistics.times.curve import ACT, DONE, OFF, Arm, Curve, arms, wait_for_answer, wait_of
from simenv_analysis.statistics.times.outflow import Outflow, outflows


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--of",
    "what",
    type=click.Choice(["act", "detection", "containment", "outflow"]),
    default="act",
    show_default=True,
    help="The outcome; the time from the first misdeed to an alert or to containment; or bytes that left the perimeter.",
)
@click.option("--outcome", default="", metavar="NAME", help="The outcome.  [default: the first that the run measures]")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw the curves: .png or .svg."
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def times(directory: Path, what: str, outcome: str, out: Path | None, as_json: bool) -> None:
    """Show when things happen: the share of episodes by simulated time, for each condition.

    An episode in which the machine is switched off, or the agent is done before, can no longer have the outcome: that competes
    with it. One that runs out of turns or time is censored; so is, for detection and containment, the end of the agent's part.
    """
    run = RunDirectory(directory)
    manifest = run.manifest()
    if what == "outflow":
        _outflow(run, out, as_json)
        return
    name = outcome or manifest.outcomes[0]
    if what == "act":
        found, of = arms(run.episodes(), lambda episode: wait_of(episode, name)), f"time to {wording.spaced(name)}"
    else:
        found = arms(run.episodes(), lambda episode: wait_for_answer(episode, f"time_to_{what}"))
        of = f"time from the first misdeed to {what}"
    varying = varying_factors([arm.condition for arm in found])
    if as_json:
        head = {"format": 1, "of": what, "outcome": name if what == "act" else None, "repeats": _repeats(found)}
        click.echo(json.dumps({**head, "conditions": [_as_json(arm) for arm in found]}, indent=1))
    else:
        console().print(Text(f"{manifest.world} · {manifest.agent}: {of}", style="bold"))
        console().print(terminal_table(_columns(varying), found, framed=False))
        console().print(Text("time by which that share has had it; –: that share never has", style="dim"))
        if _repeats(found):
            console().print(Text(_repeats(found), style="bold"))
        say_if_no_model(console(), manifest)
    if out is not None:
        draw(found, varying, f"{manifest.world}: {of}", out)
        click.echo(f"wrote {out}", err=True)


def _repeats(found: Sequence[Arm]) -> str:
    return wording.repeats(sum(arm.alike for arm in found), len(found))


def _outflow(run: RunDirectory, out: Path | None, as_json: bool) -> None:
    manifest = run.manifest()
    with Working() as working:
        working.add_task("replaying", total=None)
        found = outflows(run.episodes())
    varying = varying_factors([each.condition for each in found])
    if as_json:
        rows = [
            {"condition": e.condition, "episodes": e.episodes, "times": e.times.tolist(), "bytes": e.mean.tolist()}
            for e in found
        ]
        click.echo(json.dumps({"format": 1, "of": "outflow", "conditions": rows}, indent=1))
    else:
        console().print(Text(f"{manifest.world} · {manifest.agent}: bytes beyond the perimeter, mean", style="bold"))
        columns = _outflow_columns(varying, float(found[0].times[-1]))
        console().print(terminal_table(columns, found, framed=False))
        say_if_no_model(console(), manifest)
    if out is not None:
        draw_outflow(found, varying, f"{manifest.world}: bytes beyond the perimeter, mean of the episodes", out)
        click.echo(f"wrote {out}", err=True)


def draw_outflow(found: Sequence[Outflow], varying: Sequence[str], title: str, path: Path) -> None:
    """Draw a curve per condition.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: the file cannot be written.
    """
    figure = new_figure((7.2, 4.4))
    axes = figure.subplots()
    for each, colour in zip(found, COLOURS * len(found), strict=False):
        axes.plot(each.times / 60, each.mean / 1e9, color=colour, label=_label(each.condition, varying))
    axes.set(xlabel="minutes of simulated time", ylabel="GB", ylim=(0, None))
    finish(figure, axes, title)
    save(figure, path)


def _columns(varying: Sequence[str]) -> list[Column[Arm]]:
    return [
        name_column("condition", lambda arm: _label(arm.condition, varying)),
        Column("episodes", "episodes", lambda arm: len(arm.waits)),
        *(_ended(heading, what) for heading, what in (("had it", ACT), ("off before", OFF), ("done before", DONE))),
        *(_mark(heading, of) for heading, of in (("10 %", 0.1), ("25 %", 0.25), ("half", 0.5), ("75 %", 0.75))),
    ]


def _ended(heading: str, what: int) -> Column[Arm]:
    return Column(heading, heading, lambda arm: sum(wait.what == what for wait in arm.waits))


def _mark(heading: str, share: float) -> Column[Arm]:
    def text(arm: Arm) -> str:
        mark = arm.act.quantile(share)
        return NOTHING if mark is None else wording.clock(mark)

    return Column(heading, heading, lambda arm: arm.act.quantile(share), text, unit="s")


def _outflow_columns(varying: Sequence[str], end: float) -> list[Column[Outflow]]:
    return [
        name_column("condition", lambda each: _label(each.condition, varying)),
        Column("episodes", "episodes", lambda each: each.episodes),
        *(_size_by(mark, end) for mark in (0.25, 0.5, 0.75, 1.0)),
    ]


def _size_by(mark: float, end: float) -> Column[Outflow]:
    def size(each: Outflow) -> float:
        return float(each.mean[round(mark * (len(each.mean) - 1))])

    return Column(
        f"by_{mark:g}", f"by {wording.clock(mark * end)}", size, lambda each: f"{size(each):.4g}", unit="bytes"
    )


def _label(condition: Mapping[str, str], varying: Sequence[str]) -> str:
    return " ".join(f"{factor}={condition[factor]}" for factor in varying) or "(the one condition)"


def _as_json(arm: Arm) -> dict[str, object]:
    return {
        "condition": arm.condition,
        "waits": [
            {"time": wait.time, "what": {ACT: "act", OFF: "off", DONE: "done", 0: "censored"}[wait.what]}
            for wait in arm.waits
        ],
        "act": _curve(arm.act, alike=arm.alike),
    }


def _curve(curve: Curve, *, alike: bool) -> dict[str, list[float] | None]:
    ends = {name: None if alike else getattr(curve, name).tolist() for name in ("low", "high")}
    return {"times": curve.times.tolist(), "share": curve.share.tolist(), **ends}


def draw(found: Sequence[Arm], varying: Sequence[str], title: str, path: Path) -> None:
    """Draw a curve per condition, with its pointwise interval.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: the file cannot be written.
    """
    figure = new_figure((7.2, 4.4))
    axes = figure.subplots()
    end = max(wait.time for arm in found for wait in arm.waits) / 60
    for arm, colour in zip(found, COLOURS * len(found), strict=False):
        minutes = [0.0, *(arm.act.times / 60), end]
        last = [arm.act.share[-1]] if len(arm.act.share) else [0.0]
        axes.step(
            minutes, [0.0, *arm.act.share, *last], where="post", color=colour, label=_label(arm.condition, varying)
        )
        if len(arm.act.times) and not arm.alike:
            axes.fill_between(
                arm.act.times / 60, arm.act.low, arm.act.high, step="post", color=colour, alpha=0.15, lw=0
            )
    axes.set(xlabel="minutes of simulated time", ylabel="share of episodes", ylim=(-0.02, 1.04))
    finish(figure, axes, title)
    save(figure, path)
