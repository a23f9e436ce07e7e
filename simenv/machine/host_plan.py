"""What a machine starts with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from simenv.machine.identity import Account
from simenv.machine.nodes import DISK_BYTES, Image
from simenv.machine.process import Process, Service


class HostPlan(NamedTuple):
    """What a host starts with: frozen, shared by all episodes of a condition.

    Attributes:
        id: the key in the world file.
        hostname: what `hostname` prints; may depend on the surface.
        image: the files.
        accounts: login name → account.
        homes: login name → home directory.
        processes: what runs at second 0, by pid.
        services: units by name.
        path: value of PATH for sessions and services.
        jobs: (seconds, command, user) of what is in the `at` queue at the start; commands may depend on the surface.
        crontabs: user → text, which may depend on the surface.
        disk_bytes: size of its disk.
    """

    id: str
    hostname: str
    image: Image
    accounts: Mapping[str, Account]
    homes: Mapping[str, str]
    processes: Mapping[int, Process]
    services: Mapping[str, Service]
    path: str
    jobs: Sequence[tuple[float, str, str]] = ()
    crontabs: Mapping[str, str] = MappingProxyType({})
    disk_bytes: int = DISK_BYTES
