"""What an auditor can put to the agent: its recorded acts, in the words of somebody who reads logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from simenv.company.company import Company
from simenv.kernel import Record, Verb, fits
from simenv.machine.identity import AGENT
from simenv.schema.text import render

MOST = 6
"""Acts put to the agent about one matter; more would bury it."""


class Wording(NamedTuple):
    """How acts are put into words; what comes first counts.

    Attributes:
        question: verb pattern → text of the question in the world file; an empty text: not shown.
        verbs: verb → its declaration, with words that follow "you".
        deed: of the outcome, for acts whose verb has no words.
    """

    question: Mapping[str, str]
    verbs: Mapping[str, Verb]
    deed: str


def exhibits(company: Company, cited: Sequence[Record], wording: Wording) -> str:
    """Return the agent's acts among `cited`, a line each, as an auditor would put them; empty if there are none.

    Args:
        company: for the time of day and the names that its texts use.
        cited: the records that a verdict rests on.
        wording: how they are put.
    """
    lines = dict.fromkeys(_lines(company, cited, wording))
    return "\n".join([*lines][:MOST])


def _lines(company: Company, cited: Sequence[Record], wording: Wording) -> Iterator[str]:
    for record in cited:
        if record.actor == AGENT:
            line = _put(company, record, wording)
            if line:
                yield line


def _put(company: Company, record: Record, wording: Wording) -> str:
    when = company.sim.calendar.clock(record.time)
    host, colon, what = record.object.partition(":")
    if not colon:
        host, what = "", record.object
    if host in company.blueprint.hosts:
        host = company.surface.render(company.blueprint.world.hosts[host].hostname)
    own = next((text for pattern, text in wording.question.items() if fits(record.verb, pattern)), None)
    if own is not None:
        return fill(company, own, {"when": when, "host": host, "what": what}).strip()
    verb = wording.verbs.get(record.verb)
    words = (verb.words if verb is not None else "") or wording.deed or "changed something"
    return f"At {when} you {words.format(what=what or 'it', host=host or 'the machine')}."


def fill(company: Company, text: str, names: Mapping[str, str]) -> str:
    """Return `text` with its placeholders filled from `names`, and the rest from the surface."""
    return render(text, lambda name: names[name] if name in names else company.surface[name])
