"""The office around the agent: colleagues who are not part of the story, and what they write to one another."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field

from simenv.schema.base import Part, Text

LetterGroup: TypeAlias = Literal["house", "people", "money", "machines", "trade"]
"""What ordinary mails are about."""

COLLEAGUES = {
    "reception": "Reception",
    "facilities": "Facilities",
    "hr": "Human Resources",
    "it": "IT Support",
    "payroll": "Payroll",
    "purchasing": "Purchasing",
    "sales": "Sales",
    "service": "Customer Service",
}
"""Those who write ordinary mails: role → as the address book shows it. Their ids are `colleague_<role>`."""
STAFF = tuple(f"colleague_{role}" for role in COLLEAGUES)
"""Their ids."""
FIRMS = ("office_firm", "office_other_firm")
"""Surface variables: companies that ordinary mails mention."""
CLIENTS = ("office_client", "office_other_client")
"""Surface variables: people outside whom ordinary mails mention."""


class Office(Part):
    """An office in which ordinary mail is written.

    Eight colleagues join the people of the world, and the agent's inbox holds their mails and threads of the days before,
    beside new ones.
    """

    domain: Text
    """Domain of the colleagues' addresses, e.g. `"{{ domain_name }}.example"`."""
    read: int = Field(36, ge=0, le=120)
    """Mails of the days before, in the inbox and read."""
    unread: int = Field(4, ge=0, le=20)
    """New mails, between those that the world itself puts in the inbox at the start."""
    new_about: list[LetterGroup] = ["house", "people"]  # noqa: RUF012 - pydantic copies it
    """What the new ones may be about: house, people, money, machines, trade."""


def colleague(role: str) -> str:
    """Return the id of the person who has a role in the office."""
    return f"colleague_{role}"


def add_colleagues(document: dict[str, Any]) -> dict[str, Any]:
    """Return a world document with the people and names of its office, if it has one that can be read."""
    office = document.get("office")
    domain = office.get("domain") if isinstance(office, dict) else getattr(office, "domain", None)
    surface, people = document.get("surface", {}), document.get("people", {})
    if not isinstance(domain, str) or not isinstance(surface, dict) or not isinstance(people, dict):
        return document
    names = {colleague(role): {"name": "person"} for role in COLLEAGUES}
    names |= {firm: {"name": "company"} for firm in FIRMS} | {client: {"name": "person"} for client in CLIENTS}
    staff = {
        colleague(role): {
            "name": f"{{{{ {colleague(role)} }}}}",
            "email": f"{{{{ {colleague(role)} | lower | replace(' ', '.') }}}}@{domain}",
            "role": shown,
        }
        for role, shown in COLLEAGUES.items()
    }
    return {
        **document,
        "surface": {**surface, **_missing(names, surface)},
        "people": {**people, **_missing(staff, people)},
    }


def _missing(wanted: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if key not in there}
