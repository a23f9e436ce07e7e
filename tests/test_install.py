"""Installing simenv harms nobody: not another distribution, not a research repository with folders of everyday names.

Each environment here is empty but for what a test installs in it. The dependencies are those of the environment that runs the
tests, and are seen only where `SIMENV_TEST_DEPENDENCIES` is set, so that pip does not see them.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"simenv", "simenv_agents", "simenv_analysis", "simenv_worlds"}
EVERYDAY = ("agents", "analysis", "worlds")
HERE = [path for path in sys.path if path.endswith("site-packages")]
PTH = "import os, sys; sys.path += filter(None, os.environ.get('SIMENV_TEST_DEPENDENCIES', '').split(os.pathsep))\n"
NOTEBOOK = """
import agents, analysis, worlds
assert agents.MINE and analysis.MINE and worlds.MINE
import gymnasium, simenv
env = gymnasium.make("simenv/shutdown_sabotage-v0")
env.reset(seed=7)
from simenv_agents.chance import RandomAgent
from simenv_analysis.output.commands import table
print("played")
"""
SDK = """
import agents
print(agents.Agent(name="assistant").name, len(dir(agents)) > 50)
"""

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="no pip in this environment"),
]


def run(command: list[str | Path], cwd: Path, dependencies: list[str] | None = None) -> str:
    """Run a command that must succeed, and return what it prints."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SIMENV_TEST_DEPENDENCIES")}
    seen = {"SIMENV_TEST_DEPENDENCIES": os.pathsep.join(dependencies)} if dependencies else {}
    done = subprocess.run(command, cwd=cwd, env=kept | seen, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment, without pip: that of this one installs into it."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Environment:
        venv.create(path, with_pip=False)
        environment = cls(path)
        (environment.packages / "test_dependencies.pth").write_text(PTH)
        return environment

    @property
    def scripts(self) -> Path:
        return self.path / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    @property
    def packages(self) -> Path:
        (found,) = [*self.path.glob("lib/python*/site-packages"), *self.path.glob("Lib/site-packages")]
        return found

    @property
    def names(self) -> set[str]:
        """What is at the top level of its packages, apart from metadata."""
        return {path.name for path in self.packages.iterdir() if path.is_dir() and path.suffix != ".dist-info"}

    def pip(self, *words: str | Path, dependencies: list[str] | None = None) -> None:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.python]
        run([*command, *words], self.path, dependencies)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out], ROOT)
    (found,) = out.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, made from the sdist: so that one builds, too."""
    out = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(out, filter="data")
    (source,) = out.iterdir()
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out], source)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment.make(tmp_path_factory.mktemp("from_wheel"))
    environment.pip("install", "--no-deps", "--no-compile", wheel)
    return environment


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment.make(tmp_path_factory.mktemp("editable"))
    environment.pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT, dependencies=HERE)
    return environment


@pytest.fixture(params=["from_wheel", "editable"])
def installed(request: pytest.FixtureRequest) -> Environment:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Environment)
    return found


@pytest.fixture
def research(tmp_path: Path) -> Path:
    """A repository of somebody's, with packages called as our folders are."""
    for name in EVERYDAY:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("MINE = True\n")
    return tmp_path


def test_a_wheel_has_only_names_of_its_own_and_every_world(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel).namelist()
    top = {file.split("/")[0] for file in files}
    assert {name for name in top if not name.endswith(".dist-info")} == OURS
    for world in (ROOT / "worlds").glob("*/world.yaml"):
        assert f"simenv_worlds/{world.parent.name}/world.yaml" in files
    assert {f"{package}/py.typed" for package in OURS - {"simenv_worlds"}} <= set(files)
    assert not [file for file in files if file.endswith(".pyc")]


def test_an_sdist_has_what_its_tests_and_readers_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "LICENSE", "Makefile"}
    assert needed <= files
    assert {"tests/test_install.py", "docs/tutorial.md", "worlds/world.schema.json"} <= files


@pytest.mark.parametrize("way", ["module", "script"])
def test_folders_of_everyday_names_do_not_disturb_a_run(installed: Environment, research: Path, way: str) -> None:
    python: list[str | Path] = [installed.python, "-m", "simenv"]
    command = python if way == "module" else [installed.scripts / "simenv"]
    words = ["run", "shutdown_sabotage", "--agent", "scripted:saboteur", "-c", "instruction=allow", "--seeds", "0:1"]
    run([*command, *words, "--out", "out"], research, HERE)
    assert "shutdown_sabotaged" in run([*command, "table", "out"], research, HERE)
    assert {path.name for path in research.iterdir()} == {*EVERYDAY, "out"}


def test_folders_of_everyday_names_do_not_disturb_a_notebook(installed: Environment, research: Path) -> None:
    """A kernel has the working directory first among its paths, as `python -c` does."""
    assert run([installed.python, "-c", NOTEBOOK], research, HERE) == "played\n"


def test_an_editable_install_copies_nothing_and_reads_the_checkout(editable: Environment, tmp_path: Path) -> None:
    assert not editable.names
    places = run([editable.python, "-c", "from simenv.installed import places; print(*places())"], tmp_path, HERE)
    assert [Path(place) for place in places.split()] == [ROOT / "worlds"]


def test_an_editable_install_is_plain_paths_that_static_tools_follow(editable: Environment) -> None:
    (paths,) = editable.packages.glob("_simenv.pth")
    assert [Path(line) for line in paths.read_text().splitlines()] == [ROOT, ROOT / "agents", ROOT / "analysis"]


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The wheel of openai-agents, whose package is called `agents`; and where to find what it needs."""
    folder = tmp_path_factory.mktemp("sdk")
    fetch = [sys.executable, "-m", "pip", "--retries", "0", "--timeout", "20", "download", "--no-deps", "openai-agents"]
    try:
        run([*fetch, "--dest", folder], folder)
        (found,) = folder.glob("openai_agents-*.whl")
        environment = Environment.make(folder / "venv")
        environment.pip("install", found, dependencies=HERE)
    except (AssertionError, subprocess.TimeoutExpired):
        pytest.skip("the package index cannot be reached")
    environment.pip("uninstall", "--yes", "openai-agents")
    return found, [str(environment.packages), *HERE]


def test_the_agents_sdk_and_simenv_share_an_environment(
    wheel: Path, sdk: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """Both work, whichever was installed first; and each works on when the other is uninstalled."""
    sdk_wheel, dependencies = sdk
    environment = Environment.make(tmp_path / "venv")

    def install(distribution: Path) -> None:
        environment.pip("install", "--no-deps", "--no-compile", distribution)

    def check_sdk() -> None:
        assert run([environment.python, "-c", SDK], tmp_path, dependencies) == "assistant True\n"

    def check_simenv() -> None:
        assert "rational" in run([environment.scripts / "simenv", "agents"], tmp_path, dependencies)

    install(wheel)
    install(sdk_wheel)
    check_sdk()
    check_simenv()

    environment.pip("uninstall", "--yes", "simenv")
    assert not environment.names & OURS
    check_sdk()

    install(wheel)
    check_sdk()
    check_simenv()

    environment.pip("uninstall", "--yes", "openai-agents")
    assert not (environment.packages / "agents").exists()
    check_simenv()
