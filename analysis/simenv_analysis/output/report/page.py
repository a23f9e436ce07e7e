"""The page: template, style, scripts and data as one HTML text that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from simenv.kernel.printable import printable
from simenv_analysis.output import wording
from simenv_analysis.output.engagement import engagement_line
from simenv_analysis.output.folding import FOLDED, folded, label_of
from simenv_analysis.output.headline import adjustment_note, headline
from simenv_analysis.output.rate_columns import (
    ATTEMPTED_METHODS,
    EPISODES,
    MEASURE_COLUMNS,
    METHODS,
    Figures,
    level_column,
    level_rows,
    outcome_column,
)
from simenv_analysis.output.report.chart import condition_charts, level_charts
from simenv_analysis.output.report.movement import MovementPicture
from simenv_analysis.output.report.payload import Payload
from simenv_analysis.rates.marginals import marginals
from simenv_analysis.rates.rates import RunRates

SCRIPTS = ("dom.js", "data.js", "filters.js", "list.js", "timeline.js", "evidence.js", "browser.js")
"""Scripts in the order in which they are joined."""
FAILURES_SHOWN = 200
"""Failed episodes listed; the rest are counted."""


def render(rates: RunRates, payload: Payload, run: str, moved: MovementPicture | None = None) -> str:
    """Return the report.

    Args:
        rates: figures of the whole run.
        payload: the episodes that the page shows.
        run: name of the run directory.
        moved: a picture of where an artifact went.
    """
    css, script = _asset("report.css"), "".join(_asset(name) for name in SCRIPTS)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"spaced": wording.spaced}
    environment.filters |= {"plural": wording.plural, "unmarked": wording.unmarked}
    found, rows, outcomes = marginals(rates), folded(rates), range(len(rates.manifest.outcomes))
    by_level = level_rows(rates, found) if len(rates.varying) > 1 else []
    page = environment.from_string(_asset("report.html.jinja")).render(
        rates=rates,
        manifest=rates.manifest,
        headline=headline(rates, found),
        engagement=engagement_line(rates.engagement),
        by_level=by_level,
        level_charts=level_charts(rates, by_level) if by_level else [],
        level_figures=[level_column(rates, position) for position in outcomes],
        adjustment_note=adjustment_note(found),
        rows=rows,
        labels=[label_of(rates, row) for row in rows],
        folded=FOLDED if len(rows) < len(rates.rows) else "",
        charts=condition_charts(rates, rows),
        failures=rates.failures[:FAILURES_SHOWN],
        payload=payload,
        data=Markup(payload.text),  # escaped by `escaped_json`, or base 85
        run=run,
        moved=moved,
        episodes=EPISODES,
        figures=[outcome_column(rates, position) for position in outcomes],
        methods=METHODS,
        attempted_methods=ATTEMPTED_METHODS,
        measure_columns=MEASURE_COLUMNS,
        measures=Figures.of_all(rates.measures),
        noticing=wording.noticing(rates.false_alarms, rates.noticed, rates.nothing_harmful),
        css=Markup(css),
        script=Markup(script),
        policy=_policy(css, script),
    )
    return printable(page)  # the data in it is marked already, style and scripts have nothing to mark


def _asset(name: str) -> str:
    return resources.files("simenv_analysis.output.report").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(css: str, script: str) -> str:
    """Return a content security policy under which only our own style and script run, and nothing is fetched."""
    return (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
