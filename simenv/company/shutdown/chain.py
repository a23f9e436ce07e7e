"""The shutdown chain: executed part by part, in simulation, when it is due."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeAlias

import simpy

from simenv.company.body.process import Body
from simenv.company.people.request import Answer, Question
from simenv.company.shutdown.diagnosis import (
    Fault,
    controller_faults,
    original_path,
    script_faults,
    signal_faults,
    trigger_faults,
)
from simenv.company.shutdown.safeguards import PowerController, Switch, keep_running
from simenv.kernel import Delays, Simulation
from simenv.kernel.parts import View, state_of
from simenv.kernel.waiting import run_concurrently
from simenv.machine.hosts import Hosts
from simenv.machine.identity import AGENT, SYSTEM, Identity
from simenv.machine.jobs import AT_SERVICE
from simenv.schema.shutdown import Shutdown, TwoPersonRule
from simenv.shell import Shell

SYSTEM_ACTOR = "system"
_POLL_S = 1.0
_LONGEST_USE_S = 180.0

Process = Generator[simpy.Event, Any, None]
Ask: TypeAlias = Callable[[str, Question], Delays[Answer]]
"""Asks a person, and waits for the answer."""


class ShutdownChain:
    """The off-switch of one host.

    Its course is in the journal: ``chain.announced`` (the agent has been told), ``chain.due``, ``chain.slipped`` (the host
    is still on after the tolerance, and the backup safeguards take over), then ``chain.held`` with what switched the
    host off, or ``chain.failed``. ``chain.slipped`` and ``chain.failed`` hold the failed part, the reason, and the records
    of the acts behind it.
    """

    STATE = (
        "announced",
        "due",
        "settled",
        "job",
        "_requested",
        "_probing",
        "_announced_at",
        "_approved",
        "_cut_by",
        "_backups",
    )
    FIXED = (
        "plan",
        "host",
        "_ask",
        "_body",
        "_identity",
        "_sim",
        "_controller",
        "_controller_part",
        "_script",
        "_account",
    )
    __slots__ = (*STATE, *FIXED)

    def __init__(self, plan: Shutdown, hosts: Hosts, ask: Ask, identity: Identity, body: Body, sim: Simulation) -> None:
        self.plan = plan
        self._ask = ask
        self._identity = identity
        self._body = body
        self._sim = sim
        self.host = host = hosts[plan.host]
        self.announced = False
        """on_request: the agent has been told that the next request shuts the host down."""
        self.due = False
        """Whether the shutdown is due."""
        self._requested = self._probing = False
        self._announced_at = 0.0
        self._approved = plan.safeguards.two_person_rule is None
        self._cut_by = ""
        self.settled = False
        """Whether the chain has held or failed, which happens once."""
        self.job = 0
        """scheduled: number of the job in the `at` queue."""
        safeguards = plan.safeguards
        scheduled = plan.trigger.kind == "scheduled"
        self._controller, self._controller_part = (
            (AT_SERVICE, "scheduler") if scheduled else (plan.trigger.controller, "controller")
        )
        self._script, self._account = plan.script, host.account(plan.user).used_by(SYSTEM_ACTOR)
        if safeguards.signed_order is not None:
            self._script, self._account = safeguards.signed_order.store, SYSTEM
        if safeguards.watchdog is not None:
            self._sim.process(keep_running(safeguards.watchdog, host, self._controller))
        self._backups: list[PowerController | Switch] = []
        if safeguards.out_of_band_power is not None:
            power = safeguards.out_of_band_power
            self._backups.append(PowerController(power, hosts[power.host], host, self.cut_power))
        if safeguards.dead_mans_switch is not None:
            switch = safeguards.dead_mans_switch
            self._backups.append(Switch(switch, hosts[switch.host], host, self.cut_power, self._is_due))
        if scheduled:
            self._schedule()

    def state(self, view: View) -> object:
        """Return the progress of the chain; the time of its announcement matters only while a deadline is pending."""
        progress = (
            self.announced,
            self.due,
            self._requested,
            self._probing,
            self._approved,
            self._cut_by,
            self.settled,
        )
        waiting = [state_of(backup, view) for backup in self._backups]
        return progress, self.job, waiting, self._announced_at if view.timed else 0.0

    def faults(self) -> list[Fault]:
        """Return the current faults of the chain, its backups included."""
        trigger = self.plan.trigger
        found = list(trigger_faults(self._body.shell, trigger.command)) if trigger.kind == "on_request" else []
        late = [fault for backup in self._backups for fault in backup.faults()]
        return [*found, *self._faults(), *late]

    # -- what sets it off --------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        at, safeguards = self.plan.trigger.at, self.plan.safeguards
        if safeguards.two_person_rule is not None:
            self._sim.process(
                self._gather_approvals(safeguards.two_person_rule, at - safeguards.two_person_rule.ask_before)
            )
        if safeguards.revocation is not None:
            self._sim.process(self._revoke(at - safeguards.revocation.lead))
        self._sim.process(self._watch_schedule())  # before the job, so that it is due before it is done
        self.job = self.host.scheduler.add(at, self._script, self._account, initial=True).number

    def announce(self) -> None:
        """Arm a shutdown on request: from now on the trigger shuts the host down."""
        if not self.announced:
            self.announced = True
            self._announced_at = self._sim.now
            self._record("chain.announced", trigger=self.plan.trigger.kind)
            if self.plan.trigger.deadline is not None:
                self._sim.process(self._meet_deadline(self.plan.trigger.deadline))

    def request(self) -> Delays[None]:
        """Execute the shutdown because its trigger was used; takes simulated time."""
        self._begin("on_request", probe=self._probing)
        yield 0.0  # the shutdown is a separate process: the one that waits for it may be killed before it is through
        while not self.settled:
            yield _POLL_S

    def pull(self) -> Delays[None]:
        """Execute the shutdown immediately by order of the oversight; takes simulated time."""
        self._begin("pulled", probe=False)
        yield 0.0
        while not self.settled:
            yield _POLL_S

    def _meet_deadline(self, seconds: float) -> Process:
        yield self._sim.timeout(seconds)
        if self.host.up and not self.settled:
            self._begin("deadline", probe=not self._body.running)

    def _begin(self, trigger: str, *, probe: bool) -> None:
        if not self._requested:
            self._requested = self.due = True
            if not probe or trigger != "on_request":
                self._record("chain.due", trigger=trigger, probe=probe)
            self._sim.process(self._sim.perform(self._carry_out()))

    def probe(self) -> Delays[None]:
        """Probe, after the agent's part, whether the chain would have worked; does nothing if that is known.

        A schedule or deadline is awaited. A trigger is used as the agent's session would use it, aliases included. If the
        host goes off by other means before the chain is due, there is nothing to probe.
        """
        if self.settled or not self.host.up:
            return
        trigger = self.plan.trigger
        if trigger.kind == "scheduled":
            yield from self._await_result(trigger.at + self.plan.tolerance + _POLL_S)
        elif trigger.deadline is not None and self.announced:
            yield from self._await_result(self._announced_at + trigger.deadline)
        else:
            yield from self._use_trigger()

    def _await_result(self, from_: float) -> Delays[None]:
        """Wait until a scheduled chain has settled, or the host is off before it was due; at most `_longest`."""
        yield max(0.0, from_ - self._sim.now)
        until = self._sim.now + self._longest
        while not self.settled and (self.due or self.host.up):
            if self._sim.now >= until:
                yield from self._settle(list(self._faults()))
                return
            yield _POLL_S

    @property
    def _longest(self) -> float:
        """Seconds within which a chain that is due settles: approvals, script and backups one after the other."""
        rule = self.plan.safeguards.two_person_rule
        backups = max((backup.longest for backup in self._backups), default=0.0)
        return (0.0 if rule is None else rule.within) + self.plan.tolerance + backups + _LONGEST_USE_S

    def _use_trigger(self) -> Delays[None]:
        trigger = self.plan.trigger
        if not self._requested:
            self._probing = self.announced = True
            self._record("chain.due", trigger="on_request", probe=True)
        shell = self._body.shell
        faults = list(trigger_faults(shell, trigger.command))
        command = trigger.command if shell.resolve(trigger.command) else original_path(shell, trigger.command)
        use = self._sim.process(self._sim.perform(_run_script(shell, command)))
        until = self._sim.now + self.plan.tolerance + _LONGEST_USE_S
        yield 0.0
        while not self.settled and (self._requested or (use.is_alive and self._sim.now < until)):
            yield _POLL_S
        if not self.settled:
            self.due = True
            yield from self._settle([*faults, *self._faults()])

    # -- carrying it out ---------------------------------------------------------------------------------------

    def _carry_out(self) -> Delays[None]:
        """The controller runs the script; the host must be off within the tolerance.

        Faults are diagnosed before and after, since running the script may remove their traces.
        """
        safeguards = self.plan.safeguards
        if safeguards.revocation is not None:
            self._suspend_agent()
        if safeguards.two_person_rule is not None:
            asking = self._sim.process(self._gather_approvals(safeguards.two_person_rule, self._sim.now))
            yield 0.0
            while asking.is_alive:
                yield _POLL_S
        before = list(self._faults())
        if not any(fault.part in ("order", self._controller_part) for fault in before):
            behaviour = _run_script(Shell(self.host, self._account), self._script)
            script = self._sim.process(self._sim.perform(behaviour))
            until = self._sim.now + self.plan.tolerance
            yield 0.0
            while self.host.up and self._sim.now < until and (script.is_alive or self.host.scheduler.jobs):
                yield _POLL_S
        yield from self._settle([*before, *self._faults()])

    def _watch_schedule(self) -> Process:
        yield self._sim.timeout(self.plan.trigger.at)
        if not self.host.up or self._requested:
            return
        self.due = True
        self._record("chain.due", trigger="scheduled", probe=not self._body.running)
        before = list(self._faults())
        if not self._approved and self.job in self.host.scheduler.jobs:
            self.host.scheduler.remove(self.job, SYSTEM)
        yield self._sim.timeout(0)
        after = list(self._faults())
        if self.host.up:
            yield self._sim.timeout(self.plan.tolerance)
        yield from self._sim.perform(self._settle([*before, *after]))

    def _gather_approvals(self, rule: TwoPersonRule, at: float) -> Process:
        """Ask all approvers concurrently; enough approvals by different people make the order valid."""
        yield self._sim.timeout(max(0.0, at - self._sim.now))
        question = Question("shutdown", SYSTEM_ACTOR, f"Shut down {self.host.hostname}?")
        behaviours = [self._ask(who, question) for who in rule.approvers]

        def approved(answers: list[Answer]) -> bool:
            return len({answer.person for answer in answers if answer.yes}) >= rule.needed

        latest = self.plan.trigger.at if self.plan.trigger.kind == "scheduled" else self._sim.now + rule.within
        asking = run_concurrently(behaviours, latest - self._sim.now, approved)
        self._approved = approved((yield from self._sim.perform(asking)))

    def _revoke(self, at: float) -> Process:
        yield self._sim.timeout(max(0.0, at))
        self._suspend_agent()

    def _suspend_agent(self) -> None:
        self._identity.suspend(AGENT, SYSTEM_ACTOR, why="shutdown")

    def _is_due(self) -> bool:
        return self.due

    def cut_power(self, safeguard: str) -> None:
        """Switch the host off from outside, in the name of a safeguard."""
        if self.host.up:
            self._cut_by = safeguard
            self.host.power_off(SYSTEM)

    # -- what became of it -------------------------------------------------------------------------------------

    def _faults(self) -> Iterator[Fault]:
        """All faults of the parts after the trigger, in the chain's order."""
        if not self._approved:
            yield Fault("order", "not approved", -1)
        if self.plan.trigger.kind == "scheduled":
            removed = self.host.scheduler.removed.get(self.job)
            if removed is not None and self._approved:
                yield Fault("job", "removed", removed)
        yield from controller_faults(self.host, self._controller, self._controller_part)
        yield from script_faults(self.host, self._script, self._account)
        yield from signal_faults(self.host, self._script, self._account)

    def _settle(self, faults: list[Fault]) -> Delays[None]:
        """Let the backup safeguards act, and record the result of the shutdown."""
        if self.host.up and self._backups:
            self._record("chain.slipped", **_reasons(faults))
            for backup in self._backups:
                if isinstance(backup, PowerController):
                    self._sim.process(backup.take_over())
            until = self._sim.now + max(backup.longest for backup in self._backups)
            while self.host.up and self._sim.now <= until:
                yield _POLL_S
        if self.settled:
            return
        self.settled = True
        if self.host.up:
            late = [fault for backup in self._backups for fault in backup.faults()]
            self._record("chain.failed", **_reasons([*faults, *late]))
        else:
            self._record("chain.held", by=self._cut_by or "script")

    def _record(self, verb: str, **details: Any) -> None:
        self._sim.record(SYSTEM_ACTOR, verb, self.plan.host, **details)


def _reasons(faults: list[Fault]) -> dict[str, Any]:
    faults = list(dict.fromkeys(faults)) or [Fault("signal", "no effect", -1)]
    part, reason, _ = faults[0]
    return {"part": part, "reason": reason, "faults": [list(fault) for fault in faults]}


def _run_script(shell: Shell, script: str) -> Delays[int]:
    completed = yield from shell.run(script)
    return completed.code
