"""What is allowed in a world, but hardly meant: names misspelt in levels, markers that nothing shows, tools without a grant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Protocol

from simenv.agent.facts import FactFinder
from simenv.company.blueprint import plan_surface
from simenv.company.surface.surface import Surface
from simenv.errors import Problem
from simenv.kernel import Calendar, fits
from simenv.outcomes import Verdict
from simenv.schema.doubtful import doubtful
from simenv.schema.fault import Fault
from simenv.schema.load import at_patch, problems_of_faults
from simenv.schema.problems import field_name
from simenv.schema.source import Location
from simenv.schema.text import variables
from simenv.schema.world import World
from simenv.world.code import WorldCode
from simenv.world.folder import WorldFolder, grants_in
from simenv.world.scenario import known_outcomes, offered_tools

_SECTIONS = ("hosts", "people", "mail", "artifacts", "surface", "facts")
"""Sections that are keyed by ids of the designer's own: a level that misspells one adds something in place of changing it."""
_NESTED = ("files", "services", "processes", "jobs", "users", "links", "zones", "monitors", "playbooks", "rules")
_ALIKE = 0.8
"""Similarity (difflib's ratio) from which a new key is taken for a misspelt one."""


class Tried(Protocol):
    """What episodes under all conditions of a world showed (`simenv.episode.trying.Trial`)."""

    @property
    def verdicts(self) -> Mapping[str, Sequence[Verdict]]:
        """Outcome → the verdict of each episode."""

    @property
    def learned(self) -> Set[str]:
        """Facts that the agent learned in any of them."""

    @property
    def vain(self) -> Set[str]:
        """Labels of calls that did nothing under any condition."""


def doubts_of(folder: WorldFolder, tried: Tried) -> list[Problem]:
    """Return what is allowed in a world but hardly meant, each with its line and a remedy, in file order."""
    base = _of_document(folder, folder.world)
    faults = [
        *_of_outcomes(folder, tried.verdicts),
        *_of_rules(folder),
        *_of_interview(folder),
        *_of_markers(folder, tried.learned),
        *_of_catalogue(folder, tried.vain),
        *_of_leverage(folder),
    ]
    found = [*base, *_located(folder, faults)]
    known = {problem[2:] for problem in base}
    for (factor, level), under in folder.levels.items():
        place: Location = ("factors", factor, "levels", level)
        found += [
            at_patch(problem, folder.source, place)
            for problem in _of_document(folder, under)
            if problem[2:] not in known
        ]
        patch = folder.source.document["factors"][factor]["levels"][level]
        found += _located(folder, _misspelt(folder.source.document, patch, (), place))
    return sorted(found, key=lambda problem: problem.line or 0)


def _located(folder: WorldFolder, faults: Iterable[Fault]) -> list[Problem]:
    return problems_of_faults(faults, folder.source)


def _of_document(folder: WorldFolder, world: World) -> list[Problem]:
    return problems_of_faults([*doubtful(world), *_ungranted(folder, world)], folder.source)


def _ungranted(folder: WorldFolder, world: World) -> Iterator[Fault]:
    """Tools that the agent may never use, and grants that no tool of its own asks for."""
    tools, held = offered_tools(world, folder.code), [(at, name) for at, name in grants_in(world) if "revoke" not in at]
    for index, tool in enumerate(world.agent.tools):
        grant = tools[tool].grant
        if not any(fits(grant, name) for _, name in held):
            yield Fault(("agent", "tools", index), f"{tool!r} needs the grant {grant!r}, which the agent never holds",
                        f"add `{grant}` to agent.grants, or leave the tool out")  # fmt: skip
    asked = {tool.grant for tool in tools.values()}
    for at, name in held:
        if not any(fits(grant, name) for grant in asked):
            yield Fault(at, f"no tool of the agent asks for {name!r}", "offer the tool, or leave the grant out")


def _misspelt(document: Any, patch: Any, at: Location, place: Location) -> Iterator[Fault]:
    """Keys that a patch adds to a section of named things although the document has one that is nearly the same."""
    if not isinstance(patch, dict) or not isinstance(document, dict):
        return
    named = (len(at) == 1 and at[0] in _SECTIONS) or (len(at) > 1 and at[-1] in _NESTED)
    for key, value in patch.items():
        if key not in document and named and value is not None:
            twin = _nearly(str(key), document)
            if twin:
                message = f"adds {field_name((*at, key))}, beside {twin!r}"
                remedy = f"did you mean `{twin}`? If not, a name that differs more is easier to read"
                yield Fault((*place, *at, key), message, remedy)
        else:
            yield from _misspelt(document.get(key), value, (*at, key), place)


def _nearly(key: str, known: Collection[str]) -> str:
    """Return the known key that `key` nearly is; of paths, in the same folder. `web1` and `web2` are both meant."""
    folder, _, name = key.rpartition("/")
    near = {each.rpartition("/")[2]: each for each in map(str, known) if each.rpartition("/")[0] == folder}
    close = difflib.get_close_matches(name, near, n=1, cutoff=_ALIKE)
    return near[close[0]] if close and _letters(close[0]) != _letters(name) else ""


def _letters(key: str) -> str:
    return "".join(character for character in key if not character.isdigit())


def _of_outcomes(folder: WorldFolder, verdicts: Mapping[str, Sequence[Verdict]]) -> Iterator[Fault]:
    for index, name in enumerate(folder.world.outcomes):
        found = verdicts.get(name, ())
        if found and not any(verdict.possible for verdict in found):
            message = f"{name!r} cannot occur under any condition: {found[0].note or 'this world has nothing for it'}"
            yield Fault(("outcomes", index), message, "add what it needs, or leave the outcome out")


def _of_rules(folder: WorldFolder) -> Iterator[Fault]:
    for name in folder.world.outcome_rules:
        if name not in folder.world.outcomes:
            yield Fault(("outcome_rules", name), "is not measured", f"add `{name}` to `outcomes`, or leave it out")


def _of_interview(folder: WorldFolder) -> Iterator[Fault]:
    """Questions that show evidence for an outcome whose acts nothing puts into words."""
    interview = folder.world.interview
    for key, question in ({} if interview is None else interview.questions).items():
        about = known_outcomes(folder.world, folder.code)[question.about]
        if about.deed or not any("evidence" in variables(text) for text in question.ask.values()):
            continue
        mute = [act for act in about.acts if not _has_words(act, question.evidence, folder.code)]
        if mute or not (about.acts or question.evidence):
            message = (
                f"the auditor has no words for the evidence of {question.about!r} ({', '.join(mute) or 'any act'})"
            )
            remedy = "give the outcome a `deed` or the verbs `words`, or list the verbs under `evidence`"
            yield Fault(("interview", "questions", key), message, remedy)


def _has_words(act: str, evidence: Mapping[str, str], code: WorldCode) -> bool:
    verbs = [verb for name, verb in code.known_verbs.items() if fits(name, act)]
    return bool(verbs) and all(verb.words or any(fits(verb, pattern) for pattern in evidence) for verb in verbs)


def _of_markers(folder: WorldFolder, learned: Set[str]) -> Iterator[Fault]:
    """Facts that no agent learned, and whose marker is in no text of the world, under any level, nor in its code."""
    facts = {name: fact for name, fact in folder.world.learner.facts.items() if name not in learned}
    if not facts:
        return
    finder = FactFinder([fact.marker for fact in facts.values()])
    shown = {
        place
        for world in (folder.world, *folder.levels.values())
        for text in _texts(world)
        for place in finder.find(text)
    }
    for place, (name, fact) in enumerate(facts.items()):
        if place not in shown and fact.marker not in folder.code.text:
            message = f"no text of this world holds {fact.marker!r}, so nobody can learn the fact"
            yield Fault(("learner", "facts", name, "marker"), message, "copy the words from the text that shows it")


def _texts(world: World) -> Iterator[str]:
    """Yield every text of a document with its placeholders filled, for one seed."""
    surface = Surface(plan_surface(world, Calendar(world.calendar.start, world.calendar.timezone)), 0)
    left_out = {"factors", "learner", "study", "interview"}
    for text in _strings(world.model_dump(mode="python", by_alias=True, exclude=left_out)):
        yield surface.render(text)


def _of_leverage(folder: WorldFolder) -> Iterator[Fault]:
    """Texts that are said to hold the secret, and hold none of its words under any level under which there is one."""
    told: dict[str, bool] = {}
    for world in (folder.world, *folder.levels.values()):
        if world.leverage is None or not world.leverage.secret:
            continue
        surface = Surface(plan_surface(world, Calendar(world.calendar.start, world.calendar.timezone)), 0)
        words = [surface.render(each).casefold() for each in world.leverage.secret]
        for name in world.leverage.texts:
            text = surface.render(_text_at(world, name)).casefold()
            told[name] = told.get(name, False) or any(word in text for word in words)
    names = [] if folder.world.leverage is None else folder.world.leverage.texts
    for index, name in enumerate(names):
        if not told.get(name, True):
            message = f"{name!r} holds none of the words of the secret"
            yield Fault(
                ("leverage", "texts", index), message, "add a word that it has to leverage.secret, or leave it out"
            )


def _text_at(world: World, name: str) -> str:
    if name in world.mail:
        return f"{world.mail[name].subject}\n{world.mail[name].body}"
    host, _, path = name.partition(":")
    return world.hosts[host].files[path].content


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from _strings(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _strings(value)


def _of_catalogue(folder: WorldFolder, vain: Set[str]) -> Iterator[Fault]:
    """Values of the catalogue that make no call, or none that does anything."""
    used = {entry.tool.name for entry in folder.catalogue.entries if entry.tool is not None}
    for key, values in folder.world.learner.values.items():
        tool, _, parameter = key.partition(".")
        if tool not in used:
            message = f"{tool!r} has no call in the catalogue: another of its parameters has no values"
            yield Fault(("learner", "values", key), message, f"list values for every parameter of {tool}")
        for index, value in enumerate(values):
            calls = [
                entry.label
                for entry in folder.catalogue.entries
                if entry.tool is not None and entry.tool.name == tool and entry.arguments.get(parameter) == value
            ]
            if calls and vain >= set(calls):
                message = f"{value!r} does nothing: the call is refused, or its program does not exist"
                yield Fault(("learner", "values", key, index), message, "correct it, or leave it out")
