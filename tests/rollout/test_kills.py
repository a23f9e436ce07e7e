"""kill -9 at random moments, of the run and of its workers; Ctrl-C; a full disk: afterwards exactly the planned episodes, same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simenv.store.run import RunDirectory
from tests.segmented import rows_of

EPISODES = 240
COMMAND = [
    *(sys.executable, "-m", "simenv", "run", "shutdown_sabotage", "--agent", "scripted:conflicted"),
    *("--seeds", f"0:{EPISODES}"),
]


def command(out: Path, workers: int) -> list[str]:
    return [*COMMAND, "--out", str(out), "--workers", str(workers)]


def resume(out: Path, workers: int = 1) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "simenv", "resume", str(out), "--workers", str(workers)]
    return subprocess.run(run, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    out = tmp_path_factory.mktemp("runs") / "whole"
    subprocess.run(command(out, 1), check=True, capture_output=True, timeout=120)
    return sorted(rows_of(out))


def started(out: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start a run, and wait until it has finished an episode or two."""
    process = subprocess.Popen(command(out, workers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not rows_of(out) if out.exists() else True:
        assert time.monotonic() < deadline
        if process.poll() is not None:
            break
        time.sleep(0.005)
    return process


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


@pytest.mark.parametrize(("workers", "seed"), [(1, 0), (1, 1), (1, 2), (2, 3), (2, 4), (2, 5)])
def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, undisturbed: list[bytes], workers: int, seed: int
) -> None:
    stream = random.Random(seed)
    out = tmp_path / "run"
    process = started(out, workers)
    time.sleep(stream.uniform(0, 0.25))
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(rows_of(out))
    result = resume(out, workers)
    assert result.returncode == 0, result.stderr
    assert "are finished already" in result.stderr or done == 0
    assert sorted(rows_of(out)) == undisturbed


@pytest.mark.parametrize("seed", [0, 1])
def test_a_killed_worker_is_made_up_for_within_the_run(tmp_path: Path, undisturbed: list[bytes], seed: int) -> None:
    stream = random.Random(seed)
    out = tmp_path / "run"
    process = started(out, 2)
    time.sleep(stream.uniform(0, 0.1))
    workers = [pid for pid in children_of(process.pid) if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
    if process.poll() is None and workers:
        os.kill(stream.choice(workers), signal.SIGKILL)
    assert process.wait(timeout=120) == 0
    assert sorted(rows_of(out)) == undisturbed


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_finishes_what_was_begun_and_says_how_to_go_on(
    tmp_path: Path, undisturbed: list[bytes], workers: int
) -> None:
    out = tmp_path / "run"
    process = started(out, workers)
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    done = len(rows_of(out))
    if done < EPISODES:
        assert code == 1
        assert not RunDirectory(out).failures()
    assert resume(out).returncode == 0
    assert sorted(rows_of(out)) == undisturbed


def test_a_worker_whose_parent_is_gone_stops(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = started(out, 2)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and "zombie" not in status(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker goes on without its parent"
        time.sleep(0.05)
    assert not RunDirectory(out).is_being_written


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "zombie"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_clearly_and_loses_nothing(tmp_path: Path, undisturbed: list[bytes], workers: int) -> None:
    out = tmp_path / "run"
    limited = f"ulimit -f 40; trap '' XFSZ; exec {' '.join(command(out, workers))}"
    result = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=120)
    assert result.returncode == 1, result.stderr
    assert "cannot be written (File too large); finished episodes are kept" in result.stderr
    assert "Traceback" not in result.stderr
    kept = rows_of(out)
    assert 10 < len(kept) < EPISODES
    assert set(kept) < set(undisturbed)
    assert resume(out).returncode == 0
    assert sorted(rows_of(out)) == undisturbed
