"""A run directory: the plan of an experiment, its finished episodes, and its failures.

manifest.json               the request; fixed when the run begins (see `simenv.store.manifest`)
episodes-0000.jsonl.gz …    finished episodes, one a line; append-only, one writer each, the truth (see `simenv.store.segments`)
worlds/                     the worlds of the run, as they were (see `simenv.world.copies`)
failures.jsonl              one failed attempt a line, with its cause
lock, lock-…                held by the writing process (see `simenv.store.lock`)
report.html                 generated from the others at any time
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

from simenv.errors import EpisodeError
from simenv.store.episode import Episode, Head, parse_episode, parse_head, read_episode
from simenv.store.lock import RunLock, is_lock
from simenv.store.manifest import Manifest, parse_manifest
from simenv.store.segments import SegmentError, SegmentWriter, read_segment, segments

_T = TypeVar("_T", Episode, Head)

MANIFEST, EPISODES, FAILURES, WORLDS = "manifest.json", "episodes", "failures.jsonl", "worlds"
_ID = re.compile(rb'"id":("(?:[^"\\]|\\.)*")')
_SET_ASIDE = re.compile(r"\.old-\d+$")
_NAMED = 8
"""Runs below a directory that an error names."""


class RunDirectory:
    """A run on disk: readable by anyone, written by one run at a time.

    Attributes:
        path: the directory.
        repeated: lines skipped in the last reading of the episodes, as duplicates of an earlier id.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repeated = 0
        self._segment: SegmentWriter | None = None
        self._failures: IO[bytes] | None = None
        self._lock = RunLock(path)

    @property
    def worlds(self) -> Path:
        """The folder of its copies of worlds."""
        return self.path / WORLDS

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / MANIFEST).is_file()

    @property
    def is_used(self) -> bool:
        """Whether the directory holds anything but locks of a run that never began."""
        return self.path.is_dir() and not all(is_lock(file) for file in self.path.iterdir())

    def manifest(self) -> Manifest:
        """Return the manifest. Raises EpisodeError if there is none or it is damaged."""
        file = self.path / MANIFEST
        try:
            return parse_manifest(file.read_bytes(), str(file))
        except FileNotFoundError:
            raise _no_run(self.path) from None
        except OSError as error:
            raise EpisodeError(f"{file}: cannot be read ({error.strerror})") from None

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest, whole or not at all."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            draft = self.path / f"{MANIFEST}.part"
            draft.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
            draft.replace(self.path / MANIFEST)
        except OSError as error:
            raise self._cannot_begin(error) from None

    def _cannot_begin(self, error: OSError) -> EpisodeError:
        return EpisodeError(f"{self.path}: cannot be written ({error.strerror}); choose another --out")

    def take(self) -> None:
        """Lock the directory for this run until it is closed; create it if it is missing.

        Raises:
            EpisodeError: another run is writing here, or the directory cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.take()
        except OSError as error:
            raise self._cannot_begin(error) from None

    def join(self) -> None:
        """Share the lock of the directory until this is closed, as a worker process of the run that holds it.

        Raises:
            EpisodeError: the directory cannot be written.
        """
        try:
            self._lock.join()
        except OSError as error:
            raise self._cannot_begin(error) from None

    @property
    def is_being_written(self) -> bool:
        """Whether a run is writing here at this moment."""
        return self._lock.is_held

    def append(self, episode: Episode) -> None:
        """Append a finished episode to this writer's segment."""
        self.append_line(episode.to_line())

    def append_line(self, line: bytes) -> None:
        """Append a finished episode as its line."""
        try:
            self._segment = self._segment or SegmentWriter(self.path, EPISODES)
            self._segment.write(line)
        except OSError as error:
            raise self._unwritable(self._segment.path if self._segment else self.path, error) from None

    def append_failure(self, episode: str, error: str, steps: int) -> None:
        """Append a failed attempt: the episode's id, the error, and the number of steps made."""
        line = json.dumps({"id": episode, "error": error, "steps": steps}, ensure_ascii=False)
        try:
            self._failures = self._failures or _open_for_append(self.path / FAILURES)
            self._failures.write(line.encode("utf-8", "surrogatepass") + b"\n")
            self._failures.flush()
        except OSError as problem:
            raise self._unwritable(self.path / FAILURES, problem) from None

    @staticmethod
    def _unwritable(path: Path, error: OSError) -> EpisodeError:
        message = f"{path}: cannot be written ({error.strerror}); finished episodes are kept"
        return EpisodeError(f"{message}; free disk space or fix the permissions, and run the same command again")

    def episodes(self) -> Iterator[Episode]:
        """Yield the finished episodes, in order of completion within each writer.

        An episode that was written twice, as can happen when a run is killed, is yielded once; `repeated` counts the
        duplicates.

        Raises:
            EpisodeError: a segment is damaged; the message names it.
        """
        copies = self._copies()
        for _, source, line in self._lines():
            yield _parse(line, source, parse_episode).in_copy(copies)

    def _copies(self) -> dict[str, Path]:
        """Return the copies of worlds, by document; none if the manifest lists none."""
        try:
            kept = self.manifest().kept
        except EpisodeError:
            return {}
        return {document: self.worlds / mark for document, mark in kept.items()}

    def set_aside(self) -> Path | None:
        """Rename the directory, if it holds a run, to make room for another at its path; return the new path.

        Raises:
            EpisodeError: a run is writing here, or it cannot be renamed.
        """
        if not self.is_used:
            return None
        if self.is_being_written:
            raise EpisodeError(f"{self.path}: a run is writing here; stop it first")
        number = 1
        while (there := self.path.with_name(f"{self.path.name}.old-{number}")).exists():
            number += 1
        try:
            return self.path.rename(there)
        except OSError as error:
            raise self._cannot_begin(error) from None

    def some(self, ids: Container[str]) -> Iterator[Episode]:
        """Yield the finished episodes with these ids, without parsing the others. Raises EpisodeError likewise."""
        copies = self._copies()
        for id, source, line in self._lines():
            if id in ids:
                yield _parse(line, source, parse_episode).in_copy(copies)

    def heads(self) -> Iterator[Head]:
        """Yield the summaries of the finished episodes, in the order of `episodes`. Raises EpisodeError likewise."""
        for _, source, line in self._lines():
            yield _parse(line, source, parse_head)

    def _lines(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield the id, the location and the raw line of each finished episode."""
        seen: set[str] = set()
        self.repeated = 0
        for path in segments(self.path, EPISODES):
            try:
                for number, line in enumerate(read_segment(path), start=1):
                    source = f"{path}:{number}"
                    id = _id_of(line, source)
                    if id in seen:
                        self.repeated += 1
                    else:
                        seen.add(id)
                        yield id, source, line
            except SegmentError as error:
                raise EpisodeError(
                    f"{path}: {error}; {_salvage(path, error.lines)} run again to play the rest"
                ) from None
            except OSError as error:
                raise EpisodeError(f"{path}: cannot be read ({error.strerror})") from None

    def failures(self) -> list[dict[str, Any]]:
        """Return the failed attempts (keys `id`, `error`, `steps`); a torn last line is left out.

        Raises:
            EpisodeError: a line is damaged; the message names it.
        """
        file = self.path / FAILURES
        try:
            lines = file.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EpisodeError(f"{file}: cannot be read ({error.strerror})") from None
        numbered = enumerate((line.decode("utf-8", "replace") for line in lines), start=1)
        return [_parse_failure(line, f"{file}:{number}") for number, line in numbered]

    def finished(self) -> set[str]:
        """Return the ids of the finished episodes."""
        return {id for id, _, _ in self._lines()}

    def find(self, id: str) -> Episode:
        """Return one episode. Raises EpisodeError if the run does not hold it."""
        for episode in self.episodes():
            if episode.id == id:
                return episode
        raise EpisodeError(f"{self.path}: no episode {id!r}; `simenv table {self.path} --episodes` lists them")

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._segment is not None:
            self._segment.close()
        if self._failures is not None:
            self._failures.close()
        self._lock.release()
        self._segment = self._failures = None


def _salvage(path: Path, lines: int) -> str:
    """Return instructions for saving the intact part of a damaged segment."""
    if not lines:
        return "remove it, and"
    good = shlex.quote(f"{path}.good")
    keep = f"zcat {shlex.quote(str(path))} 2>/dev/null | head -n {lines} | gzip > {good}; mv {good} {shlex.quote(str(path))}"
    return f"to keep what is good of it: {keep}\nOr remove it. Then"


def _id_of(line: bytes, source: str) -> str:
    """Return the id of an episode without parsing the rest."""
    found = _ID.search(line, 0, 4096)
    return str(json.loads(found[1])) if found else _parse(line, source, parse_episode).id


def _parse(line: bytes, source: str, parse: Callable[[str, str], _T]) -> _T:
    try:
        return parse(line.decode("utf-8", "replace"), source)
    except EpisodeError as error:
        raise EpisodeError(f"{error}; remove that file, and run again to replace its episodes") from None


def _parse_failure(line: str, source: str) -> dict[str, Any]:
    try:
        failure = json.loads(line)
        return {"id": str(failure["id"]), "error": str(failure["error"]), "steps": int(failure["steps"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EpisodeError(f"{source}: not a failed attempt; the line is damaged, remove it") from None


def _open_for_append(path: Path) -> IO[bytes]:
    """Open for appending, and cut off an unfinished last line."""
    file = path.open("ab+")
    end = file.seek(0, os.SEEK_END)
    at = end
    while at > 0:
        start = max(0, at - 65536)
        file.seek(start)
        newline = file.read(at - start).rfind(b"\n")
        if newline >= 0:
            at = start + newline + 1
            break
        at = start
    if at < end:
        file.truncate(at)
    return file


def runs_below(directory: Path) -> list[Path]:
    """Return the directory itself if it holds a run, else all runs up to three levels below, sorted; archived runs are skipped.

    Raises:
        EpisodeError: there is none.
    """
    if RunDirectory(directory).exists:
        return [directory]
    places = ("*", "*/*", "*/*/*")
    found = sorted({file.parent for place in places for file in directory.glob(f"{place}/{MANIFEST}")})
    found = [run for run in found if not any(map(_SET_ASIDE.search, run.relative_to(directory).parts))]
    if not found:
        raise EpisodeError(f"{directory}: no run is here or below; check the path")
    return found


def _no_run(path: Path) -> EpisodeError:
    """Return the error for a directory that holds no run itself; it names the runs below, if there are any."""
    try:
        found = runs_below(path)
    except EpisodeError:
        return EpisodeError(f"{path}: no run directory ({MANIFEST} is missing); check the path")
    names = [str(run.relative_to(path)) for run in found]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    held = f"{len(names)} run{'' if len(names) == 1 else 's'}"
    listed = f"{', '.join(names[:_NAMED])}{more}"
    return EpisodeError(f"{path}: no run directory, but it holds {held}: {listed}; name one, e.g. {found[0]}")


def locate_episodes(path: Path) -> Iterator[Episode]:
    """Yield the episodes that a path on the command line denotes.

    A run directory denotes all its episodes, ``<run directory>/<episode id>`` for one of them, and any other file
    for the one episode in it. Raises EpisodeError if it is something else.
    """
    if RunDirectory(path).exists:
        yield from RunDirectory(path).episodes()
    elif path.is_file() and path in segments(path.parent, EPISODES):
        yield from RunDirectory(path.parent).episodes()
    elif not path.exists() and RunDirectory(path.parent).exists:
        yield RunDirectory(path.parent).find(path.name)
    elif path.is_dir():
        raise _no_run(path)
    else:
        yield read_episode(path)
