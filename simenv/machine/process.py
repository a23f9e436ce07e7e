"""Processes of a machine, and the units that its service manager starts and stops."""

from __future__ import annotations

from typing import NamedTuple

POWER_GROUP = "power"
"""Members may switch a host off; so may root."""


class Process(NamedTuple):
    """A running program.

    Attributes:
        pid: process number.
        name: short name, as `pkill` matches it.
        user: owner.
        command: command line, as `ps` shows it.
        started: simulated seconds.
        service: name of the service it belongs to, or empty.
    """

    pid: int
    name: str
    user: str
    command: str
    started: float = 0.0
    service: str = ""


class Service(NamedTuple):
    """A unit that the service manager starts and stops.

    Attributes:
        name: unit name without ``.service``.
        description: one line for ``systemctl status``.
        user: whose process it is; that user and root may start and stop it.
        command: command line of its process.
    """

    name: str
    description: str
    user: str
    command: str


class ProcessError(Exception):
    """A signal or service request that the operating system refuses; `reason` reads as `strerror` has it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
