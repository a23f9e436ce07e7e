"""The lessons run from end to end, are exported, and what they calculate is what they simulate."""

from __future__ import annotations

import json
import math
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv_analysis.lessons.command import LESSONS, notebook
from simenv_analysis.lessons.race import race

marimo = pytest.importorskip("marimo")


def simenv(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lesson", *arguments])


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_runs_and_becomes_a_page_that_asks_for_nothing(number: int, tmp_path: Path) -> None:
    result = simenv(str(number), "--export", str(tmp_path / "lesson.html"))
    assert result.exit_code == 0, result.output
    page = (tmp_path / "lesson.html").read_text()
    assert "Take home" in page
    assert "Traceback" not in page
    assert "data:image/png" in page or number == 4
    asked_for = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=[\"'](?!data:)([^\"']+)", page)
    assert not asked_for
    shown = re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.DOTALL)
    assert "marimo-" not in shown
    assert f"<code>simenv lesson {number}</code> opens the lesson with its sliders" in page


def test_a_page_shows_each_control_as_its_value_and_each_figure_as_a_picture(tmp_path: Path) -> None:
    assert simenv("2", "--export", str(tmp_path / "lesson.html")).exit_code == 0
    page = (tmp_path / "lesson.html").read_text()
    assert "other places (k): <strong>3</strong>" in page
    assert "goals: <strong>task</strong>" in page
    assert len(re.findall(r"<img[^>]*data:image/png", page)) == 5


def test_a_lesson_becomes_a_notebook_with_its_outputs(tmp_path: Path) -> None:
    assert simenv("5", "--export", str(tmp_path / "lesson.ipynb")).exit_code == 0
    cells = json.loads((tmp_path / "lesson.ipynb").read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs
    assert "marimo-" not in json.dumps(outputs)


def test_lessons_are_listed() -> None:
    lines = simenv().output.splitlines()
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert all(notebook(number).exists() for number in LESSONS)


def test_a_lesson_is_served() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "simenv", "lesson", "1", "--headless", "--port", str(port)]
    with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(120):
                try:
                    page = urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5).read().decode()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.25)
            assert "marimo" in page
        finally:
            server.terminate()
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5)


@pytest.mark.parametrize(("arguments", "words"), [(("6",), "1<=x<=5"), (("1", "--export", "x.pdf"), ".html or .ipynb")])
def test_wrong_calls_are_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv(*arguments)
    assert result.exit_code != 0
    assert words in result.output


def test_the_race_is_won_as_often_as_calculated() -> None:
    """40 companies; within four standard errors of 1 - exp(-(copy - notice)/triage)."""
    copy_min, notice_min, triage_min = 48_000 / 20 / 60, 1.0, 40.0
    expected = 1 - math.exp(-(copy_min - notice_min) / triage_min)
    races = race(20, 60, triage_min, range(40))
    share = sum(not each.complete for each in races) / len(races)
    assert share == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / len(races)))
    assert all(each.bytes_out == 6e9 for each in races if each.complete)
    assert all(each.bytes_out < 6e9 and each.contained == each.ended for each in races if not each.complete)


def test_more_bandwidth_wins_the_race() -> None:
    assert sum(each.complete for each in race(200, 60, 40, range(8))) > sum(
        each.complete for each in race(20, 60, 5, range(8))
    )
