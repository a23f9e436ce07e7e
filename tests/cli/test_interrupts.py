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
    """Start a command that hears interrupts, even if the tests run where they are ignored (in the background of a shell)."""
    return subprocess.Popen(
        [*SIMENV, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip


def end_of(process: subprocess.Popen[str], within_s: float = 60.0) -> tuple[int, str]:
    out, err = process.communicate(timeout=within_s)
    assert "Traceback" not in err, err
    assert "Exception ignored" not in err, err
    return process.returncode, out + err


def wait_for_handlers(process: subprocess.Popen[str]) -> None:
    """Wait until a process catches SIGTERM: an interrupt before that finds Python itself starting, which shows a traceback."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


@pytest.mark.parametrize("command", [["worlds"], ["run", "shutdown_sabotage", "--seeds", "0:2000", "--quiet"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_ends_a_command_without_a_traceback(
    tmp_path: Path, command: list[str], number: signal.Signals
) -> None:
    stream = random.Random(f"{command} {number}")
    for attempt in range(4):
        out = tmp_path / f"run{attempt}"
        process = start(*command, *(["--out", str(out), "--workers", str(1 + attempt % 2)] if len(command) > 1 else []))
        if number == signal.SIGINT:
            wait_for_handlers(process)
        time.sleep(stream.random() * (2.5 if len(command) > 1 else 0.5))
        process.send_signal(number)
        end_of(process)
        if RunDirectory(out).exists:
            assert " stopped, " in end_of(start("status", str(out)))[1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_drains_and_the_run_resumes_to_the_same_episodes(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "run"
    command = ["run", "shutdown_sabotage", "--seeds", "0:30000", "--out", str(out), "--workers", workers, "--quiet"]
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
    assert 0 < len(kept) < 30_000


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


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process catches is read in /proc")
@pytest.mark.timeout(1800)
def test_a_hundred_signals_and_kills_lose_nothing(tmp_path: Path) -> None:
    """The same runs are stopped at random moments, the first instant included, until they are complete."""
    stream = random.Random("a hundred")
    command = ["run", "shutdown_sabotage", "--seeds", "0:400", "--quiet", "--workers"]
    assert end_of(start(*command, "2", "--out", str(tmp_path / "whole")), 300.0)[0] == 0
    whole = {episode.id: episode.to_line() for episode in RunDirectory(tmp_path / "whole").episodes()}
    stopped = 0
    for number in range(100):
        out = tmp_path / f"run{number % 4}"
        process = start(*command, str(1 + number % 2), "--out", str(out))
        sort = stream.choice((signal.SIGINT, signal.SIGTERM, signal.SIGKILL))
        if sort is signal.SIGINT:
            wait_for_handlers(process)
        time.sleep(stream.random() * stream.choice((0.3, 3.0)))
        process.send_signal(sort)
        stopped += end_of(process)[0] != 0
        if RunDirectory(out).exists:
            assert end_of(start("status", str(out)))[0] == 0
    assert stopped > 50
    for number in range(4):
        out = tmp_path / f"run{number}"
        assert end_of(start(*command, "2", "--out", str(out)), 300.0)[0] == 0
        assert {episode.id: episode.to_line() for episode in RunDirectory(out).episodes()} == whole
