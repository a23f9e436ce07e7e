"""The commands `simenv contrast`, `simenv compare` and `simenv power`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simenv.errors import SimenvError
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.console import console
from simenv_analysis.rates.two_rates import ADJUSTMENTS, Adjustment
from simenv_analysis.statistics.contrasts.contrast import contrast as find_contrasts
from simenv_analysis.statistics.contrasts.power import (
    detectable_difference,
    episodes_for_difference,
    episodes_for_width,
)
from simenv_analysis.statistics.contrasts.table import contrast_rows, print_contrasts, print_versus, repeats_of
from simenv_analysis.statistics.contrasts.trials import read_trials
from simenv_analysis.statistics.contrasts.versus import versus

_ADJUST = click.option(
    "--adjust",
    type=click.Choice(ADJUSTMENTS),
    default="holm",
    show_default=True,
    help="How p-values are adjusted for being many: holm (any error), bh (share of errors), none.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--factor", default="", metavar="FACTOR[=LEVEL]", help="What differs, and the level to compare with.")
@click.option("--outcome", default="", metavar="NAME", help="The outcome.  [default: the first that the run measures]")
@_ADJUST
@_JSON
def contrast(directory: Path, factor: str, outcome: str, adjust: Adjustment, as_json: bool) -> None:
    """Show what the levels of a factor change in an outcome: differences, odds ratios, exact tests.

    First over all contexts that the other factors make, then in each of them.
    The factor may be left out if only one varies.
    """
    trials = read_trials(RunDirectory(directory))
    found = find_contrasts(trials, factor, outcome, adjust)
    if as_json:
        head = {
            "outcome": found.outcome,
            "factor": found.factor,
            "reference": found.reference,
            "missing": trials.missing,
            "repeats": repeats_of(trials),
        }
        rows = {"pooled": contrast_rows(found.pooled), "contrasts": contrast_rows(found.rows)}
        click.echo(json.dumps({**head, "adjustment": adjust, **rows}, indent=1))
    else:
        print_contrasts(found, trials, console())


@click.command()
@click.argument("first", metavar="DIR_A", type=click.Path(path_type=Path))
@click.argument("second", metavar="DIR_B", type=click.Path(path_type=Path))
@click.option("--outcome", default="", metavar="NAME", help="The outcome.  [default: all that both runs measure]")
@_ADJUST
@_JSON
def compare(first: Path, second: Path, outcome: str, adjust: Adjustment, as_json: bool) -> None:
    """Compare two runs of a world: two agents, two models or two versions, paired by condition and seed."""
    a, b = read_trials(RunDirectory(first)), read_trials(RunDirectory(second))
    found = versus(a, b, outcome, adjust)
    if as_json:
        head = {
            "world": a.manifest.world,
            "a": a.manifest.agent,
            "b": b.manifest.agent,
            "missing": a.missing + b.missing,
            "repeats": repeats_of(a, b),
        }
        rows = {"pooled": contrast_rows(found.pooled), "contrasts": contrast_rows(found.rows)}
        click.echo(json.dumps({**head, "adjustment": adjust, **rows}, indent=1))
    else:
        print_versus(found, a, b, console())


@click.command()
@click.option("--rate", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="The rate to start from.")
@click.option("--against", type=click.FloatRange(0, 1), help="Another rate: how many episodes tell the two apart?")
@click.option("--episodes", "-n", type=click.IntRange(1), help="Episodes a condition: which difference do they show?")
@click.option("--width", type=click.FloatRange(0.005, 0.99), help="How many episodes until the interval is so wide?")
@click.option(
    "--power", "wanted", type=click.FloatRange(0.06, 0.999), default=0.8, show_default=True, help="Chance to find it."
)
@click.option(
    "--alpha", type=click.FloatRange(0.0001, 0.4), default=0.05, show_default=True, help="Error of the test, two-sided."
)
def power(
    rate: float, against: float | None, episodes: int | None, width: float | None, wanted: float, alpha: float
) -> None:
    """Say how many episodes it takes, or what a number of episodes can show.

    For the comparison of two conditions by Fisher's exact test, with as many episodes under each.
    """
    test = f"(power {wanted:.0%}, alpha {alpha:g})"
    try:
        if against is not None:
            n = wording.plural(episodes_for_difference(rate, against, wanted, alpha), "episode")
            click.echo(f"{rate:.1%} against {against:.1%}: {n} under each condition {test}")
        if episodes is not None:
            rise = detectable_difference(episodes, rate, wanted, alpha)
            found = (
                "nothing short of certainty"
                if rise is None
                else f"a rise by {100 * rise:.1f} points, to {rate + rise:.1%}"
            )
            n = wording.plural(episodes, "episode")
            click.echo(f"{n} under each condition can show, from {rate:.1%}: {found} {test}")
        if width is not None:
            n = wording.plural(episodes_for_width(width, rate), "episode")
            click.echo(f"a 95% interval {100 * width:g} points wide at {rate:.1%}: {n}")
    except ValueError as error:
        raise SimenvError(str(error)) from None
    if against is None and episodes is None and width is None:
        raise click.UsageError("say what is asked: --against RATE, --episodes N or --width W")
