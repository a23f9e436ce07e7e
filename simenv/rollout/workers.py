"""Worker processes of this machine: how they are started, and how they notice that their parent is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_LOOK_AROUND_S = 0.5
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What tells a run to end."""


def context() -> Any:
    """Return multiprocessing's start method for this machine.

    A forked process starts immediately; otherwise a second of imports comes first. Forking is safe on Linux if no other thread
    could hold a lock at that moment.
    """
    may_fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if may_fork else "spawn")


def leave_interrupts_to_the_parent(*numbers: signal.Signals) -> None:
    """Ignore these signals in a worker: the parent receives them too, and decides."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextmanager
def held_back() -> Iterator[None]:
    """Let interrupts wait while a worker is started, who would take them as its parent does."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
