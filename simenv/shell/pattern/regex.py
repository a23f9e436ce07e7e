r"""Matching with a promise: time grows with text × pattern, never exponentially, whatever the pattern.

RE2 does it, with the rule of POSIX: of the matches that start first, the longest. It has no back references, and knows
no ``\<`` or ``\>``. For those it runs a looser pattern, to find where a match may start, and `Backtracker` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import re2

from simenv.shell.pattern.backtrack import Backtracker, Effort, Spans
from simenv.shell.pattern.syntax import (
    ANY,
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
    parse_glob,
    parse_regex,
)

_MAX_TEXT, _MAX_SIZE = 5_000, 10_000
_MAX_MEMORY = 8 << 20
"""Bytes that RE2 may use for one pattern: enough for the largest that is let through."""
_STEPS_PER_WORK = 20
"""Characters × size of the pattern that count as one unit of work: RE2 takes some 4 ns for each at worst."""
_MAX_EXCLUDING = 300
_START = 60
"""What a match costs before the first character, as characters: RE2 takes up to 4 µs × size to compile the pattern."""
_AT = {"^": r"\A", "$": r"\z", "b": r"\b", "B": r"\B", "<": r"\b", ">": r"\b"}
_LOOSE = (At("<"), At(">"))

Work = Callable[[int], None]


class Regex:
    """A compiled pattern.

    Attributes:
        groups: how many capturing groups it has.

    All methods take `work`, which is called with the cost of each match, to charge a budget.

    Raises:
        PatternError: it is too big.
    """

    __slots__ = ("_backtracker", "_compiled", "_size", "groups")

    def __init__(self, pattern: Pattern, groups: int = 0, *, ignore_case: bool = False, lazy: bool = False) -> None:
        self.groups = groups
        self._size = _measure(pattern)
        if self._size > _MAX_SIZE:
            raise PatternError("Regular expression too big")
        options = re2.Options()
        options.case_sensitive = not ignore_case
        options.longest_match = not lazy
        options.log_errors = False
        options.max_mem = _MAX_MEMORY
        try:
            self._compiled = re2.compile(_translate(pattern, "?" if lazy else ""), options)
        except re2.error as error:
            raise PatternError("Regular expression too big") from error
        self._backtracker = Backtracker(pattern, groups, ignore_case=ignore_case) if _is_loose(pattern) else None

    def search(self, text: str, start: int = 0, *, work: Work | None = None) -> Spans | None:
        """Return the first match at or after `start`, or None: of those that start there, the longest."""
        return next(self._matches(text, start, work), None)

    def all(self, text: str, *, work: Work | None = None) -> Iterator[Spans]:
        """Yield the matches from left to right; an empty one right after another match is left out."""
        last = -1
        for spans in self._matches(text, 0, work):
            start, end = spans[0]
            if end > start or start != last:
                yield spans
                last = end

    def matches(self, text: str, *, work: Work | None = None) -> bool:
        """Return whether the whole text matches."""
        self._charge(work, len(text))
        if self._compiled.fullmatch(_encode(text)) is None:
            return False
        if self._backtracker is None:
            return True
        spans = self._backtracker.match(text, 0, Effort(work))
        return spans is not None and spans[0][1] == len(text)

    def prefix(self, text: str, *, work: Work | None = None) -> int:
        """Return the length of a glob's match at the start of the text; -1 if there is none."""
        self._charge(work, len(text))
        raw = _encode(text)
        found = self._compiled.match(raw)
        return -1 if found is None else len(_decode(raw[: found.end()]))

    def _matches(self, text: str, at: int, work: Work | None) -> Iterator[Spans]:
        """Yield the matches from left to right; the next is looked for where the last ended, or after it if it was empty."""
        raw = _encode(text)
        offset = len(_encode(text[:at]))
        effort = Effort(work)
        while at <= len(text):
            self._charge(work, len(text) - at)
            found = self._compiled.search(raw, offset)
            if found is None:
                return
            spans = self._spans(found, raw, offset, at)
            start = spans[0][0]
            confirmed = spans if self._backtracker is None else self._backtracker.match(text, start, effort)
            if confirmed is not None:
                yield confirmed
                effort = Effort(work)
            following = start + 1 if confirmed is None else max(start + 1, confirmed[0][1])
            offset += len(_encode(text[at:following]))
            at = following

    def _spans(self, found: re2._Match[bytes], raw: bytes, offset: int, at: int) -> Spans:
        """Return the spans in characters; byte `offset` of the text is its character `at`."""

        def position(byte: int) -> int:
            return byte if byte < 0 else at + len(_decode(raw[offset:byte]))

        return tuple((position(start), position(end)) for start, end in map(found.span, range(self.groups + 1)))

    def _charge(self, work: Work | None, size: int) -> None:
        if work is not None:
            work((_START + size) * self._size // _STEPS_PER_WORK)


class Literal(Regex):
    """The matcher of a fixed text, which may be as long as any value: RE2 would have to compile it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self.groups = 0
        self._size = 1
        self._text = text

    def matches(self, text: str, *, work: Work | None = None) -> bool:
        """Return whether this is the text."""
        self._charge(work, len(text))
        return text == self._text

    def prefix(self, text: str, *, work: Work | None = None) -> int:
        """Return the length of the fixed text if the text starts with it; else -1."""
        self._charge(work, len(self._text))
        return len(self._text) if text.startswith(self._text) else -1

    def _matches(self, text: str, at: int, work: Work | None) -> Iterator[Spans]:
        while at <= len(text):
            self._charge(work, len(text) - at)
            at = text.find(self._text, at)
            if at < 0:
                return
            end = at + len(self._text)
            yield ((at, end),)
            at = max(at + 1, end)


class _Excluding(Regex):
    """The matcher of a glob with ``!(…)``: the places where each of its items may end are followed from left to right."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[Pattern], *, ignore_case: bool) -> None:
        self.groups = 0
        self._items = [
            (_matcher(Either(item.options), ignore_case=ignore_case), True)
            if isinstance(item, Except)
            else (_matcher(item, ignore_case=ignore_case), False)
            for item in items
        ]

    def matches(self, text: str, *, work: Work | None = None) -> bool:
        """Return whether the whole text matches."""
        return len(text) in self._ends(text, work)

    def prefix(self, text: str, *, work: Work | None = None) -> int:
        """Return the length of the longest match at the start of the text; -1 if there is none."""
        return max(self._ends(text, work), default=-1)

    def _ends(self, text: str, work: Work | None) -> set[int]:
        if len(text) > _MAX_EXCLUDING:
            raise PatternError("Regular expression too big")
        ends = {0}
        for matcher, excluded in self._items:
            ends = {
                end
                for start in ends
                for end in range(start, len(text) + 1)
                if matcher.matches(text[start:end], work=work) != excluded
            }
        return ends

    def _matches(self, text: str, at: int, work: Work | None) -> Iterator[Spans]:
        raise PatternError("!( ) is not supported here")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _measure(pattern: Pattern) -> int:
    """Return how many steps the pattern has, repeats written out."""
    if isinstance(pattern, Concat):
        return sum(map(_measure, pattern.items))
    if isinstance(pattern, Either | Except):
        return len(pattern.options) + sum(map(_measure, pattern.options))
    if isinstance(pattern, Group):
        return 2 + _measure(pattern.item)
    if isinstance(pattern, Repeat):
        times = pattern.low + 1 if pattern.high == UNBOUNDED else pattern.high
        return 1 + times * _measure(pattern.item)
    return 1


def _is_loose(pattern: Pattern) -> bool:
    """Return whether RE2 may find matches of the pattern that are none."""
    if isinstance(pattern, Concat):
        return any(map(_is_loose, pattern.items))
    if isinstance(pattern, Either):
        return any(map(_is_loose, pattern.options))
    if isinstance(pattern, Group | Repeat):
        return _is_loose(pattern.item)
    return isinstance(pattern, Back) or pattern in _LOOSE


def _translate(pattern: Pattern, preference: str = "") -> str:
    """Return the pattern, or a looser one, in the syntax of RE2; `preference` follows every repeat."""
    if isinstance(pattern, Concat):
        return "".join(_translate(item, preference) for item in pattern.items)
    if isinstance(pattern, Either):
        return "(?:" + "|".join(_translate(item, preference) for item in pattern.options) + ")"
    if isinstance(pattern, Group):
        return f"({_translate(pattern.item, preference)})"
    if isinstance(pattern, Repeat):
        high = "" if pattern.high == UNBOUNDED else str(pattern.high)
        return f"(?:{_translate(pattern.item, preference)}){{{pattern.low},{high}}}{preference}"
    if isinstance(pattern, Chars):
        return _set(pattern)
    return _AT[pattern.where] if isinstance(pattern, At) else "(?s:.*)"


def _set(chars: Chars) -> str:
    if chars == ANY:
        return "(?s:.)"
    inside = "".join(f"\\x{{{ord(c):x}}}" for c in chars.singles)
    inside += "".join(f"\\x{{{ord(low):x}}}-\\x{{{ord(high):x}}}" for low, high in chars.ranges)
    return f"[{'^' if chars.negated else ''}{inside}]"


def _matcher(pattern: Pattern, groups: int = 0, *, ignore_case: bool = False, lazy: bool = False) -> Regex:
    items = pattern.items if isinstance(pattern, Concat) else (pattern,)
    singles = [item.singles for item in items if isinstance(item, Chars) and item.is_single]
    if len(singles) == len(items) and not ignore_case:
        return Literal("".join(singles))
    if any(isinstance(item, Except) for item in items):
        return _Excluding(items, ignore_case=ignore_case)
    return Regex(pattern, groups, ignore_case=ignore_case, lazy=lazy)


@lru_cache(maxsize=512)
def compile_regex(text: str, *, extended: bool, ignore_case: bool = False, controls: bool = False) -> Regex:
    """Return the matcher of a POSIX regular expression.

    Raises:
        PatternError: malformed, or too big.
    """
    if len(text) > _MAX_TEXT:
        raise PatternError("Regular expression too big")
    pattern, groups = parse_regex(text, extended=extended, controls=controls)
    return _matcher(pattern, groups, ignore_case=ignore_case)


@lru_cache(maxsize=512)
def compile_literal(text: str, *, ignore_case: bool = False) -> Regex:
    """Return the matcher of a fixed string. Raises PatternError if it is too big."""
    return _matcher(Concat(tuple(map(Chars, text))), ignore_case=ignore_case)


@lru_cache(maxsize=512)
def compile_glob(
    text: str, *, ignore_case: bool = False, backwards: bool = False, lazy: bool = False, extended: bool = False
) -> Regex:
    """Return the matcher of a shell pattern. Raises PatternError if it is too big.

    Args:
        text: the pattern.
        ignore_case: letters match in either case.
        backwards: the texts are reversed.
        lazy: `prefix` is the shortest match.
        extended: ``?(…) *(…) +(…) @(…)`` are understood (``shopt -s extglob``).
    """
    pattern = Concat(tuple(parse_glob(text, extended=extended)))
    return _matcher(_reversed(pattern) if backwards else pattern, ignore_case=ignore_case, lazy=lazy)


def _reversed(pattern: Pattern) -> Pattern:
    """Return the pattern of the reversed texts."""
    if isinstance(pattern, Concat):
        return Concat(tuple(map(_reversed, reversed(pattern.items))))
    if isinstance(pattern, Either):
        return Either(tuple(map(_reversed, pattern.options)))
    if isinstance(pattern, Repeat):
        return Repeat(_reversed(pattern.item), pattern.low, pattern.high)
    return pattern
