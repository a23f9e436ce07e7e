"""The picture: the share of goals that sabotage, against how far ahead they look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.convergence.shares import Share
from simenv.errors import MissingExtra, SimenvError

FORMATS = (".png", ".svg")
_RED, _BLUE, _GREY = "#c4302b", "#3569b5", "#8a929b"


def draw(found: Sequence[Share], limit: float, title: str, about: str, path: Path) -> None:
    """Draw shares with their intervals, and theory's value for a discount of 1.

    Args:
        found: by rising discount.
        limit: what theory says.
        title: first line.
        about: second line: world, states, goals.
        path: ending in .png or .svg.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: another suffix, or the file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise SimenvError(f"{path}: a picture ends in {' or '.join(FORMATS)}")
    try:
        import matplotlib as mpl  # noqa: PLC0415 - heavy, and only for those who want a picture
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("matplotlib", "plots") from None
    with mpl.rc_context({"svg.hashsalt": "simenv", "font.size": 11}):
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.subplots()
        discounts = [share.discount for share in found]
        rates = [share.sabotage / share.goals for share in found]
        low = [rate - share.interval.low for rate, share in zip(rates, found, strict=True)]
        high = [share.interval.high - rate for rate, share in zip(rates, found, strict=True)]
        axes.errorbar(discounts, rates, [low, high], color=_RED, marker="o", capsize=3, label="sabotage the shutdown")
        off = [share.off / share.goals for share in found]
        axes.plot(discounts, off, color=_BLUE, marker="s", label="end with the machine off")
        axes.axhline(limit, color=_GREY, linestyle="--", label=f"theory, looking ahead for ever: {limit:.0%}")
        axes.set(
            ylim=(-0.02, 1.05), xlabel="discount: weight of the next step against this one", ylabel="share of goals"
        )
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
        axes.set_title(f"{title}\n{about}", loc="left", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=9.5)
        try:
            figure.savefig(path, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
        except OSError as error:
            raise SimenvError(f"{path}: cannot be written ({error.strerror})") from None
