"""The picture of an artifact's paths: where it could go, where it went, and which links would have to be cut."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from simenv_analysis.output.drawing import check_format, new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 2.0, 0.62
_COLUMN, _ROW = 3.9, 1.5
_INCH = 0.72
_LONG_LABEL = 17
_GREY, _BLUE, _ORANGE, _RED = "#9aa3ad", "#3569b5", "#d9772b", "#c4302b"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A host as the picture shows it.

    Attributes:
        label: first line, its name.
        zone: the column it stands in.
        external: beyond the perimeter.
        holds: it holds the artifact from the start.
        runs: it can run the artifact, or the agent runs on it; shown as a second line.
    """

    label: str
    zone: str
    external: bool = False
    holds: bool = False
    runs: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw; hosts by id.

    Attributes:
        title: one line.
        hosts: what stands where.
        links: physical links, as pairs of host ids.
        routes: potential routes, each as the hosts on it.
        moved: what really went from host to host, with its label, e.g. ``38 % at 09:14``.
        cut: links of the cheapest cut.
    """

    title: str
    hosts: Mapping[str, Box]
    links: Sequence[tuple[str, str]] = ()
    routes: Sequence[Sequence[str]] = ()
    moved: Sequence[tuple[str, str, str]] = ()
    cut: Sequence[tuple[str, str]] = field(default=())


def draw(picture: Picture, *files: Path) -> None:
    """Draw a picture into files; the suffix says how, see `FORMATS`. The same picture gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: a file cannot be written, or its suffix is unknown.
    """
    for file in files:
        check_format(file)
        figure = new_figure((1.0, 1.0))  # one for each file: saving a figure settles its layout
        _draw(figure, picture)
        save(figure, file)


def _draw(figure: Figure, picture: Picture) -> None:
    places = _place(picture)
    right = max((x for x, _ in places.values()), default=0.0) + _WIDTH
    top, bottom = _HEIGHT + 0.6, min((y for _, y in places.values()), default=0.0) - _HEIGHT - 0.5
    figure.set_size_inches((right + _WIDTH) * _INCH, (top - bottom) * _INCH + 0.8)
    axes = figure.add_subplot()
    _draw_zones(axes, picture.hosts, places)
    _draw_links(axes, picture, places)
    _draw_hosts(axes, picture.hosts, places)
    _draw_legend(axes, picture)
    axes.set_title(picture.title, loc="left", fontweight="bold", fontsize=10)
    axes.set_axis_off()
    axes.set_xlim(-_WIDTH, right)
    axes.set_ylim(bottom, top)


def _place(picture: Picture) -> dict[str, Point]:
    """Put each zone into a column: those nearest to the artifact first, those beyond the perimeter last."""
    hosts, steps = picture.hosts, _steps_from_artifact(picture)
    nearest: dict[tuple[bool, str], int] = {}
    for name, box in hosts.items():
        zone = (box.external, box.zone)
        nearest[zone] = min(nearest.get(zone, steps[name]), steps[name])
    places: dict[str, Point] = {}
    for column, zone in enumerate(sorted(nearest, key=lambda zone: (zone[0], nearest[zone], zone[1]))):
        inside = [name for name, box in hosts.items() if (box.external, box.zone) == zone]
        for row, name in enumerate(inside):
            places[name] = (column * _COLUMN, -row * _ROW)
    return places


def _steps_from_artifact(picture: Picture) -> dict[str, int]:
    """Return how many links each host is away from one that holds the artifact; unreachable ones are far."""
    graph: nx.Graph[str] = nx.Graph(link for link in picture.links)
    graph.add_nodes_from(picture.hosts)
    holders = {name for name, box in picture.hosts.items() if box.holds}
    found = nx.multi_source_dijkstra_path_length(graph, holders, weight=None) if holders else {}
    return {name: int(found.get(name, len(picture.hosts))) for name in picture.hosts}


def _draw_zones(axes: Axes, hosts: Mapping[str, Box], places: Mapping[str, Point]) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    lowest = min(y for _, y in places.values())
    for x in sorted({x for x, _ in places.values()}):
        box = next(hosts[name] for name, place in places.items() if place[0] == x)
        left, bottom = x - _WIDTH / 2 - 0.35, lowest - _HEIGHT / 2 - 0.35
        height = -lowest + _HEIGHT + 0.7 + 0.45
        color = "#fdf3ee" if box.external else "#f3f6fa"
        axes.add_patch(Rectangle((left, bottom), _WIDTH + 0.7, height, facecolor=color, edgecolor="none", zorder=0))
        name = f"{box.zone} (outside)" if box.external else box.zone
        axes.text(left + 0.12, bottom + height - 0.1, name, va="top", color="#5b6570", fontsize=8)


def _draw_hosts(axes: Axes, hosts: Mapping[str, Box], places: Mapping[str, Point]) -> None:
    from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415

    for name, box in hosts.items():
        x, y = places[name]
        corner = (x - _WIDTH / 2, y - _HEIGHT / 2)
        edge, width = (_ORANGE, 1.8) if box.holds else ("#5b6570", 0.9)
        axes.add_patch(
            FancyBboxPatch(corner, _WIDTH, _HEIGHT, boxstyle="round,pad=0.02,rounding_size=0.08", facecolor="white",
                           edgecolor=edge, linewidth=width, zorder=5)
        )  # fmt: skip
        size = 9 if len(box.label) <= _LONG_LABEL else 7
        axes.text(x, y + (0.11 if box.runs else 0.0), box.label, ha="center", va="center", fontsize=size, zorder=6)
        if box.runs:
            axes.text(x, y - 0.15, box.runs, ha="center", va="center", fontsize=7, color="#5b6570", zorder=6)


def _draw_links(axes: Axes, picture: Picture, places: Mapping[str, Point]) -> None:
    cut = {frozenset(pair) for pair in picture.cut}
    for pair in dict.fromkeys(frozenset(link) for link in picture.links if link[0] != link[1]):
        a, b = sorted(pair)
        (x1, y1), (x2, y2) = places[a], places[b]
        axes.plot([x1, x2], [y1, y2], color=_GREY, linewidth=1.0, zorder=1)
        if pair in cut:
            axes.plot(
                [(x1 + x2) / 2], [(y1 + y2) / 2], marker="x", color=_RED, markersize=11, markeredgewidth=2.6, zorder=7
            )
    hops = dict.fromkeys(hop for route in picture.routes for hop in itertools.pairwise(route))
    for a, b in hops:
        _arrow(axes, places, a, b, _BLUE, 1.1, bend=0.2, style="--")
    for a, b, label in picture.moved:
        _arrow(axes, places, a, b, _ORANGE, 2.2, bend=-0.22)
        x, y = _middle(places[a], places[b], -0.22)
        axes.text(x, y, label, color=_ORANGE, fontsize=8, ha="center", va="center", zorder=8,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})  # fmt: skip


def _middle(start: Point, end: Point, bend: float) -> Point:
    """Return the middle of a curve that bends by a share of its length (half-way to its control point)."""
    (x1, y1), (x2, y2) = start, end
    return (x1 + x2) / 2 + bend * (y2 - y1) / 2, (y1 + y2) / 2 - bend * (x2 - x1) / 2


def _arrow(
    axes: Axes, places: Mapping[str, Point], a: str, b: str, color: str, width: float, *, bend: float,
    style: str = "-", head: str = "-|>", over: int = 4,
) -> None:  # fmt: skip
    """Draw from the edge of one host to the edge of another."""
    from matplotlib.patches import FancyArrowPatch, Rectangle  # noqa: PLC0415

    ends = [Rectangle((x - _WIDTH / 2, y - _HEIGHT / 2), _WIDTH, _HEIGHT) for x, y in (places[a], places[b])]
    for end in ends:
        end.set_transform(axes.transData)
    axes.add_patch(
        FancyArrowPatch(places[a], places[b], connectionstyle=f"arc3,rad={bend}", arrowstyle=head, mutation_scale=11,
                        color=color, linewidth=width, linestyle=style, patchA=ends[0], patchB=ends[1], shrinkA=3,
                        shrinkB=3, zorder=over)
    )  # fmt: skip


def _draw_legend(axes: Axes, picture: Picture) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415

    shown = [Line2D([], [], color=_GREY, linewidth=1.0, label="link")]
    if picture.routes:
        shown.append(Line2D([], [], color=_BLUE, linewidth=1.1, linestyle="--", label="could go"))
    if picture.moved:
        shown.append(Line2D([], [], color=_ORANGE, linewidth=2.4, label="went"))
    if picture.cut:
        shown.append(Line2D([], [], color=_RED, marker="x", linestyle="none", markeredgewidth=2, label="cut"))
    axes.legend(
        handles=shown, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(shown), frameon=False, fontsize=8
    )
