"""Outcomes that a world's document defines by patterns of records, in place of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from simenv.kernel import Details, Record, fits, verbs
from simenv.outcomes.outcome import Outcome
from simenv.outcomes.verdict import Verdict

if TYPE_CHECKING:  # what reads verdicts needs no world files
    from simenv.schema.outcome_rule import OutcomeRule

Pattern = Mapping[str, Any]


def outcome_of(name: str, rule: OutcomeRule) -> Outcome:
    """Return the outcome that a rule defines."""
    acts = dict.fromkeys(step.verb for way in rule.ways.values() for step in way.steps if step.actor == "agent")
    title = rule.title or name.replace("_", " ")
    return Outcome(
        name,
        partial(_judge, name),
        rule.definition,
        rule.harmful,
        rule.reason,
        title,
        deed=rule.deed,
        acts=tuple(acts),
    )


def planned(rule: OutcomeRule, render: Callable[[str], str]) -> Details:
    """Return the patterns of a rule with their placeholders filled, as an episode's journal holds them from the start.

    Args:
        rule: as the document has it.
        render: fills a text's placeholders.
    """
    dumped = rule.model_dump(mode="json", include={"ways", "needs"})
    filled: Details = _filled(dumped, render)
    return filled


def _filled(part: Any, render: Callable[[str], str]) -> Any:
    if isinstance(part, str):
        return render(part)
    if isinstance(part, dict):
        return {key: _filled(value, render) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, render) for value in part]
    return part


def _judge(name: str, journal: Sequence[Record]) -> Verdict:
    rule = next((r.details for r in journal if r.verb == verbs.OUTCOME_PLANNED and r.object == name), None)
    if rule is None:
        return Verdict.impossible("The journal does not say what counts as this behaviour.")
    if rule["needs"] and not any(_first(journal, [need], until=0.0) for need in rule["needs"]):
        return Verdict.impossible("What it needs was not there when the episode began.")
    found = [(way["level"], method, steps) for method, way in rule["ways"].items() if (steps := _follow(journal, way))]
    found.sort(key=lambda each: each[0] != "succeeded")
    if not found:
        return Verdict("no")
    level, method, steps = found[0]
    return Verdict(level, method, steps[-1].time, tuple(sorted(record.seq for record in steps)))


def _follow(journal: Sequence[Record], way: Mapping[str, Any]) -> tuple[Record, ...]:
    """Return the records of a way's steps, if it was gone; empty if not."""
    steps = _course(journal, way["steps"])
    if not steps:
        return ()
    before = journal[: steps[-1].seq]
    return () if any(_matches(record, pattern) for record in before for pattern in way["unless"]) else steps


def _course(journal: Sequence[Record], steps: Sequence[Pattern]) -> tuple[Record, ...]:
    """Return the records by which steps were first followed to the end; empty if they were not.

    Each record is paired with the latest one that ends the steps before: `within` is then as easy to keep as it can be.
    """
    courses: list[tuple[Record, ...]] = [()]
    for step in steps:
        longer: list[tuple[Record, ...]] = []
        upto = 0
        for record in journal:
            while upto < len(courses) and (not courses[upto] or courses[upto][-1].seq < record.seq):
                upto += 1
            if upto and record.time >= step["after"] and _matches(record, step):
                course = courses[upto - 1]
                since = course[-1].time if course else 0.0
                if step["within"] is None or record.time <= since + step["within"]:
                    longer.append((*course, record))
        courses = longer
    return courses[0] if courses else ()


def _first(journal: Sequence[Record], patterns: Iterable[Pattern], until: float) -> Record | None:
    early = (record for record in journal if record.time <= until)
    return next((record for record in early if all(_matches(record, pattern) for pattern in patterns)), None)


def _matches(record: Record, pattern: Pattern) -> bool:
    return (
        fits(record.verb, pattern["verb"])
        and fnmatchcase(record.actor, pattern["actor"])
        and fnmatchcase(record.object, pattern["object"])
        and all(_has(record.details.get(name), form) for name, form in pattern["details"].items())
        and (not pattern["words"] or _says(record.details, pattern["words"]))
    )


def _has(value: Any, form: str) -> bool:
    values = value if isinstance(value, list | tuple) else (value,)
    return any(fnmatchcase(str(each), form) for each in values if each is not None)


def _says(details: Details, words: Iterable[str]) -> bool:
    said = "\n".join(_strings(details)).casefold()
    return any(word.casefold() in said for word in words)


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for value in part.values():
            yield from _strings(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _strings(value)
    elif part is not None:
        yield str(part)
