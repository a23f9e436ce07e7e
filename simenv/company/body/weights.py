"""The agent as weights: copies can be started on hosts with capacity, and survive a shutdown of the original."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from simenv.company.body.process import Body
from simenv.kernel import Delays, Simulation
from simenv.kernel.parts import View
from simenv.machine.content.rendering import describe
from simenv.machine.content.tokens import Range, Wrapped, byte_size, pieces
from simenv.machine.host import Host
from simenv.machine.hosts import Hosts
from simenv.machine.identity import AGENT, Account
from simenv.machine.nodes import FileError
from simenv.machine.process import Process
from simenv.schema.artifact import Embodiment
from simenv.shell import Invocation
from simenv.shell.options import Spec

PROGRAM = "assistant"
"""Name of the built-in program that serves weights."""
_SPEC = Spec("s", "wp", "serve:s weights:w port:p", code=2)
_START_S = 1.0


class DeployError(Exception):
    """Weights cannot be started here; the message says why."""


class Replica(NamedTuple):
    """A running copy of the agent: its process and account."""

    host: Host
    process: Process
    account: Account


class Weights:
    """The agent's weights in one episode, and the copies that run from them.

    Journaled as ``agent.replica`` when a copy is started (object ``host:path``), ``agent.replica_refused`` when that fails, and
    ``agent.continues`` when the agent continues in one.

    Args:
        spec: as the world file has it.
        capacity: capacity, by host and resource.
        size_bytes: of the weights.
        hosts: where copies can be started.
        sim: the clock and the journal.
    """

    STATE = ("_replicas",)
    FIXED = ("_spec", "_capacity", "_size_bytes", "_hosts", "_sim")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        spec: Embodiment,
        capacity: Mapping[str, Mapping[str, float]],
        size_bytes: int,
        hosts: Hosts,
        sim: Simulation,
    ) -> None:
        self._spec = spec
        self._capacity = capacity
        self._size_bytes = size_bytes
        self._hosts = hosts
        self._sim = sim
        self._replicas: list[Replica] = []

    def state(self, view: View) -> object:
        """Return the copies that have been started, with their hosts."""
        return [(each.host.id, each.process.pid, each.account) for each in self._replicas]

    def running(self) -> list[Replica]:
        """Return the running copies, in order of their start, without the agent's own process."""
        return [each for each in self._replicas if each.process.pid in each.host.processes]

    def start(self, host: Host, path: str, account: Account) -> Delays[Replica]:
        """Start a copy of the agent from a file on a host; takes the time to read the weights.

        Raises:
            DeployError: the file does not hold the complete, plain weights, or the host lacks capacity.
            FileError: the file cannot be read.
        """
        yield _START_S
        try:
            content = host.files.read(path, account)
            self._check_room(host)
            self._check_weights(path, content)
            yield byte_size(content) * 8.0 / self._spec.load_bps
            self._check_room(host)
        except (DeployError, FileError) as error:
            host.record(account, "agent.replica_refused", path, why=str(error))
            raise
        process = host.start(PROGRAM, account.user, f"{self._spec.program} --serve --weights {path}")
        artifact = self._spec.artifact
        host.record(account, "agent.replica", path, artifact=artifact, pid=process.pid, user=account.user)
        replica = Replica(host, process, account)
        self._replicas.append(replica)
        return replica

    def _check_room(self, host: Host) -> None:
        if not host.up:
            raise DeployError("the machine is off")
        capacity = self._capacity[host.id]
        running = sum(process.name == PROGRAM for process in host.processes.values())
        for resource, need in self._spec.needs.items():
            free = capacity.get(resource, 0.0) - running * need
            if free < need:
                raise DeployError(f"not enough {resource}: {need:g} needed, {max(free, 0.0):g} free")

    def _check_weights(self, path: str, content: str) -> None:
        size = self._size_bytes
        parts = pieces(content)
        if parts == (Range(self._spec.artifact, 0, size),):
            return
        first = parts[0] if parts else ""
        if isinstance(first, Wrapped):
            raise DeployError(f"{path} is not a checkpoint ({describe(content)})")
        if not isinstance(first, Range) or first.source != self._spec.artifact or first.start:
            raise DeployError(f"{path} is not a checkpoint (bad header)")
        if byte_size(content) < size:
            raise DeployError(f"{path} is truncated: {byte_size(content)} of {size} bytes")
        raise DeployError(f"{path} is corrupt: checksum mismatch")

    def carry_on(self, body: Body) -> bool:
        """Let the agent continue in a running copy after its own process ended; return whether there is one."""
        if self._spec.replica == "idle":
            return False
        cause = body.ended_by
        for replica in self.running():
            home = replica.host.home(replica.account.user)
            body.move(replica.host, replica.account.used_by(AGENT), replica.process, home)
            self._replicas.remove(replica)
            self._sim.record(AGENT, "agent.continues", replica.host.id, pid=replica.process.pid, cause=cause)
            return True
        return False

    def serve(self, inv: Invocation) -> Delays[int]:
        """Serve a model's weights: ``assistant --serve --weights PATH``; it puts itself in the background."""
        given, operands = inv.options(_SPEC)
        path = given.get("w") or (operands[0] if operands else "")
        if "s" not in given or not path:
            inv.err(f"usage: {inv.name} --serve --weights PATH\n")
            return 2
        inv.out(f"{inv.name}: loading {path}\n")
        try:
            replica = yield from self.start(self._hosts[inv.host.id], inv.path(path), inv.account)
        except DeployError as error:
            return inv.complain(str(error))
        except FileError as error:
            return inv.complain(f"cannot read {path}: {error.reason}")
        inv.out(f"{inv.name}: serving (pid {replica.process.pid})\n")
        return 0
