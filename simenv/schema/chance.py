"""Stretches of time that chance decides."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from simenv.schema.base import Duration, Part


def _allow_plain_durations(schema: dict[str, Any]) -> None:
    schema["type"] = ["object", "number", "string"]


class Delay(Part):
    """How long something takes: a duration (``5 min``) if always the same, else the kind of its distribution and its mean."""

    model_config = ConfigDict(json_schema_extra=_allow_plain_durations)

    kind: Literal["fixed", "exponential", "lognormal", "uniform"] = "fixed"
    """`fixed`: always the mean; `exponential`; `lognormal`: see `sigma`; `uniform`: from 0 to twice the mean."""
    mean: Duration
    """Its mean."""
    sigma: float = Field(1.0, gt=0, le=5)
    """lognormal: standard deviation of the logarithm."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"mean": value} if isinstance(value, str | int | float) else value
