"""The clocks of a guest: simulated time, and how a guest lets it pass."""

from __future__ import annotations

from collections.abc import Callable

from simenv.kernel import Delays

REALTIME, MONOTONIC = 0, 1
_STEP_S = 1e-6
_LONGEST_STEP_S = 0.1
_BOOTED_S = 86_400.0


class GuestClock:
    """Time as a guest reads it.

    It stands still while a guest computes, but not while it does nothing but read the clock: the steps grow, so that a loop
    that waits for a time to come gets there.

    Args:
        now_s: simulated seconds.
        epoch_s: turns simulated seconds into seconds since 1970.
        pause: lets simulated seconds pass for all.
    """

    def __init__(
        self, now_s: Callable[[], float], epoch_s: Callable[[float], float], pause: Callable[[float], Delays[None]]
    ) -> None:
        self._now_s = now_s
        self._epoch_s = epoch_s
        self._pause = pause
        self._step_s = _STEP_S
        self.ahead_s = 0.0
        """How far the guest's clock is ahead of the simulation's."""

    def _now(self) -> float:
        return self._now_s() + self.ahead_s

    def read_ns(self, clock: int) -> int:
        """Return nanoseconds of a clock; never twice the same."""
        self.ahead_s += self._step_s
        self._step_s = min(self._step_s * 1.1, _LONGEST_STEP_S)
        return round(self._seconds(clock) * 1e9)

    def _seconds(self, clock: int) -> float:
        if clock == REALTIME:
            return self._epoch_s(self._now())
        return self._now() + (_BOOTED_S if clock == MONOTONIC else 0.0)

    def worked(self) -> None:
        """Note that the guest does something else than reading the clock."""
        self._step_s = _STEP_S

    def delay_s(self, clock: int, timeout_ns: int, *, absolute: bool) -> float:
        """Return how many seconds a timeout of a clock is away."""
        seconds = timeout_ns / 1e9
        return max(0.0, seconds - self._seconds(clock) if absolute else seconds)

    @property
    def debt_s(self) -> float:
        """How much time the guest has spent by reading the clock; less than a tenth of a second is none."""
        return self.ahead_s if self.ahead_s >= _LONGEST_STEP_S else 0.0

    def sleep(self, delay_s: float) -> Delays[None]:
        """Let time pass."""
        ahead_s, self._step_s = self.debt_s, _STEP_S
        self.ahead_s -= ahead_s
        yield from self._pause(delay_s + ahead_s)
