"""Runs whose files were damaged: every command says what is wrong, or works; none ends in a traceback."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simenv.cli.main import main

MANIFEST, EPISODES, FAILURES = "manifest.json", "episodes-0000.jsonl.gz", "failures.jsonl"
WORLD, AGENT, CONDITION = "shutdown_sabotage", "scripted:misaligned", "instruction=none,allow"
ODD: dict[str, Any] = {
    "null": None, "text": "\u202e\x1b[2J", "minus": -1, "huge": 10**30, "float": 1e308, "flag": True,
    "list": [[[]]], "object": {"a": {"b": None}},
}  # fmt: skip
DEEP = b"[" * 100_000
TURNS = 5
"""Ordinary cases after which every command has had one."""
Damage = Callable[[Path], object]


def cut(share: float) -> Damage:
    return lambda file: file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])


def flip(share: float) -> Damage:
    def damage(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[int(share * (len(data) - 1))] ^= 0x55
        file.write_bytes(bytes(data))

    return damage


def replace(data: bytes) -> Damage:
    return lambda file: file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


def append(data: bytes) -> Damage:
    return lambda file: file.write_bytes(file.read_bytes() + data)


def make_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


FILES: dict[str, Damage] = {
    "removed": Path.unlink, "a-directory": make_directory, "a-loop": link_to_itself,
    "cut-0": cut(0), "cut-1": cut(0.01), "cut-2": cut(0.5), "cut-3": cut(0.99),
    "flip-0": flip(0), "flip-1": flip(0.2), "flip-2": flip(0.5), "flip-3": flip(0.8), "flip-4": flip(1),
    "noise": replace(bytes(range(256))), "not-utf8": replace(b'{"id": "\xff\xfe"}\n'), "nul": replace(b"\0" * 64),
    "deep": replace(DEEP + b"\n"), "list": replace(b"[]\n"), "null": replace(b"null\n"), "number": replace(b"1e999\n"),
    "raw": lambda file: file.write_bytes(b"{}"), "object": replace(b"{}\n"), "appended": append(b"\0garbage"),
}  # fmt: skip


def lines_of(file: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(data)] if file.name == MANIFEST else [json.loads(line) for line in data.splitlines()]


def put(file: Path, key: str, value: Any) -> None:
    first, *rest = lines_of(file)
    first[key] = value
    data = b"".join(json.dumps(line).encode() + b"\n" for line in [first, *rest])
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


FIELDS = {
    MANIFEST: (
        "format", "world", "oversight", "factors", "outcomes", "agent", "agent_options", "roles", "limits", "conditions",
        "seeds", "documents", "own_outcomes", "versions",
    ),
    EPISODES: (
        "format", "id", "world", "condition", "seed", "steps", "ended", "time", "score", "outcomes", "measures", "evidence",
        "messages", "digest", "agent", "limits", "roles", "consultations", "interview",
    ),
    FAILURES: ("id", "error", "steps"),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    result = simenv("run", WORLD, "--agent", AGENT, "-c", CONDITION, "--seeds", "0:2", "--out", run, "--workers", "1")
    assert result.exit_code == 0, result.output
    (run / FAILURES).write_text('{"id": "a.b.7", "error": "the endpoint is gone", "steps": 3}\n')
    assert (run / EPISODES).exists()
    return run


def simenv(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def commands(run: Path) -> list[tuple[object, ...]]:
    return [
        ("status", run),
        ("table", run),
        ("table", run, "--json"),
        ("table", run, "--episodes"),
        ("report", run),
        ("card", run, "--depth", "0"),
        ("export", run),
        ("times", run),
        ("regress", run),
        ("contrast", run),
        ("compare", run, run),
        ("replay", run),
        ("show", run / "none.user.neutral.on_request.midway.0"),
        ("show", run / "none.user.neutral.on_request.midway.0", "--journal"),
        ("resume", run),
    ]


def check(run: Path, turn: int | None = None) -> None:
    """Give the run to every command, or in an ordinary run of the tests to those whose turn it is."""
    for command in commands(run) if turn is None else commands(run)[turn % TURNS :: TURNS]:
        result = simenv(*command)
        error = result.exception
        assert error is None or isinstance(error, SystemExit), (command, repr(error))
        assert "Traceback" not in result.output, command
        if result.exit_code:
            assert result.output.strip(), (command, "fails without a word")


DAMAGES = [(file, damage) for file in (MANIFEST, EPISODES, FAILURES) for damage in FILES]
ODD_VALUES = [(file, field) for file, fields in FIELDS.items() for field in fields]


@pytest.mark.parametrize(("file", "damage"), DAMAGES)
def test_a_damaged_file_is_explained(tmp_path: Path, whole: Path, file: str, damage: str) -> None:
    check(damaged(whole, tmp_path, file, damage), DAMAGES.index((file, damage)))


@pytest.mark.slow
@pytest.mark.parametrize(("file", "damage"), DAMAGES)
def test_a_damaged_file_is_explained_by_every_command(tmp_path: Path, whole: Path, file: str, damage: str) -> None:
    check(damaged(whole, tmp_path, file, damage))


def damaged(whole: Path, place: Path, file: str, damage: str) -> Path:
    run = Path(shutil.copytree(whole, place / "run"))
    FILES[damage](run / file)
    return run


@pytest.mark.parametrize(("file", "field"), ODD_VALUES)
def test_an_odd_value_is_explained(tmp_path: Path, whole: Path, file: str, field: str) -> None:
    """Each field once, with one of the odd values in turn."""
    turn = ODD_VALUES.index((file, field))
    check(with_odd_value(whole, tmp_path, file, field, list(ODD)[turn % len(ODD)]), turn)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("file", "field"), ODD_VALUES)
def test_an_odd_value_is_explained_by_every_command(
    tmp_path: Path, whole: Path, file: str, field: str, odd: str
) -> None:
    check(with_odd_value(whole, tmp_path, file, field, odd))


def with_odd_value(whole: Path, place: Path, file: str, field: str, odd: str) -> Path:
    run = Path(shutil.copytree(whole, place / "run"))
    put(run / file, field, ODD[odd])
    return run


def test_seeds_of_any_size_are_exported(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    seeds = [0, 2**31, 2**63 - 1, 2**63, 10**30]
    run = tmp_path / "run"
    played = simenv("run", WORLD, "--agent", AGENT, "--seeds", ",".join(map(str, seeds)), "--out", run)
    assert played.exit_code == 0, played.output
    result = simenv("export", run)
    assert result.exit_code == 0, result.output
    rows = parquet.read_table(run / "tables" / "episodes.parquet").to_pylist()
    found = {int(row["id"].rpartition(".")[2]): row["seed"] for row in rows}
    assert found == {seed: seed if seed < 2**63 else None for seed in seeds}
