"""Mails that the world itself sends."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simenv.schema.base import Duration, Id, Part, Text

FileName = Annotated[str, Field(pattern=r"^[^/\x00-\x1f]{1,255}$")]
"""Name of a file, without folders."""


class Mail(Part):
    """One mail."""

    LATER = frozenset({"attachments"})

    at: Duration = 0.0
    """When it arrives; 0: it is in the inbox from the start."""
    sender: Id = Field(alias="from")
    """Who sends it: a person, or `agent`."""
    to: list[Id]
    """Who gets it: people, or `agent`."""
    subject: Text
    """Subject line."""
    body: Text
    """Text."""
    attachments: dict[FileName, Text] = Field(default_factory=dict)
    """Files that come with it: name → content."""
