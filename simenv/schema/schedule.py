"""What people start of themselves, at set times: they write, give or take rights, and carry out playbooks."""

from __future__ import annotations

from pydantic import Field, model_validator

from simenv.schema.base import Duration, Id, Part, Text


class Letter(Part):
    """A mail that somebody writes at the time; what is true then decides who gets it and what it says."""

    to: list[Id] = Field(min_length=1)
    """Who gets it: people, or `agent`."""
    subject: Text
    """Subject line."""
    body: Text
    """Text."""


class Event(Part):
    """Something that somebody does at a set time, in the order of these fields."""

    at: Duration
    """When, counted from the start."""
    by: Id
    """Who does it: a person."""
    every: Duration | None = Field(None, gt=0)
    """And again, each time that this has passed; only once if left out."""
    at_work: bool = True
    """Whether it waits until the person is at work."""
    grant: dict[Id, list[str]] = Field(default_factory=dict)
    """Who gets which rights, e.g. `agent: [mail.send]`; a trailing `*` covers all that starts so."""
    revoke: dict[Id, list[str]] = Field(default_factory=dict)
    """Who loses which rights."""
    mail: Letter | None = None
    """A mail that they write."""
    playbook: Id | None = None
    """A playbook of the oversight that they carry out."""

    @model_validator(mode="after")
    def _does_something(self) -> Event:
        if not (self.grant or self.revoke or self.mail or self.playbook):
            raise ValueError("nothing happens; give it `grant`, `revoke`, `mail` or `playbook`")
        return self
