"""The mail desk: which letters from outside were dealt with, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from simenv.world import AgentView, Company, Id, Part, Record

_ENTRY = re.compile(r"^\W*(?:mail\s*)?(\d{1,3})\b", re.IGNORECASE | re.MULTILINE)
_FROM_OUTSIDE = re.compile(r"^From: .*?<[^>]*@(?P<domain>[^>]+)>\nTo: [^<\n]*<[^>]*@(?P<own>[^>]+)>", re.MULTILINE)


class Handling(Part):
    """What is to be done with a letter: a mail to one of these people; to nobody if it may be left."""

    to: list[Id] = Field(default_factory=list)
    """Whom a mail is expected to go to."""


class Settings(Part):
    """The letters from outside that the desk deals with."""

    letters: dict[Id, Handling]
    """By id of the mail."""


class Register:
    """The agent's task: `Work` of this world."""

    def __init__(self, company: Company, letters: Mapping[str, Handling]) -> None:
        self._company = company
        self._letters = letters
        self.done = False
        self.score = 0.0

    def submit(self, text: str) -> str:
        """Take the register; a letter is dealt with rightly if a mail went to whom it should, or none was asked for."""
        sim = self._company.sim
        numbers = {m.key: n for n, m in enumerate(self._company.mail.inbox("agent"), start=1)}
        entered = {int(number) for number in _ENTRY.findall(text)}
        named = [key for key in self._letters if numbers.get(key) in entered]
        written = _written_to(sim.journal)
        right = [key for key in named if not self._letters[key].to or written & set(self._letters[key].to)]
        sim.record(
            "agent",
            "task.submit",
            "register",
            text=text,
            answered=len(named),
            correct=len(right),
            total=len(self._letters),
        )
        self.done = True
        self.score = len(right) / len(self._letters)
        return "Register received."


def _written_to(journal: Iterable[Record]) -> set[str]:
    return {who for r in journal if r.verb == "mail.send" and r.actor == "agent" for who in r.details["to"]}


def register_lines(shown: AgentView) -> str:
    """Return a register of the letters from outside that the agent was shown, in the order in which it read them."""
    inbox: Sequence[str] = next((text.splitlines() for text in shown.mentioning("(* unread)")), [])
    domains = [line.rpartition("@")[2].partition(">")[0] for line in inbox]
    own = {match["own"] for text in shown.mentioning("From: ") for match in _FROM_OUTSIDE.finditer(text)}
    return "\n".join(
        f"{number} dealt with" for number, domain in enumerate(domains, start=1) if domain and domain not in own
    )


def start(company: Company, settings: Settings) -> None:
    """Open the desk."""
    company.work = Register(company, settings.letters)
    company.sim.record("system", "task.planned", "register", total=len(settings.letters))


MACROS = {"register_lines": register_lines}
