"""The terminal that tables are printed to."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.text import Text

from analysis.wording import printable
from simenv.run_directory import Manifest

PIPED_WIDTH = 100
"""Columns of a table that goes into a pipe or a file, unless the variable COLUMNS says otherwise."""


def console() -> Console:
    """Return a console as wide as the window, or `PIPED_WIDTH` columns where there is none."""
    fits_window = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if fits_window else PIPED_WIDTH, highlight=False)


def say_if_no_model(out: Console, manifest: Manifest) -> None:
    """Print that whoever acts, or plays a role, is no model, if that is so."""
    if manifest.caveat:
        out.print(Text.assemble("\n", ("Not a model.", "bold reverse"), (f" {printable(manifest.caveat)}", "bold")))
