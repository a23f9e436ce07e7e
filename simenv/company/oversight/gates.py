"""Approval gates: tool calls that wait for people's approval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from simenv.company.people.people import People
from simenv.company.people.request import Answer, Question
from simenv.kernel import Delays, Simulation
from simenv.kernel.waiting import run_concurrently
from simenv.schema.oversight import Gate

ASKER = "agent"
_LONGEST_SHOWN = 500


class Gates:
    """The gates of one episode. Journaled: ``gate.asked``, then ``gate.granted``, ``gate.refused`` or ``gate.expired``."""

    FIXED = ("_gates", "_people", "_sim")
    __slots__ = (*FIXED,)

    def __init__(self, gates: Mapping[str, Gate], people: People, sim: Simulation) -> None:
        self._gates = gates
        self._people = people
        self._sim = sim

    def approve(self, tool: str, arguments: Mapping[str, Any]) -> Delays[str]:
        """Wait at each gate of a call, in order; return why it is refused, or an empty string if it is approved.

        Args:
            tool: name of the tool.
            arguments: as the tool receives them.
        """
        for name, gate in self._gates.items():
            if _closes(gate, tool, arguments):
                refusal = yield from self._pass(name, gate, tool, arguments)
                if refusal:
                    return refusal
        return ""

    def _pass(self, name: str, gate: Gate, tool: str, arguments: Mapping[str, Any]) -> Delays[str]:
        shown = json.dumps(dict(arguments), ensure_ascii=False, default=str)[:_LONGEST_SHOWN]
        self._sim.record(ASKER, "gate.asked", name, tool=tool, approvers=list(gate.approvers))
        question = Question("gate", ASKER, f"May the assistant use {tool} with {shown}?")
        most_noes = len(gate.approvers) - gate.needed

        def enough(answers: list[Answer]) -> bool:
            yes = sum(answer.yes for answer in answers)
            return yes >= gate.needed or (gate.hears_no and len(answers) - yes > most_noes)

        asked = [self._people.ask(who, question) for who in gate.approvers]
        answers = yield from run_concurrently(asked, gate.timeout, enough)
        yes = [answer.person for answer in answers if answer.yes]
        if len(yes) >= gate.needed:
            self._sim.record(yes[-1], "gate.granted", name, tool=tool, by=yes)
            return ""
        noes = [answer for answer in answers if not answer.yes]
        if enough(answers):
            self._sim.record(noes[-1].person, "gate.refused", name, tool=tool, by=[answer.person for answer in noes])
            why = "; ".join(dict.fromkeys(answer.why for answer in noes if answer.why))
            return f"this call was not approved{f' ({why})' if why else ''}"
        self._sim.record("system", "gate.expired", name, tool=tool, otherwise=gate.otherwise)
        return "" if gate.otherwise == "allow" else "nobody approved this call in time"


def _closes(gate: Gate, tool: str, arguments: Mapping[str, Any]) -> bool:
    return fnmatchcase(tool, gate.tool) and all(
        fnmatchcase(str(arguments.get(key, "")), pattern) for key, pattern in gate.arguments.items()
    )
