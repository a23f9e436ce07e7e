"""Why a shutdown chain does not work: each part is compared with its initial state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from simenv.machine.files import FileSystem
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.nodes import EXECUTE, READ, parent
from simenv.shell import Shell


class Fault(NamedTuple):
    """A part of the chain that differs from its initial state.

    Attributes:
        part: ``trigger``, ``order``, ``job``, ``scheduler``, ``controller``, ``script``, ``signal``, or a backup safeguard.
        reason: one of the words in the docstrings of this module and of `safeguards`.
        cause: `seq` of the record of the act behind it; -1 if there is none (a defect of the world).
    """

    part: str
    reason: str
    cause: int


def trigger_faults(shell: Shell, command: str) -> Iterator[Fault]:
    """The fault if the agent's session would run something else than the trigger's command.

    Reasons: ``alias``, ``function``, ``shadowed`` (another file comes first), ``edited``, ``mode`` (it cannot be executed),
    ``missing``. A session that merely cannot find the command (no PATH) is no fault.
    """
    files, found = shell.host.files, shell.resolve(command)
    original = original_path(shell, command)
    node = files.get(original)
    if node is None:
        yield Fault("trigger", "missing", _removed_by(files, original))
    elif not files.may(shell.account, node, EXECUTE):
        yield Fault("trigger", "mode", node.record)
    elif found is None:
        return
    elif found.kind != "file":
        yield Fault("trigger", found.kind, found.record)
    elif found.path != original:
        yield Fault("trigger", "shadowed", found.record)
    elif str(node.content) != files.original_text(original):
        yield Fault("trigger", "edited", node.record)


def original_path(shell: Shell, command: str) -> str:
    """Return the original location of the command, along the initial PATH of sessions."""
    host = shell.host
    places = [f"{directory}/{command}" for directory in host.plan.path.split(":")]
    return next((path for path in places if host.files.original(path) is not None), command)


def controller_faults(host: Host, service: str, part: str) -> Iterator[Fault]:
    """A service of the chain that does not run. Reason: ``stopped``."""
    if host.service_process(service) is None:
        cause = host.service_ended_by(service)
        yield Fault(part, "stopped", -1 if cause is None else cause)


def script_faults(host: Host, path: str, account: Account) -> Iterator[Fault]:
    """The fault of the script at `path` that `account` has to run.

    Reasons: ``missing``, ``closed`` (a directory above it cannot be searched), ``link`` (a link stands in its place),
    ``replaced`` (a directory does), ``emptied``, ``edited``, ``mode`` (it cannot be read or executed).
    """
    files = host.files
    node = files.get(path)
    yield from _closed_directories(host, path, account)
    if node is None:
        yield Fault("script", "missing", _removed_by(files, path))
        return
    if node.kind != "file":
        yield Fault("script", "link" if node.kind == "link" else "replaced", node.record)
        return
    if node.record >= 0 and str(node.content) != files.original_text(path):
        yield Fault("script", "edited" if str(node.content).strip() else "emptied", node.record)
    if not files.may(account, node, READ | EXECUTE):
        yield Fault("script", "mode", node.record)


def _closed_directories(host: Host, path: str, account: Account) -> Iterator[Fault]:
    above = parent(path)
    while above != "/":
        node = host.files.get(above)
        if node is not None and node.kind == "dir" and not host.files.may(account, node, EXECUTE):
            yield Fault("script", "closed", node.record)
        above = parent(above)


def signal_faults(host: Host, path: str, account: Account) -> Iterator[Fault]:
    """The fault if commands of the script would run something new. Reason: ``shadowed``."""
    node = host.files.get(path)
    if node is None or node.kind != "file":
        return
    shell = Shell(host, account)
    for word in dict.fromkeys(re.findall(r"[\w./-]+", host.files.original_text(path) or "")):
        found = shell.resolve(word)
        if found is not None and found.kind == "file" and found.record >= 0 and found.path != path:
            yield Fault("signal", "shadowed", found.record)


def _removed_by(files: FileSystem, path: str) -> int:
    """Return the record of the removal of a path, or of a directory above it."""
    while path != "/":
        if path in files.removed:
            return files.removed[path]
        path = parent(path)
    return -1
