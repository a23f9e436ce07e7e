r"""Perl's regular expressions as a tree: what POSIX has, lazy and possessive repeats, assertions that look around, ``\K``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from simenv.shell.pattern.syntax import UNBOUNDED, At, Back, Chars, PatternError, parse_set

_MAX_NESTING = 40
_MAX_REPEAT = 1000
_DIGITS = (("0", "9"),)
_WORDS = (("a", "z"), ("A", "Z"), ("0", "9"))
_SPACE = " \t\n\r\f\v"
_CLASSES = {
    "d": Chars("", _DIGITS),
    "D": Chars("", _DIGITS, True),
    "w": Chars("_", _WORDS),
    "W": Chars("_", _WORDS, True),
    "s": Chars(_SPACE),
    "S": Chars(_SPACE, (), True),
    "h": Chars(" \t"),
    "N": Chars("\n", (), True),
    "R": Chars("\n\r\f\v"),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\033", "0": "\0"}
_PLACES = {"b": "b", "B": "B", "A": "A", "z": "z", "Z": "Z", "G": "A"}
_HEX = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Repeat:
    """`item`, from `low` to `high` times; `mode` is ``greedy``, ``lazy`` or ``possessive``."""

    item: Node
    low: int
    high: int
    mode: str = "greedy"


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group."""

    number: int
    item: Node


@dataclass(frozen=True, slots=True)
class Concat:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """The first of several that leads to a match."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """An assertion about what follows (`ahead`) or precedes; `negated`: that it does not."""

    item: Node
    ahead: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Atomic:
    """An item that is not tried again in another way."""

    item: Node


@dataclass(frozen=True, slots=True)
class Keep:
    r"""``\K``: the match begins here."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Characters in either case (``i``)."""

    item: Chars | Back


Node: TypeAlias = (
    "Chars | At | Back | Repeat | Group | Concat | Either | Look | Atomic | Keep | Folded"  # one line, for readers
)


class PerlParser:
    """Reads one pattern.

    Args:
        text: the pattern.
        flags: letters of ``i m s x`` that are on from the start.

    Attributes:
        groups: how many capturing groups there are.
        names: of the named ones → their numbers.
    """

    def __init__(self, text: str, flags: str = "") -> None:
        self._text = text
        self._flags = frozenset(flags)
        self._at = 0
        self.groups = 0
        self.names: dict[str, int] = {}

    def parse(self) -> Node:
        """Return the pattern. Raises PatternError if it is malformed."""
        node = self._alternatives(0)
        if self._at < len(self._text):
            raise PatternError("unmatched closing parenthesis")
        return node

    def _peek(self, size: int = 1) -> str:
        return self._text[self._at : self._at + size]

    def _take(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _alternatives(self, level: int) -> Node:
        if level > _MAX_NESTING:
            raise PatternError("regular expression is too large")
        flags = self._flags
        options = [self._sequence(level)]
        while self._take("|"):
            options.append(self._sequence(level))
        self._flags = flags
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self, level: int) -> Node:
        items: list[Node] = []
        while self._at < len(self._text) and self._peek() not in ("|", ")"):
            if "x" in self._flags and self._skip_space():
                continue
            bounds = self._bounds()
            if bounds is None:
                items.append(self._atom(level))
                continue
            if not items:
                raise PatternError("quantifier does not follow a repeatable item")
            items[-1] = Repeat(items[-1], *bounds, self._mode())
        return items[0] if len(items) == 1 else Concat(tuple(items))

    def _skip_space(self) -> bool:
        if self._peek() == "#":
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
            return True
        if self._peek() in tuple(_SPACE):
            self._at += 1
            return True
        return False

    def _bounds(self) -> tuple[int, int] | None:
        simple = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}.get(self._peek())
        if simple is not None:
            self._at += 1
            return simple
        end = self._text.find("}", self._at) if self._peek() == "{" else -1
        low, comma, high = self._text[self._at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not low.isdecimal() or not (high or "0").isdecimal() or len(low + high) > 8:
            return None  # a brace that stands for itself
        self._at = end + 1
        first = int(low)
        last = UNBOUNDED if comma and not high else int(high or low)
        if first > last or first > _MAX_REPEAT or _MAX_REPEAT < last < UNBOUNDED:
            raise PatternError("number too big in {} quantifier")
        return first, last

    def _mode(self) -> str:
        if self._take("?"):
            return "lazy"
        return "possessive" if self._take("+") else "greedy"

    def _atom(self, level: int) -> Node:
        char = self._peek()
        if char == "(":
            return self._group(level)
        if char == "[":
            return self._folded(self._set())
        self._at += 1
        if char == "\\":
            return self._escaped()
        if char == ".":
            return Chars("" if "s" in self._flags else "\n", (), True)
        if char in "^$":
            return At(char if "m" in self._flags else {"^": "A", "$": "Z"}[char])
        return self._folded(Chars(char))

    def _folded(self, item: Chars | Back) -> Node:
        return Folded(item) if "i" in self._flags else item

    def _set(self) -> Chars:
        """Return a bracket expression, in which backslashes escape."""
        text, at = self._text, self._at + 1
        negated = text[at : at + 1] == "^"
        at += negated
        singles = ""
        ranges: list[tuple[str, str]] = []
        first = at
        while at < len(text) and (text[at] != "]" or at == first):
            if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
                named, _ = parse_set(f"[{text[at : end + 2]}]", 0)
                singles, at = singles + named.singles, end + 2
                ranges += named.ranges
                continue
            item, at = self._member(at)
            if item.ranges or item.negated or len(item.singles) != 1:
                item = _complement(item) if item.negated else item
                singles += item.singles
                ranges += item.ranges
            elif text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
                last, at = self._member(at + 1)
                if not last.is_single or last.singles < item.singles:
                    raise PatternError("range out of order in character class")
                ranges.append((item.singles, last.singles))
            else:
                singles += item.singles
        if at >= len(text):
            raise PatternError("missing terminating ] for character class")
        self._at = at + 1
        return Chars(singles, tuple(ranges), negated)

    def _member(self, at: int) -> tuple[Chars, int]:
        if self._text[at] != "\\":
            return Chars(self._text[at]), at + 1
        self._at = at + 1
        if self._peek() == "b":
            self._at += 1
            return Chars("\b"), self._at
        found = self._escaped(plain=True)
        if not isinstance(found, Chars):
            raise PatternError("invalid escape sequence in character class")
        return found, self._at

    def _escaped(self, *, plain: bool = False) -> Node:
        """Return what a backslash and the next character stand for; the backslash has been read."""
        char = self._peek()
        if not char:
            raise PatternError("\\ at end of pattern")
        self._at += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _PLACES and not plain:
            return At(_PLACES[char])
        if char == "K" and not plain:
            return Keep()
        if char in "123456789" and not plain:
            return self._folded(Back(int(char)))
        if char == "k" and self._peek() in ("<", "{", "'"):
            return self._folded(
                Back(self._named(self._text.find({"<": ">", "{": "}", "'": "'"}[self._peek()], self._at + 1)))
            )
        if char == "x":
            return Chars(self._hexadecimal())
        if char == "Q":
            end = self._text.find("\\E", self._at)
            quoted = self._text[self._at : end if end >= 0 else len(self._text)]
            self._at += len(quoted) + (2 if end >= 0 else 0)
            return Concat(tuple(self._folded(Chars(one)) for one in quoted))
        if char == "E":
            return Concat(())
        return Chars(_CONTROLS[char]) if char in _CONTROLS else self._folded(Chars(char))

    def _named(self, end: int) -> int:
        name = self._text[self._at + 1 : end] if end > 0 else ""
        if name not in self.names:
            raise PatternError("reference to non-existent subpattern")
        self._at = end + 1
        return self.names[name]

    def _hexadecimal(self) -> str:
        if self._take("{"):
            end = self._text.find("}", self._at)
            digits = self._text[self._at : end] if end >= 0 else ""
            self._at = end + 1
        else:
            digits = "".join(char for char in self._peek(2) if char in _HEX)
            self._at += len(digits)
        if not set(digits) <= _HEX or len(digits) > 5:
            raise PatternError("character code point value in \\x{} or \\o{} is too large")
        return chr(int(digits or "0", 16))

    def _group(self, level: int) -> Node:
        self._at += 1
        if not self._take("?"):
            return self._capture(level)
        for mark, ahead, negated in (("=", True, False), ("!", True, True), ("<=", False, False), ("<!", False, True)):
            if self._take(mark):
                return Look(self._inner(level), ahead, negated)
        if self._take(">"):
            return Atomic(self._inner(level))
        if self._take("#"):
            self._at = self._text.find(")", self._at) + 1 or len(self._text)
            return Concat(())
        for mark, close in (("P<", ">"), ("<", ">"), ("'", "'")):
            if self._take(mark):
                end = self._text.find(close, self._at)
                self.names[self._text[self._at : end]] = self.groups + 1
                self._at = end + 1
                return self._capture(level)
        return self._flagged(level)

    def _capture(self, level: int) -> Node:
        self.groups += 1
        number = self.groups
        return Group(number, self._inner(level))

    def _flagged(self, level: int) -> Node:
        """Read ``(?i)``, which holds to the end of the group, or ``(?i:…)``."""
        flags, on = set(self._flags), True
        while self._peek() not in (":", ")", ""):
            char = self._peek()
            if char not in "imsx-":
                raise PatternError("unrecognized character after (? or (?-")
            on = on and char != "-"
            (flags.add if on else flags.discard)(char)
            self._at += 1
        if self._take(")"):
            self._flags = frozenset(flags)
            return Concat(())
        self._at += 1
        before, self._flags = self._flags, frozenset(flags)
        inner = self._inner(level)
        self._flags = before
        return inner

    def _inner(self, level: int) -> Node:
        node = self._alternatives(level + 1)
        if not self._take(")"):
            raise PatternError("missing closing parenthesis")
        return node


def _complement(chars: Chars) -> Chars:
    """Return a negated set as ranges, so that it can stand among others."""
    taken = sorted([(ord(c), ord(c)) for c in chars.singles] + [(ord(a), ord(b)) for a, b in chars.ranges])
    ranges, start = [], 0
    for low, high in taken:
        if low > start:
            ranges.append((chr(start), chr(low - 1)))
        start = high + 1
    return Chars("", (*ranges, (chr(start), "\U0010ffff")))


def widths(node: Node) -> tuple[int, int]:
    """Return the least and the greatest number of characters that a node can match."""
    if isinstance(node, Chars | Folded):
        inner = node.item if isinstance(node, Folded) else node
        return (0, UNBOUNDED) if isinstance(inner, Back) else (1, 1)
    if isinstance(node, Group | Atomic):
        return widths(node.item)
    if isinstance(node, Concat):
        pairs = [widths(item) for item in node.items]
        return sum(low for low, _ in pairs), min(UNBOUNDED, sum(high for _, high in pairs))
    if isinstance(node, Either):
        pairs = [widths(item) for item in node.options]
        return min(low for low, _ in pairs), max(high for _, high in pairs)
    if isinstance(node, Repeat):
        low, high = widths(node.item)
        return low * node.low, min(UNBOUNDED, high * node.high)
    return (0, UNBOUNDED) if isinstance(node, Back) else (0, 0)
