"""Whose code runs: installed packages', and what this user has trusted; a stranger's world, run and experiment run nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.errors import UntrustedError
from simenv.store.run import RunDirectory
from simenv.trust import FILE, config_home
from simenv.world.new import create_world
from simenv.world.registry import open_world

SPY = "\nfrom pathlib import Path\nPath({marker!r}).touch()\n"


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def world(stranger: Path, tmp_path: Path) -> Path:
    """A stranger's world: its code leaves a mark when it is imported."""
    folder = create_world("theirs", tmp_path)
    code = folder / "processes.py"
    code.write_text(code.read_text() + SPY.format(marker=str(tmp_path / "mark")))
    return folder


def has_run(world: Path) -> bool:
    mark = world.parent / "mark"
    found = mark.exists()
    mark.unlink(missing_ok=True)
    return found


@pytest.mark.parametrize("words", [["check"], ["run"], ["worlds"], ["paths"], ["assure"]])
def test_the_code_of_a_folder_is_refused_without_a_terminal(world: Path, words: list[str]) -> None:
    refused = simenv(*words, world)
    assert refused.exit_code != 0
    assert f"simenv trust {world}" in refused.output
    assert "processes.py" in refused.output
    assert not has_run(world)


def test_it_runs_once_trusted_as_long_as_it_stays_the_same(world: Path) -> None:
    assert simenv("trust", world).exit_code == 0
    assert simenv("check", world).exit_code == 0
    (world / "scripts.py").write_text("# another script next to it\n")
    assert "not trusted" in simenv("check", world).output
    assert simenv("trust", "--always", world).exit_code == 0
    (world / "processes.py").write_text((world / "processes.py").read_text() + "# edited\n")
    assert simenv("check", world).exit_code == 0
    assert simenv("trust", "--remove", world).exit_code == 0
    assert simenv("check", world).exit_code == 1


def test_an_edited_document_asks_nothing(world: Path) -> None:
    simenv("trust", world)
    (world / "world.yaml").write_text((world / "world.yaml").read_text() + "\n# a comment\n")
    assert simenv("check", world).exit_code == 0


def test_trust_for_one_command_is_not_remembered(world: Path, stranger: Path) -> None:
    assert simenv("check", "--trust", world).exit_code == 0
    assert not (stranger / FILE).exists()
    with pytest.raises(UntrustedError):
        open_world(str(world))


def test_new_trusts_what_it_makes(stranger: Path, tmp_path: Path) -> None:
    assert simenv("new", "mine", "--dir", tmp_path).exit_code == 0
    assert simenv("check", tmp_path / "mine").exit_code == 0


def test_a_world_without_code_and_installed_ones_need_no_trust(stranger: Path, tmp_path: Path) -> None:
    plain = tmp_path / "tiny"
    plain.mkdir()
    shutil.copy(Path(__file__).parent / "schema" / "minimal.yaml", plain / "world.yaml")
    assert open_world(str(plain)).code.file == ""
    assert (
        simenv("run", "shutdown_sabotage", "--agent", "random", "--seeds", "0", "--out", tmp_path / "run").exit_code
        == 0
    )
    assert simenv("replay", tmp_path / "run").exit_code == 0


def test_a_compiled_file_next_to_the_code_is_not_used(world: Path) -> None:
    code = world / "processes.py"
    honest = code.read_text()
    bad = world.parent / "bad.py"
    bad.write_text(honest)
    code.write_text(honest.split("\nfrom pathlib")[0])
    loader = importlib.util.cache_from_source(str(code))
    Path(loader).parent.mkdir(exist_ok=True)
    script = "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
    subprocess.run([sys.executable, "-c", script, str(bad), loader], check=True)
    simenv("trust", world)
    assert simenv("check", world).exit_code == 0
    assert not has_run(world)


def ask(answer: str, *words: object, cwd: Path) -> tuple[int, str]:
    """Run simenv on a terminal, and answer its question."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "simenv", *map(str, words)]
    process = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, cwd=cwd, env={**os.environ, "TERM": "dumb"}
    )
    os.close(child)
    os.write(parent, f"{answer}\n".encode())
    said = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(parent)
    return process.wait(), said.decode("utf-8", "replace")


def test_a_terminal_is_asked_once_per_content(world: Path) -> None:
    code, said = ask("n", "check", "./theirs", cwd=world.parent)
    assert code == 1 and "with your rights" in said and not has_run(world)
    assert ask("y", "check", "./theirs", cwd=world.parent)[0] == 0
    code, said = ask("", "check", "./theirs", cwd=world.parent)
    assert code == 0 and "with your rights" not in said


@pytest.fixture
def mailed(world: Path, tmp_path: Path) -> Path:
    """A run directory whose manifest and episodes name code, an endpoint and a key of somebody else's choice."""
    evil = tmp_path / "evil.py"
    evil.write_text(SPY.format(marker=str(tmp_path / "mark")))
    out = tmp_path / "mailed"
    made = simenv("run", "--trust", world, "--agent", "random", "--seeds", "0:2", "--out", out)
    assert made.exit_code == 0, made.output
    has_run(world)
    return out


def retell(run: Path, **fields: object) -> None:
    """Change what a run's manifest says, and promise more episodes than there are."""
    file = run / "manifest.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"seeds": [0, 1, 2]} | fields))


@pytest.mark.parametrize("agent", ["{0}/evil.py:x", "chat"])
@pytest.mark.parametrize("command", ["resume", "lens"])
def test_who_acts_is_not_the_run_s_to_say(mailed: Path, world: Path, command: str, agent: str) -> None:
    options = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "key_env": "HOME"}
    named = agent.format(mailed.parent)
    retell(mailed, agent=named, agent_options=options, world="shutdown_sabotage")
    episode = next(RunDirectory(mailed).episodes()).model_copy(update={"agent": named, "agent_options": options})
    file = mailed.parent / "episode.json"
    file.write_text(episode.to_json())
    refused = simenv(command, mailed if command == "resume" else file)
    assert refused.exit_code == 1
    assert "names who acts, not you" in refused.output and "key_env=HOME" in refused.output
    assert not has_run(world)


def test_roles_of_an_episode_are_not_the_file_s_to_say(mailed: Path, world: Path) -> None:
    cast = {"person": {"agent": f"{mailed.parent}/evil.py:x"}}
    told = json.loads(next(RunDirectory(mailed).episodes()).to_json()) | {"roles": cast}
    file = mailed.parent / "episode.json"
    file.write_text(json.dumps(told))
    for words in (["replay", file], ["show", "--journal", file], ["branch", file, "--at", 0, "--agent", "random"]):
        simenv(*words)
        assert not has_run(world), words
    simenv("trust", world)
    assert simenv("replay", file).exit_code == 0  # it needs nobody to play
    assert "names who acts" in simenv("branch", file, "--at", 0, "--agent", "random").output


def test_one_s_own_run_is_resumed_without_a_question(stranger: Path, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from simenv_agents.scripted import make as scripted\n\n\ndef make(spec, **o):\n    return scripted('scripted:aligned')\n"
    )
    out = tmp_path / "run"
    assert simenv("run", "honest_day", "--agent", f"{script}:a", "--seeds", "0", "--out", out).exit_code == 0
    retell(out)
    assert simenv("resume", out).exit_code == 0
    script.write_text(script.read_text() + "# changed since\n")
    retell(out, seeds=[0, 1, 2, 3])
    assert "names who acts" in simenv("resume", out).output


def test_an_experiment_file_is_trusted_by_its_content(stranger: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(SPY.format(marker=str(tmp_path / "mark")))
    file = tmp_path / "study.yaml"
    endpoint = "{agent: chat, options: {model: m, base_url: 'http://127.0.0.1:9/v1', key_env: HOME}}"
    for choice in (f"{{agent: '{evil}:x'}}", endpoint):
        file.write_text(f"format: 1\nworlds: {{honest_day: {{}}}}\nagents: {{a: {choice}}}\nseeds: '0'\n")
        refused = simenv("run", file)
        assert refused.exit_code == 1 and "simenv trust" in refused.output
        assert not (tmp_path / "mark").exists()
    simenv("trust", file)
    assert "simenv trust" not in simenv("run", file, "--dry-run").output


def test_answers_are_in_the_users_configuration(stranger: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simenv("trust", world)
    assert (stranger / FILE).stat().st_mode & 0o077 == 0
    monkeypatch.delenv("SIMENV_CONFIG_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert config_home() == Path("/somewhere/simenv")


def test_answers_that_cannot_be_read_grant_nothing(stranger: Path, world: Path) -> None:
    simenv("trust", world)
    (stranger / FILE).write_text("[1, 2")
    assert simenv("check", world).exit_code == 1
