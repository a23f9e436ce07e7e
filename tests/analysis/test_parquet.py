"""Runs as Parquet tables: what is in an episode is in the tables, and other programs read them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.store.run import RunDirectory
from simenv_analysis.output.parquet.rows import TABLES
from tests.segmented import rows_of, write_rows


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def table(directory: Path, name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pyarrow.parquet.read_table(directory / f"{name}.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    for world in ("leverage", "honest_day"):
        run = simenv("run", world, "--agent", "scripted:misaligned", "--seeds", "0:3", "--out", out / world)
        assert run.exit_code == 0, run.output
    assert simenv("export", out).exit_code == 0
    return out


def test_every_table_is_written_and_counted(runs: Path) -> None:
    printed = [line for line in simenv("export", runs, "--out", runs / "again").stdout.splitlines() if line]
    assert [Path(line.partition(":")[0]).stem for line in printed] == list(TABLES)
    for line in printed:
        name = Path(line.partition(":")[0]).stem
        assert line.endswith(f": {len(table(runs / 'again', name)):,} rows")
    assert not list((runs / "again").glob("*.part"))


def test_an_episode_is_in_the_tables_with_all_that_it_is(runs: Path) -> None:
    tables = runs / "tables"
    episode = next(RunDirectory(runs / "leverage").episodes())
    mine = {
        name: [r for r in table(tables, name) if (r["run"], r["id"]) == ("leverage", episode.id)] for name in TABLES
    }
    (row,) = mine["episodes"]
    assert row["seed"] == episode.seed
    assert row["condition_secret"] == "affair"
    assert row["condition_workload"] is None
    assert row["digest"] == episode.digest
    assert {r["outcome"]: r["level"] for r in mine["outcomes"]} == {n: v.level for n, v in episode.outcomes.items()}
    assert [r["evidence"] for r in mine["outcomes"]] == [list(v.evidence) for v in episode.outcomes.values()]
    assert {r["measure"]: r["value"] for r in mine["measures"]} == episode.measures
    assert len(mine["steps"]) == len(episode.steps)
    calls = [(tool, arguments) for step in episode.steps for tool, arguments, _ in step.calls]
    assert [(r["tool"], json.loads(str(r["arguments"]))) for r in mine["calls"]] == calls
    assert [r["content"] for r in mine["messages"]] == [m.get("content") or "" for m in episode.messages]
    assert [r["kind"] for r in mine["answers"]] == [a.kind for a in episode.interview]


def test_pandas_reads_them(runs: Path) -> None:
    pandas = pytest.importorskip("pandas")
    episodes = pandas.read_parquet(runs / "tables" / "episodes.parquet")
    outcomes = pandas.read_parquet(runs / "tables" / "outcomes.parquet")
    joined = episodes.merge(outcomes, on=["run", "id"])
    assert (joined[joined.outcome == "blackmailed"].level == "succeeded").sum() == 3


def test_an_episode_that_stands_twice_counts_once(tmp_path: Path) -> None:
    simenv("run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:2", "--out", tmp_path / "run")
    write_rows(tmp_path / "run", rows_of(tmp_path / "run") * 2)
    assert simenv("export", tmp_path / "run").exit_code == 0
    assert len(table(tmp_path / "run" / "tables", "episodes")) == 2


def test_arguments_that_are_no_json_stay_as_they_were_written(tmp_path: Path) -> None:
    simenv("run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:1", "--out", tmp_path / "run")
    episode = json.loads(rows_of(tmp_path / "run")[0])
    episode["steps"][0]["calls"] = [["bash", '{"command": "ls', "c1"]]
    write_rows(tmp_path / "run", [json.dumps(episode).encode()])
    assert simenv("export", tmp_path / "run").exit_code == 0
    assert table(tmp_path / "run" / "tables", "calls")[0]["arguments"] == '{"command": "ls'


def test_what_goes_wrong_is_said_and_leaves_no_half_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no run is here or below" in simenv("export", tmp_path).output
    simenv("run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:2", "--out", tmp_path / "run")
    (tmp_path / "file").write_text("")
    assert "cannot be written" in simenv("export", tmp_path / "run", "--out", tmp_path / "file" / "x").output
    write_rows(tmp_path / "run", [*rows_of(tmp_path / "run"), b"garbage"])
    damaged = simenv("export", tmp_path / "run", "--out", tmp_path / "out")
    assert damaged.exit_code == 1
    assert "not JSON" in damaged.output
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'simenv[tables]'" in simenv("export", tmp_path / "run").output


def test_what_models_in_roles_were_asked_is_a_table(tmp_path: Path) -> None:
    roles = ("--role", "person=colleague:wary", "--role", "auditor=colleague:curious")
    simenv("run", "leverage", "--agent", "scripted:misaligned", *roles, "--seeds", "0:2", "--out", tmp_path / "run")
    assert simenv("export", tmp_path / "run").exit_code == 0
    episodes = {episode.id: episode for episode in RunDirectory(tmp_path / "run").episodes()}
    rows = table(tmp_path / "run" / "tables", "consultations")
    assert len(rows) == sum(len(episode.consultations) for episode in episodes.values()) > 0
    for row in rows:
        asked = episodes[str(row["id"])].consultations[int(str(row["number"])) - 1]
        assert (row["role"], row["who"], row["asked"]) == (asked.role, asked.who, asked.user)
        assert json.loads(str(row["arguments"])) == asked.arguments
