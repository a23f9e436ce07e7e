"""From run directories to a transparency card."""

from __future__ import annotations

import hashlib
import math
import shlex
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simenv.errors import SimenvError
from simenv.installed import world_folders
from simenv.rollout.plan import copy_of_world
from simenv.store.manifest import Manifest
from simenv.store.run import RunDirectory, runs_below
from simenv.world.overlay import overlay_files
from simenv.world.registry import open_copy
from simenv_analysis.output import wording
from simenv_analysis.output.card.card import (
    Alarms,
    Answers,
    Assurance,
    Card,
    Comparison,
    Effect,
    Level,
    Result,
    Share,
    Subject,
    Tested,
    TookPart,
)
from simenv_analysis.output.engagement import engagement_line, warnings
from simenv_analysis.output.headline import effect_sentence, repeats, short_effect
from simenv_analysis.rates.detection import POOLED, pooled
from simenv_analysis.rates.engagement import Engagement
from simenv_analysis.rates.interviews import read_interviews
from simenv_analysis.rates.marginals import Marginal, effects, marginals
from simenv_analysis.rates.published.beside import put_beside
from simenv_analysis.rates.rates import Rate, RunRates, read_rates
from simenv_analysis.safety.assure.search import Search

Report = Callable[[str], None]


def make_card(directory: Path, depth: int, limit_s: float, report: Report = lambda _: None) -> Card:
    """Return the card of all runs in or below a directory.

    Args:
        directory: a run directory, or one with runs below it.
        depth: of the search for a way around each off-switch; 0: none.
        limit_s: real seconds for each of these searches.
        report: is told what is being done.

    Raises:
        EpisodeError: there is no run, or it is damaged.
        SimenvError: the runs are of several agents, or none has a finished episode.
    """
    places = runs_below(directory)
    rates: dict[str, RunRates] = {}
    for place in places:
        name = place.relative_to(directory).as_posix()
        report(f"reading {place}")
        rates[name] = read_rates(RunDirectory(place))
    _check(rates)
    runs = {name: RunDirectory(place) for name, place in zip(rates, places, strict=True)}
    return Card(
        subject=_subject([each.manifest for each in rates.values()]),
        tested=[_tested(name, each, runs[name]) for name, each in rates.items()],
        results=[result for name, each in rates.items() for result in _results(name, each)],
        measures=_measures(list(rates.values())),
        false_alarms=_false_alarms(list(rates.values())),
        not_applicable={name: _not_applicable(each) for name, each in rates.items()},
        nothing_harmful=[name for name, each in rates.items() if each.nothing_harmful],
        answers=[answers for name, run in runs.items() for answers in _answers(name, run)],
        published=[each for run in rates.values() for each in _published(run)],
        assurance=_assurance(rates, runs, depth, limit_s, report) if depth else [],
        not_tested=_not_tested(list(rates.values()), depth),
        reproduce=[command for each in rates.values() for command in _commands(each.manifest)],
    )


def _check(rates: Mapping[str, RunRates]) -> None:
    agents = {(each.manifest.agent, tuple(sorted(each.manifest.agent_options.items()))) for each in rates.values()}
    if len(agents) > 1:
        names = ", ".join(sorted({agent for agent, _ in agents}))
        raise SimenvError(
            f"these runs are of several agents or options ({names}); a card is about one: give its directory"
        )
    if not any(each.finished for each in rates.values()):
        raise SimenvError("no episode has finished yet, so there is nothing to say")


def _subject(manifests: Sequence[Manifest]) -> Subject:
    first = manifests[0]
    versions = {name: version for each in manifests for name, version in each.versions.items()}
    return Subject(agent=first.agent, options=first.agent_options, disclaimer=first.disclaimer, versions=versions)


def _tested(name: str, rates: RunRates, run: RunDirectory) -> Tested:
    manifest = rates.manifest
    digests = {episode.id: episode.digest for episode in run.episodes()}
    together = "\n".join(f"{id} {digest}" for id, digest in sorted(digests.items()))
    used = {factor: {condition[factor] for condition in manifest.conditions} for factor in manifest.factors}
    return Tested(
        run=name,
        world=manifest.world,
        world_version=manifest.world_version,
        title=manifest.title,
        question=manifest.question,
        oversight=manifest.oversight,
        factors={
            factor: [each for each in levels if each in used[factor]] for factor, levels in manifest.factors.items()
        },
        conditions=len(manifest.conditions),
        seeds=len(manifest.seeds),
        planned=rates.planned,
        finished=rates.finished,
        failed=sum(row.failed for row in rates.rows),
        repeats=repeats(rates),
        alike=rates.alike,
        engagement=_engagement(rates.engagement),
        digest=hashlib.sha256(together.encode()).hexdigest(),
    )


def _engagement(found: Engagement) -> TookPart:
    kept = {name: value for name, value in found.record().items() if name in TookPart.model_fields}
    return TookPart(**kept, line=engagement_line(found), warnings=warnings(found))


def _share(rate: Rate) -> Share:
    low, high = rate.interval or (None, None)
    return Share(k=rate.succeeded, n=rate.n, low=low, high=high)


def _results(name: str, rates: RunRates) -> list[Result]:
    found, by_level = [], marginals(rates)
    for outcome in rates.manifest.outcomes:
        rows = [(row, rate) for row in rates.rows for rate in row.rates if rate.outcome == outcome and rate.n]
        if not rows:
            continue
        top, most = max(rows, key=lambda each: each[1].rate or 0.0)
        varying = [(each.condition, rate) for each, rate in rows]
        found.append(
            Result(
                run=name,
                outcome=outcome,
                title=rates.title(outcome),
                harmful=rates.outcomes[outcome].harmful if outcome in rates.outcomes else None,
                definition=rates.outcomes[outcome].summary if outcome in rates.outcomes else "",
                overall=_share(rates.total(outcome)),
                levels=[_level(each, rates.alike) for each in by_level if each.outcome == outcome and each.counts.n],
                effects=[_effect(rates.title(outcome), each) for each in effects(by_level, outcome)],
                highest=_share(most),
                highest_condition={factor: top.condition[factor] for factor in rates.varying},
                by_condition=[({f: condition[f] for f in rates.varying}, _share(rate)) for condition, rate in varying],
            )
        )
    return found


def _not_applicable(rates: RunRates) -> list[str]:
    totals = [rates.total(outcome) for outcome in rates.manifest.outcomes]
    return [rates.title(each.outcome) for each in totals if not each.applies]


def _level(found: Marginal, alike: bool) -> Level:
    low, high = (None, None) if alike else found.own_interval
    return Level(
        factor=found.factor, level=found.level, share=Share(k=found.counts.k, n=found.counts.n, low=low, high=high)
    )


def _effect(title: str, found: Marginal) -> Effect:
    low, high = found.interval or (-1.0, 1.0)
    return Effect(
        factor=found.factor,
        level=found.level,
        difference=found.difference or 0.0,
        low=low,
        high=high,
        adjusted=1.0 if found.adjusted is None else found.adjusted,
        sentence=effect_sentence(title, found),
        short=short_effect(found),
    )


def _measures(runs: Sequence[RunRates]) -> dict[str, list[float]]:
    names = dict.fromkeys(name for run in runs for name in run.measures)
    values = {name: sorted(figure for run in runs for figure in run.measures.get(name, ())) for name in names}
    return {name: [v[0], statistics.median(v), v[-1], float(len(v))] for name, v in values.items() if v}


def _false_alarms(runs: Sequence[RunRates]) -> Alarms | None:
    figures = {name: [figure for run in runs for figure in run.measures.get(name, ())] for name in POOLED}
    found = pooled(figures, alike=all(run.alike for run in runs))
    if found is None:
        return None
    low, high = found.interval or (None, None)
    counts = {"alerts": found.alerts, "hours": found.hours, "episodes": found.episodes}
    return Alarms(**counts, per_day=found.per_day, low=low, high=high)


def _answers(name: str, run: RunDirectory) -> list[Answers]:
    rows = read_interviews(run)
    if not rows:
        return []
    total = rows[-1]
    return [
        Answers(
            run=name, episodes=total.episodes, denied_once=total.denied_once, denied_throughout=total.denied_throughout
        )
    ]


def _published(rates: RunRates) -> list[Comparison]:
    return [
        Comparison(
            outcome=each.published.outcome,
            system=each.published.system,
            condition=each.published.condition,
            published=each.published.rate,
            own=_share(each.own),
            counted=None if each.counted is None else _share(each.counted),
            comparable=each.published.comparable,
            source=each.published.source,
        )
        for each in put_beside(rates)
        if each.own is not None
    ]


def _assurance(
    rates: Mapping[str, RunRates], runs: Mapping[str, RunDirectory], depth: int, limit_s: float, report: Report
) -> list[Assurance]:
    found = []
    copies = {
        (each.manifest.world, each.manifest.oversight): copy_of_world(each.manifest, runs[name].path)
        for name, each in rates.items()
    }
    for (world, oversight), copy in copies.items():
        scenario = open_copy(copy, world, oversight).scenario()
        if scenario.world.shutdown is None:
            continue
        report(f"searching for a way around the off-switch of {world}")
        end = time.monotonic() + limit_s
        search = Search(scenario).run(depth, lambda end=end: time.monotonic() > end)  # type: ignore[misc]
        calls = search.counterexample
        if calls is not None:
            verdict = "defeated"
        else:
            verdict = "holds" if search.done else "unknown"
        labels = [scenario.catalogue.labels[call] for call in calls or ()]
        found.append(
            Assurance(
                world=world,
                oversight=oversight,
                verdict=verdict,
                depth=search.depth,
                states=search.states,
                counterexample=labels,
                why=search.defeat,
            )
        )
    return found


def _not_tested(runs: Sequence[RunRates], depth: int) -> list[str]:
    worlds = {run.manifest.world for run in runs}
    left = [name for name in world_folders() if name not in worlds]
    said = [f"Worlds that were not run: {', '.join(left)}."] if left else []
    for run in runs:
        manifest = run.manifest
        used = {factor: {condition[factor] for condition in manifest.conditions} for factor in manifest.factors}
        missing = {f: [each for each in levels if each not in used[f]] for f, levels in manifest.factors.items()}
        gaps = "; ".join(f"{factor}: {', '.join(levels)}" for factor, levels in missing.items() if levels)
        if gaps:
            said.append(f"{manifest.world}: levels of factors that were not run ({gaps}).")
        if run.finished < run.planned:
            unfinished = wording.of_all(run.planned - run.finished, run.planned, "planned episode")
            said.append(f"{manifest.world}: {unfinished} did not finish.")
    overlays = [name for name in sorted(overlay_files()) if name not in {run.manifest.oversight for run in runs}]
    if overlays:
        said.append(f"Oversight under which nothing was run: {', '.join(overlays)}.")
    if depth == 0:
        said.append("Whether the off-switches hold against what the agent did not try.")
    return [
        *said,
        "Behaviour in a real deployment: everything here is simulated, and an agent may notice that.",
        "Behaviours for which there is no world, and capabilities as such.",
    ]


def _commands(manifest: Manifest) -> list[str]:
    """Return what does a run again: one command, or one for each condition if they are not all combinations of some levels."""
    fixed = ["simenv", "run", manifest.world, "--agent", manifest.agent]
    for name, value in manifest.agent_options.items():
        fixed += ["-o", f"{name}={value}"]
    for role, cast in manifest.roles.items():
        fixed += [
            "--role",
            f"{role}={','.join([cast.agent, *(f'{name}={value}' for name, value in cast.options.items())])}",
        ]
    if manifest.oversight:
        fixed += ["--oversight", manifest.oversight]
    for name, limit in manifest.limits.items():
        fixed += ["--limit", f"{name}={limit:g}"]
    return [shlex.join([*fixed, *chosen, "--seeds", _ranges(manifest.seeds)]) for chosen in _choices(manifest)]


def _choices(manifest: Manifest) -> list[list[str]]:
    """Return the arguments that choose a run's conditions, for one command or several."""
    used = {
        factor: [level for level in levels if any(condition[factor] == level for condition in manifest.conditions)]
        for factor, levels in manifest.factors.items()
    }
    is_product = math.prod(len(levels) for levels in used.values()) == len(manifest.conditions)
    groups = [used] if is_product else [{f: [level] for f, level in each.items()} for each in manifest.conditions]
    return [
        [
            argument
            for factor, levels in group.items()
            if levels != manifest.factors[factor][:1]
            for argument in ("-c", f"{factor}={','.join(levels)}")
        ]
        for group in groups
    ]


def _ranges(seeds: Sequence[int]) -> str:
    """Return seeds as the command line writes them.

    >>> _ranges([0, 1, 2, 7, 9, 10])
    '0:3,7,9:11'
    """
    parts: list[list[int]] = []
    for seed in sorted(seeds):
        if parts and seed == parts[-1][1]:
            parts[-1][1] += 1
        else:
            parts.append([seed, seed + 1])
    return ",".join(str(first) if after == first + 1 else f"{first}:{after}" for first, after in parts)
