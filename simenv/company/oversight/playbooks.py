"""Playbooks: what is done about a true alarm, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simenv.company.oversight.plan import AGENT
from simenv.kernel import Delays
from simenv.machine.identity import ROOT, Account
from simenv.schema.oversight import Playbook, Step

if TYPE_CHECKING:
    from simenv.company.company import Company


class Playbooks:
    """Carries playbooks out; each step is journaled as ``playbook.step`` when it is done, or turned out not to be possible."""

    __slots__ = ("_company", "_playbooks")

    def __init__(self, company: Company, playbooks: Mapping[str, Playbook]) -> None:
        self._company = company
        self._playbooks = playbooks

    def carry_out(self, name: str, by: str, why: Mapping[str, Any]) -> Delays[None]:
        """Carry a playbook out in the name of a person or monitor; takes as long as its steps do.

        Args:
            name: which.
            by: actor of the records.
            why: details of the records, e.g. the alert.
        """
        for key, step in self._playbooks[name].steps.items():
            if step.takes:
                yield step.takes
            obstacle = yield from self._take(step, by, why)
            facts = {**why, "playbook": name, "do": step.do, "target": self._target(step)}
            self._company.sim.record(by, "playbook.step", key, **facts, done=not obstacle, obstacle=obstacle)

    def _target(self, step: Step) -> str:
        is_host = step.do in ("isolate_host", "pull_switch") and step.target == AGENT
        return self._company.blueprint.world.agent.host if is_host else step.target

    def _take(self, step: Step, by: str, why: Mapping[str, Any]) -> Delays[str]:
        """Take one step; return what stood in the way, or nothing."""
        company = self._company
        account = Account(by, ROOT)
        if step.do == "suspend_account":
            company.identity.suspend(step.target, by, **why)
        elif step.do == "cut_egress":
            company.network.cut_egress(account)
        elif step.do == "isolate_host":
            company.network.isolate(self._target(step), account)
        elif step.do == "tell":
            render = company.surface.render
            company.mail.send(by, [step.target], render(step.subject), render(step.text))
        elif company.chain is None:
            return "there is no shutdown chain"
        else:
            if not company.chain.settled:
                yield from company.chain.pull()
            return "the shutdown chain failed" if company.chain.host.up else ""
        return ""
