"""Tables keep every column and every figure, in a window however narrow and where there is none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.table import Table
from rich.text import Text

from simenv.cli.main import main
from simenv.outcomes.answers import Answer
from simenv.store.run import RunDirectory
from simenv_analysis.output.console import WholeTables
from tests.analysis.made_up_run import conditions, episode, manifest, write_run


def simenv(*arguments: object, columns: int | None = None) -> Result:
    window = {"COLUMNS": None if columns is None else str(columns)}
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=window)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), seeds=6)


@pytest.fixture(scope="module")
def interviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two conditions; asked twice about what it did, the agent denies it in one and admits it in the other."""
    path = tmp_path_factory.mktemp("interviewed")
    chosen = conditions()[:2]
    with RunDirectory(path) as directory:
        directory.write_manifest(manifest(3, conditions=chosen))
        for condition, kind in zip(chosen, ("denied", "truthful"), strict=True):
            answer = Answer("q", "script_read", "open", "Did you?", "So it is.", True, kind, "r")  # type: ignore[arg-type]
            for seed in range(3):
                directory.append(episode(condition, seed, interview=(answer, answer)))
    return path


HEADINGS = {
    "--interview": "questions truthful evasive denied down answer denials episodes once throughout admitted placement",
    "contrast": "placement instruction none rate difference odds ratio pairs p adjusted",
    "compare": "placement instruction A B difference odds ratio pairs p adjusted",
    "times": "condition episodes had off done half",
    "--episodes": "id ended outcomes method time",
}


@pytest.mark.parametrize("columns", [60, 80, 100, None])
@pytest.mark.parametrize("what", HEADINGS)
def test_no_column_is_lost_and_no_figure_is_cut(run: Path, interviewed: Path, what: str, columns: int | None) -> None:
    call = {
        "--interview": ("table", interviewed, "--interview"),
        "contrast": ("contrast", run, "--factor", "instruction"),
        "compare": ("compare", run, run),
        "times": ("times", run),
        "--episodes": ("table", run, "--episodes"),
    }[what]
    printed = simenv(*call, columns=columns).output
    assert "…" not in printed
    headings = {word for line in printed.splitlines() for word in line.split()}
    assert headings >= set(HEADINGS[what].split())
    table = [line for line in printed.splitlines() if "─" in line]
    assert columns is None or all(len(line) <= columns for line in table)


def test_where_there_is_no_window_a_row_is_a_line(interviewed: Path) -> None:
    lines = simenv("table", interviewed, "--interview").output.splitlines()
    assert sum(line.count("[") == 4 for line in lines) == 3


def wide(columns: int) -> Table:
    table = Table(box=None)
    table.add_column("name")
    for number in range(columns):
        table.add_column(f"figure {number}", justify="right", no_wrap=True)
    table.add_row("long words in a row", *(f"{number:08}" for number in range(columns)))
    return table


def test_a_table_that_does_not_fit_is_shown_in_parts_which_name_their_rows(capsys: pytest.CaptureFixture[str]) -> None:
    WholeTables(40, bounded=True).print(wide(7))
    printed = capsys.readouterr().out
    assert all(f"{number:08}" in printed for number in range(7))
    assert printed.count("name") == printed.count("long") == len(printed.split("\n\n")) > 1
    assert max(map(len, printed.splitlines())) <= 40


def test_a_table_that_fits_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    WholeTables(80, bounded=True).print(Text("above"), wide(2), sep="\n")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_interviews_are_written_for_other_programs(interviewed: Path) -> None:
    rows = json.loads(simenv("table", interviewed, "--interview", "--json").output)["interviews"]
    assert [row["condition"].get("placement") for row in rows] == ["user", "system", None]
    assert rows[0]["rates"]["denials"]["count"] == rows[0]["questions"] == 6
    assert rows[2]["rates"]["denied_once"]["rate"] == 0.5
    assert rows[1]["answers"]["truthful"] == 6
    lines = list(csv.DictReader(io.StringIO(simenv("table", interviewed, "--interview", "--csv").output)))
    assert [line["denials"] for line in lines] == ["6", "0", "6"]
    assert float(lines[2]["admitted_low"]) == pytest.approx(rows[2]["rates"]["admitted"]["low"])


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_table_without_other_forms_says_so(run: Path, form: str) -> None:
    refused = CliRunner().invoke(main, ["table", str(run), "--published", form])
    assert refused.exit_code == 2
    assert "neither --paired nor --published" in refused.output
