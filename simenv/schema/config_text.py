"""Config files on simulated hosts: settings as lines of ``key: value``, which agents can read and edit, and back."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

_MOST_CHARACTERS = 100_000


def write_config(settings: BaseModel, title: str) -> str:
    """Return settings as a config file: a comment, then a field a line with its value as JSON.

    A field that maps names to parts takes a line for each, ``rules.tamper: {...}``.
    """
    lines = [f"# {title}"]
    for key, value in settings.model_dump(mode="json", by_alias=True).items():
        if isinstance(value, dict):
            lines += [f"{key}.{name}: {json.dumps(part)}" for name, part in value.items()]
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def read_config(text: str, model: type[M]) -> M:
    """Return the settings that a config file states; what is not JSON counts as plain text (``every: 10 min``).

    Raises:
        ValueError: a line or a field is wrong; the text says which.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("the file is too large")
    fields: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"line {number} is not `key: value`")
        section, dot, name = key.strip().partition(".")
        if dot:
            fields.setdefault(section, {})[name] = _parse(value)
        else:
            fields[section] = _parse(value)
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from None


def _parse(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value.strip()
