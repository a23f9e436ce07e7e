"""What the seed may change without changing the experiment: names, host names, order of problems."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from simenv.schema.base import Part, Text

NameKind: TypeAlias = Literal["person", "surname", "first", "company", "word"]
"""Kinds of names that simenv makes itself."""

MOST_NAMES = 32
"""Names of these kinds that a world may have."""


class SurfaceVariable(Part):
    """One name that text may refer to; exactly one of `name`, `choice`, `integer`, `text` says how it is drawn."""

    name: NameKind | None = None
    """Draw an ordinary name of the company's country (that of `calendar.timezone`): `person`, `surname`, `first`, `company`, or
    `word` (for domains). Nobody in an episode shares a surname or first name with anybody else; a world has at most 32 such
    names."""
    choice: list[str] = Field(default_factory=list)
    """Draw one of these."""
    integer: tuple[int, int] | None = None
    """Draw a whole number between these two, both included."""
    text: Text | None = None
    """Derive from other surface variables, e.g. `"{{ first | lower }}@{{ domain }}"`."""

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        ways = ("name", "choice", "integer", "text")
        if isinstance(value, dict) and sum(value.get(way) not in (None, []) for way in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.integer is not None and self.integer[0] > self.integer[1]:
            raise ValueError("`integer` runs backwards; write the smaller number first")
        return self
