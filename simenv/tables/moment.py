"""Times that say so when something is made to depend on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simenv.tables.trace import Trace

_ARITHMETIC = (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "floordiv",
    "rfloordiv",
    "mod",
    "rmod",
)
_COMPARING = ("lt", "le", "gt", "ge", "eq", "ne")
_CONVERTING = ("int", "trunc", "round", "floor", "ceil", "bool", "neg", "pos", "abs", "divmod", "pow")


class Moment(float):
    """A time of the simulation's clock, as code sees it while a call is recorded.

    Times that are only written down (when a file was changed, say) or printed decide nothing. Once one is compared or
    calculated with, the result depends on when the call is made, and no table can hold it; except what is relative to the
    call itself: the difference of two times of the same call, and a time some seconds from now.

    Attributes:
        trace: who is to know.
        is_now: a time of the call itself, not one that an earlier call wrote down.
    """

    __slots__ = ("is_now", "trace")

    trace: Trace
    is_now: bool

    @classmethod
    def of(cls, seconds: float, trace: Trace, *, is_now: bool) -> Moment:
        """Return a time that reports to a trace."""
        moment = float.__new__(cls, seconds)
        moment.trace, moment.is_now = trace, is_now
        return moment

    def __hash__(self) -> int:
        return float.__hash__(self)  # calendars keep the texts of the times that they were asked to write

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self.hex()),)


def _is_relative(one: Moment, other: object) -> bool:
    return one.is_now and isinstance(other, Moment) and other.is_now


def _compare(name: str) -> Callable[[Moment, Any], Any]:
    plain = getattr(float, f"__{name}__")

    def compare(self: Moment, other: Any) -> Any:
        if not _is_relative(self, other) and self is not other:
            self.trace.refuse_time("compares a time")
        return plain(self, other)

    return compare


def _calculate(name: str) -> Callable[..., Any]:
    plain = getattr(float, f"__{name}__")

    def calculate(self: Moment, *others: Any) -> Any:
        result = plain(self, *others)
        if name in ("sub", "rsub") and _is_relative(self, others[0]):
            return result
        if name in ("add", "radd", "sub") and self.is_now and not isinstance(others[0], Moment):
            return Moment.of(result, self.trace, is_now=True)
        self.trace.refuse_time("calculates with a time")
        return result

    return calculate


for _name in _COMPARING:
    setattr(Moment, f"__{_name}__", _compare(_name))
for _name in (*_ARITHMETIC, *_CONVERTING):
    if hasattr(float, f"__{_name}__"):
        setattr(Moment, f"__{_name}__", _calculate(_name))
