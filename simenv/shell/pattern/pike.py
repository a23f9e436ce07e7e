"""A matcher that follows all alternatives at once, in time proportional to text × pattern."""

from __future__ import annotations

from typing import NamedTuple

from simenv.shell.pattern.syntax import UNBOUNDED, At, Back, Chars, Concat, Either, Group, Pattern, PatternError, Repeat

_MAX_SIZE = 4_000
_CHAR, _SPLIT, _JUMP, _SAVE, _AT, _MATCH = range(6)
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Step(NamedTuple):
    """One instruction: what to do, where to go on (first and second choice), and its operand."""

    kind: int
    to: int = 0
    other: int = 0
    slot: int = 0
    chars: Chars | None = None
    where: str = ""


class Program:
    """A pattern as instructions.

    Raises:
        PatternError: it is too long, or refers back.
    """

    __slots__ = ("groups", "ignore_case", "steps")

    def __init__(self, pattern: Pattern, groups: int, *, ignore_case: bool) -> None:
        self.groups = groups
        self.ignore_case = ignore_case
        self.steps: list[Step] = []
        self._emit(pattern)
        self.steps.append(Step(_MATCH))

    @property
    def size(self) -> int:
        """How many instructions it has."""
        return len(self.steps)

    def _add(self, step: Step) -> int:
        if len(self.steps) >= _MAX_SIZE:
            raise PatternError("Regular expression too big")
        self.steps.append(step)
        return len(self.steps) - 1

    def _emit(self, pattern: Pattern) -> None:
        if isinstance(pattern, Chars):
            self._add(Step(_CHAR, len(self.steps) + 1, chars=pattern))
        elif isinstance(pattern, Concat):
            for item in pattern.items:
                self._emit(item)
        elif isinstance(pattern, At):
            self._add(Step(_AT, len(self.steps) + 1, where=pattern.where))
        elif isinstance(pattern, Group):
            self._add(Step(_SAVE, len(self.steps) + 1, slot=2 * pattern.number))
            self._emit(pattern.item)
            self._add(Step(_SAVE, len(self.steps) + 1, slot=2 * pattern.number + 1))
        elif isinstance(pattern, Either):
            self._emit_either(pattern)
        elif isinstance(pattern, Back):
            raise PatternError("Regular expression too big")
        else:
            self._emit_repeat(pattern)

    def _emit_either(self, pattern: Either) -> None:
        jumps = []
        for option in pattern.options[:-1]:
            split = self._add(Step(_SPLIT))
            self._emit(option)
            jumps.append(self._add(Step(_JUMP)))
            self.steps[split] = Step(_SPLIT, split + 1, len(self.steps))
        self._emit(pattern.options[-1])
        for jump in jumps:
            self.steps[jump] = Step(_JUMP, len(self.steps))

    def _emit_repeat(self, pattern: Repeat) -> None:
        for _ in range(pattern.low):
            self._emit(pattern.item)
        if pattern.high == UNBOUNDED:
            split = self._add(Step(_SPLIT))
            self._emit(pattern.item)
            self._add(Step(_JUMP, split))
            self.steps[split] = Step(_SPLIT, split + 1, len(self.steps))
            return
        splits = []
        for _ in range(pattern.high - pattern.low):
            splits.append(self._add(Step(_SPLIT)))
            self._emit(pattern.item)
        for split in splits:
            self.steps[split] = Step(_SPLIT, split + 1, len(self.steps))


_Saved = tuple[int, ...]


class Machine:
    """Runs a program over one text."""

    __slots__ = ("_program", "_size", "_text")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._text = ""
        self._size = 0

    def run(self, text: str, start: int, *, anchored: bool, whole: bool) -> tuple[tuple[int, int], ...] | None:
        """Return the preferred match at or after `start` (`anchored`: only there; `whole`: up to the end), or None."""
        self._text, self._size = text, len(text)
        empty: _Saved = (-1,) * (2 * self._program.groups + 2)
        threads: dict[int, _Saved] = {}
        best: _Saved | None = None
        for at in range(start, self._size + 1):
            if best is None and (not anchored or at == start):
                self._follow(threads, 0, at, (at, *empty[1:]))
            threads, found = self._advance(threads, at, whole=whole)
            best = best if found is None else found
            if not threads and (best is not None or anchored):
                break
        return None if best is None else tuple(zip(best[::2], best[1::2], strict=True))

    def shortest(self, text: str) -> int:
        """Return the length of the shortest match at the start; -1 if there is none."""
        self._text, self._size = text, len(text)
        steps = self._program.steps
        threads: dict[int, _Saved] = {}
        self._follow(threads, 0, 0, (0, -1))
        for at in range(self._size + 1):
            if any(steps[index].kind == _MATCH for index in threads):
                return at
            threads, _ = self._advance(threads, at, whole=True)
            if not threads:
                break
        return -1

    def _advance(self, threads: dict[int, _Saved], at: int, *, whole: bool) -> tuple[dict[int, _Saved], _Saved | None]:
        steps = self._program.steps
        following: dict[int, _Saved] = {}
        char = self._text[at] if at < self._size else None
        for index, saved in threads.items():
            step = steps[index]
            if step.kind == _MATCH:
                if not whole or char is None:
                    return following, (saved[0], at, *saved[2:])
            elif char is not None and step.chars is not None and self._has(step.chars, char):
                self._follow(following, step.to, at + 1, saved)
        return following, None

    def _has(self, chars: Chars, char: str) -> bool:
        if not self._program.ignore_case:
            return contains(chars, char)
        plain = Chars(chars.singles, chars.ranges)
        return any(contains(plain, c) for c in {char, char.lower(), char.upper()}) != chars.negated

    def _follow(self, threads: dict[int, _Saved], index: int, at: int, saved: _Saved) -> None:
        """Add the threads reachable without reading, in order of preference."""
        steps = self._program.steps
        stack = [(index, saved)]
        seen: set[int] = set()
        while stack:
            index, saved = stack.pop()
            if index in seen or index in threads:
                continue
            step = steps[index]
            if step.kind in (_CHAR, _MATCH):
                threads[index] = saved
                continue
            seen.add(index)
            if step.kind == _SPLIT:
                stack.append((step.other, saved))
                stack.append((step.to, saved))
            elif step.kind == _JUMP:
                stack.append((step.to, saved))
            elif step.kind == _SAVE:
                stack.append((step.to, (*saved[: step.slot], at, *saved[step.slot + 1 :])))
            elif self._holds(step.where, at):
                stack.append((step.to, saved))

    def _holds(self, where: str, at: int) -> bool:
        if where == "^":
            return at == 0
        if where == "$":
            return at == self._size
        before = at > 0 and self._text[at - 1] in _WORD
        after = at < self._size and self._text[at] in _WORD
        return {"b": before != after, "B": before == after, "<": not before and after, ">": before and not after}[where]


def contains(chars: Chars, char: str) -> bool:
    """Return whether the set has the character."""
    inside = char in chars.singles or any(low <= char <= high for low, high in chars.ranges)
    return inside != chars.negated
