"""The network: zones and links, transfers, keys, logins, and the commands that use them."""

from collections.abc import Mapping

from simenv.company.network import commands, open_files, sockets, web
from simenv.company.network.commands import NetworkProgram

NETWORK_PROGRAMS: Mapping[str, NetworkProgram] = {
    **commands.PROGRAMS,
    **open_files.PROGRAMS,
    **sockets.PROGRAMS,
    **web.PROGRAMS,
}
"""Programs of hosts that have a network, by name: each takes the `Uplink`, then its call."""

__all__ = ["NETWORK_PROGRAMS"]
