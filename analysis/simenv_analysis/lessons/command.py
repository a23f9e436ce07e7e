"""The command `simenv lesson`."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from simenv.cli.working import Working
from simenv.errors import MissingExtra, SimenvError
from simenv_analysis.lessons.still import stand_still

LESSONS = {
    1: "the off-switch: what a harmless goal does to it",
    2: "how many goals want it out of the way: the share of goals against the horizon, and what could be done",
    3: "the race against the clock: bandwidth, monitors, people",
    4: "what oversight buys: assurance, its counterexamples, and the price",
    5: "reading an experiment honestly: intervals, power, controls",
}


def notebook(number: int) -> Path:
    """Return where a lesson is."""
    return Path(__file__).parent / "notebooks" / f"lesson_{number}.py"


@click.command()
@click.argument("number", type=click.IntRange(1, len(LESSONS)), required=False)
@click.option("--edit", is_flag=True, help="Copy it here, and open it with its code.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where the page is served.  [default: a free one]")
@click.option("--headless", is_flag=True, help="Serve it, and open no browser.")
@click.option(
    "--export",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it instead: .html or .ipynb.",
)
def lesson(number: int | None, edit: bool, port: int | None, headless: bool, export: Path | None) -> None:
    """Open lesson NUMBER in the browser; without a number, list them.

    Five notebooks with sliders, each under a quarter of an hour, for a class or for oneself. Ctrl-C ends it.
    """
    if number is None:
        for each, about in LESSONS.items():
            click.echo(f"{each}  {about}")
        return
    if importlib.util.find_spec("marimo") is None:
        raise MissingExtra("marimo", "lessons")
    if export is not None:
        _export(number, export)
        return
    path = notebook(number)
    if edit:
        path = Path.cwd() / path.name
        if path.exists():
            raise SimenvError(f"{path} exists already; open it with `marimo edit {path.name}`, or remove it")
        shutil.copy(notebook(number), path)
    options = [*(["--port", str(port)] if port else []), *(["--headless"] if headless else [])]
    call = [sys.executable, "-m", "marimo", "edit" if edit else "run", str(path), *options]
    with subprocess.Popen(call) as server:
        before = signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # who ends us ends the server
        try:
            code = server.wait()
        except KeyboardInterrupt:
            code = 0  # marimo has heard it too
        finally:
            signal.signal(signal.SIGTERM, before)
    if code not in (0, -signal.SIGTERM):
        raise SimenvError(f"marimo ended with code {code}")


def _export(number: int, file: Path) -> None:
    """Run a lesson at its sliders' first positions, and write what comes out: a notebook, or a page that asks for nothing."""
    if file.suffix not in (".html", ".ipynb"):
        raise SimenvError(f"{file}: a lesson is exported as .html or .ipynb")
    with tempfile.TemporaryDirectory() as folder:
        ran = Path(folder) / "lesson.ipynb"
        source = shutil.copy(notebook(number), folder)  # marimo leaves files beside what it runs
        call = [
            sys.executable,
            "-m",
            "marimo",
            "-q",
            "-y",
            "export",
            "ipynb",
            str(source),
            "--include-outputs",
        ]
        with Working() as working:
            working.add_task(f"running lesson {number}", total=None)
            done = subprocess.run([*call, "--output", str(ran)], check=False, capture_output=True, text=True)
        if done.returncode or not ran.exists():
            raise SimenvError(f"lesson {number} could not be run: {(done.stderr or done.stdout).strip()[-800:]}")
        text = stand_still(ran.read_text(encoding="utf-8"), number)
    if file.suffix == ".html":
        text = _page(text, LESSONS[number])
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SimenvError(f"{file}: cannot be written ({error.strerror})") from None
    click.echo(f"wrote {file}", err=True)


def _page(ran: str, title: str) -> str:
    try:
        import nbformat  # noqa: PLC0415 - only for this
        from nbconvert import HTMLExporter  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("nbconvert", "lessons") from None
    make: Any = HTMLExporter
    read: Any = nbformat.reads
    exporter = make(
        exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True, mathjax_url="", require_js_url=""
    )
    page, _ = exporter.from_notebook_node(read(ran, as_version=4), resources={"metadata": {"name": title}})
    return str(page)
