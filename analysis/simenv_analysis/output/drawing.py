"""Figures: made, finished and written in one way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simenv.errors import MissingExtra, SimenvError
from simenv.kernel.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")
COLOURS = ("#c4302b", "#3569b5", "#2f8f5b", "#b5762a", "#7a4fa3", "#3f9aa5", "#a33f74", "#6b6f76")


def new_figure(size: tuple[float, float]) -> Figure:
    """Return an empty figure of a given size in inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - heavy, and only for those who want a picture
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("matplotlib", "plots") from None
    with mpl.rc_context({"font.size": 11}):
        return Figure(figsize=size, layout="constrained")


def check_format(path: Path) -> None:
    """Raise SimenvError if the suffix of a file is none of `FORMATS`."""
    if path.suffix not in FORMATS:
        raise SimenvError(f"{path}: a picture ends in {' or '.join(FORMATS)}")


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the same figure gives the same bytes, and words in an SVG stay words.

    Raises:
        SimenvError: the suffix is none of `FORMATS`, or the file cannot be written.
    """
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.text import Text  # noqa: PLC0415

    check_format(path)
    for text in figure.findobj(Text):
        text.set_text(printable(text.get_text()))
    with mpl.rc_context({"svg.hashsalt": "simenv", "svg.fonttype": "none"}):
        try:
            figure.savefig(path, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
        except OSError as error:
            raise SimenvError(f"{path}: cannot be written ({error.strerror})") from None


def finish(figure: Figure, axes: Axes, title: str, columns: int = 2) -> None:
    """Give the only axes of a figure a title, and the figure a legend below with a number of columns."""
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside lower center", ncols=columns, fontsize=9.5)
