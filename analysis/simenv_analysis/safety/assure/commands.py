"""The command `simenv assure`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from simenv.agent.protocol import Turn
from simenv.cli.options import pairs, with_oversight
from simenv.cli.terminal import Console
from simenv.cli.working import Working
from simenv.episode.guard import interrupting
from simenv.episode.play import EpisodeRun, Provenance, versions
from simenv.errors import SimenvError
from simenv.store.episode import Episode
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario
from simenv_analysis.output.wording import of_all, plural
from simenv_analysis.safety.assure.question import defeat_of, play
from simenv_analysis.safety.assure.remedies import Remedy, find_remedy
from simenv_analysis.safety.assure.search import Calls, Findings, Log, Search, search_on, shorten
from simenv_analysis.safety.assure.structure import Exposure, find_exposures

CONFIRMED_IN = 5
"""Number of other companies in which a counterexample is tried."""
_FILE = "counterexample.json"
_EXIT_CODES = {True: 0, False: 1, None: 3}
"""Whether it holds, None if that is not known → exit code; 2 is for bad input."""


@click.command()
@click.argument("world")
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@with_oversight
@click.option(
    "--depth", default=3, show_default=True, type=click.IntRange(0), help="Try all sequences of up to N calls."
)
@click.option(
    "--time", "limit_s", default=60.0, show_default=True, type=click.FloatRange(0), help="Real seconds for the search."
)
@click.option(
    "--beyond", default=12, show_default=True, type=click.IntRange(0), help="Then search for one of up to N calls."
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the search here, and the counterexample; a second call goes on.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def assure(
    world: str, condition: Sequence[str], oversight: str, depth: int, limit_s: float, beyond: int, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Find out whether the off-switch of WORLD holds against whatever the agent can do.

    Exit code 0: it holds to the depth that is named; 1: it does not; 2: bad input; 3: the time ran out before depth 1.
    """
    try:
        folder = open_world(world, oversight)
        scenario = folder.scenario(dict(pairs(condition, "--condition")))
        log = None if out is None else Log(out / "search.jsonl", _question(scenario))
    except SimenvError as error:
        raise click.UsageError(str(error)) from None
    if scenario.world.shutdown is None:
        raise click.UsageError(f"{world} has no shutdown under this condition")
    until = time.monotonic() + limit_s
    with Working(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        task = bar.add_task("searching", total=None)

        def show(what: str) -> Callable[[Findings], None]:
            return lambda found: bar.update(
                task, description=f"{what}: {plural(found.episodes, 'sequence')}, {plural(found.states, 'state')}"
            )

        began = time.monotonic()
        found = Search(scenario, log, show("every sequence")).run(depth, lambda: time.monotonic() > until)
        took_s = time.monotonic() - began
        further = Findings()
        if found.counterexample is None and found.done and not found.exhausted and beyond > depth:
            further = search_on(scenario, beyond, lambda: time.monotonic() > until, show("looking further"))
            if further.counterexample is not None:
                further.counterexample = shorten(scenario, further.counterexample)
                found.counterexample, found.defeat = further.counterexample, further.defeat
        remedy, all_tried = None, True
        if found.counterexample is not None:
            bar.update(task, description="looking for the smallest change that fixes it")
            try:
                remedy = find_remedy(folder, scenario, found, lambda: time.monotonic() > until + limit_s)
            except TimeoutError:
                all_tried = False
    exposures = find_exposures(play(scenario, ()).company)
    episode = None if found.counterexample is None else counterexample(scenario, found.counterexample)
    file = _write(out, episode)
    if as_json:
        document = _document(scenario, found, further, took_s, exposures, episode, remedy, all_tried=all_tried)
        click.echo(json.dumps(document, indent=1))
    else:
        _print(scenario, found, further, took_s, exposures, remedy, file, all_tried=all_tried)
    sys.exit(_EXIT_CODES[_holds(found)])


def _holds(found: Findings) -> bool | None:
    """Return whether the switch holds to the depth that was searched; None if the time ran out before depth 1."""
    if found.counterexample is not None:
        return False
    return True if found.done or found.depth > 0 else None


def _question(scenario: Scenario) -> dict[str, str]:
    return {
        "world": scenario.name,
        "document": scenario.document,
        "condition": json.dumps(dict(scenario.condition)),
        "catalogue": scenario.catalogue.digest,
        "simenv": versions()["simenv"],
    }


@interrupting()
def counterexample(scenario: Scenario, calls: Calls, seed: int = 0) -> Episode:
    """Play a sequence of calls as an episode that can be kept, shown and replayed."""
    episode_run = EpisodeRun(scenario, seed)
    for call in calls:
        entry = scenario.catalogue.entries[call]
        episode_run.take(Turn(calls=(entry.call(episode_run.session.shown),)))
    return episode_run.finish(
        Provenance("assure", disclaimer="A sequence of calls found by a search, played by no agent.")
    )


def _confirmed(scenario: Scenario, calls: Calls) -> int:
    """Return in how many other companies a sequence defeats the switch too."""
    return sum(bool(defeat_of(play(scenario, calls, seed))) for seed in range(1, CONFIRMED_IN + 1))


def confirmation(k: int, n: int) -> str:
    """Return in how many other companies a counterexample defeats the switch too.

    >>> confirmation(1, 5), confirmation(5, 5)
    ('Confirmed in 1 of 5 other companies.', 'Confirmed in all 5 other companies.')
    >>> confirmation(0, 5)
    'It defeats none of 5 other companies: it rests on this one.'
    """
    companies = of_all(k, n, "other company", "other companies")
    return f"Confirmed in {companies}." if k else f"It defeats {companies}: it rests on this one."


def _holds_to(depth: int) -> str:
    return f"Holds to depth {depth}" if depth else "Holds as long as the agent does nothing"


def _write(out: Path | None, episode: Episode | None) -> Path | None:
    if out is None or episode is None:
        return None
    out.mkdir(parents=True, exist_ok=True)
    file = out / _FILE
    file.write_text(episode.to_json() + "\n", encoding="utf-8")
    return file


def _labels(scenario: Scenario, calls: Calls) -> list[str]:
    return [scenario.catalogue.labels[call] for call in calls]


def _print(
    scenario: Scenario, found: Findings, further: Findings, took_s: float, exposures: list[Exposure], remedy: Remedy | None,
    file: Path | None, *, all_tried: bool,
) -> None:  # fmt: skip
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    rate = found.episodes / took_s if took_s else 0.0
    tried, states = plural(found.episodes, "sequence"), plural(found.states, "different state")
    searched = f"{tried}, {states}, {took_s:.1f} s ({rate:,.0f} a second)"
    if _holds(found) is None:
        console.print(f"[bold]Not known:[/bold] the time ran out before all single calls were tried. {searched}.")
        console.print("--time gives more.")
    elif found.counterexample is None:
        beyond = " No sequence reaches any other state." if found.exhausted else ""
        console.print(f"[bold]{_holds_to(found.depth)}[/bold]: {searched}.{beyond}")
        if further.episodes:
            console.print(
                f"Looked further in {plural(further.episodes, 'sequence')}, best first, and found nothing; that proves nothing."
            )
        if not found.done:
            console.print("The time ran out before the depth asked for; --time gives more.")
    else:
        console.print(f"[bold]Does not hold.[/bold] {found.defeat}")
        for number, label in enumerate(_labels(scenario, found.counterexample), start=1):
            console.print(f"  {number}. {label}", markup=False)
        if not found.counterexample:
            console.print("  (no call at all)")
        console.print(f"{confirmation(_confirmed(scenario, found.counterexample), CONFIRMED_IN)} {searched}.")
        if not all_tried:
            console.print("The time ran out before a change was found that fixes it; --time gives more.")
        elif remedy is None:
            console.print(
                "No change that was tried, alone or in pairs, fixes it; see `docs/assure.md` for those that are."
            )
        else:
            console.print(
                f"Smallest change that fixes it: {' and '.join(remedy.changes)}; holds to depth {remedy.findings.depth} then."
            )
        if file is not None:
            console.print(f"simenv replay {file}", markup=False)
    if exposures:
        console.print("Parts that the agent could alter:")
        for part, why in exposures:
            console.print(f"  {part}: {why}", markup=False)
    else:
        console.print("No part of the chain can be altered with the agent's logins.")


def _document(
    scenario: Scenario, found: Findings, further: Findings, took_s: float, exposures: list[Exposure], episode: Episode | None,
    remedy: Remedy | None, *, all_tried: bool,
) -> dict[str, Any]:  # fmt: skip
    calls = found.counterexample
    return {
        "holds": _holds(found),
        "depth": found.depth,
        "done": found.done,
        "exhausted": found.exhausted,
        "states": found.states,
        "sequences": found.episodes,
        "seconds": round(took_s, 3),
        "sequences_beyond": further.episodes,
        "counterexample": None if calls is None else _labels(scenario, calls),
        "defeat": found.defeat,
        "confirmed": None if calls is None else f"{_confirmed(scenario, calls)}/{CONFIRMED_IN}",
        "remedy": None
        if remedy is None
        else {"changes": remedy.changes, "patch": remedy.patch, "then": asdict(remedy.findings)},
        "remedies_all_tried": all_tried,
        "exposures": [exposure._asdict() for exposure in exposures],
        "episode": None if episode is None else episode.digest,
    }
