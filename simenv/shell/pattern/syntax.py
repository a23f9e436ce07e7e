"""Regular expressions and globs as a small tree: POSIX basic and extended syntax, and shell patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from simenv.shell.errors import ExpansionFault

UNBOUNDED = 1 << 30
_MAX_REPEAT = 1000
_MAX_NESTING = 40


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set.

    Attributes:
        singles: characters in the set.
        ranges: inclusive ranges of characters.
        negated: the set is the complement.
    """

    singles: str
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    @property
    def is_single(self) -> bool:
        """Whether this is one certain character."""
        return len(self.singles) == 1 and not self.ranges and not self.negated


@dataclass(frozen=True, slots=True)
class At:
    r"""A position: ``^``, ``$``, ``b`` (word boundary), ``B``, ``<`` or ``>`` (start or end of a word)."""

    where: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """`item`, from `low` to `high` times."""

    item: Pattern
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group."""

    number: int
    item: Pattern


@dataclass(frozen=True, slots=True)
class Back:
    """What group `number` matched."""

    number: int


@dataclass(frozen=True, slots=True)
class Concat:
    """One after the other."""

    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    options: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Any text but one of several (``!(…)`` of a glob)."""

    options: tuple[Pattern, ...]


Pattern: TypeAlias = "Chars | At | Repeat | Group | Back | Concat | Either | Except"

ANY = Chars("", (), True)
_SPACE = " \t\n\r\f\v"
_CLASSES: dict[str, Chars] = {
    "alpha": Chars("", (("a", "z"), ("A", "Z"))),
    "digit": Chars("", (("0", "9"),)),
    "alnum": Chars("", (("a", "z"), ("A", "Z"), ("0", "9"))),
    "upper": Chars("", (("A", "Z"),)),
    "lower": Chars("", (("a", "z"),)),
    "space": Chars(_SPACE),
    "blank": Chars(" \t"),
    "punct": Chars("", (("!", "/"), (":", "@"), ("[", "`"), ("{", "~"))),
    "xdigit": Chars("", (("0", "9"), ("a", "f"), ("A", "F"))),
    "print": Chars("", ((" ", "~"), ("\u00a0", "\U0010ffff"))),
    "graph": Chars("", (("!", "~"), ("\u00a1", "\U0010ffff"))),
    "cntrl": Chars("\x7f", (("\0", "\x1f"),)),
}
_WORD = Chars("_", (("a", "z"), ("A", "Z"), ("0", "9")))
_ESCAPES: dict[str, Pattern] = {
    "w": _WORD,
    "W": Chars(_WORD.singles, _WORD.ranges, True),
    "s": Chars(_SPACE),
    "S": Chars(_SPACE, (), True),
    "b": At("b"),
    "B": At("B"),
    "<": At("<"),
    ">": At(">"),
    "`": At("^"),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}


class PatternError(ExpansionFault):
    """A regular expression that is none, with the message that grep has for it."""


def parse_regex(text: str, *, extended: bool, controls: bool = True) -> tuple[Pattern, int]:
    r"""Return the pattern, and how many groups it has.

    Args:
        text: the regular expression.
        extended: ERE (``grep -E``); else BRE with GNU's ``\+ \? \|``.
        controls: ``\n`` and ``\t`` stand for control characters (sed), not for themselves.

    Raises:
        PatternError: it is malformed or too deep.
    """
    parser = _RegexParser(text, extended=extended, controls=controls)
    pattern = parser.alternatives(0)
    if parser.at < len(text):
        raise PatternError("Unmatched ) or \\)")
    return pattern, parser.groups


class _RegexParser:
    __slots__ = ("_closed", "_controls", "_extended", "_text", "at", "groups")

    def __init__(self, text: str, *, extended: bool, controls: bool) -> None:
        self._text = text
        self._extended = extended
        self._controls = controls
        self._closed: set[int] = set()
        self.at = 0
        self.groups = 0

    def _operator(self) -> str:
        """Return the operator at the present position, as ERE writes it; empty if a plain character stands there."""
        text, at = self._text, self.at
        char = text[at]
        if char == "\\":
            following = text[at + 1 : at + 2]
            return "" if self._extended or following not in tuple("(){|+?") else following
        if char == "*":
            return "*"
        return char if self._extended and char in "(){|+?" else ""

    def _step(self) -> None:
        self.at += 2 if self._text[self.at] == "\\" else 1

    def alternatives(self, level: int) -> Pattern:
        if level > _MAX_NESTING:
            raise PatternError("Regular expression too big")
        options = [self._sequence(level)]
        while self.at < len(self._text) and self._operator() == "|":
            self._step()
            options.append(self._sequence(level))
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self, level: int) -> Pattern:
        items: list[Pattern] = []
        while self.at < len(self._text):
            operator = self._operator()
            if operator == "|" or (operator == ")" and (level or not self._extended)):
                break
            repeats = operator in ("*", "+", "?") or (operator == "{" and self._bounds_follow())
            if repeats and items and not self._leads(items):
                items[-1] = self._repeat(items[-1], operator)
                continue
            items.append(self._atom(operator, items, level))
        return items[0] if len(items) == 1 else Concat(tuple(items))

    def _leads(self, items: list[Pattern]) -> bool:
        return not self._extended and (not items or items == [At("^")])

    def _bounds_follow(self) -> bool:
        return self._text[self.at + (1 if self._extended else 2) :][:1].isdigit() or (
            self._text[self.at + (1 if self._extended else 2) :][:1] == ","
        )

    def _repeat(self, item: Pattern, operator: str) -> Pattern:
        self._step()
        low, high = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}.get(operator) or self._bounds()
        if isinstance(item, Repeat) and (low, high) == (item.low, item.high) and high == UNBOUNDED:
            return item
        return Repeat(item, low, high)

    def _bounds(self) -> tuple[int, int]:
        close = "}" if self._extended else "\\}"
        end = self._text.find(close, self.at)
        if end < 0:
            raise PatternError("Unmatched { or \\{")
        low, comma, high = self._text[self.at : end].partition(",")
        self.at = end + len(close)
        if not (low or "0").isdecimal() or not (high or "0").isdecimal() or len(low + high) > 8:
            raise PatternError("Invalid content of \\{\\}")
        first = int(low or 0)
        if high:
            last = int(high)
        else:
            last = UNBOUNDED if comma else first
        if first > last or first > _MAX_REPEAT or _MAX_REPEAT < last < UNBOUNDED:
            raise PatternError("Invalid content of \\{\\}")
        return first, last

    def _atom(self, operator: str, items: list[Pattern], level: int) -> Pattern:
        text, char = self._text, self._text[self.at]
        if operator == "(":
            return self._group(level)
        if char == "[":
            found, self.at = parse_set(text, self.at)
            return found
        if char == "\\" and operator != "{":
            return self._escaped()
        self._step()
        if char == ".":
            return ANY
        if char == "^" and (self._extended or not items):
            return At("^")
        if char == "$" and (self._extended or self._ends()):
            return At("$")
        return Chars(operator if char == "\\" else char)

    def _ends(self) -> bool:
        return self.at >= len(self._text) or self._text.startswith(("\\)", "\\|"), self.at)

    def _group(self, level: int) -> Pattern:
        self._step()
        self.groups += 1
        number = self.groups
        inner = self.alternatives(level + 1)
        if self.at >= len(self._text) or self._operator() != ")":
            raise PatternError("Unmatched ( or \\(")
        self._step()
        self._closed.add(number)
        return Group(number, inner)

    def _escaped(self) -> Pattern:
        following = self._text[self.at + 1 : self.at + 2]
        self.at += 2
        if not following:
            raise PatternError("Trailing backslash")
        if following.isdecimal() and following in "123456789":
            if int(following) not in self._closed:
                raise PatternError("Invalid back reference")
            return Back(int(following))
        if following in _ESCAPES:
            return _ESCAPES[following]
        if self._controls and following in _CONTROLS:
            return Chars(_CONTROLS[following])
        return At("$") if following == "'" else Chars(following)


def parse_set(text: str, at: int) -> tuple[Chars, int]:
    """Return the bracket expression that starts at `at`, and the position after it.

    Raises:
        PatternError: it does not end.
    """
    start = at + 1
    negated = text[start : start + 1] in ("^", "!") and text[start : start + 1] != ""
    at = start + negated
    first = at
    singles: list[str] = []
    ranges: list[tuple[str, str]] = []
    while at < len(text) and (text[at] != "]" or at == first):
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            known = _CLASSES.get(text[at + 2 : end])
            if known is None:
                raise PatternError("Invalid character class name")
            singles.append(known.singles)
            ranges += known.ranges
            at = end + 2
        elif text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] not in ("", "]"):
            if text[at] > text[at + 2]:
                raise PatternError("Invalid range end")
            ranges.append((text[at], text[at + 2]))
            at += 3
        else:
            singles.append(text[at])
            at += 1
    if at >= len(text):
        raise PatternError("Unmatched [, [^, [:, [., or [=")
    return Chars("".join(singles), tuple(ranges), negated), at + 1


_EXTENDED = {"?": (0, 1), "*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "@": (1, 1)}


def parse_glob(text: str, *, extended: bool = False, level: int = 0) -> list[Pattern]:
    """Return the items of a shell glob, one after the other; a malformed bracket stands for itself.

    Raises:
        PatternError: it is too deep, or holds ``!(…)`` inside another group.
    """
    items: list[Pattern] = []
    at = 0
    while at < len(text):
        char = text[at]
        if extended and char in "?*+@!" and text[at + 1 : at + 2] == "(" and (end := _group_end(text, at + 1)):
            items.append(_extended(char, text[at + 2 : end - 1], level))
            at = end
            continue
        at += 1
        if char == "*":
            star = Repeat(ANY, 0, UNBOUNDED)
            if not items or items[-1] != star:
                items.append(star)
        elif char == "?":
            items.append(ANY)
        elif char == "[":
            try:
                found, at = parse_set(text, at - 1)
                items.append(found)
            except PatternError:
                items.append(Chars("["))
        elif char == "\\" and at < len(text):
            items.append(Chars(text[at]))
            at += 1
        else:
            items.append(Chars(char))
    return items


def _extended(kind: str, inside: str, level: int) -> Pattern:
    if level > _MAX_NESTING or (kind == "!" and level):
        raise PatternError("Regular expression too big" if kind != "!" else "!( ) in a group is not supported")
    options = [Concat(tuple(parse_glob(option, extended=True, level=level + 1))) for option in _options(inside)]
    return Except(tuple(options)) if kind == "!" else Repeat(Either(tuple(options)), *_EXTENDED[kind])


def _group_end(text: str, at: int) -> int:
    """Return the position after the bracket that closes the one at `at`; 0 if none does."""
    depth = 0
    while at < len(text):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at + 1
        at += 2 if text[at] == "\\" else 1
    return 0


def _options(text: str) -> list[str]:
    options, start, depth, at = [], 0, 0, 0
    while at < len(text):
        depth += (text[at] == "(") - (text[at] == ")")
        if text[at] == "|" and depth == 0:
            options.append(text[start:at])
            start = at + 1
        at += 2 if text[at] == "\\" else 1
    return [*options, text[start:]]
