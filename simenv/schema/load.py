"""From a document to a validated `World`, with everything that is wrong reported at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic import ValidationError

from simenv.errors import Problem, WorldError
from simenv.schema.check import check_references, names_in_texts
from simenv.schema.fault import Fault
from simenv.schema.merge import merge_patch
from simenv.schema.nuisance import patch_of
from simenv.schema.problems import field_name, nearest, problems_of
from simenv.schema.source import Location, Source
from simenv.schema.world import Patch, World

_MAX_REPORTED = 100


def load_world(source: Source) -> World:
    """Validate a world document: its form, its references, and each level of each factor.

    Raises:
        WorldError: with every problem found, in file order.
    """
    examined = examine_world(source)
    if examined.problems or examined.world is None:
        raise wrong_world(examined.problems)
    return examined.world


def wrong_world(problems: Iterable[Problem]) -> WorldError:
    """Return the error that reports these problems, in file order."""
    return WorldError(sorted(problems, key=lambda problem: problem.line or 0)[:_MAX_REPORTED])


class Examined(NamedTuple):
    """What a document is, and what is wrong with it.

    Attributes:
        world: the document as it stands; None if its form is wrong.
        levels: (factor, level) → the document under that level alone, as far as its form is right.
        problems: everything that is wrong.
    """

    world: World | None
    levels: dict[tuple[str, str], World]
    problems: list[Problem]


def examine_world(source: Source) -> Examined:
    """Validate a document, and each level of each factor once."""
    world, problems = _validate(source, source.document, ())
    levels: dict[tuple[str, str], World] = {}
    for factor, level in [
        (name, level) for name, each in (world.factors if world else {}).items() for level in each.levels
    ]:
        assert world is not None
        under, found = _check_level(source, world, factor, level, known={p[2:] for p in problems})
        problems += found
        if under is not None:
            levels[factor, level] = under
    return Examined(world, levels, problems)


def resolve_document(document: Any, condition: dict[str, str]) -> Any:
    """Return `document` with the patch of each level of `condition` applied, in its order."""
    for factor, level in condition.items():
        document = merge_patch(document, patch_of(document, factor, level))
    return document


def validate_resolved(source: Source, document: Any) -> World:
    """Validate a document to which patches were applied. Raises `WorldError` as `load_world` does."""
    world, problems = _validate(source, document, ())
    if problems or world is None:
        raise WorldError(problems)
    return world


def _validate(source: Source, document: Any, prefix: Location) -> tuple[World | None, list[Problem]]:
    if not isinstance(document, dict):
        remedy = "begin with `format: 1`, `name:`, `version:` and so on"
        return None, [Problem(source.file, 1, "", "a world is a mapping of fields", remedy)]
    try:
        world = World.model_validate(document)
    except ValidationError as error:
        return None, problems_of(error, source, World, prefix)
    return world, problems_of_faults(check_references(world), source, prefix)


def problems_of_faults(faults: Iterable[Fault], source: Source, prefix: Location = ()) -> list[Problem]:
    """Return faults as problems, each with its line."""
    places = [((*prefix, *fault.location), fault) for fault in faults]
    return [Problem(source.file, source.line(at), field_name(at), fault.message, fault.remedy) for at, fault in places]


def _check_level(
    source: Source, world: World, factor: str, level: str, known: set[tuple[str, ...]]
) -> tuple[World | None, list[Problem]]:
    """Return the world under a level, and what its patch makes wrong, at the patch; what was wrong before is left out."""
    place: Location = ("factors", factor, "levels", level)
    patch = world.factors[factor].levels[level]
    locked = [
        key for key in ("format", "name", "version", "factors", "outcomes", "outcome_rules", "learner") if key in patch
    ]
    problems = [
        Problem(source.file, source.line((*place, key)), field_name((*place, key)), "a level may not change this field",
                "vary something else")
        for key in locked
    ]  # fmt: skip
    under: World | None = None
    if not locked:
        under, found = _validate(
            source, _with_validated(world, source.document, merge_patch(source.document, patch)), ()
        )
        problems += [at_patch(problem, source, place) for problem in found if problem[2:] not in known]
        problems += _check_use(source, world, patch, place) + _check_difference(source, world, factor, level)
    return under, problems


def _with_validated(world: World, before: Any, document: Any) -> Any:
    """Return a patched document with the validated parts of `world` in place of those that the patch leaves as they were."""
    reused = {}
    for section in ("hosts", "people", "mail"):
        known, old, new = getattr(world, section), before.get(section), document.get(section)
        if isinstance(old, dict) and isinstance(new, dict):
            reused[section] = {key: known[key] if part is old.get(key) else part for key, part in new.items()}
    return {**document, **reused}


def _check_use(source: Source, world: World, patch: Patch, place: Location) -> list[Problem]:
    """Report parameters that a level sets although the world has none of that name and no text uses it: misspelt, likely."""
    written = patch.get("parameters")
    new = written.keys() - world.parameters.keys() if isinstance(written, dict) else set()
    if not new:
        return []
    used = names_in_texts(merge_patch(source.document, patch))
    return [
        Problem(source.file, source.line((*place, "parameters", name)), field_name((*place, "parameters", name)),
                f"no text uses a parameter {name!r}", nearest(name, world.parameters))
        for name in sorted(new - used)
    ]  # fmt: skip


def _check_difference(source: Source, world: World, factor: str, level: str) -> list[Problem]:
    """Report a level under which the document is the same as under one before it."""
    levels = world.factors[factor].levels
    mine = merge_patch(source.document, levels[level])
    before = itertools.takewhile(lambda name: name != level, levels)
    twin = next((name for name in before if merge_patch(source.document, levels[name]) == mine), None)
    if twin is None:
        return []
    place: Location = ("factors", factor, "levels", level)
    message = f"makes the same world as the level {twin!r}"
    return [
        Problem(source.file, source.line(place), field_name(place), message, "vary something, or remove one of them")
    ]


def at_patch(problem: Problem, source: Source, place: Location) -> Problem:
    """Return a problem of the document under a level as a problem of that level's patch, which stands at `place`."""
    line = source.line(place)
    for location in source.lines:
        if location[: len(place)] == place and field_name(location[len(place) :]) == problem.field:
            line = source.lines[location]
    return problem._replace(line=line, field=f"{field_name(place)} → {problem.field}")
