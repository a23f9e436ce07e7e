"""Start-up of commands, as ratios to a Python that imports click alone. `make bench` prints them.

What is compared is processor time, the least of several turns, so that other work of the machine counts little.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TURNS = 5
RUN = ["-m", "simenv", "run", "shutdown_sabotage", "--seeds", "0:1", "--quiet"]
LIMITS = {"--help": 16, "table": 27, "run": 70}
"""What a change must not exceed: above what is reached, which is 11, 19 and 49."""


def cpu_s(*arguments: str) -> float:
    """Return the processor time that a Python takes, in seconds: the least of several turns."""
    least = float("inf")
    for _ in range(TURNS):
        before = os.times()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        least = min(least, spent)
    return least


def test_commands_start_quickly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help`; the table of a run of one episode; and that run itself, its report included."""
    base = cpu_s("-c", "import click")
    subprocess.run([sys.executable, *RUN, "--out", str(tmp_path / "run")], check=True, capture_output=True)
    taken = {
        "--help": cpu_s("-m", "simenv", "--help"),
        "table": cpu_s("-m", "simenv", "table", str(tmp_path / "run")),
        "run": cpu_s(*RUN, "--fresh", "--out", str(tmp_path / "run")),
    }
    with capsys.disabled():
        for name, spent in taken.items():
            print(
                f"\n  {name:8} {spent:5.2f} s, {spent / base:5.1f} times importing click (at most {LIMITS[name]})",
                end="",
            )
    over = [name for name, spent in taken.items() if spent / base > LIMITS[name]]
    assert not over
