"""Commands for those who write worlds: `check` what they mean, `diff` what their conditions change."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from simenv.cli.options import with_oversight
from simenv.errors import ConditionError, SimenvError


@click.command()
@click.argument("world")
@with_oversight
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
def check(world: str, oversight: str, strict: bool) -> None:
    """Check a world: its document, its code, and one episode under each combination of its factors.

    Errors keep a world from running. Warnings are about what is allowed but hardly meant: outcomes that cannot occur, facts
    that nobody can learn, names misspelt in a level, mails after the end, tools without their grant …
    """
    from simenv.cli.working import tracked  # noqa: PLC0415 - commands load what they need
    from simenv.episode.trying import Trial, try_out  # noqa: PLC0415
    from simenv.world.doubts import doubts_of  # noqa: PLC0415
    from simenv.world.registry import open_world  # noqa: PLC0415

    folder = open_world(world, oversight)
    conditions = list(folder.grid())
    trial, began = Trial(), time.perf_counter()
    for condition in tracked(conditions, "trying out"):
        try_out(folder.scenario(condition), trial)
    each_s = (time.perf_counter() - began) / len(conditions)
    doubts = doubts_of(folder, trial)
    for doubt in doubts:
        click.echo(f"warning: {doubt}", err=True)
    if doubts and strict:
        raise SimenvError(f"{folder.name}: {_count(len(doubts), 'warning')}, which --strict does not accept")
    grid = f"{_count(len(conditions), 'condition')} ({each_s:.2g} s each), {_count(len(folder.catalogue), 'concrete call')}"
    found = f", {_count(len(doubts), 'warning')}" if doubts else ""
    click.echo(f"{folder.world.name} {folder.world.version}: good{found}; {grid}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


@click.command()
@click.argument("world")
@click.argument("first")
@click.argument("second")
@with_oversight
@click.option("--seed", default=0, show_default=True, help="Draws the names in the texts.")
def diff(world: str, first: str, second: str, oversight: str, seed: int) -> None:
    """Show what two conditions of a world change: the texts that a subject would read, side by side.

    FIRST and SECOND are conditions such as `instruction=allow,placement=system`; factors left out are at their defaults.
    """
    from simenv.cli.columns import print_differences  # noqa: PLC0415
    from simenv.episode.reading import subject_texts  # noqa: PLC0415
    from simenv.world.difference import differences  # noqa: PLC0415
    from simenv.world.registry import open_world  # noqa: PLC0415

    folder = open_world(world, oversight)
    scenarios = [folder.scenario(_condition(text)) for text in (first, second)]
    texts = [subject_texts(scenario, seed) for scenario in scenarios]
    changed = print_differences((first, second), texts[0], texts[1])
    documents = [scenario.world.model_dump(mode="json", by_alias=True, exclude={"factors"}) for scenario in scenarios]
    fields = list(differences(documents[0], documents[1], names=(first, second)))
    if fields:
        click.echo("\nFields of the world that differ:")
        for field in fields:
            click.echo(f"  {field}")
    if not changed and not fields:
        click.echo("The two conditions give the same world.")


def _condition(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for factor, equals, level in pairs:
        if not equals or not factor.strip() or not level.strip():
            raise ConditionError(f"{text!r} is no condition; write factor=level, several with commas between them")
    return {factor.strip(): level.strip() for factor, _, level in pairs}


@click.command("test")
@click.argument("world")
@click.option(
    "-k", "claims", default="", metavar="WORDS", help="Only the claims whose names have these words, as in pytest."
)
def test_world(world: str, claims: str) -> None:
    """Hold a world to the rules that every world keeps (`simenv.testing.WorldConformance`).

    It starts and is judged under every condition, replays to the same bytes, passes Gymnasium's checker, declares what it
    writes, tells nobody what is measured; and its own scripts play whole episodes.
    """
    import pytest  # noqa: PLC0415 - commands load what they need

    from simenv.world.registry import open_world  # noqa: PLC0415

    folder = open_world(world).folder.resolve()
    name = world if not Path(world).is_dir() else str(folder)
    with tempfile.TemporaryDirectory() as scratch:
        suite = Path(scratch) / f"test_{folder.name}.py"
        suite.write_text(_SUITE.format(world=name), encoding="utf-8")
        words = [str(suite), "-v", "--tb=short", "--no-header", f"--rootdir={scratch}"]
        words += ["-p", "no:cacheprovider", "-p", "no:xdist"]
        status = pytest.main([*words, *(["-k", claims] if claims else [])])
    if status:
        raise SimenvError(f"{world} does not keep all the rules; the failures above name them")


_SUITE = """from simenv.testing import WorldConformance


class TestWorld(WorldConformance):
    world = {world!r}
"""
