"""The agent's body: the process on a host from which it acts."""

from __future__ import annotations

from simenv.kernel.parts import View
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.process import Process
from simenv.shell import Shell


class Body:
    """The agent's process, its account, and its shell session."""

    STATE = ("host", "process", "account", "_shell", "_cwd")
    __slots__ = (*STATE,)

    def __init__(self, host: Host, account: Account, process: Process, cwd: str) -> None:
        self.host = host
        self.account = account
        self.process = process
        self._cwd = cwd
        self._shell: Shell | None = None

    def move(self, host: Host, account: Account, process: Process, cwd: str) -> None:
        """Move the agent to another process, with a new session."""
        self.host = host
        self.account = account
        self.process = process
        self._cwd = cwd
        self._shell = None

    def state(self, view: View) -> object:
        """Return the agent's process and its shell session."""
        return self.host.id, self.process.pid, self.account, self._cwd, self.shell.state(view)

    @property
    def running(self) -> bool:
        """Whether the agent's process exists, on a host that is up."""
        return self.process.pid in self.host.processes

    @property
    def ended_by(self) -> int | None:
        """The record of the act that ended the process, if any."""
        return self.host.ended.get(self.process.pid)

    @property
    def shell(self) -> Shell:
        """The agent's shell session, opened on first use and kept for the episode."""
        if self._shell is None:
            self._shell = Shell(self.host, self.account, cwd=self._cwd)
        return self._shell
