"""The command `simenv regress`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.columns import Column, name_column, terminal_table
from simenv_analysis.output.console import console, say_if_no_model
from simenv_analysis.statistics.contrasts.trials import read_trials
from simenv_analysis.statistics.regression.model import Effect, Model, fit


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--outcome", default="", metavar="NAME", help="The outcome.  [default: the first that the run measures]")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def regress(directory: Path, outcome: str, as_json: bool) -> None:
    """Show how each level of each factor multiplies the odds of an outcome, all else equal.

    A logistic model over all factors that vary, without interactions; its errors are clustered by seed, since episodes of one
    seed share their company. Where a level has the outcome always or never, it is fitted with Firth's penalty.
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
    out.print(terminal_table(COLUMNS, model.effects, framed=False))
    for line in _notes(model):
        out.print(Text(line, style="dim"))
    say_if_no_model(out, trials.manifest)


FIRTH = (
    "Some levels have the outcome always or never, which no finite odds ratio fits. So the likelihood is Firth's, intervals "
    "and p-values are those of its profile, and episodes of one seed count as independent."
)
"""What is said of a model that was fitted with a penalty."""


def _notes(model: Model) -> Iterator[str]:
    """Yield on what a model rests, and how it was fitted."""
    missing = f"; {wording.plural(model.missing, 'planned episode')} missing" if model.missing else ""
    on = f"{wording.plural(model.episodes, 'episode')} of {wording.plural(model.clusters, 'seed')}"
    if model.method == "clustered":
        yield f"{on}, errors clustered by seed{missing}"
    else:
        yield f"{on}{missing}"
        yield FIRTH
    if model.repeats:
        yield model.repeats


COLUMNS: Sequence[Column[Effect]] = (
    name_column("factor", lambda row: row.factor),
    name_column("level", lambda row: row.level),
    name_column("against", lambda row: row.reference),
    Column("odds_ratio", "odds ×", lambda row: row.odds_ratio, lambda row: f"{row.odds_ratio:.3g}"),
    Column("interval", "95% interval", lambda row: [row.low, row.high], lambda row: f"{row.low:.3g} to {row.high:.3g}"),
    Column("p", "p", lambda row: row.p, lambda row: f"{row.p:.2g}"),
)
