"""Named random streams, all derived from one episode seed."""

from __future__ import annotations

import hashlib
import random


def derive_seed(seed: int, name: str) -> int:
    """Return the seed of the stream `name` under `seed`: SHA-256, so no `PYTHONHASHSEED` can change it.

    >>> derive_seed(1, "mail") == derive_seed(1, "mail") != derive_seed(1, "people")
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:16], "big")


class Streams:
    """One `random.Random` per name, created on first use.

    A stream depends only on the seed and its name, so an added process leaves all other draws unchanged.
    """

    STATE = ("_streams",)
    FIXED = ("seed",)
    __slots__ = (*STATE, *FIXED)

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def positions(self) -> list[tuple[str, int, int]]:
        """Return the position of each stream in use, as numbers that change with every draw."""
        states = ((name, stream.getstate()[1]) for name, stream in self._streams.items())
        return sorted((name, state[-1], state[0]) for name, state in states)

    def __getitem__(self, name: str) -> random.Random:
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(derive_seed(self.seed, name))
        return stream
