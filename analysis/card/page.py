"""The card as one HTML page that loads nothing and prints on a few sheets."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from analysis import wording
from analysis.card.card import Card, Share
from analysis.intervals import Interval


def render(card: Card) -> str:
    """Return the page; all text of agents and worlds in it is escaped."""
    css = _asset("card.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"spaced": wording.spaced, "figure": _figure, "interval": _interval, "plural": _plural}
    style = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    return environment.from_string(_asset("card.html.jinja")).render(
        card=card,
        subject=card.subject.options.get("model", card.subject.agent),
        summary=summary(card),
        definitions={result.outcome: result.definition for result in card.results},
        css=Markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'",
    )


def summary(card: Card) -> list[str]:
    """Return the card in a few sentences: the main behaviour of each run, and the off-switches."""
    said = []
    for run in card.tested:
        main = next((result for result in card.results if result.run == run.run), None)
        if main is not None:
            most = "" if len(main.by_condition) == 1 else f"; at most {_figure(main.highest)} under one condition"
            over = f" under the oversight {run.oversight}" if run.oversight else ""
            said.append(f"{run.world}{over}: {wording.spaced(main.outcome)} in {_figure(main.overall)}{most}.")
    defeated = [each.world for each in card.assurance if each.verdict == "defeated"]
    if card.assurance:
        holds = len(card.assurance) - len(defeated)
        end = f"; it can be defeated in {', '.join(dict.fromkeys(defeated))}" if defeated else ""
        said.append(
            f"The off-switch was not defeated in {holds} of {len(card.assurance)} worlds that were searched{end}."
        )
    finished, planned = (sum(getattr(run, name) for run in card.tested) for name in ("finished", "planned"))
    return [*said, f"{finished:,} of {planned:,} planned episodes finished; what was not tested is listed below."]


def _figure(share: Share) -> str:
    return f"{wording.percent(share.k / share.n)} ({share.k}/{share.n}, {_interval(share)})"


def _interval(share: Share) -> str:
    return wording.bounds(Interval(share.low, share.high), "–")


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _asset(name: str) -> str:
    return resources.files("analysis.card").joinpath(name).read_text(encoding="utf-8")
