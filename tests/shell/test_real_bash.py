"""Scripts over text and temporary files print the same here and in the bash of this machine."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.machine.nodes import Node
from simenv.shell import Shell

SCRIPTS = (Path(__file__).parent / "scripts.txt").read_text().rstrip("\n").split("\n%%\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
@pytest.mark.parametrize("script", SCRIPTS)
def test_output_and_code_are_those_of_bash(script: str, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    real = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        check=False, timeout=20,
    )  # fmt: skip
    host = make_host({"/work": Node("dir", "agent", "agent", 0o755)})
    shell = Shell(host, AGENT, cwd="/work", env={"HOME": "/work"})
    done = complete(shell, f"bash -c {shlex.quote(script)} 2>/tmp/stderr")
    assert (done.output, done.code) == (real.stdout, real.returncode)
