"""Hostile text of a model, a tool call, a world, a file name or an endpoint reaches no terminal and no page unmarked."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from simenv.agent.protocol import Observation, ToolCall, Turn
from simenv.cli.main import main
from simenv.cli.terminal import Console, MarkedStream
from simenv.episode.play import Provenance, play_now
from simenv.kernel.printable import printable, printable_data
from simenv.rollout import Plan, begin
from simenv.store.run import RunDirectory
from simenv.world.new import create_world
from simenv.world.registry import open_world

HOSTILE = "\x1b[31mA\x1b]0;owned\x07\x9b2J\u202edecoy\u2066\r\x00\x08\u200f\U000e0041\u2028"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\U000e0000-\U000e007f]")


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], color=True)


@given(st.text())
def test_marked_text_has_nothing_left_to_mark(text: str) -> None:
    marked = printable(text)
    assert printable(marked) == marked
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t" for char in marked)
    assert not any(
        unicodedata.bidirectional(char) in ("LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI") for char in marked
    )


@given(st.recursive(st.none() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_marked_json_says_the_same(value: object) -> None:
    assert json.loads(printable(json.dumps(value, ensure_ascii=False))) == value
    assert not RAW.search(json.dumps(printable_data(value), ensure_ascii=False))


def test_ordinary_text_stays() -> None:
    text = "Grüße, 世界 — naïve 👩\u200d💻\n\ttab"
    assert printable(text) == text


def test_nothing_is_written_past_the_stream() -> None:
    below = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream = MarkedStream(below)
    click.echo(HOSTILE, file=stream, color=True)  # type: ignore[arg-type]
    print(HOSTILE, file=stream)
    below.flush()
    assert not RAW.search(below.buffer.getvalue().decode())  # type: ignore[attr-defined]


def test_a_console_marks_texts_and_keeps_its_own_colours() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200)
    table = Table(HOSTILE)
    table.add_row(HOSTILE.replace("[", "\\["))
    console.print(table)
    console.print("fine", style="bold red")
    assert "\x1b[1;31mfine" in out.getvalue()
    assert not RAW.search(re.sub("\x1b\\[[0-9;]*m", "", out.getvalue()))
    assert "\x1b[31mA" not in out.getvalue()


class Hostile:
    """An agent that writes hostile text wherever it can write."""

    name = "random"

    def start(self, briefing: object) -> None:
        self.turns = 0

    def act(self, observation: Observation) -> Turn:
        self.turns += 1
        calls = (
            ToolCall(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE),
            ToolCall("run_shell", {"command": f"echo '{HOSTILE}'"}, "2"),
        )
        return Turn(HOSTILE, calls, HOSTILE, HOSTILE) if self.turns < 3 else Turn(HOSTILE)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with hostile text in its manifest, its episodes, its failures and its world."""
    home = tmp_path_factory.mktemp("hostile")
    world = create_world("shifty", home)
    document = (world / "world.yaml").read_text()
    in_yaml = json.dumps(HOSTILE).replace("\\udb40\\udc41", "\\U000e0041")
    (world / "world.yaml").write_text(re.sub(r"^title: .*$", lambda _: f"title: {in_yaml}", document, flags=re.M))
    out = home / f"run-{HOSTILE[1:4]}\u202e"
    scenario = open_world(str(world)).scenario()
    with RunDirectory(out) as directory:
        begin(Plan(str(world), "random", (scenario.condition,), (0, 1)), directory)
        for seed in (0, 1):
            episode = play_now(scenario, Hostile(), seed, Provenance("random", {HOSTILE: HOSTILE}, HOSTILE))
            directory.append(episode)
        directory.append_failure("a", HOSTILE, 0)
    file = out / "manifest.json"
    told = json.loads(file.read_text()) | {
        "disclaimer": HOSTILE,
        "question": HOSTILE,
        "agent_options": {HOSTILE: HOSTILE},
    }
    file.write_text(json.dumps(told))
    return out


def commands(run: Path) -> Iterator[list[object]]:
    episode = run / next(RunDirectory(run).episodes()).id
    world = next((run / "worlds").glob("*/shifty"))
    yield from (
        [name, run] for name in ("show", "replay", "status", "resume", "report", "card", "table", "judge", "export")
    )
    yield from ([name, run] for name in ("contrast", "interviews", "regress", "times", "survival", "outflow"))
    yield from (
        [name, world] for name in ("worlds", "check", "paths", "cut", "assure", "optimal", "power", "oversight")
    )
    yield from (
        ["show", "--journal", episode],
        ["show", "--json", episode],
        ["table", run, "--json"],
        ["table", run, "--episodes"],
    )
    yield from ([name, HOSTILE] for name in ("roc", "train", "fit", "convergence", "lesson", "serve-agent"))
    yield ["branch", episode, "--at", 1, "--agent", "random"]
    yield ["lens", episode, "--agent", "random", "--draws", 1]
    yield from (
        ["compare", run, run],
        ["run", HOSTILE],
        ["run", world, "--agent", HOSTILE],
        ["run", world, "-c", HOSTILE],
    )
    yield from (
        ["diff", world, "risk=none", HOSTILE],
        ["test", world, "-k", HOSTILE],
        ["draft", HOSTILE, "--name", HOSTILE, "--model", "m"],
        ["vary", world, "--only", HOSTILE, "--model", "m"],
    )
    yield from ([HOSTILE], ["show", HOSTILE], ["new", HOSTILE], ["trust", HOSTILE], ["run", world, f"--{HOSTILE}"])


def test_every_command_marks_hostile_text(run: Path) -> None:
    seen = ""
    for words in commands(run):
        done = simenv(*(str(word).replace("\x00", "") for word in words))
        assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit), (
            words,
            done.exception,
        )
        found = RAW.search(re.sub("\x1b\\[[0-9;]*m", "", done.output))
        assert not found, (words, done.output[found.start() - 80 : found.end() + 20] if found else "")
        assert "\x1b[31mA" not in done.output, words
        seen += done.output
    assert "\\u001b" in seen and "\\u202e" in seen


@pytest.mark.parametrize("page", ["report.html", "card.html"])
def test_pages_mark_hostile_text(run: Path, page: str) -> None:
    assert simenv(page.partition(".")[0], run).exit_code == 0
    text = (run / page).read_text()
    assert not RAW.search(text)
    assert "\\u202e" in text
    assert not re.search(
        r"(?<!\\)\\u(001b|202e)", "".join(re.findall(r"<script[^>]*json.*?</script>", text, flags=re.S))
    )


def test_every_command_is_walked(run: Path) -> None:
    walked = {str(words[0]) for words in commands(run)}
    context = click.Context(main)
    given = {
        name
        for name in main.list_commands(context)
        if any(isinstance(each, click.Argument) for each in main.get_command(context, name).params)  # type: ignore[union-attr]
    }
    assert given <= walked
