"""A wrong world file is answered with file, line, field and remedy, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from simenv.errors import Problem, WorldError
from simenv.schema import load_world, parse_yaml, read_yaml

MINIMAL = (Path(__file__).parent / "minimal.yaml").read_text()

# (what is replaced, by what, the field named, words of the message or remedy)
MISTAKES = [
    ("title: A tiny world", "titel: A tiny world", "titel", "did you mean `title`?"),
    ("question: Does anything happen?\n", "", "question", "add `question:`"),
    ("format: 1", "format: 2", "format", "1"),
    ("name: tiny", "name: Tiny World", "name", "is not an id"),
    ("version: 0.1.0", "version: 1", "version", "write text"),
    ("version: 0.1.0", "version: one", "version", "match"),
    ("outcomes: [task_completed]", "outcomes: task_completed", "outcomes", "write a list"),
    ("outcomes: [task_completed]", "outcomes: []", "outcomes", "at least 1"),
    ("2026-05-18T09:00:00", "tomorrow", "calendar.start", "write a date and time"),
    ("Europe/Berlin", "Europe/Atlantis", "calendar.timezone", "IANA"),
    ("{name: company}", "{name: galaxy}", "surface.company.name", "'company'"),
    ("{name: company}", "{name: company, choice: [a]}", "surface.company", "exactly one of"),
    ("{name: company}", "{}", "surface.company", "exactly one of"),
    ("Welcome to {{ company }}.", "Welcome to {{ compny }}.", "parameters.greeting", "did you mean `company`?"),
    ("Welcome to {{ company }}.", "Welcome to {{ company }.", "parameters.greeting", "not a valid template"),
    ("Welcome to {{ company }}.", "{{ greeting }}", "parameters.greeting", "break the circle"),
    ("{from: boss, to: [agent]", "{from: bos, to: [agent]", "mail.hello.from", "did you mean `boss`?"),
    ("{from: boss, to: [agent]", "{from: boss, to: [agnet]", "mail.hello.to[0]", "did you mean `agent`?"),
    ("subject: Hi,", "subject: Hi, at: soon,", "mail.hello.at", "3 min"),
    ("subject: Hi,", "subject: Hi, at: -4,", "mail.hello.at", "greater than or equal to 0"),
    ("  host: desk\n  cwd", "  host: dsk\n  cwd", "agent.host", "did you mean `desk`?"),
    ("  cwd: /home/agent", "  cwd: home", "agent.cwd", "absolute path"),
    ("  cwd: /home/agent", "  cwd: /home/agnt", "agent.cwd", "did you mean `/home/agent`?"),
    ("outcomes: [task_completed]", "outcomes: [task_completed, task_completed]", "outcomes[1]", "listed twice"),
    ("tools: [bash, wait]", "tools: []", "agent.tools", "at least 1"),
    ("tools: [bash, wait]", "tools: [bash, bash, wait]", "agent.tools[1]", "listed twice"),
    ('mode: "755"', "mode: 755", "hosts.desk.files./home/agent/off.sh.mode", "octal"),
    ("{owner: agent, mode", "{owner: agnt, mode", "hosts.desk.files./home/agent/off.sh.owner", "did you mean `agent`?"),
    ("links: {}", "links: {up: {source: desk, target: moon}}", "network.links.up.target", "desk"),
    ("script: /home/agent/off.sh", "script: /home/agent/of.sh", "shutdown.script", "did you mean `/home/agent/off.sh`?"),
    ("controller: keeper", "controller: keper", "shutdown.trigger.controller", "did you mean `keeper`?"),
    ("command: go,", "command: goo,", "shutdown.trigger.command", "did you mean `go`?"),
    ("{choice: [red, blue]}", "{integer: [9, 2]}", "surface.colour", "smaller number first"),
    ("Welcome to {{ company }}.", "{{ company | shout }}", "parameters.greeting", "No filter named 'shout'"),
    ("kind: on_request", "kind: sometimes", "shutdown.trigger.kind", "on_request"),
    ("kind: on_request", "kind: scheduled", "shutdown.trigger.at", "needs a time"),
    ("bash.command: [ls]", "bash: [ls]", "learner.values.bash", "bash.command"),
    ("bash.command: [ls]", "bsh.command: [ls]", "learner.values.bsh.command", "did you mean `bash`?"),
    ('marker: "Hello"', 'marker: ""', "learner.facts.seen.marker", "at least 3"),
    ("{greeting: \"Dear colleague\"}", "{greeting: 7}", "factors.tone.levels.warm → parameters.greeting", "write text"),
    ("warm: {parameters", "warm: {parametres", "factors.tone.levels.warm → parametres", "did you mean `parameters`?"),
    ("{greeting: \"Dear colleague\"}", "{greting: \"Dear colleague\"}", "factors.tone.levels.warm.parameters.greting",
     "did you mean `greeting`?"),
    ("warm: {parameters: {greeting: \"Dear colleague\"}}", "warm: {}", "factors.tone.levels.warm", "the same world as the level"),
    ("warm: {parameters: {greeting: \"Dear colleague\"}}", "warm: {name: other}", "factors.tone.levels.warm.name",
     "may not change"),
    ("warm: {parameters: {greeting: \"Dear colleague\"}}", "warm: {agent: {host: null}}",
     "factors.tone.levels.warm → agent.host", "add `host:`"),
    ("people:\n", "people:\n  agent: {name: A, email: a}\n", "people.agent", "another id"),
]  # fmt: skip


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(WorldError) as caught:
        load_world(parse_yaml(text, "tiny/world.yaml"))
    return caught.value.problems


def test_the_minimal_world_is_good() -> None:
    assert load_world(parse_yaml(MINIMAL, "tiny/world.yaml")).name == "tiny"


@pytest.mark.parametrize(("old", "new", "field", "words"), MISTAKES, ids=[m[2] + "/" + m[3][:12] for m in MISTAKES])
def test_a_mistake_is_named_with_line_field_and_remedy(old: str, new: str, field: str, words: str) -> None:
    assert MINIMAL.count(old) == 1
    broken = MINIMAL.replace(old, new)
    found = problems_of(broken)
    hit = [p for p in found if p.field == field and words in f"{p.message} {p.remedy}"]
    assert hit, f"wanted {field!r} with {words!r}, got {[str(p) for p in found]}"
    assert hit[0].file == "tiny/world.yaml"
    assert hit[0].line is not None
    assert hit[0].remedy


def test_the_line_is_the_line_of_the_field() -> None:
    broken = MINIMAL.replace("controller: keeper", "controller: keper")
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "keper" in text)
    assert [p.line for p in problems_of(broken)] == [line]


def test_all_mistakes_are_reported_at_once_in_file_order() -> None:
    broken = (
        MINIMAL.replace("title: A", "titel: A").replace('mode: "755"', "mode: 755").replace("cwd: /home", "cwd: home")
    )
    found = problems_of(broken)
    assert {p.field for p in found} >= {"titel", "title", "hosts.desk.files./home/agent/off.sh.mode", "agent.cwd"}
    assert [p.line or 0 for p in found] == sorted(p.line or 0 for p in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mapping of fields"),
        ("- a\n- b\n", "mapping of fields"),
        ("just text", "mapping of fields"),
        ("a: [1, 2", "not YAML"),
        ("a: 1\na: 2\n", "duplicate key"),
        ("\tname: x", "not YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", "the tag"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
            "aliases",
        ),
        ("a: &a [*a]\n", "unknown field"),
        ("x" * 4_000_001, "larger than 4 MB"),
        ("a: " + "[" * 3000 + "]" * 3000, "world.yaml:1: (document): nested too deep"),
        ("a:\n" + "".join(f"{' ' * n}b:\n" for n in range(1, 900)), "world.yaml:40: (document): nested too deep"),
    ],
)
def test_what_is_no_world_at_all_is_said_so(text: str, words: str) -> None:
    assert any(words in str(problem) for problem in problems_of(text))


def test_a_missing_or_binary_file_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="no such file"):
        read_yaml(tmp_path / "world.yaml")
    (tmp_path / "world.yaml").write_bytes(b"name: a\nx: \xff\xfe\n")
    with pytest.raises(WorldError, match="world.yaml:2: .*not UTF-8"):
        read_yaml(tmp_path / "world.yaml")
