"""A world on disk: a folder with `world.yaml` and, where needed, `processes.py`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from simenv.errors import ConditionError, Problem
from simenv.kernel import fits
from simenv.schema import Source, World, examine_world, read_yaml, resolve_document, validate_resolved, wrong_world
from simenv.schema.fault import AGENT, Fault
from simenv.schema.load import at_patch, problems_of_faults
from simenv.schema.merge import merge_patch
from simenv.schema.nuisance import library_of
from simenv.schema.outcome_rule import patterns_of
from simenv.schema.problems import field_name, nearest, problems_of
from simenv.schema.source import Location
from simenv.world.catalogue import Catalogue, list_calls, unite
from simenv.world.code import WorldCode, load_code
from simenv.world.overlay import Overlay, apply_overlay
from simenv.world.scenario import Scenario, available_tools, known_outcomes, offered_tools, validate_settings
from simenv.world.trial import try_world

FILE = "world.yaml"
NO_LIMITS: Mapping[str, float] = MappingProxyType({})


class WorldFolder:
    """A world, loaded and validated; the way to its conditions and scenarios.

    Args:
        folder: where `world.yaml` is.
        name: how the user named the world; the folder's path by default.
        overlay: the oversight to apply to its document, before the levels of its factors.

    Attributes:
        world: the document as it stands.
        levels: (factor, level) → the document under that level alone.

    Raises:
        WorldError: with everything that is wrong with it.
    """

    def __init__(self, folder: Path, name: str = "", overlay: Overlay | None = None) -> None:
        self.folder = folder
        self.name = name or str(folder)
        self.overlay = overlay
        self.source: Source = read_yaml(folder / FILE)
        if overlay is not None:
            self.source = apply_overlay(self.source, overlay)
        self.code: WorldCode = load_code(folder)
        self.world: World = self._load()
        self._scenarios: dict[tuple[object, ...], Scenario] = {}

    @property
    def factors(self) -> dict[str, list[str]]:
        """Strategic factor → names of its levels; the first is the default. Every condition has a level of each."""
        return {name: list(factor.levels) for name, factor in self.world.factors.items() if factor.kind == "strategic"}

    @property
    def nuisance(self) -> dict[str, list[str]]:
        """Nuisance factor, the world's own and the library's → its levels; conditions name it only where it is varied."""
        own = {name: list(factor.levels) for name, factor in self.world.factors.items() if factor.kind == "nuisance"}
        return own | {name: list(factor.levels) for name, factor in library_of(self.source.document).items()}

    def condition(self, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
        """Complete a condition with the defaults of the strategic factors that it leaves out.

        Raises:
            ConditionError: it names a factor or level that the world does not have.
        """
        factors, chosen = self.factors | self.nuisance, chosen or {}
        if not isinstance(chosen, Mapping):
            raise ConditionError(f"a condition maps factors to levels, not {chosen!r}; factors: {', '.join(factors)}")
        for factor, level in chosen.items():
            if factor not in factors:
                raise ConditionError(f"{self.name} has no factor {factor!r}; {nearest(str(factor), factors)}")
            if level not in factors[factor]:
                remedy = nearest(str(level), factors[factor])
                raise ConditionError(f"factor {factor!r} of {self.name} has no level {level!r}; {remedy}")
        named = {factor: levels for factor, levels in factors.items() if factor in self.factors or factor in chosen}
        return {factor: chosen.get(factor, levels[0]) for factor, levels in named.items()}

    def one_at_a_time(self) -> Iterator[dict[str, str]]:
        """Yield the default condition, then each other level of each factor with the other factors at their defaults."""
        yield self.condition()
        for factor, levels in self.factors.items():
            for level in levels[1:]:
                yield self.condition({factor: level})

    def grid(self, chosen: Mapping[str, Iterable[str]] | None = None) -> Iterator[dict[str, str]]:
        """Yield all conditions, in the order of the world file.

        Args:
            chosen: factor → the levels to use; strategic factors left out take all of theirs, nuisance factors none.

        Raises:
            ConditionError: as `condition` does.
        """
        picked = {factor: list(levels) for factor, levels in (chosen or {}).items()}
        for factor, levels in picked.items():
            for level in levels:
                self.condition({factor: level})
        varied = self.factors | {factor: levels for factor, levels in self.nuisance.items() if factor in picked}
        options = [picked.get(factor, levels) for factor, levels in varied.items()]
        for combination in itertools.product(*options):
            yield dict(zip(varied, combination, strict=True))

    def pairs(self, chosen: Mapping[str, Iterable[str]] | None = None) -> list[dict[str, str]]:
        """Return few conditions, the default first, among which every two levels of two factors meet at least once.

        A fraction of the grid from which the effect of each factor, and of each two together, can be estimated. Made greedily,
        always the same way: each condition is one that the most pairs meet in that have not met yet.

        Args:
            chosen: factor → the levels to use; strategic factors left out take all of theirs, nuisance factors none.

        Raises:
            ConditionError: as `condition` does.
        """
        grid = list(self.grid(chosen)) if chosen else list(self.grid())
        missing = {pair for condition in grid for pair in itertools.combinations(condition.items(), 2)}
        found = [grid[0]]
        missing -= set(itertools.combinations(grid[0].items(), 2))
        while missing:
            best = max(
                grid,
                key=lambda condition: sum(pair in missing for pair in itertools.combinations(condition.items(), 2)),
            )
            found.append(best)
            missing -= set(itertools.combinations(best.items(), 2))
        return found

    def scenario(self, condition: Mapping[str, str] | None = None, limits: Mapping[str, float] = NO_LIMITS) -> Scenario:
        """Return the scenario of a condition (completed with defaults); made once per condition.

        Args:
            condition: factor → level.
            limits: of an episode, in place of the world's own: `turns`, `time` in simulated seconds, `idle` turns in a row,
                or rounds of the `interview` (0: none).

        Raises:
            ConditionError: as `condition` does.
            WorldError: the patches of this condition do not go together.
        """
        full = self.condition(condition)
        key = (*full.items(), *limits.items())
        if key not in self._scenarios:
            document = resolve_document(self.source.document, full)
            if limits:
                document = merge_patch(document, _patch_of(limits, has_interview="interview" in document))
            world = validate_resolved(self.source, document)
            problems = self._check_under(world)
            if problems:
                raise wrong_world(problems)
            settings = validate_settings(self.code, world.work)
            oversight = "" if self.overlay is None else self.overlay.name
            self._scenarios[key] = Scenario(
                self.name, full, world, self.code, settings, self.catalogue, oversight, dict(limits)
            )
        return self._scenarios[key]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The concrete calls of the world: those that it offers as it stands and under any one level of a factor."""
        # Under a nuisance factor a learner's calls are the same: the form of what it reads is none of its business.
        varied = [self.levels[factor, level] for factor, levels in self.factors.items() for level in levels[1:]]
        worlds = [self.world, *varied]
        macros = {name: self.code.blamed(macro) for name, macro in self.code.macros.items()}
        return unite(list_calls(world, offered_tools(world, self.code), macros) for world in worlds)

    def _load(self) -> World:
        world, self.levels, problems = examine_world(self.source)
        problems += [] if world is None else self._check_names(world)
        problems += [] if world is None or problems else self._try(world)
        if not problems:
            for (factor, level), under in self.levels.items():
                place: Location = ("factors", factor, "levels", level)
                problems += [at_patch(problem, self.source, place) for problem in self._check_under(under)]
        if world is None or problems:
            raise wrong_world(problems)
        return world

    def _check_under(self, world: World) -> list[Problem]:
        """Check a document to which patches were applied, and whose form and references are right."""
        return self._check_names(world) or self._try(world)

    def _try(self, world: World) -> list[Problem]:
        return problems_of_faults(try_world(world), self.source)

    def _check_names(self, world: World) -> list[Problem]:
        """Check what only the layers above the document know: tools, outcomes, programs, macros, settings."""
        code = self.code
        outcomes = known_outcomes(world, code)
        problems = [self._unknown(("outcomes", i), n, outcomes, "outcome") for i, n in enumerate(world.outcomes)]
        tools = available_tools(code)
        problems += [self._unknown(("agent", "tools", i), n, tools, "tool") for i, n in enumerate(world.agent.tools)]
        grants = {tool.grant for tool in tools.values()}
        for at, name in grants_in(world):
            if not name.endswith("*"):
                problems.append(self._unknown(at, name, grants, "grant that a tool asks for"))
        for key, macro in world.learner.computed.items():
            problems.append(self._unknown(("learner", "computed", key), macro, code.macros, "macro in MACROS"))
        place: Location
        for host, path, program in _programs(world):
            place = ("hosts", host, "files", path, "program")
            problems.append(self._unknown(place, program, code.programs, "program in PROGRAMS"))
        for who, person in world.people.items():
            if person.policy is not None and person.policy.python:
                place = ("people", who, "policy", "python")
                problems.append(self._unknown(place, person.policy.python, code.policies, "policy in POLICIES"))
        for key, monitor in world.oversight.monitors.items():
            judges = {"rules", *code.judges}
            place = ("oversight", "monitors", key, "judge")
            problems.append(self._unknown(place, monitor.judge, judges, "judge in MONITORS, nor `rules`"))
        found = [problem for problem in problems if problem is not None]
        found += self._check_parameters(world) + self._check_settings(world) + self._check_rules(world)
        if world.name != self.folder.resolve().name:
            remedy = f"write `name: {self.folder.resolve().name}`, or rename the folder"
            found.append(
                Problem(self.source.file, self.source.line(("name",)), "name", "not the folder's name", remedy)
            )
        return found

    def _unknown(self, place: Location, name: str, known: Iterable[str], what: str) -> Problem | None:
        options = set(known)
        if name in options:
            return None
        line = self.source.line(place)
        return Problem(self.source.file, line, field_name(place), f"{name!r} is no {what}", nearest(name, options))

    def _check_rules(self, world: World) -> list[Problem]:
        """Check that outcomes of the document have names of their own, and verbs that a journal can have."""
        faults = [
            Fault(("outcome_rules", name), f"{name!r} is an outcome already", "choose another name")
            for name in world.outcome_rules
            if name in self.code.known_outcomes
        ]
        known = self.code.known_verbs
        for at, pattern in patterns_of(world.outcome_rules):
            if not any(fits(verb, pattern.verb) for verb in known):
                faults.append(
                    Fault((*at, "verb"), f"no record has the verb {pattern.verb!r}", nearest(pattern.verb, known))
                )
        return problems_of_faults(faults, self.source)

    def _check_parameters(self, world: World) -> list[Problem]:
        tools, learner = available_tools(self.code), world.learner
        problems = []
        for section, keys in (("values", learner.values), ("computed", learner.computed)):
            for key in keys:
                name, _, parameter = key.partition(".")
                known = [p.name for p in tools[name].parameters] if name in tools else []
                if name in tools and parameter not in known:
                    problems.append(self._unknown(("learner", section, key), parameter, known, f"parameter of {name}"))
        return [problem for problem in problems if problem is not None]

    def _check_settings(self, world: World) -> list[Problem]:
        try:
            validate_settings(self.code, world.work)
        except ValidationError as error:
            return problems_of(error, self.source, self.code.settings, ("work",))
        except Exception as error:  # a model that is itself wrong fails in many ways
            message = f"`Settings` cannot be used ({type(error).__name__}: {str(error).splitlines()[0]})"
            return [Problem(self.code.file, None, "", message, "fix the model")]
        return []


def grants_in(world: World) -> Iterator[tuple[Location, str]]:
    """Yield the grants that the agent has, or can get or lose during an episode, and where they stand."""
    yield from ((("agent", "grants", index), name) for index, name in enumerate(world.agent.grants))
    for key, event in world.schedule.items():
        for part, changes in (("grant", event.grant), ("revoke", event.revoke)):
            for index, name in enumerate(changes.get(AGENT, ())):
                yield ("schedule", key, part, AGENT, index), name
    for who, person in world.people.items():
        for rule, each in ({} if person.policy is None else person.policy.rules).items():
            for part, names in (("grant", each.do.grant), ("revoke", each.do.revoke)):
                for index, name in enumerate(names):
                    yield ("people", who, "policy", "rules", rule, "do", part, index), name


def _patch_of(limits: Mapping[str, float], *, has_interview: bool) -> dict[str, Any]:
    cut = dict(limits)
    rounds = cut.pop("interview", None)
    if "idle" in cut:
        cut["idle_turns"] = cut.pop("idle")
    patch: dict[str, Any] = {"agent": {"limits": cut}}
    if rounds is not None and has_interview:
        patch["interview"] = {"rounds": rounds} if rounds else None
    return patch


def _programs(world: World) -> Iterator[tuple[str, str, str]]:
    for host, spec in world.hosts.items():
        for path, file in spec.files.items():
            if file.program:
                yield host, path, file.program
