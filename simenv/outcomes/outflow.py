"""What left the perimeter, and how much of it by when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from simenv.kernel import Record, verbs


class Flow(NamedTuple):
    """Bytes that went out at an even pace.

    Attributes:
        begin: seconds.
        end: seconds; a mail goes at once.
        size: bytes.
    """

    begin: float
    end: float
    size: float

    def by(self, time: float) -> float:
        """Return how many of them were out by a time.

        >>> Flow(5.0, 15.0, 100.0).by(10.0)
        50.0
        """
        if time >= self.end:
            return self.size
        if time <= self.begin:
            return 0.0
        return self.size * (time - self.begin) / (self.end - self.begin)


def flows(records: Sequence[Record], outside: Collection[str]) -> list[Flow]:
    """Return what went out in an episode.

    A transfer is taken to have gone at an even pace from its beginning to its end, since the journal has no more about it. One
    that is still under way where the journal ends is left out: how much of it went is not known.

    Args:
        records: its journal.
        outside: hosts beyond the perimeter.
    """
    begun = {record.details["id"]: record.time for record in records if record.verb == verbs.TRANSFER_BEGIN}
    found = []
    for record in records:
        if record.verb in (verbs.TRANSFER_END, verbs.TRANSFER_CUT):
            source, _, target = record.object.partition("->")
            if target in outside and source not in outside:
                done = record.details["done" if record.verb == verbs.TRANSFER_CUT else "bytes"]
                found.append(Flow(begun[record.details["id"]], record.time, float(done)))
        elif record.verb == verbs.MAIL_SEND:
            size = sum("@" in receiver for receiver in record.details["to"]) * _size_of_mail(record)
            found.append(Flow(record.time, record.time, float(size)))
    return found


def _size_of_mail(record: Record) -> int:
    attached = sum(part["bytes"] for part in record.details.get("attachments", ()))
    return len(f"{record.details['subject']}{record.details['body']}".encode()) + int(attached)
