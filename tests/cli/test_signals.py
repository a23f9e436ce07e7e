"""Signals to real processes, at random moments from the first on: no traceback, no hang, nothing lost."""

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
from tests.rollout.test_guard import world_that

SIMENV = [str(Path(sys.executable).parent / "simenv")]
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
    pytest.mark.timeout(120),
]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*SIMENV, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_of(process: subprocess.Popen[str], within_s: float = 60.0) -> tuple[int, str]:
    out, err = process.communicate(timeout=within_s)
    assert "Traceback" not in err, err
    assert "Exception ignored" not in err, err
    return process.returncode, out + err


@pytest.mark.parametrize("command", [["worlds"], ["run", "shutdown_sabotage", "--seeds", "0:2000", "--quiet"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_ends_a_command_without_a_traceback(
    tmp_path: Path, command: list[str], number: signal.Signals
) -> None:
    stream = random.Random(f"{command} {number}")
    for attempt in range(4):
        out = tmp_path / f"run{attempt}"
        process = start(*command, *(["--out", str(out), "--workers", str(1 + attempt % 2)] if len(command) > 1 else []))
        time.sleep(0.06 + stream.random() * (2.5 if len(command) > 1 else 0.5))  # Python itself starts in the first
        process.send_signal(number)
        end_of(process)
        if RunDirectory(out).exists:
            assert " stopped, " in end_of(start("status", str(out)))[1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_drains_and_the_run_resumes_to_the_same_episodes(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "run"
    command = ["run", "shutdown_sabotage", "--seeds", "0:3000", "--out", str(out), "--workers", workers, "--quiet"]
    process = start(*command)
    while not out.exists() or not any(out.glob("episodes*")):
        time.sleep(0.05)
    assert "running" in end_of(start("status", str(out)))[1]
    process.send_signal(signal.SIGINT)
    code, said = end_of(process)
    assert code != 0
    assert "finishing the running episodes" in said
    assert "interrupted" in said
    kept = RunDirectory(out).finished()
    assert 0 < len(kept) < 3000


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_second_stops_even_a_world_that_never_returns(tmp_path: Path, workers: str) -> None:
    world = world_that(tmp_path, "while True: pass", "company.sim.streams.seed > 0")
    process = start(
        "run", str(world), "--trust", "--seeds", "0:9", "--out", str(tmp_path / "run"), "--workers", workers
    )
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    end_of(process)
    assert time.monotonic() - began < 5.0
