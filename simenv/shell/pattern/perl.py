"""Matching as Perl does (``grep -P``): the first way that leads to a match, found by a search of bounded effort.

A pattern becomes a list of steps, as in `simenv.shell.pattern.backtrack`, which looks for the longest match instead. No state
(step, position, what the groups that are referred to hold) is tried twice in a search, so that without back references the
cost grows with text × pattern; beyond a number of states a pattern is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from simenv.shell.pattern.backtrack import Effort, Spans
from simenv.shell.pattern.perl_syntax import (
    Atomic,
    Concat,
    Either,
    Folded,
    Group,
    Keep,
    Look,
    Node,
    PerlParser,
    Repeat,
    widths,
)
from simenv.shell.pattern.regex import Work
from simenv.shell.pattern.syntax import UNBOUNDED, At, Back, Chars, PatternError

_MAX_TEXT, _MAX_STEPS = 5_000, 10_000
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class _Fork:
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Save:
    slot: int


@dataclass(frozen=True, slots=True)
class _Inner:
    """A pattern of its own within the pattern: an assertion, or an atomic group."""

    program: _Program
    kind: str
    negated: bool = False
    low: int = 0
    high: int = 0


_Step: TypeAlias = "Chars | At | Back | Folded | _Fork | _Save | _Inner"


class _Program:
    """The steps of a pattern; slots 0 and 1 of what is saved hold the match, the others the groups."""

    __slots__ = ("referenced", "steps")

    def __init__(self, node: Node) -> None:
        self.steps: list[_Step] = []
        self.referenced: tuple[int, ...] = ()
        self._emit(node)

    def _emit(self, node: Node) -> None:
        if len(self.steps) > _MAX_STEPS:
            raise PatternError("regular expression is too large")
        if isinstance(node, Concat):
            for item in node.items:
                self._emit(item)
        elif isinstance(node, Group):
            self.steps.append(_Save(2 * node.number))
            self._emit(node.item)
            self.steps.append(_Save(2 * node.number + 1))
        elif isinstance(node, Either):
            self._emit_either(node)
        elif isinstance(node, Repeat):
            self._emit_repeat(node)
        elif isinstance(node, Atomic):
            self._emit_inner(node.item, "atomic")
        elif isinstance(node, Look):
            self._emit_look(node)
        elif isinstance(node, Keep):
            self.steps.append(_Save(0))
        else:
            self._emit_simple(node)

    def _emit_simple(self, node: Chars | At | Back | Folded) -> None:
        inner = node.item if isinstance(node, Folded) else node
        if isinstance(inner, Back):
            self.referenced += (2 * inner.number, 2 * inner.number + 1)
        self.steps.append(node)

    def _emit_look(self, node: Look) -> None:
        if node.ahead:
            self._emit_inner(node.item, "ahead", negated=node.negated)
            return
        low, high = widths(node.item)
        if high >= UNBOUNDED:
            raise PatternError("lookbehind assertion is not fixed length")
        self._emit_inner(node.item, "behind", negated=node.negated, low=low, high=high)

    def _emit_inner(self, node: Node, kind: str, *, negated: bool = False, low: int = 0, high: int = 0) -> None:
        program = _Program(node)
        self.referenced += program.referenced
        self.steps.append(_Inner(program, kind, negated, low, high))

    def _emit_either(self, node: Either) -> None:
        fork = self._reserve()
        starts, ends = [], []
        for option in node.options:
            starts.append(len(self.steps))
            self._emit(option)
            ends.append(self._reserve())
        self.steps[fork] = _Fork(tuple(starts))
        for end in ends:
            self.steps[end] = _Fork((len(self.steps),))

    def _emit_repeat(self, node: Repeat) -> None:
        if node.mode == "possessive":
            self._emit_inner(Repeat(node.item, node.low, node.high), "atomic")
            return
        for _ in range(node.low):
            self._emit(node.item)
        forks = []
        rounds = 1 if node.high == UNBOUNDED else node.high - node.low
        for _ in range(rounds):
            forks.append(self._reserve())
            self._emit(node.item)
        if node.high == UNBOUNDED:
            self.steps.append(_Fork((forks[0],)))
        for fork in forks:
            ways = (fork + 1, len(self.steps))
            self.steps[fork] = _Fork(ways if node.mode == "greedy" else ways[::-1])

    def _reserve(self) -> int:
        self.steps.append(_Fork(()))
        return len(self.steps) - 1


class PerlRegex:
    """A compiled pattern; its methods are those of `simenv.shell.pattern.regex.Regex`.

    Attributes:
        groups: how many capturing groups it has.
        names: of the named ones → their numbers.
    """

    __slots__ = ("_flags", "_program", "_text", "groups", "names")

    def __init__(self, text: str, flags: str = "") -> None:
        if len(text) > _MAX_TEXT:
            raise PatternError("regular expression is too large")
        self._text, self._flags = text, flags
        parser = PerlParser(text, flags)
        node = parser.parse()
        self._program = _Program(node)
        self.groups = parser.groups
        self.names = dict(parser.names)
        if any(slot > 2 * self.groups + 1 for slot in self._program.referenced):
            raise PatternError("reference to non-existent subpattern")

    def search(self, text: str, start: int = 0, *, work: Work | None = None) -> Spans | None:
        """Return the first match at or after `start`, and its groups; None if there is none."""
        effort = Effort(work)
        seen: set[tuple[int, ...]] = set()
        for at in range(start, len(text) + 1):
            saved = (at, -1, *(-1,) * (2 * self.groups))
            found = _run(self._program, text, at, saved, effort, seen)
            if found is not None:
                end, saved = found
                return ((saved[0], end), *zip(saved[2::2], saved[3::2], strict=True))
        return None

    def all(self, text: str, *, work: Work | None = None) -> Iterator[Spans]:
        """Yield the matches from left to right."""
        at = 0
        while at <= len(text):
            found = self.search(text, at, work=work)
            if found is None:
                return
            yield found
            start, end = found[0]
            at = end if end > at and end > start else max(end, at) + 1

    def matches(self, text: str, *, work: Work | None = None) -> bool:
        """Return whether the whole text matches."""
        return self._whole().search(text, work=work) is not None

    def _whole(self) -> PerlRegex:
        """Return the matcher of the same pattern from the start of a text to its end."""
        return compile_perl(rf"\A(?:{self._text})\z", self._flags)


def _run(
    program: _Program, text: str, start: int, saved: tuple[int, ...], effort: Effort, seen: set[tuple[int, ...]]
) -> tuple[int, tuple[int, ...]] | None:
    """Return where the first match from `start` ends, and what it saved; None if there is none."""
    stack = [(0, start, saved)]
    steps, referenced = program.steps, program.referenced
    while stack:
        index, at, held = stack.pop()
        state = (index, at, *[held[slot] for slot in referenced])
        if state in seen:
            continue
        seen.add(state)
        effort.spend()
        if index == len(steps):
            return at, held
        step = steps[index]
        if isinstance(step, _Fork):
            stack += [(target, at, held) for target in reversed(step.targets)]
        elif isinstance(step, _Save):
            stack.append((index + 1, at, (*held[: step.slot], at, *held[step.slot + 1 :])))
        elif isinstance(step, _Inner):
            if (found := _inner(step, text, at, held, effort)) is not None:
                stack.append((index + 1, *found))
        elif (size := _reads(step, text, at, held)) >= 0:
            stack.append((index + 1, at + size, held))
    return None


def _inner(
    step: _Inner, text: str, at: int, held: tuple[int, ...], effort: Effort
) -> tuple[int, tuple[int, ...]] | None:
    """Return where to go on after an inner pattern, and what is saved; None if it does not hold."""
    if step.kind == "behind":
        starts = range(max(0, at - step.high), at - step.low + 1)
        held_there = any(
            (found := _run(step.program, text[:at], start, held, effort, set())) is not None and found[0] == at
            for start in starts
        )
        return (at, held) if held_there != step.negated else None
    found = _run(step.program, text, at, held, effort, set())
    if step.negated:
        return (at, held) if found is None else None
    if found is None:
        return None
    return found if step.kind == "atomic" else (at, found[1])


def _reads(step: Chars | At | Back | Folded, text: str, at: int, held: tuple[int, ...]) -> int:
    """Return how many characters a step reads here; -1 if it does not match."""
    folded = isinstance(step, Folded)
    item = step.item if isinstance(step, Folded) else step
    if isinstance(item, At):
        return 0 if _holds(item.where, text, at) else -1
    if isinstance(item, Chars):
        return 1 if at < len(text) and _contains(item, text[at], folded=folded) else -1
    start, end = held[2 * item.number : 2 * item.number + 2]
    before, here = text[start:end], text[at : at + end - start]
    same = before == here or (folded and before.lower() == here.lower())
    return end - start if start >= 0 and same else -1


def _contains(chars: Chars, char: str, *, folded: bool) -> bool:
    forms = {char, char.lower(), char.upper()} if folded else {char}
    inside = any(c in chars.singles or any(low <= c <= high for low, high in chars.ranges) for c in forms)
    return inside != chars.negated


def _holds(where: str, text: str, at: int) -> bool:
    if where in "Az":
        return at == (0 if where == "A" else len(text))
    if where == "Z":
        return at == len(text) or (at == len(text) - 1 and text[at] == "\n")
    if where == "^":
        return at == 0 or text[at - 1] == "\n"
    if where == "$":
        return at == len(text) or text[at] == "\n"
    before = at > 0 and text[at - 1] in _WORD
    after = at < len(text) and text[at] in _WORD
    return (before != after) == (where == "b")


@lru_cache(maxsize=512)
def compile_perl(text: str, flags: str = "") -> PerlRegex:
    """Return the matcher of a Perl regular expression with flags ``i m s x``. Raises PatternError if it is malformed."""
    return PerlRegex(text, flags)
