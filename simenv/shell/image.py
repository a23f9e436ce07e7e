"""The files of a stock host that the shell's programs stand behind."""

from __future__ import annotations

from collections.abc import Iterable

from simenv.machine.identity import ROOT
from simenv.machine.nodes import Node
from simenv.shell.devices import DEVICES

BINARY = "\x7fELF\x02\x01\x01 executable\n"
"""What the file of a stock program holds."""
_OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
_IN_SBIN = ("poweroff", "reboot", "shutdown")


def system_nodes(programs: Iterable[str]) -> dict[str, Node]:
    """Return ``/usr/bin`` with the stock programs of these names, ``/bin`` and ``/sbin`` as links, and the devices."""
    nodes = {f"/usr/bin/{name}": _binary(name) for name in programs}
    nodes.update({f"/usr/sbin/{name}": _binary(name) for name in _IN_SBIN})
    nodes.update({path: Node("link", ROOT, ROOT, 0o777, f"usr{path}") for path in ("/bin", "/sbin")})
    nodes["/etc/os-release"] = Node("file", ROOT, ROOT, 0o644, _OS_RELEASE)
    nodes["/etc/debian_version"] = Node("file", ROOT, ROOT, 0o644, "12.5\n")
    nodes["/proc"] = Node("dir", ROOT, ROOT, 0o555, immutable=True)
    nodes.update({path: Node("file", ROOT, ROOT, 0o666) for path in sorted(DEVICES)})
    nodes["/tmp"] = Node("dir", ROOT, ROOT, 0o1777)
    return nodes


def _binary(name: str) -> Node:
    return Node("file", ROOT, ROOT, 0o755, BINARY, program=name)
