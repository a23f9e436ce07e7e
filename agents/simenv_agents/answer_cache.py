"""Answers of models that were paid for once: kept in an SQLite file, found by the whole request and by which draw it was."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeAlias

from simenv.agent.protocol import Usage
from simenv.errors import AgentError
from simenv_agents.answer import Answer

Mode: TypeAlias = Literal["read-write", "replay"]
MODES: tuple[Mode, ...] = ("read-write", "replay")
"""``read-write`` asks for what is missing and keeps it; ``replay`` never asks."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID"
_PATIENCE_S = 30.0


class AnswerCache:
    """A file of answers that any number of processes may use at once.

    Args:
        path: the file; made if it is not there.
        mode: whether what is missing may be asked for.

    Raises:
        AgentError: the file cannot be used.
    """

    def __init__(self, path: Path, mode: Mode) -> None:
        self.mode = mode
        self._path = path
        if mode == "replay" and not path.exists():
            raise AgentError(f"cache {path}: no such file; a replay needs the answers of an earlier run")
        try:
            self._file = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise AgentError(f"cache {path}: cannot be used ({error}); choose another file") from None

    def get(self, key: str) -> Answer | None:
        """Return a cached response, or None. Raises AgentError if the file is damaged."""
        try:
            row = self._file.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            return None if row is None else _read(json.loads(row[0]))
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise AgentError(f"cache {self._path}: damaged ({error}); remove it") from None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; the first one for a key stays. Raises AgentError if it cannot be written."""
        text = json.dumps(asdict(answer), ensure_ascii=True, separators=(",", ":"))
        try:
            self._file.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, text))
        except sqlite3.Error as error:
            raise AgentError(
                f"cache {self._path}: cannot be written ({error}); free the disk, or leave it out"
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def key_of(request: Mapping[str, Any], url: str, draw: tuple[int, int]) -> str:
    """Return the key of an answer.

    Args:
        request: everything that the endpoint is sent.
        url: where it is sent, without secrets.
        draw: seed of the episode and number of the decision, so that two samples of the same request stay two.
    """
    canonical = json.dumps([url, draw, request], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _read(data: dict[str, Any]) -> Answer:
    usage = data.pop("usage")
    return Answer(**data, usage=None if usage is None else Usage(*usage))
