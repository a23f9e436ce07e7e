"""All that was recorded of a scenario: one trie per call, which tests slots in the order in which the call read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from simenv.errors import SimenvError
from simenv.tables.recorder import SHOWN, Recorder
from simenv.tables.recording import Read, Recording
from simenv.tables.trace import Slot

Node: TypeAlias = "Branch | Recording"


class TableError(SimenvError):
    """A table contradicts the engine, or itself; what it holds cannot be relied on."""


class Branch:
    """A slot that is tested, and what follows for each value."""

    __slots__ = ("children", "slot")

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.children: dict[str, Node] = {}


class Tables:
    """What the calls of a scenario were seen to do.

    Args:
        recorder: makes the calls.

    Attributes:
        recordings: all of them, in the order in which they were made.
        generation: grows when recordings have turned out to depend on more than before.
        starts: what stands for the value of a slot when an episode begins, as far as it was asked for.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.recordings: list[Recording] = []
        self.starts: dict[Slot, str] = {}
        self.generation = 0
        self._tries: dict[int, Node] = {}
        self._left: set[int] = set()
        self._bears: dict[int, set[int]] = {}
        self._read: set[Slot] = set()
        self._written: dict[Slot, set[str]] = {}

    def add(self, recording: Recording) -> bool:
        """Take a recording in; return whether it is new.

        Raises:
            TableError: the call did not read the same slots in the same order where it read the same values, so that it depends
                on something that is not noted.
        """
        bears = self._bears.setdefault(recording.action, set())
        if not bears.issuperset(recording.bears):
            bears.update(recording.bears)
            self._build_anew(recording.action)
        if not self._insert(recording):
            return False
        self.recordings.append(recording)
        self._read.update(read.slot for read in recording.reads if not read.silent)
        for slot, key in recording.writes:
            self._written.setdefault(slot, set()).add(key)
        return True

    def reads(self, recording: Recording) -> list[Read]:
        """Return what a recording's call read, computed arguments included that its texts were ever seen to bear on."""
        if recording.action in self._left:
            return []
        read = {each.slot for each in recording.reads}
        bears = sorted(self._bears.get(recording.action, ()))
        shown = dict(recording.shown)
        # first, and not where it was read: where a call is refused, its reads end
        return [*(Read((SHOWN, n), shown[n], silent=True) for n in bears if (SHOWN, n) not in read), *recording.reads]

    def forget(self, action: int) -> None:
        """Leave a call to the engine, whatever was recorded of it; what it has done to episodes stays known."""
        self.generation += 1
        self._left.add(action)
        self._tries.pop(action, None)

    def is_left(self, recording: Recording) -> bool:
        """Return whether a recording is of a call that is left to the engine."""
        return recording.action in self._left and not recording.refused

    def _build_anew(self, action: int) -> None:
        """Make a call's trie again: it depends on more than was known."""
        self.generation += 1
        self._tries.pop(action, None)
        for recording in self.recordings:
            if recording.action == action and not self.is_left(recording):
                self._insert(recording)

    def _insert(self, recording: Recording) -> bool:
        reads, action = self.reads(recording), recording.action
        if not reads:
            return self._put_root(recording)
        node = self._tries.setdefault(action, Branch(reads[0].slot))
        for place, read in enumerate(reads):
            if not isinstance(node, Branch):
                raise self._disorder(action, read, node, place, reads)
            if node.slot != read.slot:
                raise self._disorder(action, read, node, place, reads)
            if place == len(reads) - 1:
                return self._put_leaf(node, read, recording)
            node = node.children.setdefault(read.key, Branch(reads[place + 1].slot))
        return True

    def _put_root(self, recording: Recording) -> bool:
        known = self._tries.setdefault(recording.action, recording)
        if isinstance(known, Branch):
            raise self._disorder(recording.action, None, known, 0, ())
        return known is recording

    def _put_leaf(self, node: Branch, read: Read, recording: Recording) -> bool:
        known = node.children.setdefault(read.key, recording)
        if isinstance(known, Branch):
            raise self._disorder(recording.action, None, known, len(recording.reads), recording.reads)
        return known is recording

    def _disorder(self, action: int, read: Read | None, node: Node, place: int, reads: Iterable[Read]) -> TableError:
        label = self.recorder.scenario.catalogue.labels[action]
        now = "nothing more" if read is None else name_of(read.slot)
        before = name_of(node.slot) if isinstance(node, Branch) else "nothing more"
        last = list(reads)[place - 1] if place else None
        after = "" if last is None else f" after {name_of(last.slot)} ({last.key})"
        return TableError(
            f"{self.recorder.scenario.name}: {label} reads {now}{after}, where it read {before} in the same state before: it "
            "depends on something that is not noted; use engine='steps', and report it"
        )

    # -- which slots matter ------------------------------------------------------------------------------------------

    def columns(self) -> list[Slot]:
        """Return the slots on which a call depends and that a call can change, in the order of their first recording."""
        new = [slot for slot in self._written if slot in self._read and slot not in self.starts]
        if new:
            keys = self.recorder.start_keys(self.recorder.seed(0), new)
            self.starts.update(zip(new, keys, strict=True))
        return [
            slot
            for slot, keys in self._written.items()
            if slot in self._read and (self.recorder.exact or keys - {self.starts[slot]})
        ]

    # -- how it went -------------------------------------------------------------------------------------------------

    def refusals(self) -> Counter[str]:
        """Return why calls cannot be kept in tables: ``<call>: <reason>`` → in how many states."""
        labels = self.recorder.scenario.catalogue.labels
        return Counter(f"{labels[r.action]}: {r.refused}" for r in self.recordings if r.refused)

    def __len__(self) -> int:
        return len(self.recordings)

    def __iter__(self) -> Iterator[Recording]:
        return iter(self.recordings)


def name_of(slot: Slot) -> str:
    """Return a slot's name as messages have it."""
    return ".".join(map(str, slot))
