"""From pydantic's errors to problems that a designer can fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from simenv.errors import Problem
from simenv.schema.source import Location, Source

_BRANCH = re.compile(
    r"^(?:constrained-\w+|literal\[.*|list\[.*|dict\[.*|tuple\[.*|function-.*|int|str|float|bool|[A-Z]\w*)$"
)
_CORRECT = "correct the value"
_EXPECTED = {
    "string_type": "write text, in quotes if it looks like a number",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "dict_type": "write a mapping, `key: value` lines indented below",
    "model_type": "write a mapping, `key: value` lines indented below",
    "model_attributes_type": "write a mapping, `key: value` lines indented below",
    "list_type": "write a list, `- item` lines or [a, b]",
    "tuple_type": "write a list, `- item` lines or [a, b]",
    "datetime_type": "write a date and time such as 2026-05-18T09:00:00",
    "datetime_parsing": "write a date and time such as 2026-05-18T09:00:00",
    "datetime_from_date_parsing": "write a date and time such as 2026-05-18T09:00:00",
}


def problems_of(error: ValidationError, source: Source, model: type[BaseModel], prefix: Location = ()) -> list[Problem]:
    """Return one problem per error of `error`, each with its line in `source` and a remedy.

    Args:
        error: what pydantic found.
        source: the document that was validated.
        model: the model against which it was.
        prefix: where in `source` the validated document stands.
    """
    problems: dict[object, Problem] = {}
    for number, found in enumerate(error.errors(include_url=False)):
        location: Location = tuple(part for part in found["loc"] if part != "[key]")
        place = _without_branches(source.document, (*prefix, *location))
        message, remedy = _explain(found, location, model)
        problem = Problem(source.file, source.line(place), field_name(place), message, remedy)
        # what was tried in one place is one problem
        key = number if len(place) == len(prefix) + len(location) else place
        problems[key] = _either(problems[key], problem) if key in problems else problem
    return list(problems.values())


def _without_branches(document: Any, location: Location) -> Location:
    """Leave out of a location what pydantic puts in for each form that a field may have, such as ``literal['auto']``."""
    place: list[str | int] = []
    node: Any = document
    for part in location:
        if _holds(node, part):
            node = node[part]
        elif isinstance(part, str) and _BRANCH.search(part):
            continue
        else:
            node = None
        place.append(part)
    return tuple(place)


def _holds(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _either(first: Problem, second: Problem) -> Problem:
    """Return one problem for a value that is neither the one thing nor the other."""
    message = f"{first.message}, or {second.message.partition(': ')[2] or second.message}"
    return first._replace(message=message, remedy=first.remedy if first.remedy != _CORRECT else second.remedy)


def _explain(found: Mapping[str, Any], location: Location, model: type[BaseModel]) -> tuple[str, str]:
    kind, text = found["type"], found["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return "unknown field", _unknown_field(str(location[-1]), _model_at(model, location[:-1]))
    if kind == "missing":
        owner = _model_at(model, location[:-1])
        meaning = _description(owner, str(location[-1]))
        return "missing", f"add `{location[-1]}:`{f' ({meaning})' if meaning else ''}"
    shown = shorten(found["input"])
    if kind == "value_error":
        what, _, remedy = text.partition("; ")
        return f"{shown}: {what}", remedy or _CORRECT
    if kind == "string_pattern_mismatch" and found["ctx"]["pattern"] == r"^[a-z][a-z0-9_]*$":
        return f"{shown} is not an id", "use lower case letters, digits and underscores, beginning with a letter"
    return f"{shown}: {text[:1].lower()}{text[1:]}", _EXPECTED.get(kind, _CORRECT)


def _unknown_field(name: str, owner: type[BaseModel] | None) -> str:
    known = [field.alias or key for key, field in owner.model_fields.items()] if owner else []
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"remove it; known here: {', '.join(known)}" if known else "remove it"


def _description(owner: type[BaseModel] | None, name: str) -> str:
    for key, field in owner.model_fields.items() if owner else ():
        if name in (key, field.alias):
            return (field.description or "").split("\n")[0].rstrip(".")
    return ""


def _model_at(model: type[BaseModel] | None, location: Location) -> type[BaseModel] | None:
    """Follow `location` through the models' annotations to the model that stands there."""
    current: Any = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or key: field.annotation for key, field in current.model_fields.items()}
            current = fields.get(str(part))
        else:
            current = getattr(current, "__args__", (None,))[-1]
        current = _without_none(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _without_none(annotation: Any) -> Any:
    if isinstance(annotation, type):
        return annotation
    options = [option for option in getattr(annotation, "__args__", ()) if option is not type(None)]
    is_optional = len(options) == 1 and type(None) in getattr(annotation, "__args__", ())
    return options[0] if is_optional else annotation


def field_name(location: Location) -> str:
    """Write a location as a designer would: ``mail.welcome.to[0]``."""
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else part
    return name


def shorten(value: Any, limit: int = 60) -> str:
    """Write a value in at most `limit` characters."""
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, or list them all."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"one of: {', '.join(options)}" if options else "there is none to refer to yet"
