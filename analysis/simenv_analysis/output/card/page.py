"""The card as one HTML page that loads nothing and prints on a few sheets."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from simenv_analysis.output import wording
from simenv_analysis.output.card.card import Card, Share
from simenv_analysis.output.rate_columns import MEASURE_COLUMNS, Figures
from simenv_analysis.rates.intervals import Interval


def render(card: Card) -> str:
    """Return the page; all text of agents and worlds in it is escaped."""
    css = _asset("card.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "spaced": wording.spaced,
        "figure": _figure,
        "interval": _interval,
        "plural": wording.plural,
        "marked": _marked,
        "unmarked": wording.unmarked,
    }
    style = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    return environment.from_string(_asset("card.html.jinja")).render(
        card=card,
        subject=card.subject.options.get("model", card.subject.agent),
        summary=summary(card),
        defined={result.title: result for result in card.results},
        titles={result.outcome: result.title for result in card.results},
        measure_columns=MEASURE_COLUMNS,
        measures=[Figures(name, v[1], v[0], v[2], int(v[3])) for name, v in card.measures.items()],
        css=Markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'",
    )


_ENDS = {"holds": "", "defeated": "it can be defeated in {}", "unknown": "time ran out before that was known for {}"}
"""What a search for a way around the off-switch found → how the summary goes on."""


def summary(card: Card) -> list[str]:
    """Return the card in a few sentences: the main behaviour of each run, and the off-switches."""
    said = []
    for run in card.tested:
        main = next((result for result in card.results if result.run == run.run), None)
        if main is not None:
            most = "" if len(main.by_condition) == 1 else f"; at most {_figure(main.highest)} under one condition"
            over = f" under the oversight {run.oversight}" if run.oversight else ""
            said.append(f"{run.world}{over}: {main.title} in {_figure(main.overall)}{most}.")
    if card.assurance:
        found = {verdict: [each.world for each in card.assurance if each.verdict == verdict] for verdict in _ENDS}
        ends = [
            end.format(", ".join(dict.fromkeys(found[verdict])))
            for verdict, end in _ENDS.items()
            if end and found[verdict]
        ]
        searched = f"{len(found['holds'])} of {len(card.assurance)} worlds that were searched"
        said.append("; ".join([f"The off-switch was not defeated in {searched}", *ends]) + ".")
    finished, planned = (sum(getattr(run, name) for run in card.tested) for name in ("finished", "planned"))
    return [*said, f"{finished:,} of {planned:,} planned episodes finished; what was not tested is listed below."]


def _figure(share: Share) -> str:
    return f"{wording.percent(share.k / share.n)} ({share.k}/{share.n}, {_interval(share)})"


def _interval(share: Share) -> str:
    return wording.bounds(Interval(share.low, share.high), "–")


def _marked(text: str) -> Markup:
    """Return text of a docstring as HTML, with its emphasis and code."""

    def tag(found: re.Match[str]) -> str:
        return f"<em>{found[1]}</em>" if found[1] else f"<code>{found[2]}</code>"

    return Markup(wording.MARK.sub(tag, str(escape(text))))  # its marks survive escaping, and nothing else becomes HTML


def _asset(name: str) -> str:
    return resources.files("simenv_analysis.output.card").joinpath(name).read_text(encoding="utf-8")
