"""Devices that give bytes without end, or take them: ``/dev/zero``, ``/dev/urandom``, ``/dev/full``, ``/dev/tty``."""

from __future__ import annotations

from simenv.kernel import Simulation
from simenv.machine.content.rendering import rendered_bytes
from simenv.machine.content.tokens import ZERO, Range, bulk, byte_size, is_opaque, pieces
from simenv.machine.nodes import NO_SPACE, FileError

ENDLESS = frozenset(("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"))
DEVICES = frozenset((*ENDLESS, "/dev/null", "/dev/tty"))
_CHUNK_BYTES = 131_072
"""What a reader gets who does not say how much: more than a pipe holds."""


_MAX_DRAWN = 65_536


class Draws:
    """How often random bytes were drawn in an episode; each draw is a source of its own."""

    STATE = ("count",)
    __slots__ = (*STATE,)

    def __init__(self) -> None:
        self.count = 0


def random_bytes(sim: Simulation, size_bytes: int) -> str:
    """Return a number of random bytes, as content; no two draws are alike."""
    draws = sim.own(Draws)
    draws.count += 1
    return bulk(f"/random/{draws.count}", 0, size_bytes)


def drawn_bytes(content: str) -> bytes | None:
    """Return the bytes of a content that came from devices alone, and is small: they are nobody's, and need no following."""
    if not is_opaque(content) or byte_size(content) > _MAX_DRAWN:
        return None
    tokens = [piece for piece in pieces(content) if not isinstance(piece, str)]
    ours = all(isinstance(token, Range) and token.source.startswith(("/random/", ZERO)) for token in tokens)
    return rendered_bytes(content, 0, _MAX_DRAWN) if ours else None


def read_device(sim: Simulation, path: str, size_bytes: int = _CHUNK_BYTES) -> str:
    """Return what is read from a device, as content.

    Raises:
        FileError: it is the terminal, and there is none.
    """
    if path == "/dev/tty":
        raise FileError(path, "No such device or address")
    if path not in ENDLESS:
        return ""
    return random_bytes(sim, size_bytes) if path.endswith("random") else bulk(ZERO, 0, size_bytes)


def write_device(path: str) -> None:
    """Take what is written to a device.

    Raises:
        FileError: it takes nothing.
    """
    if path == "/dev/full":
        raise FileError(path, NO_SPACE)
    if path == "/dev/tty":
        raise FileError(path, "No such device or address")
