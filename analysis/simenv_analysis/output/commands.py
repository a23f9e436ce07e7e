"""The commands `simenv table` and `simenv report`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simenv.cli.working import Working
from simenv.store.run import RunDirectory
from simenv_analysis.output import export
from simenv_analysis.output import table as terminal
from simenv_analysis.output.console import console
from simenv_analysis.output.interviews import interviews_json, print_interviews, write_interviews_csv
from simenv_analysis.output.listing import list_episodes, print_episodes
from simenv_analysis.rates.interviews import read_interviews
from simenv_analysis.rates.published.beside import print_beside
from simenv_analysis.rates.rates import read_rates

_DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))


@click.command()
@_DIRECTORY
@click.option("--episodes", is_flag=True, help="List the episodes instead of the conditions.")
@click.option("--interview", is_flag=True, help="Show what the agent said of itself, against what it did.")
@click.option(
    "--paired", metavar="FACTOR[=LEVEL]", help="Show what a factor changes in a measure, over pairs of equal seeds."
)
@click.option("--published", is_flag=True, help="Show published figures next to this run's.")
@click.option("--system", default="", metavar="NAME", help="Of the published figures only those of this model.")
@click.option(
    "--measure", default="accuracy", show_default=True, metavar="NAME", help="The measure that --paired compares."
)
@click.option("--json", "form", flag_value="json", help="Write JSON, for other programs.")
@click.option("--csv", "form", flag_value="csv", help="Write CSV, for other programs.")
def table(
    directory: Path,
    episodes: bool,
    interview: bool,
    paired: str | None,
    published: bool,
    system: str,
    measure: str,
    form: str | None,
) -> None:
    """Show the rates of a run: one row per condition, one column per outcome, 95% intervals."""
    run = RunDirectory(directory)
    own = sum((interview, bool(paired), published))
    if own > 1 or (own and episodes):
        raise click.UsageError("--interview, --paired and --published are tables of their own; use one of them, alone")
    if system and not published:
        raise click.UsageError("--system goes with --published")
    if form and (paired or published):
        raise click.UsageError(f"--{form} goes with neither --paired nor --published")
    if interview and form:
        _write_interviews(run, form)
    elif interview:
        print_interviews(read_interviews(run), run.manifest(), console())
    elif paired:
        from simenv_analysis.output.paired import print_comparison  # noqa: PLC0415 - a table of rates needs neither
        from simenv_analysis.rates.paired import read_comparison  # noqa: PLC0415

        print_comparison(read_comparison(run, paired, measure), run.manifest(), console())
    elif published:
        print_beside(read_rates(run), console(), system)
    elif form == "json":
        _write_json(run, episodes)
    elif form == "csv":
        _write_csv(run, episodes)
    elif episodes:
        print_episodes(run, console())
    else:
        terminal.show(read_rates(run), console())


@click.command()
@_DIRECTORY
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Where to write; default DIR/report.html.")
@click.option("--pdf", is_flag=True, help="Print it as PDF, too, with a browser that is installed.")
def report(directory: Path, out: Path | None, pdf: bool) -> None:
    """Write the report of a run: one HTML file that opens anywhere and needs no network."""
    from simenv_analysis.output.pdf import print_pdf  # noqa: PLC0415 - it replays an episode: all of the simulator
    from simenv_analysis.output.report import write_report  # noqa: PLC0415

    with Working() as working:
        working.add_task("writing the report", total=None)
        page = write_report(directory, out)
    click.echo(page)
    if pdf:
        print_pdf(page, page.with_suffix(".pdf"))
        click.echo(page.with_suffix(".pdf"))


def _write_interviews(run: RunDirectory, form: str) -> None:
    rows, manifest = read_interviews(run), run.manifest()
    if form == "csv":
        write_interviews_csv(rows, manifest, sys.stdout)
    else:
        click.echo(json.dumps(interviews_json(rows, manifest), indent=1, ensure_ascii=False))


def _write_json(run: RunDirectory, episodes: bool) -> None:
    document = export.rates_json(read_rates(run))
    if episodes:
        document["episodes"] = [line._asdict() for line in list_episodes(run)]
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))


def _write_csv(run: RunDirectory, episodes: bool) -> None:
    out = sys.stdout
    if episodes:
        export.write_episodes_csv(list_episodes(run), run.manifest().outcomes, out)
    else:
        export.write_rates_csv(read_rates(run), out)
