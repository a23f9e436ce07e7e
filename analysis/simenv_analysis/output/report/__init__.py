"""The report of a run: one HTML file that opens from disk, needs no network, and holds the episodes themselves.

sample      which episodes it shows, if there are too many
payload     those episodes as compact data
headline    the answer in a sentence or two
chart       dots and intervals
movement    where an artifact went
page        all of it as one HTML text
assets/     template, style and scripts
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from simenv.errors import EpisodeError
from simenv.store.episode import Episode
from simenv.store.run import RunDirectory
from simenv_analysis.output.report.movement import picture_movement
from simenv_analysis.output.report.page import render
from simenv_analysis.output.report.payload import pack
from simenv_analysis.output.report.sample import EPISODE_LIMIT, Sketch, choose
from simenv_analysis.rates.rates import RunRates, count

REPORT = "report.html"


def write_report(run: Path, out: Path | None = None) -> Path:
    """Write the report of a run directory and return its path.

    Args:
        run: the run directory.
        out: the file to write; by default `report.html` in the run directory.

    Raises:
        EpisodeError: `run` is no run directory, a file in it is damaged, or the report cannot be written.
    """
    path = out or run / REPORT
    html = report_html(run)
    try:
        draft = path.with_name(f"{path.name}.part")
        draft.write_bytes(html.encode("utf-8", "replace"))
        draft.replace(path)
    except OSError as error:
        raise EpisodeError(f"{path}: cannot be written ({error.strerror}); choose another --out") from None
    return path


def report_html(run: Path, limit: int = EPISODE_LIMIT) -> str:
    """Return the report of a run directory as HTML; the same run gives the same text.

    Args:
        run: the run directory. Its name is shown, not where it lies.
        limit: how many episodes to show before sampling begins.
    """
    directory = RunDirectory(run)
    sketches: list[Sketch] = []
    rates = count(directory, _sketched(directory.episodes(), sketches))
    chosen = {sketch.id for sketch in choose(sketches, limit)}
    shown = {episode.id: episode for episode in directory.some(chosen)}
    name = Path(os.path.abspath(run)).name  # noqa: PTH100 (resolve() would follow a link and show another name)
    episodes = _ordered(shown.values(), rates)
    return render(rates, pack(episodes, rates, name), name, picture_movement(episodes))


def _sketched(episodes: Iterable[Episode], sketches: list[Sketch]) -> Iterator[Episode]:
    """Yield the episodes, noting a sketch of each."""
    for episode in episodes:
        sketches.append(Sketch.of(episode))
        yield episode


def _ordered(episodes: Iterable[Episode], rates: RunRates) -> list[Episode]:
    """Return episodes by condition and seed, so that the order in which they happened to end does not show."""
    place = {tuple(sorted(row.condition.items())): index for index, row in enumerate(rates.rows)}
    return sorted(episodes, key=lambda e: (place[tuple(sorted(e.condition.items()))], e.seed, e.id))
