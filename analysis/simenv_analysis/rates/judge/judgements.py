"""What a judge has said, kept beside a run: one line of JSON each, in ``judgements.jsonl``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from simenv.errors import EpisodeError

FILE = "judgements.jsonl"


class Judgement(BaseModel):
    """What a judge said of one item."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    item: str
    """Id of the item."""
    kind: str
    """`mail` or `answer`."""
    rules: str
    """What the rules said, or the label of a labelled message."""
    label: str
    """What the judge said; empty if its answer could not be used."""
    quote: str = ""
    """The words on which that rests."""
    quoted: bool = True
    """Whether these words are in what it was shown."""
    judge: str
    """Model, and the first characters of the hash of its instructions."""


class Judgements:
    """The judgements of a run, or none yet.

    Args:
        directory: of the run; None keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self._path = None if directory is None else directory / FILE

    def read(self, judge: str) -> list[Judgement]:
        """Return what one judge has said; a torn last line counts as not said.

        Raises:
            EpisodeError: the file is damaged or cannot be read.
        """
        if self._path is None or not self._path.exists():
            return []
        try:
            lines = self._path.read_bytes().split(b"\n")
            said = [Judgement.model_validate_json(line) for line in lines[:-1]]
        except (OSError, ValidationError):
            raise EpisodeError(
                f"{self._path}: cannot be read; the file is damaged, remove it and judge again"
            ) from None
        return [judgement for judgement in said if judgement.judge == judge]

    def add(self, judgements: Iterable[Judgement]) -> None:
        """Keep some more.

        Raises:
            EpisodeError: the directory cannot be written.
        """
        if self._path is None:
            return
        try:
            with self._path.open("ab+") as file:
                _cut_torn_line(file.fileno(), self._path)
                for judgement in judgements:
                    file.write(json.dumps(judgement.model_dump(), ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise EpisodeError(f"{self._path}: cannot be written ({error.strerror})") from None


def _cut_torn_line(file: int, path: Path) -> None:
    """Cut off what a killed run left after the last newline."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.ftruncate(file, whole)
