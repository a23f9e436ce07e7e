"""A guard on the real time that an episode computes: Python of a world or an agent that never returns is interrupted.

What an episode is never depends on it: the only thing that real time can do is make the attempt fail. Waiting for a model is
not counted. Code that catches the interruption is interrupted again, ever more often, until one comes where nothing catches it.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, coroutine
from typing import Any, TypeVar

from simenv.agent.blame import Place, place_on_stack
from simenv.errors import OverrunError

LONGEST_S = 120.0
"""Real seconds that an episode may compute: thousands of times what one takes."""
_AGAIN_S = 0.05
_GENTLE = 10
"""How many interruptions leave time for `finally` clauses; those after them come in a storm."""
_STORM_S = 5e-7
_LEAST_S = 0.001
_CLOSING_S = 1.0
_OWN_FILES = frozenset({__file__, contextlib.__file__})

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
        except OverrunError:
            _abandon(work)
            raise
        left = max(_LEAST_S, left - (time.monotonic() - began))
        try:
            step, value = work.send, (yield wanted)
        except BaseException as error:  # what it waits for failed, or it is cancelled: that is its own to handle
            step, value = work.throw, error


def _abandon(work: Coroutine[Any, Any, Any]) -> None:
    """Close what may have caught its interruption and waits for something now."""
    with suppress(OverrunError, RuntimeError), interrupting(_CLOSING_S):
        work.close()


@contextmanager
def interrupting(left_s: float | None = None, longest_s: float | None = None) -> Iterator[None]:
    """Interrupt what runs inside after `left_s` real seconds.

    Both are `LONGEST_S` by default. In the main thread a signal interrupts also what sleeps or waits; in other threads, and on
    Windows, only what runs Python code is interrupted, and what waits when it returns.

    Raises:
        OverrunError: it was interrupted, even if it caught that and ended; the message says that it took longer than
            `longest_s`.
    """
    longest_s = LONGEST_S if longest_s is None else longest_s
    left_s = longest_s if left_s is None else left_s
    base = sys._getframe(2)  # of the `with` statement, beyond contextlib's
    is_main = threading.current_thread() is threading.main_thread()
    alarm = _SignalAlarm(base) if is_main and hasattr(signal, "setitimer") else _ThreadAlarm(base)
    alarm.arm(left_s)
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        alarm.disarm()
        if alarm.rings:
            raise alarm.overrun(longest_s) from None
        raise
    finally:
        alarm.disarm()
    if alarm.rings:  # what is left of it depends on real time
        raise alarm.overrun(longest_s)


class _Alarm:
    """Interrupts a thread: a few times gently, then in a storm, which finds the moment at which no `try` is open.

    Args:
        base: the frame above which frames are those of the interrupted.
    """

    def __init__(self, base: FrameType) -> None:
        self.rings = 0
        self._base: FrameType | None = base
        self._place: Place | None = None
        self._others_hook: Any = None

    def overrun(self, longest_s: float) -> OverrunError:
        """Return the error that says where the interrupted was."""
        return overrun(longest_s, self._place)

    def _note(self, frame: FrameType | None) -> bool:
        """Note where the interrupted is; return whether it may be interrupted there, which is not in the guard's own code."""
        self.rings += 1
        if self.rings == 1:
            self._others_hook, sys.unraisablehook = sys.unraisablehook, self._show_other
        if self._place is None and self._base is not None:
            self._place = place_on_stack(frame, self._base)
        return frame is not None and frame.f_code.co_filename not in _OWN_FILES

    def _forget(self) -> None:
        self._base = None
        if self._others_hook is not None:
            sys.unraisablehook, self._others_hook = self._others_hook, None

    def _show_other(self, what: Any) -> None:
        """Show what went wrong in a destructor, say, unless it is an interruption, which may come in one."""
        if not issubclass(what.exc_type, _Interruption):
            (self._others_hook or sys.__unraisablehook__)(what)


class _SignalAlarm(_Alarm):
    """Interrupts the main thread, whatever it waits for."""

    def arm(self, left_s: float) -> None:
        self._is_armed = True
        self._before = signal.signal(signal.SIGALRM, self._ring)
        self._others = signal.setitimer(signal.ITIMER_REAL, left_s, _AGAIN_S)
        self._began = time.monotonic()

    def disarm(self) -> None:
        """Give the timer back to who had it: a test's own limit, say."""
        if not self._is_armed:
            return
        self._is_armed = False
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, self._before)
        self._forget()
        if self._others[0]:
            left = max(_LEAST_S, self._others[0] - (time.monotonic() - self._began))
            signal.setitimer(signal.ITIMER_REAL, left, self._others[1])

    def _ring(self, _: int, frame: FrameType | None) -> None:
        if not self._is_armed:
            return
        may = self._note(frame)
        if self.rings > _GENTLE:
            signal.setitimer(signal.ITIMER_REAL, _STORM_S * (1 + self.rings % 61), _AGAIN_S)
        if may:
            raise _Interruption


class _ThreadAlarm(_Alarm):
    """Interrupts another thread while it runs Python code."""

    def arm(self, left_s: float) -> None:
        self._target = threading.get_ident()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, args=(left_s,), daemon=True, name="simenv guard")
        self._thread.start()

    def disarm(self) -> None:
        """Interrupt no more, and take back an interruption that has not arrived."""
        while True:
            try:
                with self._lock:
                    self._over.set()
                    _raise_in(self._target, None)
                self._thread.join()  # processes can be forked only where no other thread runs
                self._forget()
                return
            except _Interruption:
                continue

    def _watch(self, left_s: float) -> None:
        while not self._over.wait(left_s):
            with self._lock:
                if self._over.is_set():
                    return
                if self._note(sys._current_frames().get(self._target)):
                    _raise_in(self._target, _Interruption)
            left_s = _AGAIN_S if self.rings < _GENTLE else _LEAST_S * (1 + self.rings % 7)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


def overrun(longest_s: float, place: Place | None) -> OverrunError:
    """Return the error of what was interrupted, or ended, at a place."""
    where = f"; it was at {place}: check that this code returns" if place else ""
    return OverrunError(f"interrupted after {longest_s:g} s of computing without an end{where}")
