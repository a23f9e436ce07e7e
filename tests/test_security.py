"""What SECURITY.md says runs, and what it says is only data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

from simenv.schema.text import render

SPY = "\nfrom pathlib import Path\nPath({marker!r}).touch()\n"


def simenv(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simenv", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a stranger's world, whose code leaves a mark whenever it is imported."""
    folder = tmp_path_factory.mktemp("home")
    assert simenv("new", "theirs", cwd=folder).returncode == 0
    run = ["run", "./theirs", "--agent", "random", "--seeds", "0:2", "--out", "out"]
    assert simenv(*run, cwd=folder).returncode == 0
    code = folder / "theirs" / "processes.py"
    code.write_text((code.read_text() if code.exists() else "") + SPY.format(marker=str(folder / "mark")))
    return folder


@pytest.mark.parametrize("words", [["check", "./theirs"], ["run", "./theirs"], ["worlds", "./theirs"]])
def test_to_open_a_world_that_is_trusted_runs_its_code(home: Path, words: list[str]) -> None:
    (home / "mark").unlink(missing_ok=True)
    simenv(*words, cwd=home)
    assert (home / "mark").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["show", "out"],
        ["table", "out"],
        ["report", "out"],
        ["status", "out"],
        ["compare", "out", "out"],
        ["contrast", "out"],
    ],
)
def test_to_read_a_run_imports_no_world(home: Path, words: list[str]) -> None:
    (home / "mark").unlink(missing_ok=True)
    said = simenv(*words, cwd=home)
    assert "Traceback" not in said.stderr
    assert not (home / "mark").exists()


@pytest.mark.parametrize(
    "text",
    [
        "{{ company.__class__ }}",
        "{{ company.format.__globals__ }}",
        "{{ company * 10 ** 9 }}",
        "{% import 'os' as os %}{{ os }}",
    ],
)
def test_text_of_a_world_reaches_no_python(text: str) -> None:
    with pytest.raises((jinja2.TemplateError, TypeError)):
        render(text, {"company": "Acme"}.__getitem__)


def test_yaml_makes_no_objects(home: Path) -> None:
    (home / "tagged.yaml").write_text("worlds: !!python/object/apply:os.system ['touch mark']\n")
    (home / "mark").unlink(missing_ok=True)
    assert simenv("run", "tagged.yaml", cwd=home).returncode != 0
    assert not (home / "mark").exists()
