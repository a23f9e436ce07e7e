"""One run at a time writes to a directory, whatever becomes of the processes that work for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simenv.errors import EpisodeError
from simenv.store import lock
from simenv.store.lock import RunLock
from simenv.store.run import RunDirectory

HOLD = """
import sys, pathlib
from simenv.store.lock import RunLock
lock = RunLock(pathlib.Path(sys.argv[1]))
getattr(lock, sys.argv[2])()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_WAIT_S", 0.2)


def holder(directory: Path, way: str) -> subprocess.Popen[str]:
    """Return another process that holds the lock: as a run (`take`) or as its worker (`join`)."""
    command = [sys.executable, "-c", HOLD, str(directory), way]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("way", ["take", "join"])
def test_a_directory_is_locked_until_its_writer_is_gone_and_a_kill_leaves_it_free(tmp_path: Path, way: str) -> None:
    process = holder(tmp_path, way)
    assert RunDirectory(tmp_path).is_being_written
    with pytest.raises(
        EpisodeError, match="another run is writing here; wait until it ends, or choose another --out"
    ) as said:
        RunDirectory(tmp_path).take()
    assert str(tmp_path) in str(said.value)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not RunDirectory(tmp_path).is_being_written
    with RunDirectory(tmp_path) as run:
        run.take()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_worker_may_join_while_its_run_holds_the_lock_and_may_outlive_it(tmp_path: Path) -> None:
    run, worker = RunLock(tmp_path), RunLock(tmp_path)
    run.take()
    worker.join()
    run.release()
    with pytest.raises(EpisodeError, match="another run is writing here"):
        RunLock(tmp_path).take()
    worker.release()
    RunLock(tmp_path).take()


def test_a_lock_that_was_not_to_be_had_is_not_kept(tmp_path: Path) -> None:
    first, second = RunLock(tmp_path), RunLock(tmp_path)
    first.take()
    with pytest.raises(EpisodeError):
        second.take()
    first.release()
    second.take()


def test_a_lock_alone_is_no_run(tmp_path: Path) -> None:
    with RunDirectory(tmp_path) as run:
        run.take()
        assert not run.is_used
