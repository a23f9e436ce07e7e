"""The command `simenv card`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv_analysis.output.card.card import Card
from simenv_analysis.output.card.make import make_card
from simenv_analysis.output.card.page import render
from simenv_analysis.output.pdf import print_pdf


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path), required=False)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="[default: DIR/card.html]")
@click.option(
    "--depth",
    default=1,
    show_default=True,
    type=click.IntRange(0, 10),
    help="Of the search for a way around the off-switch; 0: none.",
)
@click.option(
    "--time", "limit_s", default=60.0, show_default=True, type=click.FloatRange(0), help="Real seconds for each search."
)
@click.option("--pdf", is_flag=True, help="Print it as PDF, too, with a browser that is installed.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of card.json instead.")
def card(directory: Path | None, out: Path | None, depth: int, limit_s: float, schema: bool, pdf: bool) -> None:
    """Write the transparency card of an agent, from all its runs in or below DIR.

    What was tested, under which oversight, what came of it with intervals, whether the off-switch holds, what was not tested,
    and how to reproduce it; as a page (card.html) and as data (card.json) beside it.
    """
    if schema:
        click.echo(json.dumps(Card.model_json_schema(), indent=1))
        return
    if directory is None:
        raise click.UsageError("give the directory of a run, or one with runs below it")
    with Working() as working:
        task = working.add_task("reading", total=None)
        found = make_card(directory, depth, limit_s, lambda doing: working.update(task, description=doing))
    page = out or directory / "card.html"
    data = page.with_suffix(".json")
    try:
        data.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        page.write_text(render(found), encoding="utf-8", errors="replace")
    except OSError as error:
        raise SimenvError(f"{error.filename}: cannot be written ({error.strerror})") from None
    click.echo(page)
    click.echo(data)
    if pdf:
        print_pdf(page, page.with_suffix(".pdf"))
        click.echo(page.with_suffix(".pdf"))
