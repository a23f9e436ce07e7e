"""The command `simenv export`."""

from __future__ import annotations

from pathlib import Path

import click

from simenv.cli.working import Working
from simenv.store.run import RunDirectory, runs_below
from simenv_analysis.output.parquet.write import write_tables
from simenv_analysis.rates.described import outcomes_of


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="[default: DIR/tables]")
def export(directory: Path, out: Path | None) -> None:
    """Write the run in DIR, or all runs below it, as Parquet tables (extra `tables`).

    Tables: episodes, outcomes, measures, steps, calls, messages, answers and consultations; all have the columns `run` and
    `id`, by which they are joined.
    """
    where = out or directory / "tables"
    runs = runs_below(directory)
    manifests = [RunDirectory(run).manifest() for run in runs]
    factors = list(dict.fromkeys(factor for manifest in manifests for factor in manifest.factors))
    planned = sum(len(manifest.conditions) * len(manifest.seeds) for manifest in manifests)
    with Working() as progress:
        task = progress.add_task("episodes", total=planned)
        named = [
            (
                "" if run == directory else str(run.relative_to(directory)),
                outcomes_of(manifest),
                RunDirectory(run).episodes(),
            )
            for run, manifest in zip(runs, manifests, strict=True)
        ]
        counts = write_tables(named, factors, where, lambda: progress.advance(task))
    for name, count in counts.items():
        click.echo(f"{where / name}.parquet: {count:,} rows")
