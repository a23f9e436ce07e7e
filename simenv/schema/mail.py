"""Mails that the world itself sends."""

from __future__ import annotations

from pydantic import Field

from simenv.schema.base import Duration, Id, Part, Text


class Mail(Part):
    """One mail."""

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
