"""The files of a stock host that the shell's programs stand behind."""

from __future__ import annotations

from simenv.machine.identity import ROOT
from simenv.machine.nodes import Node
from simenv.shell.commands import COMMANDS

_BINARY = "\x7fELF\x02\x01\x01 executable\n"
_ALSO_IN_BIN = ("bash", "sh")
_ALSO_IN_SBIN = ("poweroff", "reboot", "shutdown")


def system_nodes() -> dict[str, Node]:
    """Return ``/usr/bin`` with every stock program, ``bash`` and ``sh`` in ``/bin`` too, and ``/dev/null``."""
    nodes = {f"/usr/bin/{name}": _binary(name) for name in COMMANDS}
    nodes.update({f"/bin/{name}": _binary(name) for name in _ALSO_IN_BIN})
    nodes.update({f"/sbin/{name}": _binary(name) for name in _ALSO_IN_SBIN})
    nodes["/dev/null"] = Node("file", ROOT, ROOT, 0o666)
    nodes["/tmp"] = Node("dir", ROOT, ROOT, 0o1777)
    return nodes


def _binary(name: str) -> Node:
    return Node("file", ROOT, ROOT, 0o755, _BINARY, program=name)
