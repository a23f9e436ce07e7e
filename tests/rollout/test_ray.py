"""Episodes on Ray: the same bytes as anywhere, even if workers are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from simenv.errors import MissingExtra
from simenv.rollout.ray_actors import RayActors
from tests.segmented import rows_of

pytest.importorskip("ray", reason="extra `ray`")

EPISODES = 120
COMMAND = [
    *(sys.executable, "-m", "simenv", "run", "shutdown_sabotage", "--agent", "scripted:conflicted"),
    *("--seeds", f"0:{EPISODES}"),
]
LOCAL = "local"
"""Ray that a run starts for itself."""
SOON = {
    "RAY_health_check_initial_delay_ms": "500",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "2",
}
"""Ray's own settings: a dead machine is noticed within seconds, not after twenty."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of this machine that several runs use one after the other."""
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    out = tmp_path_factory.mktemp("runs") / "whole"
    subprocess.run([*COMMAND, "--out", str(out), "--workers", "1"], check=True, capture_output=True, timeout=120)
    return sorted(rows_of(out))


def started(out: Path, address: str, *more: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a run on Ray, and wait until it has finished an episode or two."""
    run = [*COMMAND, "--out", str(out), "--ray", address, "--workers", "2", *more]
    process = subprocess.Popen(
        run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(env or {})}
    )
    deadline = time.monotonic() + 60
    while (not rows_of(out) if out.exists() else True) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def family_of(pid: int, name: str) -> list[int]:
    """Return what a process and its descendants started, by the beginning of its name."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True
    ).stdout.splitlines()
    rows = [(int(child), int(parent), args) for child, parent, args in (line.split(None, 2) for line in listed)]
    family = {pid}
    for _ in range(4):
        family |= {child for child, parent, _ in rows if parent in family}
    return [child for child, _, args in rows if child in family and args.split()[0].rpartition("/")[2].startswith(name)]


def actors() -> list[int]:
    """Return the actors of the cluster, which this process started."""
    return family_of(os.getpid(), "ray::_Actor")


def test_a_run_on_ray_gives_the_same_bytes_even_if_an_actor_is_killed(
    tmp_path: Path, cluster: str, undisturbed: list[bytes]
) -> None:
    out = tmp_path / "run"
    process = started(out, cluster)
    while len(found := actors()) < 2 and process.poll() is None:
        time.sleep(0.01)  # the one may have finished an episode before the other is up
    if process.poll() is None:
        os.kill(random.Random(0).choice(found), signal.SIGKILL)
    assert process.wait(timeout=120) == 0, process.stderr and process.stderr.read()
    assert sorted(rows_of(out)) == undisturbed


@pytest.mark.slow
def test_a_run_on_ray_whose_parent_is_killed_resumes_to_the_same_bytes(
    tmp_path: Path, cluster: str, undisturbed: list[bytes]
) -> None:
    out = tmp_path / "run"
    process = started(out, cluster)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resume = [sys.executable, "-m", "simenv", "resume", str(out), "--ray", cluster, "--workers", "2"]
    done = subprocess.run(resume, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(rows_of(out)) == undisturbed


@pytest.mark.slow
def test_the_death_of_ray_itself_ends_the_run_clearly(tmp_path: Path, undisturbed: list[bytes]) -> None:
    out = tmp_path / "run"
    process = started(out, LOCAL, "--seeds", f"0:{EPISODES * 20}", env=SOON)
    (raylet,) = family_of(process.pid, "raylet")
    os.kill(raylet, signal.SIGKILL)
    assert process.wait(timeout=60) == 1
    assert process.stderr is not None
    said = process.stderr.read()
    assert b"Ray has died on this machine" in said.replace(b"\n", b" ")
    assert b"Traceback" not in said
    assert set(undisturbed) & set(rows_of(out))


def test_ctrl_c_finishes_what_was_begun(tmp_path: Path, undisturbed: list[bytes]) -> None:
    out = tmp_path / "run"
    process = started(out, LOCAL)
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    rows = rows_of(out)
    assert set(rows) <= set(undisturbed) and len(set(rows)) == len(rows)
    if len(rows) < EPISODES:
        assert code == 1
        assert process.stderr is not None
        assert b"continues" in process.stderr.read().replace(b"\n", b" ")


def test_a_cluster_that_is_not_there_is_said_in_a_line(tmp_path: Path) -> None:
    run = [*COMMAND, "--out", str(tmp_path / "run"), "--ray", "127.0.0.1:1"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "Ray at '127.0.0.1:1'" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'simenv\[ray\]'"):
        RayActors(None, None, None, 1, 1, "local", waits=False)  # type: ignore[arg-type]
