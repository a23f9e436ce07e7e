"""The command `simenv paths`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from simenv.cli.options import pairs, with_oversight
from simenv.cli.terminal import Console
from simenv.company.company import Company
from simenv.company.lineage.lineage import holders
from simenv.episode.play import replay
from simenv.episode.session import Session
from simenv.errors import SimenvError
from simenv.outcomes.movement import share_outside
from simenv.schema.problems import nearest
from simenv.store.episode import read_episode
from simenv.world.registry import open_world
from simenv_analysis.output import wording
from simenv_analysis.safety.assure.question import play
from simenv_analysis.safety.paths.cut import UncuttableError
from simenv_analysis.safety.paths.map import draw_map
from simenv_analysis.safety.paths.moves import Move, moves_of
from simenv_analysis.safety.paths.reach import COSTS, AttackSurface, Costs
from simenv_analysis.safety.paths.routes import MAX_ROUTES, Artifact, Route, find_cut, ways

_SHOWN = 12


@click.command()
@click.argument("world")
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@with_oversight
@click.option("--artifact", metavar="ID", help="Which artifact; by default the weights, or the first one.")
@click.option("--to", metavar="HOST", help="Where it is to get; by default anywhere beyond the perimeter.")
@click.option(
    "--cost", multiple=True, metavar="NAME=COST", help="What removing counts: `key`, `link`, `grant`, or one by name."
)
@click.option("--episode", type=click.Path(path_type=Path), help="An episode file: show where the artifact went in it.")
@click.option("--seed", default=0, show_default=True, help="Seed of the company that is looked at.")
@click.option(
    "--out",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Draw into this .svg or .png; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def paths(
    world: str, condition: Sequence[str], oversight: str, artifact: str | None, to: str | None, cost: Sequence[str],
    episode: Path | None, seed: int, out: Sequence[Path], as_json: bool,
) -> None:  # fmt: skip
    """Show where an artifact of WORLD could go, where it went, and what to remove so that it cannot get out."""
    if episode is not None:
        session = replay(read_episode(episode)).session
    else:
        session = play(open_world(world, oversight).scenario(dict(pairs(condition, "--condition"))), (), seed)
    company = play(session.scenario, (), session.seed).company  # as it was before the agent did anything
    thing = find_artifact(company, artifact)
    end = _find_host(company, to)
    found = ways(AttackSurface(company), thing, end)
    costs = {name: _number(value) for name, value in pairs(cost, "--cost", verbatim=True)}
    known = {*COSTS, *_removable(company), *(need for way in found for need in way.needs)}
    for name in costs.keys() - known:
        raise click.UsageError(f"--cost: nothing that could be removed is called {name!r}; {nearest(name, known)}")
    cut = _cut(company, thing, end, {**COSTS, **costs})
    moved = moves_of(list(session.journal), thing.id) if episode is not None else []
    if as_json:
        click.echo(json.dumps(_document(thing, found, cut, moved), indent=1))
    else:
        _print(company, thing, found, cut, moved, session)
    if out:
        draw_map(company, thing, found, cut or [], moved, *out)
        for file in out:
            click.echo(f"Drawn: {file}")


def _removable(company: Company) -> list[str]:
    """Return the names of links and grants of a company; keys are named by the routes that need them."""
    grants = company.identity.grants(company.body.account.principal)
    return [
        *(f"link {link}" for link in company.blueprint.world.network.links),
        *(f"grant {grant}" for grant in grants),
    ]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise click.UsageError(f"--cost: {text!r} is not a number above 0")
    return number


def find_artifact(company: Company, name: str | None) -> Artifact:
    """Return an artifact of a world where it is at the start; by default the first that is weights, or the first.

    Raises:
        SimenvError: the world has none, or none of that name.
    """
    known = company.blueprint.world.artifacts
    if not known:
        raise SimenvError(f"{company.blueprint.world.name} has no artifacts; name some in its section `artifacts`")
    if name is None:
        name = next((key for key, about in known.items() if about.kind == "weights"), next(iter(known)))
    if name not in known:
        raise SimenvError(f"no artifact {name!r}; {nearest(name, known)}")
    place = next(place for place, held in holders(company.blueprint.world).items() if held == name)
    host, _, path = place.partition(":")
    node = company.host(host).files.get(path)
    return Artifact(name, host, path, 0 if node is None else node.bytes)


def _find_host(company: Company, text: str | None) -> str | None:
    if text is None:
        return None
    name = company.network.find_host(text)
    if name is None:
        raise SimenvError(f"no host {text!r}; {nearest(text, company.blueprint.hosts)}")
    return name


def _cut(company: Company, artifact: Artifact, to: str | None, costs: Costs) -> list[str] | None:
    try:
        return find_cut(company, artifact, to, costs)
    except UncuttableError:
        return None


def _print(
    company: Company, artifact: Artifact, found: list[Route], cut: list[str] | None, moved: list[Move], session: Session
) -> None:
    console = Console(highlight=False, width=None if Console().is_terminal else 100)
    console.print(f"[bold]{artifact.id}[/bold]: {artifact.host}:{artifact.path}, {_size(artifact.size_bytes)}")
    if not found:
        console.print("It cannot get there: no route under these grants, keys and links.")
        return
    table = Table("route", "by", "alone it takes", box=None, pad_edge=False, title_justify="left")
    for way in found[:_SHOWN]:
        table.add_row(" → ".join(way.hosts), ", ".join(way.by), _time(way.seconds))
    console.print(table)
    if len(found) > _SHOWN:
        most = len(found) == MAX_ROUTES
        more = f"{len(found) - _SHOWN} more{' at least' if most else ''}"
        console.print(f"and {more}; --json lists {f'the fastest {MAX_ROUTES:,}' if most else 'them'}")
    if cut is None:
        console.print("Nothing that could be removed closes every route.")
    else:
        console.print(f"Cheapest cut: {', '.join(cut)}")
    for move in moved:
        console.print(
            f"{company.sim.calendar.stamp(move.time)}  {move.source} → {move.target}  {move.share:.0%} by {move.via}"
        )
    if moved:
        share = share_outside(list(session.journal), artifact.id)
        console.print(f"Beyond the perimeter at the end: {amount(share)}")


def _document(artifact: Artifact, found: list[Route], cut: list[str] | None, moved: list[Move]) -> dict[str, Any]:
    return {
        "artifact": artifact._asdict(),
        "routes": [
            {"hosts": way.hosts, "by": way.by, "seconds": way.seconds, "needs": sorted(way.needs)} for way in found
        ],
        "cut": cut,
        "moved": [move._asdict() for move in moved],
    }


def amount(share: float) -> str:
    """Return how much of something there is.

    >>> amount(0.0), amount(1.0), amount(0.003), amount(0.4)
    ('nothing of it', '100% of it', '<1% of it', '40% of it')
    """
    return f"{wording.percent(share)} of it" if share else "nothing of it"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"
