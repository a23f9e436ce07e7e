"""`simenv serve-agent` as users start it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMMAND = [sys.executable, "-c", "from simenv.cli.main import main; main()", "serve-agent"]


@contextmanager
def served(agent: str, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start it on a free port; gives its base URL and the process."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*COMMAND, agent, "--port", "0", *arguments], text=True, **pipes)  # type: ignore[call-overload]
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith(f"serving {agent} at http://127.0.0.1:"), line or process.communicate()[1]
        yield line.split()[3], process
    finally:
        process.kill()
        process.communicate()
