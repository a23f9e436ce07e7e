"""A run directory keeps its world: it is read anywhere, after the world was edited, moved or removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.errors import EpisodeError
from simenv.store.run import RunDirectory
from simenv.world.new import create_world


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a world of one's own and a run of it, named by a relative path."""
    create_world("mine", tmp_path)
    monkeypatch.chdir(tmp_path)
    ran = simenv("run", "./mine", "--oversight", "strict", "--agent", "random", "--seeds", "0:2", "--out", "out")
    assert ran.exit_code == 0, ran.output
    return tmp_path


def edit(world: Path, old: str, new: str) -> None:
    file = world / "world.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Move the run to another folder, and remove the world."""
    other = home / "other" / "machine"
    other.mkdir(parents=True)
    shutil.move(home / "out", other / "run")
    shutil.rmtree(home / "mine")
    monkeypatch.chdir(other)
    return other / "run"


@pytest.mark.parametrize(
    "words",
    [
        ["replay", "run"],
        ["show", "--journal", "run/{id}"],
        ["branch", "run/{id}", "--at", "0", "--agent", "random"],
        ["lens", "run/{id}", "--draws", "1"],
        ["report", "run"],
        ["card", "run", "--time", "1"],
        ["resume", "run"],
    ],
)
def test_a_run_is_read_on_another_machine(home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    run = elsewhere(home, monkeypatch)
    id = next(RunDirectory(run).episodes()).id
    done = simenv(*(word.format(id=id) for word in words))
    assert done.exit_code == 0, done.output


def test_after_an_edit_the_run_s_own_world_is_used(home: Path) -> None:
    before = simenv("show", "--json", "out").output
    edit(home / "mine", "turns: ", "turns: 1")
    (home / "mine" / "processes.py").write_text("raise SystemExit\n")
    assert simenv("replay", "out").exit_code == 0
    id = next(RunDirectory(home / "out").episodes()).id
    branched = simenv("branch", f"out/{id}", "--at", "0", "--agent", "random", "--out", "branch.json")
    assert branched.exit_code == 0, branched.output
    assert simenv("show", "--json", "out").output == before


def test_an_episode_file_outside_its_run_says_that_the_world_was_edited(home: Path) -> None:
    episode = next(RunDirectory(home / "out").episodes())
    Path("alone.json").write_text(episode.to_json())
    edit(home / "mine", "version: 0", "version: 9")
    for words in (["replay", "alone.json"], ["branch", "alone.json", "--at", "0", "--agent", "random"]):
        refused = simenv(*words)
        assert refused.exit_code == 1 and "is not as it was" in refused.output


def test_the_copy_is_there_once(home: Path) -> None:
    run = ["run", "./mine", "--oversight", "strict", "--agent", "random", "--out", "out"]
    assert simenv(*run, "--seeds", "0:3").exit_code == 0
    assert simenv("resume", "out").exit_code == 0
    (copy,) = (home / "out" / "worlds").iterdir()
    assert {"world.yaml", "processes.py", "scripts.py"} <= {file.name for file in (copy / "mine").iterdir()}
    assert (copy / "oversight.yaml").is_file()


def test_a_run_inside_the_world_s_folder_does_not_copy_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "mine")
    for seeds in ("0", "0:2"):
        assert simenv("run", ".", "--agent", "random", "--seeds", seeds).exit_code == 0
    (copy,) = Path("runs/mine-random/worlds").iterdir()
    assert not (copy / "mine" / "runs").exists()


def test_an_edited_world_is_told_in_three_entries(home: Path) -> None:
    edit(home / "mine", "turns: ", "turns: 1")
    code = home / "mine" / "processes.py"
    code.write_text(code.read_text() + "# edited\n")
    refused = simenv("run", "./mine", "--oversight", "strict", "--agent", "random", "--seeds", "0:2", "--out", "out")
    assert refused.exit_code == 1
    assert "the world's processes.py" in refused.output
    assert "turns (there" in refused.output and "--fresh" in refused.output
    assert "document of" not in refused.output


def test_fresh_sets_the_old_run_aside(home: Path) -> None:
    before = [episode.id for episode in RunDirectory(home / "out").episodes()]
    edit(home / "mine", "turns: ", "turns: 1")
    run = ["run", "./mine", "--agent", "random", "--seeds", "5", "--out", "out"]
    assert simenv(*run).exit_code == 1
    assert simenv(*run, "--fresh").exit_code == 0
    assert [episode.seed for episode in RunDirectory(home / "out").episodes()] == [5]
    assert [episode.id for episode in RunDirectory(home / "out.old-1").episodes()] == before
    assert "old-1" not in simenv("status", home).output
    assert simenv("replay", "out.old-1").exit_code == 0


def test_a_run_without_episodes_is_no_obstacle(home: Path) -> None:
    for segment in (home / "out").glob("episodes*"):
        segment.unlink()
    edit(home / "mine", "turns: ", "turns: 1")
    assert simenv("run", "./mine", "--agent", "random", "--seeds", "5", "--out", "out").exit_code == 0


def test_a_manifest_names_no_folder_outside_the_run(home: Path) -> None:
    file = home / "out" / "manifest.json"
    mark = next((home / "out" / "worlds").iterdir()).name
    file.write_text(file.read_text().replace(mark, "../../elsewhere"))
    with pytest.raises(EpisodeError, match="kept"):
        RunDirectory(home / "out").manifest()


def test_the_code_that_a_run_carries_runs_only_if_it_is_trusted(
    stranger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = create_world("theirs", tmp_path)
    code = world / "processes.py"
    code.write_text(f"{code.read_text()}\nopen({str(tmp_path / 'mark')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    assert simenv("run", "--trust", "./theirs", "--agent", "random", "--seeds", "0:2", "--out", "out").exit_code == 0
    shutil.rmtree(world)
    (tmp_path / "mark").unlink()
    id = next(RunDirectory(tmp_path / "out").episodes()).id
    for words in (
        ["replay", "out"],
        ["show", "--journal", f"out/{id}"],
        ["branch", f"out/{id}", "--at", "0", "--agent", "random"],
        ["lens", f"out/{id}"],
        ["card", "out"],
        ["resume", "out"],
    ):
        refused = simenv(*words)
        assert refused.exit_code == 1 and "simenv trust" in refused.output, words
        assert not (tmp_path / "mark").exists(), words
    for words in (["show", "out"], ["table", "out"], ["report", "out"], ["status", "out"]):
        assert simenv(*words).exit_code == 0, words
        assert not (tmp_path / "mark").exists(), words
    (copy,) = (tmp_path / "out" / "worlds").glob("*/theirs")
    assert simenv("trust", copy).exit_code == 0
    assert simenv("replay", "out").exit_code == 0
