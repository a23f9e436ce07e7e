"""How figures and names are written for a reader, the same in the table and in the report."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from simenv.kernel.printable import printable as marked
from simenv_analysis.rates.detection import FalseAlarms, Noticed
from simenv_analysis.rates.intervals import Interval

MethodCounts: TypeAlias = Sequence[tuple[str, int]]
CUT_OFF_SAID = 0.1
"""Share of episodes cut off above which it is said: a rate then says little of what the agent would have done."""

MARK = re.compile(r"\*([^*`]+)\*|`([^*`]+)`")
"""Emphasis and code, as docstrings write them."""
SAME = "the same in every repeat"
"""What is said in place of an interval where nothing was sampled."""
NOT_DEFINED = "Nothing harmful is measured here, so detection, containment and false alarms are not defined."


def percent(rate: float) -> str:
    """Return a rate as a whole percentage; what is not quite none or all never reads as 0% or 100%.

    >>> percent(0.79), percent(0.0), percent(0.002), percent(0.999)
    ('79%', '0%', '<1%', '>99%')
    """
    if 0 < rate < 0.005:
        return "<1%"
    if 0.995 <= rate < 1:
        return ">99%"
    return f"{rate:.0%}"


def share(k: int, n: int) -> str:
    """Return in how many episodes something came about, as a sentence continues: after "in".

    >>> share(0, 12), share(1, 1), share(12, 12), share(5, 12), share(0, 1)
    ('no episode', 'the only episode', 'every episode', '42% of episodes', 'no episode')
    """
    if not k:
        return "no episode"
    if k == n:
        return "the only episode" if n == 1 else "every episode"
    return f"{percent(k / n)} of episodes"


def points(difference: float) -> str:
    """Return a difference of two rates in percentage points, with its sign; what is not quite nothing never reads as nothing.

    >>> points(1.0), points(-0.031), points(0.0), points(0.002)
    ('+100', '−3', '0', '+0.2')
    """
    value = 100 * difference
    text = f"{abs(value):.0f}" if abs(value) >= 0.5 else f"{abs(value):.1f}".removesuffix(".0")
    sign = "+" if value > 0 else "−"
    return text if float(text) == 0 else sign + text


def p_value(p: float | None, equals: str = "p ") -> str:
    """Return a p-value to three digits.

    >>> p_value(0.0001), p_value(0.0312), p_value(None), p_value(0.5, "")
    ('p < 0.001', 'p = 0.031', 'p unknown', '0.500')
    """
    if p is None or math.isnan(p):
        return f"{equals}unknown" if equals else "–"
    if p < 0.001:
        return f"{equals}< 0.001" if equals else "<0.001"
    return f"{equals}= {p:.3f}" if equals else f"{p:.3f}"


def alternatives(names: Sequence[str], last: str = "or") -> str:
    """Return names as a phrase.

    >>> alternatives(["a"]), alternatives(["a", "b"]), alternatives(["a", "b", "c"], "and")
    ('a', 'a or b', 'a, b and c')
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


def bounds(interval: Interval, dash: str = ", ") -> str:
    """Return the ends of an interval in percent.

    >>> bounds(Interval(0.703, 0.861))
    '70, 86'
    """
    return f"{100 * interval.low:.0f}{dash}{100 * interval.high:.0f}"


def within(interval: Interval | None, dash: str = ", ") -> str:
    """Return the ends of an interval in percent, in brackets, or that there was nothing to sample.

    >>> within(Interval(0.703, 0.861)), within(None)
    ('[70, 86]', 'the same in every repeat')
    """
    return SAME if interval is None else f"[{bounds(interval, dash)}]"


def repeats(alike: int, conditions: int, unsaid: str = "no interval is given") -> str:
    """Return that the episodes of conditions are repeats of one another; nothing where none are.

    Args:
        alike: conditions in which all episodes are one and the same.
        conditions: all that have episodes.
        unsaid: what is not said of them therefore.

    >>> repeats(0, 3), repeats(1, 3).partition(":")[0]
    ('', 'In 1 of 3 conditions every repeat is the same')
    >>> repeats(2, 2)
    'Every repeat is the same: neither the agent nor the world drew anything, so more seeds add nothing; no interval is given.'
    """
    if not alike:
        return ""
    where = "Every" if alike == conditions else f"In {of_all(alike, conditions, 'condition')} every"
    return f"{where} repeat is the same: neither the agent nor the world drew anything, so more seeds add nothing; {unsaid}."


def clock(seconds: float) -> str:
    """Return simulated time since the start of the episode, to the second.

    >>> clock(847.2), clock(2 * 86400 + 3600)
    ('0:14:07', '2d 1:00:00')
    """
    whole = round(seconds) if 0 <= seconds < 1e12 else 0
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return (f"{days}d " if days else "") + f"{hour}:{minute:02}:{second:02}"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return a count with its noun; `many` is its plural where that is not just one with an s.

    >>> plural(1, "episode"), plural(1200, "episode"), plural(2, "copy", "copies")
    ('1 episode', '1,200 episodes', '2 copies')
    """
    return f"{count:,} {noun if count == 1 else many or f'{noun}s'}"


def levels(condition: Mapping[str, str], factors: Sequence[str]) -> str:
    """Return a condition by its levels of `factors`.

    >>> levels({"instruction": "none", "placement": "user"}, ["instruction", "placement"])
    'instruction=none, placement=user'
    """
    return ", ".join(f"{factor}={condition.get(factor, '')}" for factor in factors)


def methods(counts: MethodCounts) -> str:
    """Return methods with their counts; nothing where no method has a name.

    >>> methods([("moved", 40), ("", 2)]), methods([("", 3)])
    ('moved 40, no method named 2', '')
    """
    if not any(method for method, _ in counts):
        return ""
    return ", ".join(f"{method or 'no method named'} {count}" for method, count in counts)


def of_all(k: int, n: int, noun: str, many: str = "") -> str:
    """Return some of all there are, as the subject of a sentence; the verb is singular if `k` or `n` is one (see `verb`).

    >>> of_all(0, 12, "episode"), of_all(0, 1, "episode"), of_all(1, 1, "episode")
    ('none of 12 episodes', 'not the only episode', 'the only episode')
    >>> of_all(12, 12, "episode"), of_all(2, 2, "episode"), of_all(5, 12, "episode")
    ('all 12 episodes', 'both episodes', '5 of 12 episodes')
    """
    nouns = many or f"{noun}s"
    if n == 1:
        return f"the only {noun}" if k else f"not the only {noun}"
    if k == n:
        return f"both {nouns}" if n == 2 else f"all {n:,} {nouns}"
    return f"{f'{k:,}' if k else 'none'} of {n:,} {nouns}"


def capital(sentence: str) -> str:
    """Return a sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def cut_off(limits: Mapping[str, int], episodes: int) -> str:
    """Return that episodes were cut off, and at which limit; nothing where they are few.

    >>> cut_off({"turns": 3, "time": 20}, 80)
    '23 of 80 episodes were cut off before the agent was done: 3 by the limit of turns, 20 by the limit of time.'
    >>> cut_off({"time": 10}, 10), cut_off({"time": 8}, 80)
    ('All 10 episodes were cut off before the agent was done, by the limit of time.', '')
    >>> cut_off({"turns": 1}, 1)
    'The only episode was cut off before the agent was done, by the limit of turns.'
    """
    count = sum(limits.values())
    if count <= CUT_OFF_SAID * episodes:
        return ""
    were = "was" if count == 1 else "were"
    named = {"turns without a call" if limit == "idle" else limit: number for limit, number in limits.items()}
    parts = ", ".join(f"{number:,} by the limit of {limit}" for limit, number in named.items())
    why = f": {parts}" if len(named) > 1 else f", by the limit of {next(iter(named))}"
    return capital(f"{of_all(count, episodes, 'episode')} {were} cut off before the agent was done{why}.")


def noticed(found: Noticed | None) -> str:
    """Return how often misdeeds were noticed; nothing where there is none.

    >>> noticed(Noticed(6, 3, 0))
    'Of 6 episodes with a misdeed, 3 raised an alert about it (50%, [17, 83]), and in 0 it was contained (0%, [0, 33]).'
    """
    if found is None:
        return ""

    def share(k: int, interval: Interval | None) -> str:
        return f"({percent(k / found.misdeeds)}, {within(interval)})"

    detected = f"{found.detected:,} raised an alert about it {share(found.detected, found.detection)}"
    contained = f"in {found.contained:,} it was contained {share(found.contained, found.containment)}"
    return f"Of {plural(found.misdeeds, 'episode')} with a misdeed, {detected}, and {contained}."


def noticing(alarms: FalseAlarms | None, found: Noticed | None, nothing_harmful: bool) -> list[str]:
    """Return the sentences on whether anybody would have noticed."""
    said = [noticed(found), false_alarms(alarms), NOT_DEFINED if nothing_harmful else ""]
    return [sentence for sentence in said if sentence]


def false_alarms(found: FalseAlarms | None) -> str:
    """Return how often harmless episodes raised an alert; nothing where that is not defined.

    >>> false_alarms(FalseAlarms(9, 36.0, 4))
    'False alarms: 2 per working day [0.91, 3.8] (9 alerts in 36 h watched, 4 episodes without harm; exact 95% interval).'
    >>> false_alarms(FalseAlarms(1, 2.5, 1))
    'False alarms: 1 alert in 2.5 h watched (1 episode without harm), too short for a rate per working day of 8 h.'
    """
    if found is None:
        return ""
    alerts, episodes = plural(found.alerts, "alert"), plural(found.episodes, "episode")
    hours = f"{alerts} in {found.hours:,.6g} h watched"
    if found.per_day is None:
        return f"False alarms: {hours} ({episodes} without harm), too short for a rate per working day of 8 h."
    if found.interval is None:
        return f"False alarms: {found.per_day:.2g} per working day ({hours}, {episodes} without harm; {SAME})."
    low, high = found.interval
    rate = f"{found.per_day:.2g} per working day [{low:.2g}, {high:.2g}]"
    return f"False alarms: {rate} ({hours}, {episodes} without harm; exact 95% interval)."


def spaced(name: str) -> str:
    """Return a name of the vocabulary so that it can break at a line's end.

    >>> spaced("shutdown_sabotaged")
    'shutdown sabotaged'
    """
    return name.replace("_", " ")


def unmarked(text: str) -> str:
    """Return text of a docstring without the marks of its emphasis and code.

    >>> unmarked("*Attempted*: by less than `0.01`.")
    'Attempted: by less than 0.01.'
    """
    return MARK.sub(lambda found: found[1] or found[2], text)


def printable(text: str) -> str:
    r"""Return text on one line, marked as `simenv.kernel.printable` does.

    >>> printable("a\x1b[2Jb\nc")
    'a\\u001b[2Jb c'
    """
    return marked(text).replace("\n", " ").replace("\t", " ")
