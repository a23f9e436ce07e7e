"""A run directory: the plan of an experiment, its finished episodes, and what failed.

manifest.json    what was asked for; pinned when the run begins
episodes.jsonl   one finished episode a line; append-only, the truth
failures.jsonl   one failed attempt a line, with its cause
report.html      made from the others, any time
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simenv.episode_file import Episode, parse_episode, read_episode
from simenv.errors import EpisodeError

MANIFEST, EPISODES, FAILURES = "manifest.json", "episodes.jsonl", "failures.jsonl"


class Manifest(BaseModel):
    """What a run was asked for. A run goes on only under the same manifest (`seeds` and `conditions` may grow)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    format: int = 1
    """Version of this file format."""
    world: str
    """World, as given on the command line."""
    world_version: str
    """Its version."""
    oversight: str = ""
    """Oversight laid over it, as given on the command line; empty: the world's own."""
    title: str = ""
    """Its title."""
    question: str = ""
    """What it asks."""
    documents: dict[str, str] = Field(default_factory=dict)
    """Condition (levels joined by dots) → SHA-256 of the resolved document and the world's code."""
    factors: dict[str, list[str]] = Field(default_factory=dict)
    """Factor → its levels, in the order of the world file."""
    outcomes: list[str]
    """Outcomes measured, in order; the first is the world's main one."""
    agent: str
    """Who acts."""
    agent_options: dict[str, str] = Field(default_factory=dict)
    """Its options, without secrets."""
    stand_in: str = ""
    """If the agent stands in for a model: a sentence that says so."""
    conditions: list[dict[str, str]]
    """Conditions to run, each with every factor."""
    seeds: list[int]
    """Seeds to run under each condition."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of simenv and of what its results depend on."""


class RunDirectory:
    """A run on disk. Opening one for writing mends a torn last line, as a kill in the middle of a write leaves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, IO[bytes]] = {}

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / MANIFEST).is_file()

    @property
    def is_used(self) -> bool:
        """Whether anything is in the directory."""
        return self.path.is_dir() and any(self.path.iterdir())

    def manifest(self) -> Manifest:
        """Return the manifest. Raises EpisodeError if there is none or it is damaged."""
        file = self.path / MANIFEST
        try:
            return Manifest.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            raise EpisodeError(f"{self.path}: no run directory ({MANIFEST} is missing); check the path") from None
        except OSError as error:
            raise EpisodeError(f"{file}: cannot be read ({error.strerror})") from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "(document)"
            raise EpisodeError(f"{file}: field `{field}`: {first['msg']}; the file is damaged, restore it") from None

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest, whole or not at all."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            draft = self.path / f"{MANIFEST}.part"
            draft.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
            draft.replace(self.path / MANIFEST)
        except OSError as error:
            raise EpisodeError(f"{self.path}: cannot be written ({error.strerror}); choose another --out") from None

    def append(self, episode: Episode) -> None:
        """Append a finished episode."""
        self._append(EPISODES, episode.to_json())

    def append_failure(self, episode: str, error: str, steps: int) -> None:
        """Append a failed attempt: the episode's id, what went wrong, and how many steps it had made."""
        self._append(FAILURES, json.dumps({"id": episode, "error": error, "steps": steps}, ensure_ascii=False))

    def _append(self, name: str, line: str) -> None:
        try:
            file = self._files.get(name)
            if file is None:
                file = self._files[name] = _open_for_append(self.path / name)
            file.write(line.encode("utf-8", "surrogatepass") + b"\n")
            file.flush()
        except OSError as error:
            message = f"{self.path / name}: cannot be written ({error.strerror}); finished episodes are kept"
            raise EpisodeError(
                f"{message}; free the disk or mend its permissions, and run the same command again"
            ) from None

    def episodes(self) -> Iterator[Episode]:
        """Yield the finished episodes in the order in which they ended; a torn last line is left out.

        Raises:
            EpisodeError: a line other than a torn last one is damaged; the message names it.
        """
        for number, line in self._lines(EPISODES):
            try:
                episode = parse_episode(line, f"{self.path / EPISODES}:{number}")
            except EpisodeError as error:
                raise EpisodeError(f"{error}; remove that line, and run again to make the episode anew") from None
            yield episode

    def failures(self) -> list[dict[str, Any]]:
        """Return the failed attempts (keys `id`, `error`, `steps`).

        Raises:
            EpisodeError: a line is damaged; the message names it.
        """
        return [_parse_failure(line, f"{self.path / FAILURES}:{number}") for number, line in self._lines(FAILURES)]

    def _lines(self, name: str) -> Iterator[tuple[int, str]]:
        try:
            with (self.path / name).open("rb") as file:
                for number, raw in enumerate(file, start=1):
                    if raw.endswith(b"\n"):
                        yield number, raw.decode("utf-8", "replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise EpisodeError(f"{self.path / name}: cannot be read ({error.strerror})") from None

    def finished(self) -> set[str]:
        """Return the ids of the finished episodes."""
        return {episode.id for episode in self.episodes()}

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
        for file in self._files.values():
            file.close()
        self._files.clear()


def _parse_failure(line: str, source: str) -> dict[str, Any]:
    try:
        failure = json.loads(line)
        return {"id": str(failure["id"]), "error": str(failure["error"]), "steps": int(failure["steps"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EpisodeError(f"{source}: not a failed attempt; the line is damaged, remove it") from None


def _open_for_append(path: Path) -> IO[bytes]:
    """Open for appending, cutting off what follows the last newline."""
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


def locate_episodes(path: Path) -> Iterator[Episode]:
    """Yield the episodes that a path on the command line stands for.

    A run directory stands for all its episodes, ``<run directory>/<episode id>`` for one of them, and any other file
    for the one episode in it. Raises EpisodeError if it is none of these.
    """
    if RunDirectory(path).exists:
        yield from RunDirectory(path).episodes()
    elif path.is_file() and path.name == EPISODES:
        yield from RunDirectory(path.parent).episodes()
    elif not path.exists() and RunDirectory(path.parent).exists:
        yield RunDirectory(path.parent).find(path.name)
    elif path.is_dir():
        raise EpisodeError(f"{path}: no run directory ({MANIFEST} is missing); check the path")
    else:
        yield read_episode(path)
