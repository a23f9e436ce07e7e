"""A private directory of the user for what is made once: native code must not come from anybody else."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

_DIGEST_BYTES = 32


def directory() -> Path | None:
    """Return the directory, made if need be; None if there is none that only this user can write to."""
    path = _base() / "simenv"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        return None
    return path


def _base() -> Path:
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if given and Path(given).is_absolute():
        return Path(given)
    try:
        home = Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"simenv-{os.getpid()}"
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


def load_or_make(name: str, make: Callable[[], bytes]) -> bytes:
    """Return what `make` returned when it was first called under this name, by whichever process.

    A file that is torn, or whose content does not match its digest, is made again. Without a private directory nothing is
    kept.
    """
    folder = directory()
    if folder is None:
        return make()
    file = folder / name
    known = _read(file)
    if known is not None:
        return known
    with FileLock(folder / f"{name}.lock"):
        known = _read(file)  # another process may have made it meanwhile
        if known is None:
            known = make()
            _write(file, known)
    return known


def _read(file: Path) -> bytes | None:
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    body = raw[_DIGEST_BYTES:]
    return body if hashlib.sha256(body).digest() == raw[:_DIGEST_BYTES] else None


def _write(file: Path, body: bytes) -> None:
    try:
        number, temporary = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
        with os.fdopen(number, "wb") as out:
            out.write(hashlib.sha256(body).digest() + body)
        Path(temporary).replace(file)
    except OSError as error:
        print(f"simenv: could not keep {file}: {error.strerror}; it is made again next time", file=sys.stderr)
