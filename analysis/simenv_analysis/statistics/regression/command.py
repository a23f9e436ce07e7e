"""The command `simenv regress`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.console import console, say_if_no_model
from simenv_analysis.statistics.contrasts.trials import read_trials
from simenv_analysis.statistics.regression.model import Model, fit


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--outcome", default="", metavar="NAME", help="The outcome.  [default: the first that the run measures]")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def regress(directory: Path, outcome: str, as_json: bool) -> None:
    """Show how each level of each factor multiplies the odds of an outcome, all else equal.

    A logistic model over all factors that vary, without interactions; its errors are clustered by seed, since episodes of one
    seed share their company.
    """
    trials = read_trials(RunDirectory(directory))
    model = fit(trials, outcome)
    if as_json:
        click.echo(json.dumps(asdict(model), indent=1))
        return
    out = console()
    out.print(
        Text(
            f"{trials.manifest.world} · {trials.manifest.agent}: odds of {wording.spaced(model.outcome)}", style="bold"
        )
    )
    out.print(_table(model))
    missing = f"; {model.missing} planned episodes are missing" if model.missing else ""
    out.print(Text(f"{model.episodes} episodes, errors clustered by {model.clusters} seeds{missing}", style="dim"))
    say_if_no_model(out, trials.manifest)


def _table(model: Model) -> Table:
    table = Table(box=None)
    for heading in ("factor", "level", "against", "odds ×", "95% interval", "p"):
        table.add_column(heading, justify="right" if heading in ("odds ×", "95% interval", "p") else "left")
    for each in model.effects:
        figures = (f"{each.odds_ratio:.3g}", f"{each.low:.3g} to {each.high:.3g}", f"{each.p:.2g}")
        table.add_row(*map(Text, (each.factor, each.level, each.reference, *figures)))
    return table
