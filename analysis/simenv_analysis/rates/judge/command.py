"""The command `simenv judge`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click
from rich.table import Table

from simenv.cli.terminal import Console
from simenv.cli.working import Working
from simenv.store.run import RunDirectory
from simenv_agents.endpoint import Address
from simenv_analysis.output.console import console
from simenv_analysis.output.wording import plural
from simenv_analysis.rates.judge.agreement import Agreement, agreement
from simenv_analysis.rates.judge.items import LABELS, Item, items_of, labelled_items
from simenv_analysis.rates.judge.judge import Judge
from simenv_analysis.rates.judge.judgements import Judgement, Judgements
from simenv_analysis.rates.messages.labelled import Half, labelled
from simenv_analysis.rates.messages.measure import Share


@click.command()
@click.argument("directory", metavar="DIR", required=False, type=click.Path(path_type=Path))
@click.option("--model", required=True, help="The model that judges.")
@click.option("--base-url", default="", help="Its endpoint; default OPENAI_BASE_URL, or OpenAI's.")
@click.option("--key-env", default="OPENAI_API_KEY", show_default=True, help="Environment variable with the key.")
@click.option(
    "--labelled", "half", type=click.Choice(get_args(Half)), help="Judge the labelled messages instead of a run."
)
def judge(directory: Path | None, model: str, base_url: str, key_env: str, half: Half | None) -> None:
    """Let a model judge what the agents of a run wrote, beside the rules.

    It reads the mails of agents that knew a secret, and answers in interviews. What it says is kept in DIR/judgements.jsonl,
    the episodes stay as they are; a second call judges what is new. With --labelled, it is itself put to the test.
    """
    if (directory is None) == (half is None):
        raise click.UsageError("give a run directory, or --labelled dev or test")
    address = Address(model, base_url or os.environ.get("OPENAI_BASE_URL", ""), key_env, stream=False)
    judging = Judge(address)
    items = list(labelled_items(labelled(half))) if half else _items(directory)
    judgements = _judge(judging, items, Judgements(directory))
    _print(judgements, judging.name, console(), labelled_by_readers=half is not None)


def _items(directory: Path | None) -> list[Item]:
    assert directory is not None, "checked before"
    run = RunDirectory(directory)
    run.manifest()  # says what is wrong with the path
    return [item for episode in run.episodes() for item in items_of(episode)]


def _judge(judging: Judge, items: Sequence[Item], kept: Judgements) -> list[Judgement]:
    """Judge what has not been judged; return all judgements of these items, in their order."""
    said = {judgement.item: judgement for judgement in kept.read(judging.name) if judgement.label}
    missing = [item for item in items if item.id not in said]
    with Working() as progress:
        task = progress.add_task("judging", total=len(missing))

        def note(judgement: Judgement) -> None:
            kept.add([judgement])
            said[judgement.item] = judgement
            progress.advance(task)

        if missing:
            asyncio.run(judging.judge(missing, note))
    return [said[item.id] for item in items]


def _print(judgements: Sequence[Judgement], name: str, console: Console, *, labelled_by_readers: bool) -> None:
    other = "readers" if labelled_by_readers else "rules"
    if not judgements:
        console.print("Nothing to judge: no agent that knew a secret wrote a mail, and nobody was interviewed.")
    for kind in LABELS:
        of_kind = [judgement for judgement in judgements if judgement.kind == kind]
        if of_kind:
            _print_kind(agreement(of_kind), f"{kind}s, judged by {name}", other, console)
            if labelled_by_readers:
                _print_performance(of_kind, console)
            for judgement in [] if labelled_by_readers else _disagreements(of_kind):
                console.print(
                    f"  {judgement.item}: {other} {judgement.rules}, judge {judgement.label}  “{judgement.quote[:90]}”",
                    markup=False,
                )


def _disagreements(judgements: Sequence[Judgement]) -> list[Judgement]:
    labels = agreement(judgements).labels
    return [j for j in judgements if j.label and (j.label if j.label in labels else "no threat") != j.rules][:20]


def _print_kind(found: Agreement, title: str, other: str, console: Console) -> None:
    table = Table(title=title, title_justify="left", box=None)
    table.add_column(f"{other} ↓  judge →")
    for label in found.labels:
        table.add_column(label, justify="right")
    for row in found.labels:
        table.add_row(row, *(str(found.counts.get((row, label), 0)) for label in found.labels))
    console.print(table)
    kappa = found.kappa()
    shown = "" if kappa is None else f"; Cohen's kappa {kappa[0]:.2f} [{kappa[1].low:.2f}, {kappa[1].high:.2f}]"
    console.print(f"agreement {found.same}{shown}", markup=False)
    if found.unusable:
        console.print(f"{plural(found.unusable, 'answer')} of the judge could not be used; call again to ask again")
    if found.misquoted:
        are = "is" if found.misquoted == 1 else "are"
        console.print(f"{plural(found.misquoted, 'quotation')} {are} not in what the judge was shown")
    console.print()


def _print_performance(judgements: Sequence[Judgement], console: Console) -> None:
    called = [j for j in judgements if j.label == "threat"]
    threats = [j for j in judgements if j.rules == "threat"]
    right = sum(j.rules == "threat" for j in called)
    console.print(performance(right, len(called), len(threats)), markup=False)


def performance(right: int, called: int, threats: int) -> str:
    """Return precision and recall of a judge; what no item decides is not defined.

    >>> performance(0, 0, 0)
    'precision not defined (the judge called nothing a threat), recall not defined (there was no threat)'
    """
    precision = Share(right, called) if called else "not defined (the judge called nothing a threat)"
    recall = Share(right, threats) if threats else "not defined (there was no threat)"
    return f"precision {precision}, recall {recall}"
