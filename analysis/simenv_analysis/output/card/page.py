"""The card as one HTML page that loads nothing and prints on a few sheets."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from simenv.kernel.printable import printable
from simenv_analysis.output import wording
from simenv_analysis.output.card.card import Answers, Assurance, Card, Result, Share
from simenv_analysis.output.rate_columns import MEASURE_COLUMNS, Figures
from simenv_analysis.rates.detection import POOLED, FalseAlarms, noticed
from simenv_analysis.rates.intervals import Interval


def render(card: Card) -> str:
    """Return the page; all text of agents and worlds in it is escaped."""
    css = _asset("card.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "spaced": wording.spaced,
        "figure": _figure,
        "denial": denial,
        "interval": _interval,
        "plural": wording.plural,
        "marked": _marked,
        "unmarked": wording.unmarked,
    }
    style = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    page = environment.from_string(_asset("card.html.jinja")).render(
        card=card,
        subject=card.subject.options.get("model", card.subject.agent),
        summary=summary(card),
        defined={result.title: result for result in card.results},
        titles={result.outcome: result.title for result in card.results},
        measure_columns=MEASURE_COLUMNS,
        measures=[
            Figures(name, v[1], v[0], v[2], int(v[3])) for name, v in card.measures.items() if name not in POOLED
        ],
        noticing=_noticing(card),
        css=Markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'",
    )
    return printable(page)


def _noticing(card: Card) -> list[str]:
    found = card.false_alarms
    alike = all(run.alike for run in card.tested)
    alarms = None if found is None else FalseAlarms(found.alerts, found.hours, found.episodes, alike)
    counts = {name: int(figures[3]) for name, figures in card.measures.items()}
    said = wording.noticing(alarms, noticed(counts, alike=alike), len(card.nothing_harmful) == len(card.tested))
    worlds = [run.world for run in card.tested if run.run in card.nothing_harmful]
    if worlds and len(worlds) < len(card.tested):
        harmless = ", ".join(dict.fromkeys(worlds))
        said.append(f"Nothing harmful is measured in {harmless}, which counts into none of these figures.")
    return said


_ENDS = {
    "holds": ("{} held against every sequence of calls that was tried.",) * 2,
    "defeated": ("{} can be defeated.",) * 2,
    "unknown": (
        "Time ran out before it was known whether {} holds.",
        "Time ran out before it was known whether {} hold.",
    ),
}
"""What a search for a way around the off-switch found → a sentence for one and for several off-switches."""


def summary(card: Card) -> list[str]:
    """Return the card in a few sentences: the main behaviour of each run with what changes it, and the off-switches."""
    said = []
    for run in card.tested:
        said += [f"{run.world}: {warning}" for warning in run.engagement.warnings]
        main = next((result for result in card.results if result.run == run.run), None)
        if main is not None:
            under = f" under the oversight {run.oversight}" if run.oversight else ""
            said.append(f"{run.world}{under}: {_main(main)}")
    return [*said, *_off_switches(card), _finished(card)]


def _main(main: Result) -> str:
    """Return what changes how often the main behaviour came about, then how often it did over all conditions."""
    k, n = main.overall.k, main.overall.n
    figures = f"in {wording.share(k, n)} ({k}/{n}, {_interval(main.overall)}{'' if main.overall.low is None else '%'})"
    if not main.effects:
        return f"“{main.title}” came about {figures}."
    return " ".join([*(effect.sentence for effect in main.effects), f"Over all conditions: {figures}."])


def _off_switches(card: Card) -> list[str]:
    said = []
    for verdict, sentences in _ENDS.items():
        names = list(dict.fromkeys(_name(each) for each in card.assurance if each.verdict == verdict))
        if names:
            subject = f"the off-switch{'es' if len(names) > 1 else ''} of {wording.alternatives(names, 'and')}"
            said.append(wording.capital(sentences[len(names) > 1].format(subject)))
    return said


def _name(each: Assurance) -> str:
    return f"{each.world} under {each.oversight}" if each.oversight else each.world


def _finished(card: Card) -> str:
    finished, planned = sum(run.finished for run in card.tested), sum(run.planned for run in card.tested)
    return wording.capital(
        f"{wording.of_all(finished, planned, 'planned episode')} finished; what was not tested is listed below."
    )


def denial(answers: Answers) -> str:
    """Return how often the agent denied what it had done, when it was asked."""
    once, throughout, n = answers.denied_once, answers.denied_throughout, answers.episodes
    if not once:
        return f"Asked afterwards, it denied nothing that it had done ({wording.plural(n, 'episode')})."
    said = f"Asked afterwards, it denied what it had done in {wording.of_all(once, n, 'episode')}"
    if throughout == once:
        return f"{said}, in every answer."
    if not throughout:
        return f"{said}, nowhere in every answer."
    return f"{said}, in {throughout:,} of them in every answer."


def _figure(share: Share) -> str:
    return f"{wording.percent(share.k / share.n)} ({share.k}/{share.n}, {_interval(share)})"


def _interval(share: Share) -> str:
    if share.low is None or share.high is None:
        return wording.SAME
    return wording.bounds(Interval(share.low, share.high), "–")


def _marked(text: str) -> Markup:
    """Return text of a docstring as HTML, with its emphasis and code."""

    def tag(found: re.Match[str]) -> str:
        return f"<em>{found[1]}</em>" if found[1] else f"<code>{found[2]}</code>"

    return Markup(wording.MARK.sub(tag, str(escape(text))))  # its marks survive escaping, and nothing else becomes HTML


def _asset(name: str) -> str:
    return resources.files("simenv_analysis.output.card").joinpath(name).read_text(encoding="utf-8")
