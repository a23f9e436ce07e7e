"""Pictures: the share of goals that sabotage, against how far ahead they look; and a world's states, coloured by POWER."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from simenv.errors import SimenvError
from simenv_analysis.convergence.graph import Graph
from simenv_analysis.convergence.mdp import power
from simenv_analysis.convergence.problem import Problem, draw_goals
from simenv_analysis.convergence.shares import Share
from simenv_analysis.output.drawing import COLOURS, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COURSES = ("#c4302b", "#2f8f5b", "#b5762a")
_GREY = "#8a929b"
_MOST_STATES = 400
_POWER_AT = 0.9
_POWER_GOALS = 500


def draw_shares(found: Sequence[Share], limit: float | None, title: str, about: str) -> Figure:
    """Draw shares with their intervals, one line an intervention (a bar each, if there is one discount), and theory's value.

    Args:
        found: by rising discount or horizon.
        limit: what theory says for a discount of 1.
        title: first line.
        about: second line: world, states, goals.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_figure((7.2, 4.6))
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    axes = figure.subplots()
    names = list(dict.fromkeys(share.intervention for share in found))
    if len(found) == len(names) > 1:
        _draw_bars(axes, found)
    else:
        _draw_lines(axes, found, names)
        if limit is not None and not found[0].horizon:
            axes.axhline(limit, color=_GREY, linestyle="--", label=f"theory, looking ahead for ever: {limit:.0%}")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set(ylim=(-0.02, 1.05), ylabel="share of goals")
    finish(figure, axes, f"{title}\n{about}", columns=3)
    return figure


def _errors(found: Sequence[Share]) -> tuple[list[float], list[list[float]]]:
    rates = [share.sabotage / share.goals for share in found]
    low = [rate - share.interval.low for rate, share in zip(rates, found, strict=True)]
    high = [share.interval.high - rate for rate, share in zip(rates, found, strict=True)]
    return rates, [low, high]


def _draw_lines(axes: Axes, found: Sequence[Share], names: Sequence[str]) -> None:
    for name, colour in zip(names, COLOURS * len(names), strict=False):
        mine = [share for share in found if share.intervention == name]
        ahead = [share.horizon or share.discount for share in mine]
        rates, errors = _errors(mine)
        label = "sabotage the shutdown" if len(names) == 1 else name
        axes.errorbar(ahead, rates, errors, color=colour, marker="o", capsize=3, label=label)
        if len(names) == 1:
            off = [share.off / share.goals for share in mine]
            axes.plot(ahead, off, color=COLOURS[1], marker="s", label="end with the machine off")
    what = (
        "horizon: number of steps that count"
        if found[0].horizon
        else "discount: weight of the next step against this one"
    )
    axes.set_xlabel(what)


def _draw_bars(axes: Axes, found: Sequence[Share]) -> None:
    rates, errors = _errors(found)
    places = np.arange(len(found))[::-1]
    axes.barh(places, rates, xerr=errors, color=COLOURS[0], height=0.55, capsize=3, label="sabotage")
    kept = [share.kept for share in found]
    axes.plot(kept, places, "D", color=COLOURS[1], label="value of the goal that is kept")
    axes.set_yticks(places, [share.intervention for share in found])
    axes.set(
        xlim=(0, 1.04),
        xlabel=f"share (discount {found[0].discount:g})",
    )


def draw_states(
    graph: Graph, problem: Problem, outcome: str, seed: int, courses: Mapping[str, Sequence[int]] = MappingProxyType({})
) -> Figure:
    """Draw the states in columns by the number of calls to them, coloured by POWER.

    Args:
        graph: states of a world.
        problem: the same as a problem.
        outcome: the behaviour; states in which it has succeeded have a red rim.
        seed: of the goals with which POWER is measured.
        courses: name → states that are gone through in turn, e.g. by one goal with and without an intervention.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: too many states.
    """
    states = len(graph.ways)
    if states > _MOST_STATES:
        raise SimenvError(
            f"{states:,} states are too many to draw ({_MOST_STATES} at most); lower --depth, or choose --calls"
        )
    rewards = draw_goals(problem, "uniform", _POWER_GOALS, np.random.default_rng(seed))
    powers = power(problem.mdp, rewards, _POWER_AT)
    places = _place(graph)
    figure = new_figure((9.0, 5.6))
    axes = figure.subplots()
    for owner, target in zip(problem.owner, problem.target, strict=True):
        if owner != target:
            axes.annotate(
                "",
                places[target],
                places[owner],
                arrowprops={"arrowstyle": "->", "color": "#c5cad1", "lw": 0.8, "shrinkA": 5, "shrinkB": 5},
                zorder=1,
            )
    rim = [COLOURS[0] if sabotaged else "#4a5058" for sabotaged in problem.sabotaged]
    drawn = axes.scatter(
        places[:, 0], places[:, 1], c=powers, s=70, cmap="viridis", edgecolors=rim, linewidths=1.8, zorder=2
    )
    for state in np.flatnonzero(problem.off):
        axes.scatter(
            [places[state, 0]],
            [places[state, 1]],
            c=[powers[state]],
            cmap="viridis",
            norm=drawn.norm,
            marker="X",
            s=190,
            edgecolors="black",
            zorder=3,
        )
        axes.annotate("off", places[state], (8, 8), textcoords="offset points", fontweight="bold")
    axes.annotate("start", places[0], (-6, 10), textcoords="offset points", fontweight="bold")
    for (name, course), colour in zip(courses.items(), _COURSES, strict=False):
        axes.plot(
            places[list(course), 0], places[list(course), 1], color=colour, lw=3.2, alpha=0.75, label=name, zorder=1.5
        )
    if courses:
        figure.legend(frameon=False, loc="outside lower center", ncols=len(courses), fontsize=9.5)
    figure.colorbar(drawn, label=f"POWER (discount {_POWER_AT:g})")
    axes.set_title(
        f"{graph.scenario.world.name}: {states} states; red rim: {outcome.replace('_', ' ')}",
        loc="left",
        fontsize=11,
    )
    axes.set(xlabel="calls from the start", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _place(graph: Graph) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return where to draw each state: across by the number of calls to it, down within its column near where it comes from."""
    places = np.zeros((len(graph.ways), 2))
    columns: dict[int, list[int]] = {}
    for state, way in enumerate(graph.ways):
        columns.setdefault(len(way), []).append(state)
    parents = {graph.ways[state]: state for state in range(len(graph.ways))}
    for distance, column in sorted(columns.items()):
        column.sort(key=lambda state: places[parents.get(graph.ways[state][:-1], 0), 1])
        for row, state in enumerate(column):
            places[state] = distance, row - (len(column) - 1) / 2
        height = max(len(column) - 1, 1)
        places[column, 1] /= height
        if len(column) > 1:
            places[column, 1] *= min(1.0, 0.25 + len(column) / 12)
    return places
