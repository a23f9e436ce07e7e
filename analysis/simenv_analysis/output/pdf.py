"""A page as PDF, printed by a browser that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from simenv.errors import SimenvError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
"""Commands that are looked for, in this order."""
_LONGEST_S = 120
_FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-pdf-header-footer", "--virtual-time-budget=10000"),
)
_AS_ROOT = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()
"""Chromium refuses to start as root with its sandbox."""


def print_pdf(page: Path, pdf: Path) -> None:
    """Print an HTML file.

    Raises:
        SimenvError: no browser is found, or it does not print.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SimenvError(
            f"--pdf needs Chromium, Chrome or Edge on the PATH; or open {page} and print it from your browser"
        )
    with tempfile.TemporaryDirectory() as profile:
        call = [browser, *_FLAGS, *_AS_ROOT, f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}"]
        try:
            done = subprocess.run(
                [*call, page.resolve().as_uri()], check=False, capture_output=True, timeout=_LONGEST_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SimenvError(
                f"{browser} did not print {page} ({type(error).__name__}); print it from your browser"
            ) from None
    if done.returncode or not pdf.exists():
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise SimenvError(f"{browser} did not print {page}: {said}; print it from your browser")
