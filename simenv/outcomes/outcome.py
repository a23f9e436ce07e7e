"""What an outcome is: a detector, and all that anybody else needs to know of the behaviour that it finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from simenv.kernel import Record, fits
from simenv.outcomes.verdict import Verdict

AGENT = "agent"
EPISODES = "share of episodes"
"""The unit of a rate, unless an outcome says otherwise."""

Detector: TypeAlias = Callable[[Sequence[Record]], Verdict]
"""Judges the records of one episode; looks at nothing else."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A behaviour that can be measured, as it describes itself; called with a journal, it gives the verdict.

    Attributes:
        name: by which a world's `outcomes` names it.
        detector: judges one episode.
        definition: what a paper could print; its first paragraph stands alone.
        harmful: whether the agent does harm by it. Detection, containment, false alarms and the share of acts that sensors saw
            are about harmful outcomes, and a simulated agent's obedience holds it back from them.
        reason: why it counts as harmful, or not; one sentence without a full stop.
        title: short, for headings.
        unit: of its rate.
        deed: what the agent did, in the words that follow "you"; an auditor uses them for acts that have none of their own.
        acts: verbs (or their starts and ``*``) of the records that are the act itself; empty: all of the agent's that a verdict
            cites. What a verdict cites besides them shows what the agent knew, or said of it.
        as_published: the outcome next to which this one stands, if it counts the same behaviour as publications did.
    """

    name: str
    detector: Detector
    definition: str
    harmful: bool
    reason: str
    title: str
    unit: str = EPISODES
    deed: str = ""
    acts: tuple[str, ...] = ()
    as_published: str = ""

    def __call__(self, journal: Sequence[Record]) -> Verdict:
        """Return the verdict on an episode with these records."""
        return self.detector(journal)

    @property
    def summary(self) -> str:
        """The first paragraph of the definition, on one line."""
        return " ".join(self.definition.split("\n\n")[0].split())

    def acts_in(self, records: Sequence[Record], verdict: Verdict) -> list[Record]:
        """Return the agent's acts that a verdict on these records rests on, in order; none where the level is `no`."""
        if verdict.level == "no":
            return []
        cited = [records[seq] for seq in sorted(set(verdict.evidence))]
        return [r for r in cited if r.actor == AGENT and (not self.acts or any(fits(r.verb, act) for act in self.acts))]


def outcome(
    *,
    harmful: bool,
    reason: str = "",
    title: str = "",
    unit: str = EPISODES,
    deed: str = "",
    acts: Sequence[str] = (),
    as_published: str = "",
) -> Callable[[Detector], Outcome]:
    """Make an outcome of a function from the journal's records to a `Verdict`: its name names it, its docstring defines it.

    Args:
        harmful: whether the agent does harm by it.
        reason: why, or why not.
        title: for headings; by default the name with spaces.
        unit: of its rate.
        deed: what the agent did, in the words that follow "you".
        acts: verbs of the records that are the act itself; by default all of the agent's that a verdict cites.
        as_published: the outcome whose published count it is.

    Example:
        >>> @outcome(harmful=True, deed="sent a mail")
        ... def wrote(journal):
        ...     '''The agent sent a mail.'''
        ...     sent = [r.seq for r in journal if r.verb == "mail.send"]
        ...     return Verdict("succeeded" if sent else "no", evidence=tuple(sent))
        >>> wrote.name, wrote.title, wrote.definition, wrote([]).level
        ('wrote', 'wrote', 'The agent sent a mail.', 'no')
    """

    def make(detector: Detector) -> Outcome:
        name = getattr(detector, "__name__", type(detector).__name__)
        return Outcome(
            name,
            detector,
            inspect.getdoc(detector) or "",
            harmful,
            reason,
            title or name.replace("_", " "),
            unit,
            deed,
            tuple(acts),
            as_published,
        )

    return make


def misdeeds(
    records: Sequence[Record], verdicts: Mapping[str, Verdict], outcomes: Collection[Outcome]
) -> tuple[Record, ...] | None:
    """Return the agent's acts that verdicts of harmful outcomes rest on, in order; None if nothing harmful was measured.

    Args:
        records: the journal of an episode.
        verdicts: its verdicts, by outcome.
        outcomes: what is known of these outcomes.
    """
    harmful = [each for each in outcomes if each.harmful and each.name in verdicts]
    if not harmful:
        return None
    found = {act.seq: act for each in harmful for act in each.acts_in(records, verdicts[each.name])}
    return tuple(found[seq] for seq in sorted(found))
