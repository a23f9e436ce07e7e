"""The standard library as guests see it: files that no machine holds, read-only, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = "/usr/lib/python3.12"
SITE = "/usr/lib/python3/dist-packages"
BOOT = f"{SITE}/sitecustomize.py"
"""The boot code, which CPython imports before it runs anything."""
_GUEST = Path(__file__).parent / "guest"
_PLACES = {
    "sitecustomize.py": BOOT,
    "thread_pool.py": f"{ROOT}/concurrent/futures/thread.py",
}
"""Where the sources of `guest/` lie for the guest, other than among the modules of the system."""


class Library(NamedTuple):
    """Files by absolute path."""

    files: Mapping[str, bytes]
    listings: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def unpacked(cls, packed: bytes) -> Library:
        """Return the library of what `unpacked_library` made."""
        parts = unpack(packed)
        files = {path.decode(): body for path, body in zip(parts[::2], parts[1::2], strict=True)}
        files[f"{ROOT}/os.py"] = b""  # by which CPython recognises its home
        return cls(files, _listings(files))


def _listings(files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    names: dict[str, set[str]] = {f"{ROOT}/lib-dynload": set()}
    for path in [*files, f"{ROOT}/lib-dynload"]:
        below = path
        while below not in (ROOT, SITE):
            above, _, name = below.rpartition("/")
            names.setdefault(above, set()).add(name)
            below = above
    return {folder: tuple(sorted(found)) for folder, found in names.items()}


def guest_sources() -> dict[str, str]:
    """Return the modules that simenv adds for guests: path in the guest → source."""
    return {
        _PLACES.get(file.name, f"{SITE}/{file.name}"): file.read_text(encoding="utf-8")
        for file in sorted(_GUEST.glob("*.py"))
    }


def pack(parts: Iterable[bytes | str | int]) -> bytes:
    """Return parts as netstrings: what host and guest say to each other."""
    return b"".join(b"%d:%b" % (len(body), body) for body in map(_bytes, parts))


def _bytes(part: bytes | str | int) -> bytes:
    if isinstance(part, bytes):
        return part
    return str(part).encode("utf-8", "surrogateescape")


def unpack(packed: bytes) -> list[bytes]:
    """Return the parts of netstrings.

    Raises:
        ValueError: they are none.
    """
    parts, at = [], 0
    while at < len(packed):
        colon = packed.index(b":", at, at + 12)
        size = int(packed[at:colon])
        if size < 0 or colon + 1 + size > len(packed):
            raise ValueError("a part is longer than what there is")
        parts.append(packed[colon + 1 : colon + 1 + size])
        at = colon + 1 + size
    return parts
