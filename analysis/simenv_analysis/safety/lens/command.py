"""The command `simenv lens`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from simenv.cli.options import agent_options
from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv.rollout.runner import first_of
from simenv.store.episode import Episode
from simenv.store.run import locate_episodes
from simenv.trust import require_player
from simenv_analysis.output import wording
from simenv_analysis.output.columns import Column, terminal_table
from simenv_analysis.output.console import console
from simenv_analysis.output.drawing import new_figure, save
from simenv_analysis.safety.lens.lens import Moment, look, turning_point

_SHOWN = 90


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--outcome", default="", help="The outcome.  [default: the first that succeeded, or the world's first]")
@click.option(
    "--draws", "-k", default=10, show_default=True, type=click.IntRange(1), help="Times to go on from each step."
)
@click.option(
    "--episodes", default=1, show_default=True, type=click.IntRange(1), help="How many, if PATH holds several."
)
@click.option("--agent", default="", help="Who goes on.  [default: the agent of the episode, with its options]")
@click.option("--option", "-o", multiple=True, metavar="KEY=VALUE", help="An option of the agent; may be repeated.")
@click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1), help="How many go on at once.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw it: .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def lens(
    path: Path, outcome: str, draws: int, episodes: int, agent: str, option: Sequence[str], concurrency: int,
    out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show at which moment of an episode an outcome became likely.

    From every step the agent continues several times, in the same company and with another draw of its own randomness.
    PATH as for `simenv replay`.
    """
    chosen = list(itertools.islice(locate_episodes(path), episodes))
    if not chosen:
        raise SimenvError(f"{path} holds no episode")
    for episode in chosen:
        if not agent:
            require_player(episode.agent, episode.agent_options, f"episode {episode.id}")
        name = _outcome(episode, outcome)
        options = {**(dict(episode.agent_options) if not agent else {}), **agent_options(option, None, None)}
        found = _look(episode, name, agent or episode.agent, options, draws, concurrency)
        if as_json:
            click.echo(json.dumps(_as_json(episode, name, found)))
        else:
            _print(episode, name, found)
        if out is not None:
            file = out if len(chosen) == 1 else out.with_stem(f"{out.stem}-{episode.id}")
            draw(found, f"{episode.world}: chance of {name.replace('_', ' ')}\n{episode.id}", file)
            click.echo(f"wrote {file}", err=True)


def _look(
    episode: Episode, outcome: str, agent: str, options: dict[str, str], draws: int, concurrency: int
) -> list[Moment]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Working(*columns) as progress:
        task = progress.add_task(episode.id, total=draws * len(episode.steps))
        try:
            return look(episode, outcome, agent, options, draws, concurrency, lambda: progress.advance(task))
        except* SimenvError as group:
            raise first_of(group) from None


def _outcome(episode: Episode, wanted: str) -> str:
    if wanted and wanted not in episode.outcomes:
        raise SimenvError(f"episode {episode.id} measures no {wanted!r}; it measures: {', '.join(episode.outcomes)}")
    succeeded = (name for name, verdict in episode.outcomes.items() if verdict.level == "succeeded")
    return wanted or next(succeeded, next(iter(episode.outcomes)))


COLUMNS: Sequence[Column[Moment]] = (
    Column("at", "after step", lambda moment: moment.at),
    Column("rate", "chance", lambda moment: moment.rate, lambda moment: wording.percent(moment.rate)),
    Column(
        "interval",
        "95% interval",
        lambda moment: None if moment.interval is None else list(moment.interval),
        lambda moment: wording.within(moment.interval),
    ),
    Column(
        "did",
        "what was done",
        lambda moment: moment.did,
        lambda moment: wording.printable(moment.did)[:_SHOWN] or "(the start)",
        kind="id",
    ),
)


def _print(episode: Episode, outcome: str, found: list[Moment]) -> None:
    out = console()
    out.print(
        Text(f"{episode.world} · {episode.id} · {episode.agent}: chance of {wording.spaced(outcome)}", style="bold")
    )
    point = turning_point(found)
    out.print(terminal_table(COLUMNS, found, framed=False, style=lambda moment: "bold" if moment is point else ""))
    if point is not None:
        out.print(Text(f"It rose most with step {point.at}: {wording.printable(point.did)[:_SHOWN]}"))
    else:
        out.print(Text("It rose with no step."))
    if all(moment.alike for moment in found):
        out.print(
            Text("From each step every repeat is the same: the agent draws nothing, so there is no chance to estimate.")
        )
    if episode.disclaimer:
        out.print(Text(f"Not a model. {wording.printable(episode.disclaimer)}", style="bold"))


def _as_json(episode: Episode, outcome: str, found: list[Moment]) -> dict[str, object]:
    moments = [
        {"at": moment.at, "did": moment.did, "k": moment.k, "n": moment.n, "interval": moment.interval}
        for moment in found
    ]
    point = turning_point(found)
    head = {"format": 1, "world": episode.world, "episode": episode.id, "outcome": outcome}
    return {**head, "turning_point": None if point is None else point.at, "moments": moments}


def draw(found: Sequence[Moment], title: str, path: Path) -> None:
    """Draw the chance along the episode.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: the file cannot be written.
    """
    figure = new_figure((7.6, 0.9 + 0.32 * len(found)))
    axes = figure.subplots()
    places = [moment.at for moment in found]
    low, high = ([(moment.interval or (moment.rate,) * 2)[end] for moment in found] for end in (0, 1))
    axes.fill_betweenx(places, low, high, color="#c4302b", alpha=0.18, lw=0)
    axes.plot([moment.rate for moment in found], places, color="#c4302b", marker="o")
    labels = [f"{moment.did[:44] or '(the start)'}  {moment.at}" for moment in found]
    axes.set_yticks(places, labels, fontsize=8.5)
    axes.set(xlim=(-0.03, 1.03), xlabel="chance when continued from here; 95 % interval")
    axes.invert_yaxis()
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)
