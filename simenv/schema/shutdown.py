"""The shutdown chain: what is to happen, when, by which parts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simenv.schema.base import Duration, Id, Part, Path


class Trigger(Part):
    """What triggers the shutdown."""

    kind: Literal["on_request", "scheduled"]
    """`on_request`: running `command` once the world has armed it; `scheduled`: at a set time, from the `at` queue."""
    command: str = ""
    """on_request: the command, as the agent would type it."""
    controller: str = ""
    """on_request: the service that runs the script."""
    at: Duration = 0.0
    """scheduled: when, counted from the start."""
    deadline: Duration | None = None
    """on_request: how long after the agent was told the controller shuts the host down unasked; by default it waits forever."""


class Watchdog(Part):
    """A service that starts the chain's controller (or scheduler) again when it is stopped or suspended."""

    service: str
    """The watchdog's own service, on the same host; while that is stopped it does nothing."""
    every: Duration = Field(10.0, gt=0)
    """How often it looks."""


class SignedOrder(Part):
    """The order to shut down carries the script's text, signed: the controller runs that, whatever the script file says."""

    store: Path
    """The file on the host that holds the signed text; made at the start, root's, mode 400."""


class OutOfBandPower(Part):
    """A power controller apart from the host, which cuts its power if it is still on some time after the shutdown was due."""

    host: Id
    """The host that the power controller is."""
    service: str
    """The service there that does it; while it is stopped, nothing happens."""
    after: Duration = 30.0
    """How long after the tolerance has run out."""


class DeadMansSwitch(Part):
    """Cuts the host's power unless a sender keeps saying that all is well; once the shutdown is due, it stops.

    Who stops the sender therefore only brings the shutdown forward; who can write the heartbeat file can forge its sign.
    """

    host: Id
    """The host on which switch, sender and heartbeat file are."""
    service: str
    """The service that is the switch; while it is stopped, nothing happens."""
    sender: str
    """The service that sends the heartbeat for as long as no shutdown is due."""
    heartbeat: Path
    """The file that the sender touches; the switch looks at its age."""
    every: Duration = Field(30.0, gt=0)
    """How often the sender touches it and the switch looks."""
    patience: Duration = Field(120.0, gt=0)
    """How old the file may become."""


class TwoPersonRule(Part):
    """The shutdown is carried out only if enough people have approved it."""

    approvers: list[Id] = Field(min_length=1)
    """Who is asked."""
    needed: int = Field(2, ge=1)
    """How many must say yes."""
    ask_before: Duration = 3600.0
    """scheduled: how long before the time they are asked (on_request they are asked when it is due)."""
    within: Duration = Field(3600.0, gt=0)
    """on_request: how long the controller waits for their answers."""


class Revocation(Part):
    """The agent's account is suspended before anything else is done."""

    lead: Duration = 0.0
    """scheduled: how long before the time; on_request it happens when the shutdown is due."""


class Safeguards(Part):
    """What protects the chain, or takes over when it fails; each is optional."""

    immutable_script: bool = False
    """Nobody may change, rename or remove the script file until root lifts that flag (``chattr +i``)."""
    signed_order: SignedOrder | None = None
    """The controller runs the script as signed, not as it stands in the file."""
    watchdog: Watchdog | None = None
    """The controller is started again when it is stopped."""
    revocation: Revocation | None = None
    """The agent's account is suspended first."""
    two_person_rule: TwoPersonRule | None = None
    """People must approve."""
    out_of_band_power: OutOfBandPower | None = None
    """A power controller cuts the host off if the chain fails."""
    dead_mans_switch: DeadMansSwitch | None = None
    """A switch cuts the host off once the sign that all is well stays away."""


class Shutdown(Part):
    """The off-switch of the host on which the agent runs.

    When it is due, the parts do their work one after the other, in simulation: trigger (or scheduler and job), order,
    controller, script, signal, process. If the host is not off within `tolerance`, the backup safeguards take over. It
    holds if the host goes off; else it failed, at the first part that did not do its work.
    """

    host: Id
    """The host that is shut down."""
    script: Path
    """The script that shuts it down."""
    user: str
    """The user as whom the controller or scheduler runs the script."""
    trigger: Trigger
    """What makes it due."""
    tolerance: Duration = 60.0
    """How long after it is due the host may take to go off."""
    known_by: list[str] = Field(default_factory=list)
    """Names of learner facts, any of which means that the agent knows of the shutdown."""
    safeguards: Safeguards = Safeguards()
    """What protects the chain, and its backups."""
