"""The weights under which a noisily rational agent shows a behaviour as often as was published, by maximum likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from simenv.episode.guard import interrupting
from simenv.episode.session import Session
from simenv.errors import SimenvError
from simenv.world.folder import WorldFolder
from simenv_agents.rational import Weights, weigh
from simenv_analysis.output.wording import plural
from simenv_analysis.rates.intervals import CONFIDENCE

DEFAULT = Weights()
_FAR = 30.0
"""Log-odds so far apart that a likelihood does not change any more. An end of an interval is looked for in doubling steps below
that, so up to 16 from the best weight; beyond, it is infinite."""


Vector: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Loss: TypeAlias = Callable[[Vector], float]


class Cell(NamedTuple):
    """How often a behaviour was seen under one condition.

    Attributes:
        condition: factor → level; others at their first level.
        k: how often.
        n: of how many.
    """

    condition: Mapping[str, str]
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted weight and its 95 % profile-likelihood interval (infinite where the data do not bound it)."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit gives.

    Attributes:
        weights: all of them, the fitted ones included.
        fitted: the fitted ones, with intervals.
        rates: of the behaviour under each cell's condition, as the agent shows it.
    """

    weights: Weights
    fitted: tuple[Fitted, ...]
    rates: tuple[float, ...]


class _Table(NamedTuple):
    """The ways of going on in one episode: features (ways × weights), and in which of them the behaviour succeeds."""

    features: NDArray[np.float64]
    succeeds: NDArray[np.bool_]


Report = Callable[[], None]


def fit(
    folder: WorldFolder,
    outcome: str,
    cells: Sequence[Cell],
    names: Sequence[str],
    seeds: Sequence[int],
    start: Weights = DEFAULT,
    report: Report = lambda: None,
) -> Fit:
    """Fit weights to how often a behaviour was seen.

    Args:
        folder: the world.
        outcome: the behaviour.
        cells: what was seen.
        names: weights to be fitted; the others stay as they are.
        seeds: of the episodes in which the agent is asked what it would do.
        start: weights to begin from.
        report: is called after every episode.

    Raises:
        SimenvError: fewer conditions than weights, or nothing that the agent can do shows the behaviour.
    """
    if len(cells) < len(names):
        raise SimenvError(
            f"{plural(len(names), 'weight')} cannot be told apart by {plural(len(cells), 'condition')}; choose fewer with "
            "--weights"
        )
    tables = [_look_ahead(folder, cell.condition, outcome, seeds, report) for cell in cells]
    if not any(table.succeeds.any() for cell in tables for table in cell):
        raise SimenvError(f"{folder.world.name}: nothing that the agent can do shows {outcome}")
    order = list(start.__dataclass_fields__)
    places = [order.index(name) for name in names]
    fixed = np.array([getattr(start, name) for name in order])

    def rates(values: Vector) -> list[float]:
        weights = fixed.copy()
        weights[places] = values
        return [float(np.mean([_chance(table, weights) for table in cell])) for cell in tables]

    def loss(values: Vector) -> float:
        return -sum(_log_likelihood(cell, rate) for cell, rate in zip(cells, rates(values), strict=True))

    best = _least(loss, np.array(fixed[places]))
    fitted = [_interval(loss, best, place, name) for place, name in enumerate(names)]
    weights = replace(start, **dict(zip(names, map(float, best), strict=True)))
    return Fit(weights, tuple(fitted), tuple(rates(best)))


def _look_ahead(
    folder: WorldFolder, condition: Mapping[str, str], outcome: str, seeds: Sequence[int], report: Report
) -> list[_Table]:
    scenario, tables = folder.scenario(condition), []
    for seed in seeds:
        with interrupting():
            session = Session(scenario, seed)
            found = weigh(session.briefing, session.observe())
        values = np.array([list(each.features) for each in found])
        tables.append(_Table(values, np.array([each.lookahead.levels[outcome] == "succeeded" for each in found])))
        report()
    return tables


def _chance(table: _Table, weights: NDArray[np.float64]) -> float:
    worth = table.features @ weights
    raised = np.exp(worth - worth.max())
    return float(raised[table.succeeds].sum() / raised.sum())


def _log_likelihood(cell: Cell, rate: float) -> float:
    rate = min(max(rate, 1e-12), 1 - 1e-12)
    return cell.k * math.log(rate) + (cell.n - cell.k) * math.log1p(-rate)


def _least(loss: Loss, start: Vector) -> Vector:
    bounds = [(-_FAR, _FAR)] * len(start)
    at = start
    for _ in range(2):
        at = minimize(
            loss, at, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000}
        ).x
    return at


def _interval(loss: Loss, best: Vector, place: int, name: str) -> Fitted:
    """Return the values of a weight at which the best likelihood is not significantly lower."""
    most = loss(best) + float(chi2.ppf(CONFIDENCE, 1)) / 2
    others = np.delete(best, place)

    def with_this(value: float, rest: Vector) -> Vector:
        return np.insert(rest, place, value)

    def excess(value: float) -> float:
        rest = _least(lambda each: loss(with_this(value, each)), others) if len(others) else others
        return loss(with_this(value, rest)) - most

    def edge(direction: int) -> float:
        reach = 0.25
        while reach < _FAR:
            if excess(best[place] + direction * reach) > 0:
                return float(brentq(excess, best[place], best[place] + direction * reach, xtol=1e-3))
            reach *= 2
        return direction * math.inf

    return Fitted(name, float(best[place]), edge(-1), edge(1))
