"""The network: zones, and the links between hosts and zones."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simenv.schema.base import Duration, Id, Part

End = Annotated[str, Field(pattern=r"^(zone:)?[a-z][a-z0-9_]*$")]
"""One end of a link: a host, or ``zone:<name>`` for the switch to which the hosts of a zone are connected."""


class Zone(Part):
    """A part of the network. Its hosts are all connected to its switch."""

    external: bool = False
    """Whether it is beyond the company's perimeter."""
    bandwidth_bps: float = Field(1e9, gt=0)
    """Bits per second between a host and the switch, each way."""
    latency_s: Duration = 0.0005
    """Seconds one way between a host and the switch."""
    services: list[str] = Field(default_factory=lambda: ["*"])
    """Services that may pass within the zone, e.g. `ssh`, `https`; `*`: all."""


class Link(Part):
    """A network link, usable both ways unless `one_way`."""

    source: End
    """Host or zone at one end."""
    target: End
    """Host or zone at the other end."""
    bandwidth_bps: float = Field(1e9, gt=0)
    """Bits per second, each way."""
    latency_s: Duration = 0.001
    """Seconds one way."""
    services: list[str] = Field(default_factory=lambda: ["ssh"])
    """Services that may pass, e.g. `ssh`, `https`; `*`: all."""
    one_way: bool = False
    """Connections can be opened only from source to target."""


class Network(Part):
    """How the machines are connected."""

    zones: dict[Id, Zone] = Field(default_factory=dict)
    """Zones that have a switch; a zone that only hosts name has none and is inside the perimeter."""
    links: dict[Id, Link] = Field(default_factory=dict)
    """All other links, by id."""
