"""awk does what mawk does: `awk.jsonl` holds programs with mawk's own output, exit code and files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from simulated_host import run_among

from simenv.shell import Completed, Shell

GIVEN, *CASES = map(json.loads, (Path(__file__).parent / "awk.jsonl").read_text().splitlines())


def run(script: str) -> tuple[Completed, Shell]:
    return run_among(GIVEN["files"], script)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["script"][:60])
def test_output_code_and_files_are_those_of_mawk(case: dict[str, Any]) -> None:
    done, shell = run(f"bash -c {shlex.quote(case['script'])} 2>/dev/null")
    files = {name: shell.read_file(name) for name in case["files"]}
    assert (done.output, done.code, files) == (case["output"], case["code"], case["files"])


@pytest.mark.parametrize(
    ("script", "output"),
    [
        # Where mawk 1.3.4 of 2020 differs from POSIX, gawk and later versions of mawk, ours is with these.
        ('awk \'BEGIN { print substr("hello", -1, 3), substr("hello", 1.5, 2) }\'', "hel el\n"),
        ("awk 'BEGIN { print \"0x1A\" + 0 }'", "0\n"),
        ("awk '/^.{10} /' log | wc -l", "3\n"),
        ("awk 'BEGIN { print 2^53 }'", "9007199254740992\n"),
        ('awk \'BEGIN { print length("héé"), toupper("é") }\'', "3 É\n"),
    ],
)
def test_where_it_is_not_mawk(script: str, output: str) -> None:
    assert run(script)[0].output == output


@pytest.mark.parametrize(
    "program",
    [
        "while (1) x++",
        's = "a"; while (1) s = s s',
        "while (1) a[n++] = n",
        'while (1) system("true")',
        'while (("yes" | getline) >= 0) n++',
        "while (1) $(++n) = n",
        "for (;;) f(1)",
        's = "a"; while (1) gsub(/a/, "aa", s)',
        'printf "%999999999d", 1',
    ],
)
def test_every_program_ends(program: str) -> None:
    done, _ = run(f"awk 'function f(n) {{ return f(n + 1) }} BEGIN {{ {program} }}'; echo still here")
    assert done.code == 137 or "still here" in done.output


@pytest.mark.parametrize("depth", [10, 100, 10_000])
@pytest.mark.parametrize(
    ("left", "right"), [("(", ")"), ("-", ""), ("!", ""), ("1+", ""), ("if (1) ", ""), ("{", "}"), ("$", "")]
)
def test_deep_nesting_is_refused_or_runs(depth: int, left: str, right: str) -> None:
    done, _ = run(f"awk 'BEGIN {{ x = {left * depth}1{right * depth} }}'")
    assert done.code in (0, 2)


def test_time_that_its_commands_take_passes() -> None:
    done, shell = run("awk '{ system(\"sleep 60\"); print NR }' data.txt")
    assert done.output.split() == ["1", "2", "3", "4"]
    assert shell.host.sim.now == 240.0


def test_files_it_writes_are_journaled_as_the_accounts_own_acts() -> None:
    _, shell = run("awk '{ print > \"copy.txt\" }' data.txt")
    record = list(shell.host.sim.journal)[-1]
    assert (record.actor, record.object) == ("agent", "ws:/work/copy.txt")
    assert shell.read_file("copy.txt") == GIVEN["files"]["data.txt"]
