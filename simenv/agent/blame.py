"""Locating errors: the line in a designer's or agent author's own file at which an error arose."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_PACKAGES = ("simenv", "simenv_agents", "simenv_analysis")


class Place(NamedTuple):
    """A line of a file; None: unknown."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def place_in(error: BaseException, folder: Path) -> Place | None:
    """Return the last place at which an error passed through a file below a folder; None if it did not."""
    folder = folder.resolve()
    return _last(error, lambda file: folder in file.parents)


def place_of_strangers(error: BaseException) -> Place | None:
    """Return the last place at which an error passed through code neither simenv's nor installed; None if it did not."""
    return _last(error, _is_strangers)


def place_on_stack(frame: FrameType | None, base: FrameType) -> Place | None:
    """Return the innermost place of a stack, above `base`, in code neither simenv's nor installed; None if there is none."""
    return place_among(_stack(frame, base))


def place_among(places: Iterable[tuple[str, int]]) -> Place | None:
    """Return the first of some places (file, line) in code neither simenv's nor installed; None if there is none."""
    for file, line in places:
        if _is_strangers(_resolved(file)):
            return Place(str(_resolved(file)), line)
    return None


def _stack(frame: FrameType | None, base: FrameType) -> Iterator[tuple[str, int]]:
    while frame is not None and frame is not base:
        yield frame.f_code.co_filename, frame.f_lineno or 0
        frame = frame.f_back


def _is_strangers(file: Path) -> bool:
    return file.is_file() and not any(root in file.parents for root in _roots())


def _last(error: BaseException, is_theirs: Callable[[Path], bool]) -> Place | None:
    for cause in _causes(error):
        for file, line in reversed(list(_frames(cause))):
            if is_theirs(_resolved(file)):
                return Place(str(_resolved(file)), line)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes: SimPy raises a copy, with the original as its cause."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    yield from ((frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename is not None:
        yield error.filename, error.lineno or 0


def _resolved(file: str) -> Path:
    return _resolved_from(file, Path.cwd())


@cache
def _resolved_from(file: str, folder: Path) -> Path:
    return (folder / file).resolve()


@cache
def _roots() -> tuple[Path, ...]:
    """The folders of other people's code: Python itself, installed packages, and simenv."""
    paths = sysconfig.get_paths()
    roots = {Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    here = Path(__file__).resolve().parent.parent
    return (*roots, here, *(here.parent / above / name for above in ("agents", "analysis") for name in _PACKAGES))
