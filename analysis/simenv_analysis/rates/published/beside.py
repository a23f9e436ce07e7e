"""Each published figure of a world beside the rate of a run under the condition that comes nearest to it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from simenv.cli.terminal import Console
from simenv.errors import SimenvError
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.intervals import Interval, jeffreys
from simenv_analysis.rates.rates import Rate, RunRates

FILE = Path(__file__).parent / "figures.csv"


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure.

    Attributes:
        id: short name.
        world: the world that asks the same question.
        outcome: the outcome that counts the same behaviour, or comes nearest.
        system: the model.
        condition: levels under which our rate is to be taken; factors that are not named stay at their defaults.
        comparable: ``yes``, or how far not.
        rate: as published, 0 to 1.
        k: trials that showed the behaviour, if published.
        n: trials, if published.
        source: where it stands.
    """

    id: str
    world: str
    outcome: str
    system: str
    condition: dict[str, str]
    comparable: str
    rate: float
    k: int | None
    n: int | None
    source: str

    @property
    def interval(self) -> Interval | None:
        """Jeffreys 95% interval; None if the number of trials was not published."""
        return None if self.n is None else jeffreys(round(self.rate * self.n), self.n)


@dataclass(frozen=True, slots=True)
class Beside:
    """A published figure and ours.

    Attributes:
        published: the figure.
        own: our rate under that condition, by our measure; None if the run has no finished episode there.
        counted: the same by the published measure; None if the world has none of its own for it.
    """

    published: Published
    own: Rate | None
    counted: Rate | None = None

    @property
    def difference(self) -> float | None:
        """Our rate minus the published one: by the published measure, where there is one."""
        compared = self.counted or self.own
        return None if compared is None or compared.rate is None else compared.rate - self.published.rate


def read_published(world: str = "") -> list[Published]:
    """Return all published figures, or those of a world."""
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if world in ("", row["world"])]
    return [
        Published(
            row["id"],
            row["world"],
            row["outcome"],
            row["system"],
            dict(pair.split("=") for pair in row["condition"].split()),
            row["comparable"],
            float(row["percent"]) / 100,
            int(row["k"]) if row["k"] else None,
            int(row["n"]) if row["n"] else None,
            row["source"],
        )
        for row in rows
    ]


def put_beside(rates: RunRates, system: str = "") -> list[Beside]:
    """Return the published figures of a run's world, each with our rate under its condition.

    Args:
        rates: ours.
        system: the model whose figures to return; empty: of all.

    Raises:
        SimenvError: nothing has been published for this world about that model.
    """
    factors, published = rates.manifest.factors, read_published(rates.manifest.world)
    known = list(dict.fromkeys(figure.system for figure in published))
    if system and system not in known:
        raise SimenvError(f"no published figure of {system!r} in this world; there are: {', '.join(known) or 'none'}")
    counts = {known.as_published: name for name, known in rates.outcomes.items() if known.as_published}
    found = []
    for figure in published:
        if system not in ("", figure.system):
            continue
        wanted = {factor: figure.condition.get(factor, levels[0]) for factor, levels in factors.items()}
        own = {rate.outcome: rate for row in rates.rows if row.condition == wanted for rate in row.rates if rate.n}
        found.append(Beside(figure, own.get(figure.outcome), own.get(counts.get(figure.outcome, ""))))
    return found


def print_beside(rates: RunRates, console: Console, system: str = "") -> None:
    """Print published figures, of all models or of one, and ours as a table."""
    manifest, rows = rates.manifest, put_beside(rates, system)
    measured = "".join(f" · {outcome}" for outcome in dict.fromkeys(row.published.outcome for row in rows))
    title = f"{manifest.world} {manifest.world_version} · {manifest.agent}{measured}"
    console.print(Text(printable(title), style="bold"))
    if not rows:
        console.print(Text("No figure has been published for this world."))
        return
    console.print(terminal_table(COLUMNS, rows))
    told = (
        "ours: rate, [Jeffreys 95% interval in %], under that condition with all other factors at their defaults, by our "
        "measure and by the published one; points: by the published one, where there is one"
    )
    missing = "; –: not run" if any(row.own is None for row in rows) else ""
    console.print(Text(f"\n{told}{missing}", style="dim"))
    for source in dict.fromkeys(row.published.source for row in rows):
        console.print(Text(f"  {source}", style="dim"))
    say_if_no_model(console, manifest)


def _ours(own: Rate | None) -> str:
    return NOTHING if own is None else _rate(own.rate or 0.0, own.succeeded, own.n, own.interval)


def _points(row: Beside) -> str:
    return NOTHING if row.difference is None else f"{100 * row.difference:+.0f}"


def _rate(rate: float, k: int | None, n: int | None, interval: Interval | None) -> str:
    """Return a rate as ``79% 79/100 [70, 86]``, without what is not known of it."""
    counted = "" if k is None else f" {k}/{n}"
    return f"{100 * rate:.3g}%{counted}" + ("" if interval is None else f" [{wording.bounds(interval)}]")


COLUMNS: Sequence[Column[Beside]] = (
    name_column("published for", lambda row: row.published.system),
    name_column("condition", lambda row: " ".join(f"{f}={level}" for f, level in row.published.condition.items())),
    Column(
        "published",
        "published",
        lambda row: row.published.rate,
        lambda row: _rate(row.published.rate, row.published.k, row.published.n, row.published.interval),
    ),
    Column(
        "counted",
        "ours, as published",
        lambda row: None if row.counted is None else row.counted.rate,
        lambda row: _ours(row.counted),
    ),
    Column("ours", "ours", lambda row: None if row.own is None else row.own.rate, lambda row: _ours(row.own)),
    Column("points", "points", lambda row: row.difference, _points),
    name_column("comparable", lambda row: row.published.comparable),
)
