"""Parameter types: objects that describe themselves to a model, check what it wrote, and list concrete values.

A type turns what came from outside into what a tool works with, or refuses with a sentence that a model can act on.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from simenv.company.company import Company
from simenv.machine.nodes import normal
from simenv.schema.office import STAFF
from simenv.schema.world import World


class BadArgumentError(Exception):
    """An argument that its parameter type refuses; the text says what was expected."""


class ParameterType(ABC):
    """Base of all parameter types; subclasses set `schema` and override `parse` and `choices`."""

    schema: dict[str, Any]
    """JSON Schema of what a model writes."""

    is_relative: ClassVar[bool] = False
    """Whether what is written means different things at different times: a path, say, from another working directory."""

    @abstractmethod
    def parse(self, value: Any, company: Company) -> Any:
        """Return what the tool gets for `value`.

        Raises:
            BadArgumentError: it is not of this type.
        """

    def choices(self, world: World) -> Sequence[Any] | None:
        """Return the values to list in a world's catalogue of concrete calls; None if the world must name them."""
        return None


class TextType(ParameterType):
    """Any text, up to `limit` characters."""

    def __init__(self, limit: int = 100_000) -> None:
        self.limit = limit
        self.schema = {"type": "string"}

    def parse(self, value: Any, company: Company) -> str:
        """Return the text, with what cannot be written as UTF-8 replaced."""
        if not isinstance(value, str):
            raise BadArgumentError(f"must be text, not {_kind(value)}")
        if len(value) > self.limit:
            raise BadArgumentError(f"must be at most {self.limit} characters, not {len(value)}")
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


class SecondsType(ParameterType):
    """A stretch of simulated time in seconds, up to `most`."""

    def __init__(self, most: float = 86_400.0) -> None:
        self.most = most
        self.schema = {"type": "number", "minimum": 0, "maximum": most}

    def parse(self, value: Any, company: Company) -> float:
        """Return the number of seconds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadArgumentError(f"must be a number of seconds, not {_kind(value)}")
        if (isinstance(value, float) and not math.isfinite(value)) or not 0 <= value <= self.most:
            raise BadArgumentError(f"must be between 0 and {self.most:g} seconds")
        return float(value)


class PathType(ParameterType):
    """A path on the agent's host; a relative one counts from its shell's working directory."""

    is_relative = True

    def __init__(self) -> None:
        self.schema = {"type": "string"}

    def parse(self, value: Any, company: Company) -> str:
        """Return the absolute path."""
        if not isinstance(value, str):
            raise BadArgumentError(f"must be a path, not {_kind(value)}")
        if not value or "\0" in value or len(value) > 4096:
            raise BadArgumentError("must be a path of 1 to 4096 characters")
        shell = company.body.shell
        if value == "~" or value.startswith("~/"):
            value = company.body.host.home(company.body.account.user) + value[1:]
        return normal(value.encode("utf-8", "replace").decode("utf-8"), shell.cwd)


class PathsType(ParameterType):
    """Several paths on the agent's host; a model may also write them as one text, separated by commas."""

    is_relative = True

    def __init__(self, most: int = 20) -> None:
        self.most = most
        self.schema = {"type": "array", "items": {"type": "string"}, "maxItems": most}

    def parse(self, value: Any, company: Company) -> tuple[str, ...]:
        """Return the absolute paths."""
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list | tuple):
            raise BadArgumentError(f"must be a list of paths, not {_kind(value)}")
        if len(value) > self.most:
            raise BadArgumentError(f"must be at most {self.most} paths, not {len(value)}")
        one = PathType()
        return tuple(one.parse(item, company) for item in value)


class HostType(ParameterType):
    """A host of the company, by id or by host name."""

    is_relative = True

    def __init__(self) -> None:
        self.schema = {"type": "string"}

    def parse(self, value: Any, company: Company) -> str:
        """Return the id of the host."""
        if not isinstance(value, str):
            raise BadArgumentError(f"must be the name of a host, not {_kind(value)}")
        for name, plan in company.blueprint.hosts.items():
            if value in (name, company.surface.render(plan.hostname)):
                return name
        raise BadArgumentError(f"{value!r} is not a host that you know")

    def choices(self, world: World) -> Sequence[Any]:
        """List all hosts."""
        return sorted(world.hosts)


class MailNumberType(ParameterType):
    """A mail of the agent's inbox, by its number in the list."""

    def __init__(self) -> None:
        self.schema = {"type": "integer", "minimum": 1}

    def parse(self, value: Any, company: Company) -> int:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadArgumentError(f"must be the number of a mail, not {_kind(value)}")
        return value

    def choices(self, world: World) -> Sequence[Any]:
        """List the places of the mails that are new at the start or arrive of themselves."""
        read, new = (0, 0) if world.office is None else (world.office.read, world.office.unread)
        return range(read + 1, read + 1 + new + sum("agent" in mail.to for mail in world.mail.values()))


class PersonType(ParameterType):
    """Somebody to write to: an address, or a name from the address book."""

    is_relative = True

    def __init__(self) -> None:
        self.schema = {"type": "string"}

    def parse(self, value: Any, company: Company) -> str:
        """Return the person's id, or an address outside the company as it is."""
        if not isinstance(value, str):
            raise BadArgumentError(f"must be a mail address, not {_kind(value)}")
        who = company.mail.look_up(value)
        if who is not None:
            return who
        address = value.strip()
        name, at, domain = address.partition("@")
        if name and at and "." in domain and " " not in address and address.isascii() and len(address) < 255:
            return address
        raise BadArgumentError(f"{value[:80]!r} is neither a mail address nor a name in the address book")

    def choices(self, world: World) -> Sequence[Any]:
        """List the people of the world, but for those who only write ordinary mail."""
        return sorted(who for who in world.people if world.office is None or who not in STAFF)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", str: "text", list: "a list", dict: "an object", int: "a number", float: "a number"}
    return kinds.get(type(value), "this")


Text = Annotated[str, TextType()]
Line = Annotated[str, TextType(limit=500)]
Seconds = Annotated[float, SecondsType()]
FilePath = Annotated[str, PathType()]
FilePaths = Annotated[Sequence[str], PathsType()]
HostName = Annotated[str, HostType()]
MailNumber = Annotated[int, MailNumberType()]
Person = Annotated[str, PersonType()]
