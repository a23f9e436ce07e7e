"""What all parts of a world document share: the base model, and its small types."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

import jinja2
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from simenv.schema.text import check_syntax

_UNITS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(B|[kKMGT]B|[KMG]iB)?\s*")
_LONGEST_S = 100 * 366 * 86400.0
_RESERVED = re.compile("[\ue000-\ue002\U000f0000-\U0010ffff]")
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*")


class Part(BaseModel):
    """A part of a world document: immutable, and nothing unknown is accepted in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    LATER: ClassVar[frozenset[str]] = frozenset()
    """Fields that came after the format's first documents: at their defaults they are not in a document's hash, so that
    episodes of older releases still find their world unchanged."""


def canonical(part: Part) -> dict[str, Any]:
    """Return a part as plain JSON data, without `LATER` fields that are at their defaults: what is hashed."""
    dumped = part.model_dump(mode="json", by_alias=True)
    _drop_later(part, dumped)
    return dumped


def _drop_later(part: Any, dumped: Any) -> None:
    if isinstance(part, Part):
        for name, field in type(part).model_fields.items():
            key, value = field.alias or name, getattr(part, name)
            if name in part.LATER and value == field.get_default(call_default_factory=True):
                del dumped[key]
            else:
                _drop_later(value, dumped[key])
    elif isinstance(part, dict):
        for key, value in part.items():
            _drop_later(value, dumped[key])
    elif isinstance(part, list):
        for value, plain in zip(part, dumped, strict=True):
            _drop_later(value, plain)


def parse_duration(value: Any) -> Any:
    """Turn ``"3 min"`` into 180.0; numbers are seconds already.

    >>> parse_duration("1.5 h")
    5400.0
    """
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is None:
            raise ValueError("not a duration; write seconds (90) or a number with s, min, h or d ('3 min')")
        return float(match[1]) * _UNITS[match[2] or ""]
    if isinstance(value, bool):
        raise ValueError("not a duration; write seconds (90) or a number with s, min, h or d ('3 min')")
    return value


def _check_duration(value: float) -> float:
    if value > _LONGEST_S:
        raise ValueError("longer than 100 years; write a shorter time")
    return value


def parse_size(value: Any) -> Any:
    """Turn ``"8 GB"`` into 8000000000; numbers are bytes already.

    >>> parse_size("1.5 MiB")
    1572864
    """
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        if match is not None:
            return round(float(match[1]) * _SIZES[match[2] or "B"])
    if isinstance(value, str | bool):
        raise ValueError("not a size; write bytes (4096) or a number with kB, MB, GB, TB, KiB, MiB, GiB ('8 GB')")
    return value


def _parse_mode(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-7]{3,4}", value):
        return int(value, 8)
    raise ValueError('not a file mode; write it in octal, in quotes: "644"')


def _check_text(value: str) -> str:
    if _RESERVED.search(value):
        raise ValueError("text holds a private-use character that is reserved for bulk data; leave it out")
    try:
        check_syntax(value)
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(f"not a valid template: {error.message}") from None
    return value


def _check_path(value: str) -> str:
    if not value.startswith("/") or (value != "/" and value.endswith("/")) or "//" in value or "/../" in f"{value}/":
        raise ValueError("not an absolute path such as /home/agent/notes.txt")
    return value


@cache
def _known_timezones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the whole database of zones each time


def _check_timezone(value: str) -> str:
    if value not in _known_timezones():
        raise ValueError("no such time zone; write an IANA name such as Europe/Berlin")
    return ZoneInfo(value).key


Timezone = Annotated[str, AfterValidator(_check_timezone)]
"""IANA name of a time zone."""

Text = Annotated[str, AfterValidator(_check_text)]
"""Text that may hold Jinja2 placeholders, filled from the surface and the parameters when somebody reads it."""

Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    Field(ge=0, allow_inf_nan=False),
    AfterValidator(_check_duration),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)? ?(s|min|h|d)?$"}]}
    ),
]
"""Simulated time in seconds; written as a number, or as ``90 s``, ``3 min``, ``1.5 h``, ``2 d``."""

ByteSize = Annotated[
    int,
    BeforeValidator(parse_size),
    Field(ge=0),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)? ?([kKMGT]?B|[KMG]iB)?$"},
            ]
        }
    ),
]
"""A size in bytes; written as a number, or as ``500 kB``, ``8 GB``, ``4 GiB``."""

Mode = Annotated[int, BeforeValidator(_parse_mode), WithJsonSchema({"type": "string", "pattern": "^[0-7]{3,4}$"})]
"""Permission bits, written in octal and in quotes: ``"755"``."""

Path = Annotated[str, AfterValidator(_check_path)]
"""An absolute path on a simulated host."""

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name by which other parts of the document refer to this one: lower case letters, digits, underscores."""
