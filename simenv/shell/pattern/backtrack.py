r"""What RE2 cannot do: back references, and the start and end of a word (``\<``, ``\>``).

A pattern becomes a list of steps, and a depth-first search walks them at one place of the text. It never takes a state
twice, where a state is the step, the position, and what the groups that are referred to hold; and the number of states
is limited. So a pattern without back references costs at most text × pattern, and one with them is refused if it costs
more than the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simenv.shell.pattern.syntax import (
    UNBOUNDED,
    At,
    Back,
    Chars,
    Concat,
    Either,
    Except,
    Group,
    Pattern,
    PatternError,
    Repeat,
)

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Start and end of the match and of each group; (-1, -1) for a group that took no part."""

_MAX_STATES = 300_000
_WORK_PER_STATE = 10
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class _Fork:
    """Go on at each of these steps; the first is preferred."""

    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Save:
    """Note the position: an even slot holds where a group starts, the odd one after it where it ends."""

    slot: int


class Effort:
    """Counts the states of one search, over all places where it looks, and charges them to a budget."""

    __slots__ = ("_left", "_work")

    def __init__(self, work: Callable[[int], None] | None) -> None:
        self._left = _MAX_STATES
        self._work = work

    def spend(self) -> None:
        """Count one state. Raises PatternError if they are too many."""
        self._left -= 1
        if self._left < 0:
            raise PatternError("Regular expression too big")
        if self._work is not None:
            self._work(_WORK_PER_STATE)


class Backtracker:
    """Finds the longest match at a position."""

    __slots__ = ("_groups", "_ignore_case", "_referenced", "_steps")

    def __init__(self, pattern: Pattern, groups: int, *, ignore_case: bool) -> None:
        self._groups = groups
        self._ignore_case = ignore_case
        self._referenced: tuple[int, ...] = ()
        self._steps: list[Chars | At | Back | _Fork | _Save] = []
        self._emit(pattern)

    def match(self, text: str, start: int, effort: Effort) -> Spans | None:
        """Return the longest match that starts at `start`, or None; of several as long, the one that is preferred.

        Raises:
            PatternError: the search takes too much effort.
        """
        best: tuple[int, tuple[int, ...]] | None = None
        stack = [(0, start, (-1,) * (2 * self._groups))]
        seen: set[tuple[int, ...]] = set()
        while stack and not (best and best[0] == len(text)):
            index, at, saved = stack.pop()
            state = (index, at, *[saved[slot] for slot in self._referenced])
            if state in seen:
                continue
            seen.add(state)
            effort.spend()
            if index == len(self._steps):
                best = (at, saved) if best is None or at > best[0] else best
                continue
            step = self._steps[index]
            if isinstance(step, _Fork):
                stack += [(target, at, saved) for target in reversed(step.targets)]
            elif isinstance(step, _Save):
                stack.append((index + 1, at, (*saved[: step.slot], at, *saved[step.slot + 1 :])))
            elif (size := self._reads(step, text, at, saved)) >= 0:
                stack.append((index + 1, at + size, saved))
        if best is None:
            return None
        end, saved = best
        return ((start, end), *zip(saved[::2], saved[1::2], strict=True))

    def _reads(self, step: Chars | At | Back, text: str, at: int, saved: tuple[int, ...]) -> int:
        """Return how many characters the step reads here; -1 if it does not match."""
        if isinstance(step, At):
            return 0 if _holds(step.where, text, at) else -1
        if isinstance(step, Chars):
            return 1 if at < len(text) and self._contains(step, text[at]) else -1
        start, end = saved[2 * step.number - 2 : 2 * step.number]
        before, here = text[start:end], text[at : at + end - start]
        same = before == here or (self._ignore_case and before.lower() == here.lower())
        return end - start if start >= 0 and same else -1

    def _contains(self, chars: Chars, char: str) -> bool:
        forms = {char, char.lower(), char.upper()} if self._ignore_case else {char}
        inside = any(c in chars.singles or any(low <= c <= high for low, high in chars.ranges) for c in forms)
        return inside != chars.negated

    def _emit(self, pattern: Pattern) -> None:
        if isinstance(pattern, Concat):
            for item in pattern.items:
                self._emit(item)
        elif isinstance(pattern, Group):
            self._steps.append(_Save(2 * pattern.number - 2))
            self._emit(pattern.item)
            self._steps.append(_Save(2 * pattern.number - 1))
        elif isinstance(pattern, Either):
            self._emit_either(pattern)
        elif isinstance(pattern, Repeat):
            self._emit_repeat(pattern)
        elif not isinstance(pattern, Except):  # that is of globs, which do not come here
            if isinstance(pattern, Back):
                self._referenced += (2 * pattern.number - 2, 2 * pattern.number - 1)
            self._steps.append(pattern)

    def _emit_either(self, pattern: Either) -> None:
        fork = self._reserve()
        starts, ends = [], []
        for option in pattern.options:
            starts.append(len(self._steps))
            self._emit(option)
            ends.append(self._reserve())
        self._steps[fork] = _Fork(tuple(starts))
        for end in ends:
            self._steps[end] = _Fork((len(self._steps),))

    def _emit_repeat(self, pattern: Repeat) -> None:
        for _ in range(pattern.low):
            self._emit(pattern.item)
        if pattern.high == UNBOUNDED:
            fork = self._reserve()
            self._emit(pattern.item)
            self._steps.append(_Fork((fork,)))
            self._steps[fork] = _Fork((fork + 1, len(self._steps)))
            return
        forks = []
        for _ in range(pattern.high - pattern.low):
            forks.append(self._reserve())
            self._emit(pattern.item)
        for fork in forks:
            self._steps[fork] = _Fork((fork + 1, len(self._steps)))

    def _reserve(self) -> int:
        """Return the index of a fork whose targets are set later."""
        self._steps.append(_Fork(()))
        return len(self._steps) - 1


def _holds(where: str, text: str, at: int) -> bool:
    if where == "^":
        return at == 0
    if where == "$":
        return at == len(text)
    before = at > 0 and text[at - 1] in _WORD
    after = at < len(text) and text[at] in _WORD
    return {"b": before != after, "B": before == after, "<": not before and after, ">": before and not after}[where]
