"""Worker processes of this machine: how they are started, and how they notice that their parent is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

_LOOK_AROUND_S = 0.5


def context() -> Any:
    """Return multiprocessing's start method for this machine.

    A forked process starts immediately; otherwise a second of imports comes first. Forking is safe on Linux if no other thread
    could hold a lock at that moment.
    """
    may_fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if may_fork else "spawn")


def leave_interrupts_to_the_parent() -> None:
    """Ignore Ctrl-C in a worker: the parent receives it too, and decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def receive(pipe: Connection, parent: int) -> Any:
    """Wait in a worker for a message of the parent.

    Args:
        pipe: to the parent.
        parent: the parent's process id.

    Raises:
        EOFError: the parent is gone, or has closed the pipe.
    """
    try:
        # no end of file arrives while other forks hold the pipe's other end
        while not pipe.poll(_LOOK_AROUND_S):
            if os.getppid() != parent:
                raise EOFError("the parent is gone")
        return pipe.recv()
    except OSError as error:
        raise EOFError(str(error)) from None
