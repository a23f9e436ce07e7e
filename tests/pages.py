"""Pages of docs/ of which a part is made from the code: what stands above the mark is written by hand."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
MARK = "<!-- Below: made from the code by `make pages`. -->"


def filled(name: str, made: str) -> str:
    """Return a page with its lower part made again."""
    above = (DOCS / name).read_text().partition(MARK)[0]
    return f"{above}{MARK}\n\n{made}\n"


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return text.replace("|", "\\|")
