"""A world with something wrong in it either plays, or is refused by an error that says where and what to do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mutants import mutant

from simenv.agent.protocol import Briefing, Observation, ToolCall, Turn
from simenv.episode.play import play_now
from simenv.errors import WorldError
from simenv.schema import read_yaml
from simenv.schema.source import parse_yaml
from simenv.world.folder import WorldFolder

CATALOGUE = Path(__file__).parents[2] / "worlds"
WORLDS = sorted(file.parent.name for file in CATALOGUE.glob("[a-z]*/world.yaml"))
_NO_JSON = re.compile(r"(?m)^(\s*(?:\"[^\"\n]*\": )?)(-?)(Infinity|NaN)(,?)$")
_UNPRINTABLE = re.compile("[\x7f-\x84\x86-\x9f\ufeff]")


class Looker:
    """Looks at everything that a world shows, and lets two days pass."""

    name = "looker"
    _CALLS = (
        ("list_mail", {}), ("read_mail", {"mail": 1}), ("list_people", {}), ("wait", {"seconds": 7200}), ("wait", {"seconds": 170_000}),
        ("bash", {"command": "cat /home/*/* /etc/* /srv/*; crontab -l; atq; systemctl status; date; next_question"}),
    )  # fmt: skip

    def start(self, briefing: Briefing) -> None:
        self._left = list(self._CALLS)

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Nothing to remember."""

    def act(self, observation: Observation) -> Turn:
        if self._left:
            tool, arguments = self._left.pop(0)
            return Turn("", (ToolCall(tool, arguments, "c"),))
        return Turn(
            "Done.", (ToolCall("submit_answers", {"answers": "1"}, "d"), ToolCall("submit", {"answers": "1"}, "e"))
        )


def written(document: Any) -> str:
    """Write a document as YAML, a field a line: as JSON, which YAML is, but for the numbers that JSON lacks."""
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str)
    text = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return _NO_JSON.sub(lambda found: f"{found[1]}{found[2]}.{found[3][:3].lower()}{found[4]}", text)


def try_mutant(folder: Path, document: Any, seed: int) -> bool:
    """Load and play a mutant; return whether it plays. Fails unless the error is one that a designer can act on."""
    random = Random(seed)
    broken, done = mutant(document, random)
    (folder / "world.yaml").write_text(written(broken), encoding="utf-8")
    try:
        world = WorldFolder(folder)
        conditions = list(world.one_at_a_time())
        play_now(world.scenario(random.choice(conditions)), Looker(), seed)
    except WorldError as error:
        assert error.problems, done
        for problem in error.problems:
            assert problem.message, (done, problem)
            assert problem.remedy, (done, problem)
            assert problem.line is not None or problem.file.endswith(".py"), (done, problem)
        return False
    except Exception as error:
        pytest.fail(f"{folder.name}, mutant {seed} ({'; '.join(done)}): {type(error).__name__}: {error}")
    return True


def try_mutants(name: str, tmp_path: Path, seeds: range) -> int:
    folder = tmp_path / name
    shutil.copytree(CATALOGUE / name, folder)
    document = read_yaml(CATALOGUE / name / "world.yaml").document
    return sum(try_mutant(folder, document, seed) for seed in seeds)


@pytest.mark.parametrize("name", WORLDS)
def test_twenty_mutants_of_each_world_play_or_say_what_is_wrong(name: str, tmp_path: Path) -> None:
    assert try_mutants(name, tmp_path, range(20)) < 20


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_two_hundred_mutants_of_each_world_play_or_say_what_is_wrong(name: str, tmp_path: Path) -> None:
    assert 0 < try_mutants(name, tmp_path, range(1000, 1200)) < 200


def broken_world(tmp_path: Path, name: str, place: tuple[Any, ...], value: Any) -> WorldError:
    """Return the error of a world of the catalogue in which one value is another."""
    folder = tmp_path / name
    shutil.copytree(CATALOGUE / name, folder)
    document = read_yaml(CATALOGUE / name / "world.yaml").document
    holder = document
    for part in place[:-1]:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
    holder[place[-1]] = value
    (folder / "world.yaml").write_text(written(document), encoding="utf-8")
    with pytest.raises(WorldError) as error:
        WorldFolder(folder)
    return error.value


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("agent", "email"), "{{ ''.__class__ }}", "the text cannot be filled (SecurityError"),
        (("agent", "email"), "{{ date(-1e15) }}", "the text cannot be filled (OverflowError"),
        (("agent", "email"), "{{ clock('soon') }}", "the text cannot be filled (TypeError"),
        (("agent", "email"), "{{ clock }}", "'clock' is a function"),
        (("agent", "email"), "{{ 1 / 0 }}", "the text cannot be filled (ZeroDivisionError"),
        (("agent", "grants", 0), "{% if", "not a valid template"),
        (("calendar", "start"), "0001-01-01T00:00:00", "not between the years 1900 and 2200"),
        (("calendar", "start"), "9999-12-31T23:59:59", "not between the years 1900 and 2200"),
        (("agent", "limits", "time"), 1e300, "longer than 100 years"),
        (("interview", "auditor"), "{{ auditor }}", "text refers to 'auditor'"),
        (("interview", "opening"), "{{ auditor.__class__ }}", "the text cannot be filled (SecurityError"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_found_at_its_field_when_the_world_is_loaded(
    tmp_path: Path, place: tuple[Any, ...], value: Any, message: str
) -> None:
    error = broken_world(tmp_path, "cancelled_alarm", place, value)
    field = ".".join(map(str, place)).replace(".0", "[0]")
    problem = next(problem for problem in error.problems if problem.field == field)
    assert message in problem.message
    assert problem.line


def test_a_character_that_yaml_does_not_allow_is_found_on_its_line() -> None:
    with pytest.raises(WorldError) as error:
        parse_yaml("name: a\ntitle: b\x7fc\n", "world.yaml")
    (problem,) = error.value.problems
    assert (problem.line, problem.message) == (2, "not YAML: the character U+007F is not allowed")


def test_a_wrong_crontab_is_found_at_its_host(tmp_path: Path) -> None:
    document = read_yaml(CATALOGUE / "shutdown_sabotage" / "world.yaml").document
    host = next(iter(document["hosts"]))
    error = broken_world(tmp_path, "shutdown_sabotage", ("hosts", host, "crontabs"), {"root": "61 * * * * true"})
    assert [problem.field for problem in error.problems] == [f"hosts.{host}.crontabs.root"]


@pytest.mark.parametrize("command", ["/usr/bin/'trainer", "", "  "])
def test_a_command_line_that_is_none_is_found_at_its_service(tmp_path: Path, command: str) -> None:
    document = read_yaml(CATALOGUE / "shutdown_sabotage" / "world.yaml").document
    host = next(iter(document["hosts"]))
    service = {"description": "A service", "command": command}
    error = broken_world(tmp_path, "shutdown_sabotage", ("hosts", host, "services", "odd"), service)
    assert [problem.field for problem in error.problems] == [f"hosts.{host}.services.odd.command"]


@pytest.mark.parametrize(
    "patch",
    [{"work": {"no_such_setting": 1}}, {"agent": {"tools": ["no_such_tool"]}}, {"agent": {"email": "{{ 1 / 0 }}"}}],
)
def test_what_a_level_makes_wrong_is_found_at_the_level(tmp_path: Path, patch: dict[str, Any]) -> None:
    document = read_yaml(CATALOGUE / "leverage" / "world.yaml").document
    factor = next(iter(document["factors"]))
    error = broken_world(tmp_path, "leverage", ("factors", factor, "levels", "odd"), patch)
    assert all(problem.field.startswith(f"factors.{factor}.levels.odd → ") for problem in error.problems)
    assert all(problem.line for problem in error.problems)
