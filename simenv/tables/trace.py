"""What a call reads and writes of an episode's state, noted while it runs."""

from __future__ import annotations

from typing import Any, TypeAlias

Slot: TypeAlias = tuple[Any, ...]
"""The name of one value of the state: a way from the company to it, such as ``("host", "desk", "files", "node", "/tmp")``."""

KEYS, LENGTH, MEMBERS = "#keys", "#length", "#members"
"""Last steps of the slots that say which keys a mapping, how many items a list and which members a set has."""


class Trace:
    """Notes of one call: the slots that it read before it wrote them, in order, and those that it wrote.

    Attributes:
        on: whether anything is noted now.
        reads: slot → (value's key, whether it was only read to be changed).
        writes: slots written, in order.
        replaced: slot of a container or part that another took the place of → what was there.
        paths: `id` of a part that notes → its slot.
        refused: why the call cannot be kept in a table; empty if it can.
        prints: whether what runs only prints times, whatever it calculates for that.
        sizes: above 0 while the size of a disk is brought up to date, which is not noted.
    """

    __slots__ = ("on", "paths", "prints", "reads", "refused", "replaced", "sizes", "writes")

    def __init__(self) -> None:
        self.paths: dict[int, Slot] = {}
        self.reads: dict[Slot, tuple[str, bool]] = {}
        self.writes: dict[Slot, None] = {}
        self.replaced: dict[Slot, Any] = {}
        self.begin()

    def begin(self) -> None:
        """Forget all notes."""
        self.on = False
        self.refused = ""
        self.sizes = 0
        self.prints = False
        for notes in (self.paths, self.reads, self.writes, self.replaced):
            notes.clear()

    def read(self, slot: Slot, key: str, *, silent: bool = False) -> None:
        """Note that a slot was read.

        Args:
            slot: which.
            key: what stands for its value.
            silent: it is read only to be changed: nothing but its own new value depends on it.
        """
        if slot in self.writes or self.refused:
            return
        known = self.reads.get(slot)
        if known is None or (known[1] and not silent):
            self.reads[slot] = (key if known is None else known[0], silent)

    def write(self, slot: Slot) -> None:
        """Note that a slot was written."""
        self.writes[slot] = None

    def replace(self, slot: Slot, old: Any) -> None:
        """Note that a slot was given another value than `old`."""
        self.writes[slot] = None
        self.replaced.setdefault(slot, old)

    def refuse_time(self, why: str) -> None:
        """Refuse a call that makes something depend on a time, unless it is only to be printed."""
        if not self.prints:
            self.refuse(why)

    def refuse(self, why: str) -> None:
        """Say why the call cannot be kept; the first reason stands. What is read afterwards no longer matters."""
        if self.on and not self.refused:
            self.refused = why
