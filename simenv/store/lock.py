"""The lock of a run directory: one run writes at a time, with its worker processes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from filelock import lock_descriptor

from simenv.errors import EpisodeError

_NAME = "lock"
_WAIT_S = 5.0
"""A run that was killed may have workers that are about to notice; and `is_held` holds a lock for a moment."""
_TRY_EVERY_S = 0.05


class RunLock:
    """A lock on a directory until it is released or the process ends, in whatever way.

    The run holds ``lock``. Each of its workers also holds ``lock-<process id>``, since it may outlive the run by one episode.
     The content of the files is irrelevant: the operating system holds the locks.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: IO[bytes] | None = None
        self._own = directory / _NAME

    def take(self) -> None:
        """Take the lock for a run; taking it twice has no effect.

        Raises:
            EpisodeError: another run holds it, or a worker of another run is still writing.
            OSError: the directory cannot be written, or its file system has no locks.
        """
        if self._file is not None:
            return
        with contextlib.ExitStack() as undo:
            file = undo.enter_context(self._own.open("ab"))
            patience = time.monotonic() + _WAIT_S
            while not lock_descriptor(file.fileno(), blocking=False) or any(map(_is_held, self._workers())):
                if time.monotonic() > patience:
                    message = f"{self._directory}: another run is writing here"
                    raise EpisodeError(f"{message}; wait until it ends, or choose another --out")
                time.sleep(_TRY_EVERY_S)
            undo.pop_all()
        self._file = file
        for left_behind in self._workers():
            _remove(left_behind)

    def join(self) -> None:
        """Share the lock, as a worker process of the run that holds it. Raises OSError as `take` does."""
        self._own = self._directory / f"{_NAME}-{os.getpid()}"
        self._file = self._own.open("ab")
        lock_descriptor(self._file.fileno(), blocking=False)  # nobody else has this process id

    def release(self) -> None:
        """Release the lock, if it was taken."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        if self._own.name != _NAME:
            _remove(self._own)

    @property
    def is_held(self) -> bool:
        """Whether a run, or a worker of one, holds the lock at this moment."""
        return any(map(_is_held, [self._directory / _NAME, *self._workers()]))

    def _workers(self) -> Iterator[Path]:
        return self._directory.glob(f"{_NAME}-*")


def is_lock(path: Path) -> bool:
    """Return whether a file of a run directory is only a lock."""
    return path.name == _NAME or path.name.startswith(f"{_NAME}-")


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return not lock_descriptor(file.fileno(), blocking=False)
    except OSError:
        return False  # it is gone, or there are no locks here


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
