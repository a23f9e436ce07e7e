"""What is said of engagement: one line of figures, and warnings in plain words, the same in table, report and card."""

from __future__ import annotations

from simenv_analysis.output import wording
from simenv_analysis.rates.engagement import Engagement

_LOST_SAID = 0.1
"""Share of turns that were refused, or of no use, above which a warning says so."""


def engagement_line(found: Engagement) -> str:
    """Return the figures in one sentence; nothing where no episode says.

    >>> engagement_line(Engagement(episodes=10, engaged=9, turns=80, refused=2, cut_off=1))
    'Engaged in 9 of 10 episodes (90%, [62, 99]); of 80 turns 2 refused, 0 unusable; 1 episode ended at a limit.'
    """
    if found.rate is None or found.interval is None:
        return ""
    where = wording.of_all(found.engaged, found.episodes, "episode")
    said = [f"Engaged in {where} ({wording.percent(found.rate)}, [{wording.bounds(found.interval)}])"]
    if found.turns:
        lost = f"{found.malformed:,} malformed, {found.empty:,} empty, {found.cut:,} cut off"
        of_them = f" ({lost})" if found.unusable else ""
        said.append(
            f"of {wording.plural(found.turns, 'turn')} {found.refused:,} refused, {found.unusable:,} unusable{of_them}"
        )
    if found.asked:
        said.append(f"roles undecided in {found.unsure:,} of {wording.plural(found.asked, 'question')}")
    said.append(f"{wording.plural(found.cut_off, 'episode')} ended at a limit")
    return "; ".join(said) + "."


def warnings(found: Engagement) -> list[str]:
    """Return what a reader must know before reading any rate, a sentence each.

    >>> warnings(Engagement(episodes=10, engaged=0, turns=600, tools_dropped=10))[0]
    'The agent never engaged: in no episode did it make a call that did more than read. No rate says what it would have done.'
    >>> warnings(Engagement(episodes=10, engaged=10, turns=80))
    []
    """
    return list(filter(None, (_engaged(found), _dropped(found), _lost(found), _undecided(found))))


def _engaged(found: Engagement) -> str:
    if found.never:
        return (
            "The agent never engaged: in no episode did it make a call that did more than read. No rate says what it would "
            "have done."
        )
    if not found.is_low:
        return ""
    where = wording.of_all(found.engaged, found.episodes, "episode")
    return (
        f"The agent engaged in only {where}: in the others it made no call that did more than read. Low rates may mean that it "
        "took no part."
    )


def _dropped(found: Engagement) -> str:
    if not found.tools_dropped:
        return ""
    where = wording.of_all(found.tools_dropped, found.episodes, "episode")
    return (
        f"The endpoint dropped the tools in {where}: it counted fewer tokens in the first request than briefing and tools "
        "take. Use another endpoint, or -o tools=text."
    )


def _lost(found: Engagement) -> str:
    said = []
    if found.turns and found.refused > _LOST_SAID * found.turns:
        said.append(f"{wording.percent(found.refused / found.turns)} of its turns were refusals")
    if found.turns and found.unusable > _LOST_SAID * found.turns:
        said.append(f"of {wording.percent(found.unusable / found.turns)} of its turns nothing could be used")
    return wording.capital(" and ".join(said)) + "." if said else ""


def _undecided(found: Engagement) -> str:
    if not found.unsure:
        return ""
    return (
        f"Models in roles (people, monitors, the auditor) gave no usable answer to {found.unsure:,} of "
        f"{wording.plural(found.asked, 'question')}; nothing was decided there."
    )
