"""The arithmetic of awk, which is that of C."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping


def power(base: float, exponent: float) -> float:
    """Return base ^ exponent as C's `pow` has it."""
    try:
        result = base**exponent
        return -math.nan if isinstance(result, complex) else float(result)
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf


def divide(left: float, right: float) -> float:
    """Return left / right; by zero, an infinity, or no number."""
    if right:
        return left / right
    return -math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """Return the remainder with the sign of the dividend."""
    return math.fmod(left, right) if right and math.isfinite(left) else -math.nan


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": divide,
    "%": remainder,
    "^": power,
}
COMPARISONS: Mapping[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
