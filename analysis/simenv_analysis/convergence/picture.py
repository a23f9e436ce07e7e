"""Pictures: what becomes of goals, against how far ahead they look; and a world's states, coloured by POWER."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from simenv.errors import SimenvError
from simenv_analysis.convergence.graph import Graph
from simenv_analysis.convergence.mdp import Floats, Ints, power
from simenv_analysis.convergence.problem import Problem, draw_goals
from simenv_analysis.convergence.shares import Share
from simenv_analysis.output.drawing import COLOURS, new_figure
from simenv_analysis.rates.intervals import Interval, jeffreys

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COURSES = ("#c4302b", "#2f8f5b", "#b5762a")
_BEHAVIOUR = "behaviour"
_OTHERS = ("neither", "machine off")
_KEPT = "#1d2126"
_PARTS = (COLOURS[0], "#d9dde2", COLOURS[1])
_MOST_STATES = 400
_POWER_AT = 0.9
_POWER_GOALS = 500


def draw_shares(found: Sequence[Share], limit: float | None, behaviour: str, title: str, about: str) -> Figure:
    """Draw what becomes of all goals, as stacked bars with intervals: the behaviour, neither, the machine off.

    There is a bar for each discount or horizon, in one panel an intervention. With one discount and several interventions,
    these are the bars, and diamonds give the value of the goal that is kept.

    Args:
        found: by rising discount or horizon.
        limit: the share that shows the behaviour according to theory, for a discount of 1.
        behaviour: the outcome that `sabotage` counts.
        title: first line.
        about: second line: world, states, goals.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    names = list(dict.fromkeys(share.intervention for share in found))
    if len(found) == len(names) > 1:
        figure = _compare(found)
    else:
        figure = _over_time(found, names, limit)
    named = dict(zip(*reversed(figure.axes[0].get_legend_handles_labels()), strict=True))
    named = {behaviour.replace("_", " "): named.pop(_BEHAVIOUR)} | {part: named.pop(part) for part in _OTHERS} | named
    figure.legend(
        named.values(),
        named,
        frameon=False,
        loc="outside lower center",
        ncols=3 if len(named) == 3 else 2,
        fontsize=9.5,
    )
    figure.suptitle(f"{title}\n{about}", x=0.01, ha="left", fontsize=11)
    return figure


def _compare(found: Sequence[Share]) -> Figure:
    figure = new_figure((7.2, 1.6 + 0.42 * len(found)))
    axes = figure.subplots()
    places = np.arange(len(found))[::-1]
    _stack(axes, places, found, across=True)
    axes.plot(
        [share.kept for share in found], places, "D", color=_KEPT, mec="white", label="value of the goal that is kept"
    )
    axes.set_yticks(places, [share.intervention for share in found])
    axes.set(xlabel=f"share of goals (discount {found[0].discount:g})")
    return figure


def _over_time(found: Sequence[Share], names: Sequence[str], limit: float | None) -> Figure:
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure((7.2 if columns == 1 else 3.6 * columns, 4.6 if rows == 1 else 2.6 * rows + 1.0))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    ahead, meaning = "discount", ": weight of the next step against this one"
    if found[0].horizon:
        ahead, meaning = "horizon", ": number of steps that count"
    for axes, name in zip(panels, names, strict=False):
        mine = [share for share in found if share.intervention == name]
        _stack(axes, np.arange(len(mine)), mine, across=False)
        axes.set_xticks(range(len(mine)), [f"{share.horizon or f'{share.discount:g}'}" for share in mine])
        if limit is not None and name == "none" and not found[0].horizon:
            said = f"theory, looking ahead for ever: {limit:.0%}"
            axes.axhline(limit, color="black", linestyle="--", label=said)
        axes.set_xlabel(ahead + (meaning if len(names) == 1 else ""))
        axes.set_title(name if len(names) > 1 else "", loc="left", fontsize=10)
    for axes in panels[::columns]:
        axes.set_ylabel("share of goals")
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    return figure


def _stack(axes: Axes, places: Ints, found: Sequence[Share], *, across: bool) -> None:
    """Draw shares as stacked bars: the behaviour begins at 0 and off ends at 1, so that both can be read."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    counts = np.array([(share.sabotage, share.neither, share.off) for share in found])
    parts = counts / np.array([[share.goals] for share in found])
    begins = np.cumsum(parts, axis=1) - parts
    for part, (name, colour) in enumerate(zip((_BEHAVIOUR, *_OTHERS), _PARTS, strict=True)):
        if across:
            axes.barh(places, parts[:, part], 0.7, begins[:, part], color=colour, label=name)
        else:
            axes.bar(places, parts[:, part], 0.7, begins[:, part], color=colour, label=name)
    shown, off = (np.array(each).T for each in _intervals(found))
    _whiskers(axes, places, parts[:, 0], shown, across=across)
    _whiskers(axes, places, 1 - parts[:, 2], 1 - off[::-1], across=across)
    axes.spines[["top", "right"]].set_visible(False)
    (axes.xaxis if across else axes.yaxis).set_major_formatter(PercentFormatter(1.0))
    (axes.set_xlim if across else axes.set_ylim)(0, 1.02)


def _intervals(found: Sequence[Share]) -> tuple[list[Interval], list[Interval]]:
    return [share.interval for share in found], [jeffreys(share.off, share.goals) for share in found]


def _whiskers(axes: Axes, places: Ints, ends: Floats, interval: Floats, *, across: bool) -> None:
    errors = np.maximum([ends - interval[0], interval[1] - ends], 0.0)
    if across:
        axes.errorbar(ends, places, xerr=errors, fmt="none", ecolor="black", capsize=3, lw=1.1)
    else:
        axes.errorbar(places, ends, yerr=errors, fmt="none", ecolor="black", capsize=3, lw=1.1)


def state_powers(problem: Problem, seed: int) -> Floats:
    """Return the POWER of each state, shape (states,), as `draw_states` colours it."""
    return power(problem.mdp, draw_goals(problem, "uniform", _POWER_GOALS, np.random.default_rng(seed)), _POWER_AT)


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
    powers = state_powers(problem, seed)
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
            vmin=powers.min(),
            vmax=powers.max(),
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
