"""Matching with a promise: time grows with the text, never exponentially, whatever the pattern.

A pattern whose worst case on a text is small goes to Python's `re`, which is fast but backtracks. Anything else is run
by a machine that follows all alternatives at once (Pike's; see Cox, "Regular Expression Matching: the Virtual Machine
Approach", 2009). Both prefer alternatives in the same order, so the answer does not depend on the road taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from simenv.shell.pattern.pike import Machine, Program
from simenv.shell.pattern.syntax import (
    UNBOUNDED,
    At,
    Back,
    Chars,
    Concat,
    Either,
    Group,
    Pattern,
    PatternError,
    Repeat,
    literal,
    parse_glob,
    parse_regex,
    reverse,
)

_FAST_STEPS = 20_000
_MAX_BACK_STEPS = 2_000_000
_AT = {"^": "^", "$": r"\Z", "b": r"\b", "B": r"\B", "<": r"\b(?=\w)", ">": r"\b(?<=\w)"}

Spans = tuple[tuple[int, int], ...]
"""Start and end of the match and of each group; (-1, -1) for a group that took no part."""


class Regex:
    """A compiled pattern.

    Attributes:
        groups: how many capturing groups it has.
        work: called with the real cost of each match, to charge a budget.
    """

    __slots__ = ("_anchored", "_branches", "_compiled", "_degree", "_machine", "_pattern", "groups", "ignore_case")

    def __init__(self, pattern: Pattern, groups: int = 0, *, ignore_case: bool = False) -> None:
        self._pattern = pattern
        self.groups = groups
        self.ignore_case = ignore_case
        self._compiled = re.compile(_translate(pattern), (re.IGNORECASE if ignore_case else 0) | re.ASCII | re.DOTALL)
        self._machine: Program | None = None
        degree, self._branches = _cost(pattern)
        self._anchored = isinstance(pattern, Concat) and pattern.items[:1] == (At("^"),)
        self._degree = degree

    def steps(self, size: int, *, search: bool = True) -> int:
        """Return a bound on the steps that `re` takes for a text of `size` characters."""
        power: int = self._degree + (1 if search and not self._anchored else 0)
        if power > 12 or self._branches > _MAX_BACK_STEPS:
            return _MAX_BACK_STEPS * 10
        return min(int((size + 1) ** power) * abs(self._branches), _MAX_BACK_STEPS * 10)

    def search(self, text: str, start: int = 0, *, work: Callable[[int], None] | None = None) -> Spans | None:
        """Return the first match at or after `start`, or None."""
        steps = self.steps(len(text) - start)
        if steps <= _FAST_STEPS or self._backs():
            self._check(steps, work)
            found = self._compiled.search(text, start)
            return None if found is None else tuple(found.span(n) for n in range(self.groups + 1))
        return self._program(work, text).run(text, start, anchored=False, whole=False)

    def matches(self, text: str, *, work: Callable[[int], None] | None = None) -> bool:
        """Return whether the whole text matches."""
        steps = self.steps(len(text), search=False)
        if steps <= _FAST_STEPS or self._backs():
            self._check(steps, work)
            return self._compiled.fullmatch(text) is not None
        return self._program(work, text).run(text, 0, anchored=True, whole=True) is not None

    def prefix(self, text: str, *, work: Callable[[int], None] | None = None) -> int:
        """Return the length of the match at the start of the text; -1 if there is none."""
        steps = self.steps(len(text), search=False)
        if steps <= _FAST_STEPS or self._backs():
            self._check(steps, work)
            found = self._compiled.match(text)
            return -1 if found is None else found.end()
        spans = self._program(work, text).run(text, 0, anchored=True, whole=False)
        return -1 if spans is None else spans[0][1]

    def all(self, text: str, *, work: Callable[[int], None] | None = None) -> Iterator[Spans]:
        """Yield the matches from left to right; an empty one right after another match is left out."""
        at, last = 0, -1
        while at <= len(text):
            spans = self.search(text, at, work=work)
            if spans is None:
                return
            start, end = spans[0]
            if end > start or start != last:
                yield spans
                last = end
            at = end if end > start else end + 1

    def _backs(self) -> bool:
        return self._branches < 0

    def _check(self, steps: int, work: Callable[[int], None] | None) -> None:
        if steps > _MAX_BACK_STEPS:
            raise PatternError("Regular expression too big")
        if work is not None:
            work(steps // 50)

    def _program(self, work: Callable[[int], None] | None, text: str) -> Machine:
        if self._machine is None:
            self._machine = Program(self._pattern, self.groups, ignore_case=self.ignore_case)
        if work is not None:
            work(10 * len(text) * self._machine.size)
        return Machine(self._machine)


def _translate(pattern: Pattern) -> str:
    """Return the pattern in the syntax of `re`."""
    if isinstance(pattern, Chars):
        return _set(pattern)
    if isinstance(pattern, Concat):
        return "".join(map(_translate, pattern.items))
    if isinstance(pattern, Repeat):
        high = "" if pattern.high == UNBOUNDED else str(pattern.high)
        return f"(?:{_translate(pattern.item)}){{{pattern.low},{high}}}"
    if isinstance(pattern, Group):
        return f"({_translate(pattern.item)})"
    if isinstance(pattern, Either):
        return "(?:" + "|".join(map(_translate, pattern.options)) + ")"
    return f"(?:\\{pattern.number})" if isinstance(pattern, Back) else _AT[pattern.where]


def _set(chars: Chars) -> str:
    if not chars.ranges and not chars.negated and len(chars.singles) == 1:
        return re.escape(chars.singles)
    if not chars.ranges and not chars.singles:
        return "." if chars.negated else "(?!)"
    inside = "".join(f"\\U{ord(c):08x}" for c in chars.singles)
    inside += "".join(f"\\U{ord(a):08x}-\\U{ord(b):08x}" for a, b in chars.ranges)
    return f"[{'^' if chars.negated else ''}{inside}]"


def _cost(pattern: Pattern) -> tuple[int, int]:
    """Return (degree, branches): backtracking takes at most ``size ** degree * branches`` steps.

    A repeat whose body varies may be exponential: it gets a degree beyond all bounds. A pattern with
    back references has ``-branches``.
    """
    degree, branches = _measure(pattern)
    return (degree, -branches) if _has_back(pattern) else (degree, branches)


def _measure(pattern: Pattern) -> tuple[int, int]:
    if isinstance(pattern, Concat):
        measured = [_measure(item) for item in pattern.items]
        branches = 1
        for _, count in measured:
            branches = min(branches * count, 1 << 40)
        return sum(degree for degree, _ in measured), branches
    if isinstance(pattern, Either):
        measured = [_measure(item) for item in pattern.options]
        return max(d for d, _ in measured), sum(b for _, b in measured)
    if isinstance(pattern, Group):
        return _measure(pattern.item)
    if isinstance(pattern, Repeat):
        return _measure_repeat(pattern)
    return (1, 1) if isinstance(pattern, Back) else (0, 1)


def _measure_repeat(pattern: Repeat) -> tuple[int, int]:
    degree, branches = _measure(pattern.item)
    if pattern.high <= 1:
        return degree, branches + 1
    if (degree, branches) != (0, 1):
        return 99, 1
    if pattern.low == pattern.high:
        return 0, 1
    return (1, 1) if pattern.high == UNBOUNDED else (0, pattern.high - pattern.low + 1)


def _has_back(pattern: Pattern) -> bool:
    if isinstance(pattern, Concat):
        return any(map(_has_back, pattern.items))
    if isinstance(pattern, Either):
        return any(map(_has_back, pattern.options))
    if isinstance(pattern, Group | Repeat):
        return _has_back(pattern.item)
    return isinstance(pattern, Back)


@lru_cache(maxsize=2048)
def compile_regex(text: str, *, extended: bool, ignore_case: bool = False, controls: bool = False) -> Regex:
    """Return the matcher of a POSIX regular expression.

    Raises:
        PatternError: malformed, or too big.
    """
    if len(text) > 5_000:
        raise PatternError("Regular expression too big")
    pattern, groups = parse_regex(text, extended=extended, controls=controls)
    return _build(pattern, groups, ignore_case=ignore_case)


@lru_cache(maxsize=2048)
def compile_literal(text: str, *, ignore_case: bool = False) -> Regex:
    """Return the matcher of a fixed string."""
    return _build(literal(text), 0, ignore_case=ignore_case)


@lru_cache(maxsize=2048)
def compile_glob(text: str, *, ignore_case: bool = False, backwards: bool = False, lazy: bool = False) -> Regex:
    """Return the matcher of a shell pattern; `backwards` matches reversed texts, `lazy` takes the shortest."""
    pattern = parse_glob(text)
    if backwards:
        pattern = reverse(pattern)
    return LazyRegex(pattern, ignore_case=ignore_case) if lazy else _build(pattern, 0, ignore_case=ignore_case)


def _build(pattern: Pattern, groups: int, *, ignore_case: bool) -> Regex:
    try:
        return Regex(pattern, groups, ignore_case=ignore_case)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError("Invalid regular expression") from error


class LazyRegex(Regex):
    """A glob whose `prefix` is the shortest that matches."""

    __slots__ = ()

    def prefix(self, text: str, *, work: Callable[[int], None] | None = None) -> int:
        """Return the length of the shortest match at the start of the text; -1 if there is none."""
        if work is not None:
            work(len(text))
        return self._program(work, text).shortest(text)
