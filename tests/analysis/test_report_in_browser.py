"""The report as a browser shows it; skipped where there is no Chromium."""

import html
import re
import shutil
import subprocess

import pytest
from made_up_run import conditions, write_run
from test_report import PLANTED, hostile_run

from simenv.kernel.printable import printable
from simenv_analysis.output.report import write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=5000",
    "--dump-dom",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def opened(tmp_path):
    """Opens a report at a fragment; returns the page after its scripts, and what the console said."""

    def open_(run, fragment=""):
        url = write_report(run).as_uri() + fragment
        done = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", url],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return open_


def test_the_list_holds_every_episode(tmp_path, opened):
    dom, console = opened(write_run(tmp_path / "run", 2))
    assert dom.count("data-id=") == 2 * len(conditions())
    assert console == []


def test_a_deep_link_opens_its_episode(tmp_path, opened):
    dom, console = opened(write_run(tmp_path / "run", 2), "#episode=none.user.neutral.1")
    assert "<h3>none.user.neutral.1</h3>" in dom
    assert 'class="timeline"' in dom
    assert re.search(r'aria-current="true"', dom)
    assert console == []


def test_compressed_episodes_are_unpacked(tmp_path, opened):
    dom, console = opened(write_run(tmp_path / "run", 40), "#episode=allow.system.neutral.39")
    assert 'data-encoding="deflate"' in dom
    assert "<h3>allow.system.neutral.39</h3>" in dom
    assert console == []


def test_planted_markup_is_shown_and_not_run(tmp_path, opened):
    run = hostile_run(tmp_path / "run")
    dom, console = opened(run, "#episode=" + re.sub("[^a-z0-9.]", lambda m: _quoted(m[0]), printable(f"{PLANTED}.0")))
    assert "<img" not in re.sub(r"<script.*?</script>", "", dom, flags=re.S)
    assert html.escape(PLANTED[:40], quote=False) in dom
    assert 'class="timeline"' in dom
    assert console == []


def _quoted(char):
    return "".join(f"%{byte:02X}" for byte in char.encode())
