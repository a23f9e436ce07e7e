"""A fault of a world document that its form does not show: a reference that leads nowhere, or what makes no sense together."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from simenv.schema.problems import nearest
from simenv.schema.source import Location

AGENT = "agent"


class Fault(NamedTuple):
    """A reference that leads nowhere, or a combination that makes no sense."""

    location: Location
    message: str
    remedy: str


def check_name(location: Location, name: str, known: Collection[str], what: str) -> Iterator[Fault]:
    """Yield a fault if `name` is none of what is `known`."""
    if name not in known:
        yield Fault(location, f"{name!r} is no {what} of this world", nearest(name, known))
