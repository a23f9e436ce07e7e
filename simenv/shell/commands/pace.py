"""How long programs take over bulk data; ordinary text takes no time."""

from __future__ import annotations

from simenv.kernel import Delays
from simenv.machine.content.tokens import byte_size, is_opaque
from simenv.shell.invocation import Invocation

DISK_BPS = 8e9
"""Bits per second at which a file is read and written."""
_LEAST_BYTES = 1_000_000


def time_s(content: str, speed_bps: float) -> float:
    """Return how long a content takes at a rate in bits per second; what is small or mere text takes no time."""
    size = byte_size(content) if is_opaque(content) else 0
    return size * 8.0 / speed_bps if size >= _LEAST_BYTES else 0.0


def disk_time_s(content: str) -> float:
    """Return how long it takes to read and write a content."""
    return time_s(content, DISK_BPS)


def copy_slowly(inv: Invocation, text: str) -> Delays[int]:
    """Print a text that holds bulk data, when the time for it has passed."""
    delay_s = disk_time_s(inv.content(text))
    if delay_s:
        yield delay_s
    inv.out(text)
    return inv.code
