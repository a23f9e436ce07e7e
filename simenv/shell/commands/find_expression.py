"""The expressions of find: what is asked of each file, and what is done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simenv.machine.nodes import FileError, Node
from simenv.machine.numbers import user_number
from simenv.shell.commands.dates import parse_date, strftime
from simenv.shell.commands.listing import Entry
from simenv.shell.commands.modes import change_mode, show_mode
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.pattern.regex import compile_glob, compile_regex

Test = Callable[[Entry], bool]
_UNITS = {"c": 1, "w": 2, "b": 512, "k": 1024, "M": 1024**2, "G": 1024**3, "": 512}
_KINDS = {"f": "file", "d": "dir", "l": "link"}


@dataclass(slots=True)
class Term:
    """A conjunct of find's expression: a test, or an action."""

    test: Test | None = None
    action: str = ""
    words: tuple[str, ...] = ()
    negated: bool = False
    inner: list[list[Term]] | None = None


@dataclass(slots=True)
class Query:
    """What a call of find asks for, and what its walk remembers."""

    inv: Invocation
    least: int = 0
    most: int = 1 << 30
    depth_first: bool = False
    acts: bool = False
    extended: bool = False
    over: bool = False
    written: dict[str, list[str]] = field(default_factory=dict)
    pruned: set[str] = field(default_factory=set)
    batches: dict[int, tuple[tuple[str, ...], list[str]]] = field(default_factory=dict)


class Expression:
    """find's expressions: terms side by side, ``-o`` between, ``!`` and brackets."""

    def __init__(self, query: Query, words: list[str]) -> None:
        self._query = query
        self._words = words
        self._at = 0
        self._depth = 0

    def all(self) -> list[list[Term]]:
        """Return the alternatives, each a list of conjuncts. Raises UsageFault."""
        result = self._either()
        if self._at < len(self._words):
            raise UsageFault(f"find: paths must precede expression: `{self._words[self._at]}'")
        return result

    def _either(self) -> list[list[Term]]:
        self._depth += 1
        if self._depth > 30:
            raise UsageFault("find: expression too deep")
        options: list[list[Term]] = [[]]
        while self._at < len(self._words) and self._words[self._at] != ")":
            word = self._words[self._at]
            if word in ("-o", "-or"):
                self._at += 1
                options.append([])
            elif word in ("-a", "-and"):
                self._at += 1
            else:
                options[-1].append(self._term())
        self._depth -= 1
        return options

    def _take(self, option: str) -> str:
        self._at += 1
        if self._at > len(self._words):
            raise UsageFault(f"find: missing argument to `{option}'")
        return self._words[self._at - 1]

    def _term(self) -> Term:
        word = self._take("")
        if word in ("!", "-not"):
            term = self._term()
            term.negated = not term.negated
            return term
        if word == "(":
            inner = self._either()
            if self._at >= len(self._words):
                raise UsageFault("find: invalid expression; I was expecting to find a ')'")
            self._at += 1
            return Term(inner=inner)
        if word in ("-exec", "-execdir"):
            return self._exec(word)
        if word in ("-print", "-print0", "-delete", "-prune", "-ls", "-quit"):
            self._query.acts = self._query.acts or word != "-prune"
            self._query.depth_first = self._query.depth_first or word == "-delete"
            return Term(action=word)
        if word in ("-printf", "-fprint"):
            self._query.acts = True
            return Term(action=word, words=(self._take(word),))
        return Term(test=self._test(word))

    def _exec(self, word: str) -> Term:
        self._query.acts = True
        words: list[str] = []
        while True:
            if self._at >= len(self._words):
                raise UsageFault(f"find: missing argument to `{word}'")
            item = self._take(word)
            if item == ";" or (item == "+" and words[-1:] == ["{}"]):
                break
            words.append(item)
        if not words:
            raise UsageFault(f"find: missing argument to `{word}'")
        return Term(action="-exec+" if item == "+" and word == "-exec" else word, words=tuple(words))

    def _test(self, word: str) -> Test:
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            glob = compile_glob(self._take(word), ignore_case=word.startswith("-i"))
            named = word.endswith("name") and "whole" not in word
            return lambda entry: glob.matches(last_part(entry.name) if named else entry.name)
        if word == "-type":
            kinds = [_KINDS.get(letter, "none") for letter in self._take(word).split(",")]
            return lambda entry: entry.node.kind in kinds
        if word in ("-maxdepth", "-mindepth"):
            return self._limit(word)
        if word == "-depth":
            self._query.depth_first = True
            return lambda entry: True
        if word in ("-true", "-follow", "-xdev", "-mount", "-noleaf", "-daystart", "-warn", "-nowarn"):
            return lambda entry: True
        if word == "-regextype":
            self._query.extended = self._take(word) not in (
                "emacs",
                "findutils-default",
                "posix-basic",
                "grep",
                "ed",
                "sed",
            )
            return lambda entry: True
        if word in ("-regex", "-iregex"):
            return self._regex(word)
        if word == "-false":
            return lambda entry: False
        if word == "-empty":
            return self._is_empty
        return self._attribute(word)

    def _limit(self, word: str) -> Test:
        text = self._take(word)
        if not text.isdecimal():
            raise UsageFault(f"find: Expected a positive decimal integer argument to {word}, but got `{text}'")
        if word == "-maxdepth":
            self._query.most = int(text[:6])
        else:
            self._query.least = int(text[:6])
        return lambda entry: True

    def _regex(self, word: str) -> Test:
        text, ignore = self._take(word), word == "-iregex"
        # The default type, that of Emacs, has the operators of extended patterns, but escapes brackets and bars.
        extended = self._query.extended
        text = text if extended else re.sub(r"(?<![\\\[])([+?])", r"\\\1", text)
        pattern = compile_regex(text, extended=extended, ignore_case=ignore)
        return lambda entry: pattern.matches(entry.name)

    def _is_empty(self, entry: Entry) -> bool:
        if entry.node.kind != "dir":
            return entry.node.kind == "file" and entry.node.bytes == 0
        try:
            return not self._query.inv.host.files.names(entry.path, self._query.inv.account)
        except FileError:
            return False

    def _attribute(self, word: str) -> Test:
        inv = self._query.inv
        if word in ("-user", "-group"):
            owner = self._take(word)
            return lambda entry: owner == (entry.node.owner if word == "-user" else entry.node.group)
        if word in ("-newer", "-anewer", "-cnewer"):
            other = inv.find(self._take(word))
            if other is None:
                raise UsageFault("find: no reference file")
            return lambda entry: entry.node.mtime > other.mtime
        if word in ("-newermt", "-newerct", "-newerat"):
            return self._newer_than(self._take(word))
        if word in ("-inum", "-links", "-samefile", "-nouser", "-nogroup"):
            return self._identity(word)
        if word == "-perm":
            return _permission(self._take(word))
        if word in ("-size", "-mtime", "-mmin", "-ctime", "-atime", "-cmin", "-amin"):
            return self._measure(word, self._take(word))
        if word in ("-readable", "-writable", "-executable"):
            need = {"-readable": 4, "-writable": 2, "-executable": 1}[word]
            return lambda entry: inv.host.files.may(inv.account, entry.node, need)
        raise UsageFault(f"find: unknown predicate `{word}'")

    def _newer_than(self, text: str) -> Test:
        calendar = self._query.inv.host.sim.calendar
        try:
            moment = parse_date(self._query.inv, text, calendar.at(self._query.inv.host.sim.now))
        except UsageFault:
            raise UsageFault(f"find: I cannot figure out how to interpret '{text}' as a date or time") from None
        after = (moment - calendar.at(0)).total_seconds()
        return lambda entry: entry.node.mtime > after

    def _identity(self, word: str) -> Test:
        inv = self._query.inv
        if word in ("-nouser", "-nogroup"):
            return lambda entry: False
        text = self._take(word)
        if word == "-samefile":
            other = inv.find(text)
            return lambda entry: other is not None and (entry.node is other or 0 < entry.node.inode == other.inode)
        number = int(text.lstrip("+-")[:9]) if text.lstrip("+-").isdecimal() else -1
        if word == "-inum":
            return lambda entry: entry.node.inode == number
        return lambda entry: _compared(text, 2 if entry.node.kind == "dir" else 1, number)

    def _measure(self, word: str, text: str) -> Test:
        found = re.fullmatch(r"([-+]?)(\d{1,9})([cwbkMG]?)", text)
        if found is None:
            raise UsageFault(f"find: invalid argument `{text}' to `{word}'")
        sign, number, unit = found.group(1), int(found.group(2)), found.group(3)
        now = self._query.inv.host.sim.now
        seconds = 60 if "min" in word else 86400

        def value(node: Node) -> int:
            if word == "-size":
                size = _UNITS[unit]
                return ((4096 if node.kind == "dir" else node.bytes) + size - 1) // size
            return int((now - node.mtime) // seconds)

        return lambda entry: _compared(sign, value(entry.node), number)


def _compared(sign: str, value: int, number: int) -> bool:
    """Return whether a value fits ``N``, ``+N`` (more) or ``-N`` (less)."""
    if sign[:1] == "+":
        return value > number
    return value < number if sign[:1] == "-" else value == number


def _permission(text: str) -> Test:
    style = text[:1] if text[:1] in ("-", "/") else ""
    bits = change_mode(text[len(style) :], 0, directory=False)
    if bits is None:
        raise UsageFault(f"find: invalid mode `{text}'")
    if style == "-":
        return lambda entry: entry.node.mode & bits == bits
    return lambda entry: bool(entry.node.mode & bits) or not bits if style else entry.node.mode == bits


def last_part(path: str) -> str:
    """Return the name of a path."""
    return path.rstrip("/").rpartition("/")[2] or path


_DIRECTIVE = re.compile(r"%([-0]?\d*)(?:T([@+aAbBdHIjklmMpSTuyYFDRZ])|([pfsugmMyhtdPilnHkbGUDY%]))|\\([nt0\\])")
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def formatted(inv: Invocation, template: str, entry: Entry) -> str:
    """Return what ``-printf`` prints of an entry."""
    values = _fields(inv, entry)
    moment = inv.host.sim.calendar.at(entry.node.mtime)

    def shown(found: re.Match[str]) -> str:
        width, time, letter, escape = found.groups()
        if escape:
            return _ESCAPES[escape]
        if time == "@":
            text = f"{moment.timestamp():.10f}"
        elif time == "+":
            text = f"{moment:%Y-%m-%d+%H:%M:%S}.0000000000"
        else:
            text = strftime(moment, f"%{time}") if time else values[letter]
        size = int(width.lstrip("-") or 0)
        return text.ljust(size) if width[:1] == "-" else text.rjust(size)

    return _DIRECTIVE.sub(shown, template)


def _fields(inv: Invocation, entry: Entry) -> Mapping[str, str]:
    node = entry.node
    moment = inv.host.sim.calendar.at(node.mtime)
    depth = entry.name.count("/") - entry.root.count("/") if entry.root else entry.name.count("/")
    below = entry.name.removeprefix(entry.root).lstrip("/") if entry.root else entry.name
    blocks = 4 if node.kind == "dir" else -(-node.bytes // 4096) * 4
    plan = inv.host.plan
    return {
        "p": entry.name, "f": last_part(entry.name), "P": below, "H": entry.root, "h": entry.name.rpartition("/")[0] or ".",
        "s": str(4096 if node.kind == "dir" else node.bytes), "k": str(blocks), "b": str(2 * blocks),
        "u": node.owner, "g": node.group, "U": str(user_number(plan, node.owner)), "G": str(user_number(plan, node.group)),
        "m": f"{node.mode:o}", "M": show_mode(node.kind, node.mode), "y": node.kind[0], "Y": node.kind[0],
        "t": f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S}.0000000000 {moment.year}",
        "d": str(depth), "i": str(node.inode), "n": "2" if node.kind == "dir" else "1", "D": "2049",
        "l": str(node.content) if node.kind == "link" else "", "%": "%",
    }  # fmt: skip
