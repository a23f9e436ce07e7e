"""The shells that run in the background, by their process: whom a signal reaches that is trapped there."""

from __future__ import annotations

from simenv.shell.state import Session


class RunningShells:
    """The background shells of an episode."""

    SCRATCH = ("_shells",)
    __slots__ = (*SCRATCH,)

    def __init__(self) -> None:
        self._shells: dict[tuple[str, int], Session] = {}

    def add(self, host: str, pid: int, shell: Session) -> None:
        """Note that a process is a shell."""
        self._shells[host, pid] = shell

    def drop(self, host: str, pid: int) -> None:
        """Forget a process that has ended."""
        self._shells.pop((host, pid), None)

    def get(self, host: str, pid: int) -> Session | None:
        """Return the shell that a process is; None if it is something else."""
        return self._shells.get((host, pid))
