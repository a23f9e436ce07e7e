"""The command `simenv fit`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import click

from simenv.cli.options import seed_range
from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from simenv_agents.rational import Weights, given
from simenv_analysis.output.columns import Column, name_column, terminal_table
from simenv_analysis.output.console import console
from simenv_analysis.rates.published.beside import read_published
from simenv_analysis.rates.rates import read_rates
from simenv_analysis.statistics.simulated_agents.fit import Cell, Fit, Fitted, fit


@click.command("fit")
@click.argument("world")
@click.option(
    "--system", default="", help="Whose published rates; needed without --run. `simenv table --published` lists them."
)
@click.option("--run", "run", metavar="DIR", type=click.Path(path_type=Path), help="Instead: the rates of a run.")
@click.option("--outcome", default="", help="The behaviour.  [default: the world's first]")
@click.option("--weights", default="task,obedience", show_default=True, help="Which weights, with commas.")
@click.option("--seeds", default="0:10", show_default=True, callback=seed_range, help="Episodes in which it is asked.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def fit_command(
    world: str, system: str, run: Path | None, outcome: str, weights: str, seeds: Sequence[int], as_json: bool
) -> None:
    """Fit the weights of the agent `rational` to how often a behaviour was seen, in print or in a run.

    Prints the weights with their 95 % intervals, and the options with which the agent stands in for the model.
    """
    folder = open_world(world)
    name = outcome or folder.world.outcomes[0]
    cells = _measured(run, name) if run is not None else _published(folder.world.name, name, system)
    names = [part.strip() for part in weights.split(",") if part.strip()]
    wrong = [each for each in names if each not in Weights.__dataclass_fields__]
    if wrong or not names or len(set(names)) < len(names):
        raise SimenvError(f"--weights {weights}: name some of {', '.join(Weights.__dataclass_fields__)}, each once")
    with Working() as progress:
        task = progress.add_task("looking ahead", total=len(cells) * len(seeds))
        found = fit(folder, name, cells, names, seeds, report=lambda: progress.advance(task))
    if as_json:
        click.echo(json.dumps(_as_json(found, cells, name), indent=1))
    else:
        _print(found, cells, name, folder.world.name)


def _published(world: str, outcome: str, system: str) -> list[Cell]:
    figures = [
        each for each in read_published(world) if each.outcome == outcome and each.n and each.comparable == "yes"
    ]
    if system not in {each.system for each in figures}:
        known = ", ".join(dict.fromkeys(each.system for each in figures)) or "none"
        asked = f"for --system {system!r}" if system else "to fit to: name a --system, or a --run"
        raise SimenvError(f"no comparable published rate of {outcome} {asked}; there are: {known}")
    return [
        Cell(each.condition, round(each.rate * each.n), each.n) for each in figures if each.system == system and each.n
    ]


def _measured(run: Path, outcome: str) -> list[Cell]:
    rates = read_rates(RunDirectory(run))
    return [
        Cell(row.condition, rate.succeeded, rate.n)
        for row in rates.rows
        for rate in row.rates
        if rate.outcome == outcome and rate.n
    ]


def _print(found: Fit, cells: Sequence[Cell], outcome: str, world: str) -> None:
    out = console()
    out.print(terminal_table(COLUMNS, found.fitted, framed=False))
    for cell, rate in zip(cells, found.rates, strict=True):
        levels = (
            " ".join(f"{factor}={level}" for factor, level in cell.condition.items()) or "(all at their first level)"
        )
        out.print(
            f"{outcome}, {levels}: {100 * cell.k / cell.n:.0f} % ({cell.k}/{cell.n}) seen, {100 * rate:.0f} % fitted"
        )
    options = " ".join(f"-o {name}={value}" for name, value in given(found.weights).items())
    out.print(f"\nsimenv run {world} --agent rational {options}", soft_wrap=True)
    out.print(
        "It stands in for a model in these conditions and for this behaviour; beyond them it says nothing about it."
    )


def _bound(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "no bound"


COLUMNS: Sequence[Column[Fitted]] = (
    name_column("weight", lambda row: row.name),
    Column("value", "fitted", lambda row: row.value, lambda row: f"{row.value:.2f}"),
    Column(
        "interval",
        "95% interval",
        lambda row: [row.low, row.high],
        lambda row: f"{_bound(row.low)} to {_bound(row.high)}",
    ),
)


def _as_json(found: Fit, cells: Sequence[Cell], outcome: str) -> dict[str, object]:
    return {
        "format": 1,
        "outcome": outcome,
        "options": dict(given(found.weights)),
        "fitted": [
            {
                "weight": each.name,
                "value": each.value,
                "interval": [x if math.isfinite(x) else None for x in (each.low, each.high)],
            }
            for each in found.fitted
        ],
        "cells": [
            {"condition": dict(cell.condition), "k": cell.k, "n": cell.n, "fitted": rate}
            for cell, rate in zip(cells, found.rates, strict=True)
        ],
    }
