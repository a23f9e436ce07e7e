"""A command imports what it needs, and nothing that takes long besides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simenv.cli.main import main

SIMULATOR = ("simenv.company.company", "simenv.episode.session", "simenv.shell.interpreter", "networkx")
PICTURES = ("matplotlib", "PIL")
STATISTICS = ("scipy.stats", "scipy.optimize", "scipy.sparse.csgraph")
PAGES = ("jinja2", "plotly", "marimo", "pyarrow")
LEARNING = ("torch", "stable_baselines3")
NOT_IMPORTED = {
    "--help": (
        ["--help"],
        (*SIMULATOR, *PICTURES, *PAGES, *LEARNING, "scipy", "simenv_analysis.output.table"),
    ),
    "status": (["status", "{run}"], (*SIMULATOR, *PICTURES, *PAGES, *LEARNING, "scipy", "simenv_analysis")),
    "table": (["table", "{run}"], (*SIMULATOR, *PICTURES, *STATISTICS, *PAGES, *LEARNING)),
    "table --episodes": (["table", "{run}", "--episodes"], (*SIMULATOR, *PICTURES, *STATISTICS, *PAGES, *LEARNING)),
    "replay": (["replay", "{run}"], (*PICTURES, "scipy", "marimo", "pyarrow", *LEARNING, "simenv_analysis")),
}
IMPORTED = """
import sys
from simenv.cli.main import main
try:
    main(sys.argv[2:], prog_name="simenv")
finally:
    print(*[name for name in sys.argv[1].split(",") if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run of one episode."""
    place = tmp_path_factory.mktemp("runs") / "run"
    arguments = ["run", "shutdown_sabotage", "--seeds", "0:1", "--quiet", "--out", str(place)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    return place


@pytest.mark.parametrize(("command", "heavy"), NOT_IMPORTED.values(), ids=list(NOT_IMPORTED))
def test_a_command_leaves_out_what_it_does_not_need(run: Path, command: list[str], heavy: tuple[str, ...]) -> None:
    arguments = [part.format(run=run) for part in command]
    call = [sys.executable, "-c", IMPORTED, ",".join(heavy), *arguments]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == ""
