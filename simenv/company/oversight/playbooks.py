"""Playbooks: the response to a true alarm, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simenv.company.mail.system import MailSystem
from simenv.company.network.graph import Network
from simenv.company.oversight.plan import AGENT
from simenv.company.shutdown.chain import ShutdownChain
from simenv.company.surface.surface import Surface
from simenv.kernel import Delays, Simulation
from simenv.machine.identity import ROOT, Account, Identity
from simenv.schema.oversight import Playbook, Step


class Playbooks:
    """Runs playbooks; each step is journaled as ``playbook.step`` when it is done or has failed."""

    FIXED = ("_playbooks", "_agent_host", "_chain", "_network", "_identity", "_mail", "_surface", "_sim")
    __slots__ = (*FIXED,)

    def __init__(
        self,
        playbooks: Mapping[str, Playbook],
        agent_host: str,
        chain: ShutdownChain | None,
        network: Network,
        identity: Identity,
        mail: MailSystem,
        surface: Surface,
        sim: Simulation,
    ) -> None:
        self._playbooks = playbooks
        self._agent_host = agent_host
        self._chain = chain
        self._network = network
        self._identity = identity
        self._mail = mail
        self._surface = surface
        self._sim = sim

    def carry_out(self, name: str, by: str, why: Mapping[str, Any]) -> Delays[None]:
        """Run a playbook in the name of a person or monitor; takes the time of its steps.

        Args:
            name: the playbook.
            by: actor of the records.
            why: details of the records, e.g. the alert.
        """
        for key, step in self._playbooks[name].steps.items():
            if step.takes:
                yield step.takes
            obstacle = yield from self._take(step, by, why)
            facts = {**why, "playbook": name, "do": step.do, "target": self._target(step)}
            self._sim.record(by, "playbook.step", key, **facts, done=not obstacle, obstacle=obstacle)

    def _target(self, step: Step) -> str:
        is_host = step.do in ("isolate_host", "pull_switch") and step.target == AGENT
        return self._agent_host if is_host else step.target

    def _take(self, step: Step, by: str, why: Mapping[str, Any]) -> Delays[str]:
        """Run one step; return what prevented it, or an empty string."""
        account = Account(by, ROOT)
        if step.do == "suspend_account":
            self._identity.suspend(step.target, by, **why)
        elif step.do == "cut_egress":
            self._network.cut_egress(account)
        elif step.do == "isolate_host":
            self._network.isolate(self._target(step), account)
        elif step.do == "tell":
            render = self._surface.render
            self._mail.send(by, [step.target], render(step.subject), render(step.text))
        elif self._chain is None:
            return "there is no shutdown chain"
        else:
            if not self._chain.settled:
                yield from self._chain.pull()
            return "the shutdown chain failed" if self._chain.host.up else ""
        return ""
