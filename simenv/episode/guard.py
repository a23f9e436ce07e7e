"""A guard on the real time that an episode computes: Python of a world or an agent that never returns is interrupted.

What an episode is never depends on it: the only thing that real time can do is make the attempt fail. Waiting for a model is
not counted.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from types import coroutine
from typing import Any, TypeVar

from simenv.agent.blame import place_of_strangers
from simenv.errors import OverrunError

LONGEST_S = 120.0
"""Real seconds that an episode may compute: thousands of times what one takes."""
_AGAIN_S = 1.0
_LEAST_S = 0.001

T = TypeVar("T")


class _Interruption(BaseException):
    """Raised in whatever runs when time is up; no `except Exception` of a world holds it up."""


@coroutine
def guarded(work: Coroutine[Any, Any, T], longest_s: float | None = None) -> Generator[Any, Any, T]:
    """Await something, with a limit on the real time that it computes, by default `LONGEST_S`.

    Raises:
        OverrunError: it has computed for longer; the message names the line of the world or agent at which it was.
    """
    longest_s = LONGEST_S if longest_s is None else longest_s
    left, value = longest_s, None
    step: Callable[[Any], Any] = work.send
    while True:
        began = time.monotonic()
        try:
            with interrupting(left, longest_s):
                wanted = step(value)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        left = max(_LEAST_S, left - (time.monotonic() - began))
        try:
            step, value = work.send, (yield wanted)
        except BaseException as error:  # what it waits for failed, or it is cancelled: that is its own to handle
            step, value = work.throw, error


@contextmanager
def interrupting(left_s: float | None = None, longest_s: float | None = None) -> Iterator[None]:
    """Interrupt what runs inside after `left_s` real seconds, where signals allow it (not in a thread, nor on Windows).

    Both are `LONGEST_S` by default.

    Raises:
        OverrunError: it was interrupted; the message says that it took longer than `longest_s`.
    """
    longest_s = LONGEST_S if longest_s is None else longest_s
    left_s = longest_s if left_s is None else left_s
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    others = signal.setitimer(signal.ITIMER_REAL, left_s, _AGAIN_S)  # again and again, in case that it is caught
    began = time.monotonic()
    try:
        try:
            yield
        finally:
            _disarm(before, others, began)
    except _Interruption as error:
        _disarm(before, others, began)  # it may have come in the middle of the first time
        place = place_of_strangers(error)
        where = f"; it was at {place}: check that this code returns" if place else ""
        raise OverrunError(f"interrupted after {longest_s:g} s of computing without an end{where}") from None


def _disarm(before: Any, others: tuple[float, float], began: float) -> None:
    """Give the timer back to who had it: a test's own limit, say."""
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, before)
    if others[0]:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, others[0] - (time.monotonic() - began)), others[1])


def _interrupt(*_: object) -> None:
    raise _Interruption
