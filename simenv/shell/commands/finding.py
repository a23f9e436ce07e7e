"""find and xargs: programs that run others on what they find."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from simenv.kernel import Delays
from simenv.machine.nodes import FileError, Node
from simenv.machine.program import Program
from simenv.shell.budget import Source, Streams
from simenv.shell.commands.listing import Entry
from simenv.shell.commands.modes import change_mode, show_mode
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.parser.words import split_words
from simenv.shell.pattern.regex import compile_glob

Test = Callable[[Entry], bool]
_UNITS = {"c": 1, "w": 2, "b": 512, "k": 1024, "M": 1024**2, "G": 1024**3, "": 512}
_KINDS = {"f": "file", "d": "dir", "l": "link"}
_MAX_ENTRIES = 50_000


@dataclass(slots=True)
class _Term:
    """A conjunct of find's expression: a test, or an action."""

    test: Test | None = None
    action: str = ""
    words: tuple[str, ...] = ()
    negated: bool = False
    inner: list[list[_Term]] | None = None


@dataclass(slots=True)
class _Query:
    inv: Invocation
    least: int = 0
    most: int = 1 << 30
    depth_first: bool = False
    acts: bool = False
    pruned: set[str] = field(default_factory=set)
    batches: dict[int, tuple[tuple[str, ...], list[str]]] = field(default_factory=dict)


class _Parser:
    """find's expressions: terms side by side, ``-o`` between, ``!`` and brackets."""

    def __init__(self, query: _Query, words: list[str]) -> None:
        self._query = query
        self._words = words
        self._at = 0
        self._depth = 0

    def all(self) -> list[list[_Term]]:
        result = self._either()
        if self._at < len(self._words):
            raise UsageFault(f"find: paths must precede expression: `{self._words[self._at]}'")
        return result

    def _either(self) -> list[list[_Term]]:
        self._depth += 1
        if self._depth > 30:
            raise UsageFault("find: expression too deep")
        options: list[list[_Term]] = [[]]
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

    def _term(self) -> _Term:
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
            return _Term(inner=inner)
        if word in ("-exec", "-ok", "-execdir"):
            return self._exec(word)
        if word in ("-print", "-print0", "-delete", "-prune", "-ls", "-quit"):
            self._query.acts = self._query.acts or word != "-prune"
            self._query.depth_first = self._query.depth_first or word == "-delete"
            return _Term(action=word)
        if word == "-printf":
            self._query.acts = True
            return _Term(action=word, words=(self._take(word),))
        return _Term(test=self._test(word))

    def _exec(self, word: str) -> _Term:
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
        return _Term(action="-exec+" if item == "+" else "-exec", words=tuple(words))

    def _test(self, word: str) -> Test:
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            glob = compile_glob(self._take(word), ignore_case=word.startswith("-i"))
            named = word.endswith("name") and "whole" not in word
            return lambda entry: glob.matches(_last(entry.name) if named else entry.name)
        if word == "-type":
            kinds = [_KINDS.get(letter, "none") for letter in self._take(word).split(",")]
            return lambda entry: entry.node.kind in kinds
        if word in ("-maxdepth", "-mindepth"):
            return self._limit(word)
        if word == "-depth":
            self._query.depth_first = True
            return lambda entry: True
        if word in ("-true", "-follow", "-xdev", "-mount", "-noleaf"):
            return lambda entry: True
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
        if word == "-perm":
            return _permission(self._take(word))
        if word in ("-size", "-mtime", "-mmin", "-ctime", "-atime", "-cmin", "-amin"):
            return self._measure(word, self._take(word))
        if word in ("-readable", "-writable", "-executable"):
            need = {"-readable": 4, "-writable": 2, "-executable": 1}[word]
            return lambda entry: inv.host.files.may(inv.account, entry.node, need)
        raise UsageFault(f"find: unknown predicate `{word}'")

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

        if sign == "+":
            return lambda entry: value(entry.node) > number
        return lambda entry: value(entry.node) < number if sign == "-" else value(entry.node) == number


def _permission(text: str) -> Test:
    style = text[:1] if text[:1] in ("-", "/") else ""
    bits = change_mode(text[len(style) :], 0, directory=False)
    if bits is None:
        raise UsageFault(f"find: invalid mode `{text}'")
    if style == "-":
        return lambda entry: entry.node.mode & bits == bits
    return lambda entry: bool(entry.node.mode & bits) or not bits if style else entry.node.mode == bits


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path


def find(inv: Invocation) -> Generator[float, None, int]:
    """Walk directories and test, print, delete or run a program on what is there."""
    words = list(inv.argv[1:])
    while words and words[0] in ("-L", "-P", "-H"):
        words.pop(0)
    roots = []
    while (words and words[0][:1] not in ("-", "!", "(")) or words[:1] == ["-"]:
        roots.append(words.pop(0))
    query = _Query(inv)
    expression = _Parser(query, words).all()
    for root in roots or ["."]:
        if inv.find(root) is not None:
            yield from _visit_all(query, expression, root)
    for words_of, paths in query.batches.values():
        at = words_of.index("{}")
        yield from _run(inv, [*words_of[:at], *paths, *words_of[at + 1 :]])
    return inv.code


def _visit_all(query: _Query, expression: list[list[_Term]], root: str) -> Delays[None]:
    stack: list[tuple[str, int, bool]] = [(root, 0, False)]
    while stack:
        name, depth, left = stack.pop()
        query.inv.shell.budget.charge(50)
        entry = _entry(query.inv, name)
        if entry is None:
            continue
        postponed = query.depth_first and entry.node.kind == "dir" and not left
        if not postponed and depth >= query.least:
            yield from _judge(query, expression, entry)
        if postponed:
            stack.append((name, depth, True))
        if entry.node.kind == "dir" and not left and depth < query.most and name not in query.pruned:
            stack += [(child, depth + 1, False) for child in reversed(_children(query.inv, name))]
        if len(stack) > _MAX_ENTRIES:
            raise UsageFault("find: too many files")


def _entry(inv: Invocation, name: str) -> Entry | None:
    path = inv.path(name)
    node = inv.host.files.get(path) or inv.shell.node(name)
    return None if node is None else Entry(name, path, node)


def _children(inv: Invocation, name: str) -> list[str]:
    try:
        names = inv.host.files.names(inv.path(name), inv.account)
    except FileError as error:
        inv.complain(f"'{name}': {error.reason}")
        return []
    prefix = name if name.endswith("/") else name + "/"
    return [prefix + child for child in names]


def _judge(query: _Query, expression: list[list[_Term]], entry: Entry) -> Delays[None]:
    if (yield from _holds(query, expression, entry)) and not query.acts:
        query.inv.out(entry.name + "\n")


def _holds(query: _Query, expression: list[list[_Term]], entry: Entry) -> Delays[bool]:
    for terms in expression:
        true = True
        for term in terms:
            if term.inner is not None:
                value = yield from _holds(query, term.inner, entry)
            elif term.test is not None:
                value = term.test(entry)
            else:
                value = yield from _act(query, term, entry)
            if value == term.negated:
                true = False
                break
        if true:
            return True
    return False


def _act(query: _Query, term: _Term, entry: Entry) -> Delays[bool]:
    inv = query.inv
    if term.action in ("-print", "-print0", "-ls"):
        inv.out(entry.name + ("\0" if term.action == "-print0" else "\n"))
    elif term.action == "-printf":
        inv.out(_format(inv, term.words[0], entry))
    elif term.action == "-prune":
        query.pruned.add(entry.name)
    elif term.action == "-delete":
        return _delete(inv, entry)
    elif term.action == "-exec+":
        query.batches.setdefault(id(term), (term.words, []))[1].append(entry.name)
    elif term.action == "-exec":
        return (yield from _run(inv, [word.replace("{}", entry.name) for word in term.words])) == 0
    return True


def _delete(inv: Invocation, entry: Entry) -> bool:
    try:
        inv.shell.check_alive()
        inv.host.files.remove(entry.path, inv.account)
    except FileError as error:
        inv.complain(f"cannot delete '{entry.name}': {error.reason}")
        return False
    return True


def _format(inv: Invocation, template: str, entry: Entry) -> str:
    node = entry.node
    moment = inv.host.sim.calendar.at(node.mtime)
    values = {
        "%p": entry.name,
        "%f": _last(entry.name),
        "%s": str(node.bytes),
        "%u": node.owner,
        "%g": node.group,
        "%m": f"{node.mode:o}",
        "%M": show_mode(node.kind, node.mode),
        "%y": node.kind[0],
        "%h": entry.name.rpartition("/")[0] or ".",
        "%t": f"{moment:%a %b %d %H:%M:%S %Y}",
        "%T@": f"{moment.timestamp():.10f}",
        "%d": str(entry.name.count("/")),
        "%%": "%",
        "\\n": "\n",
        "\\t": "\t",
        "\\0": "\0",
    }
    return re.sub(r"%T@|%[pfsugmMyhtd%]|\\[nt0]", lambda found: values[found.group()], template)


def _run(inv: Invocation, argv: list[str]) -> Delays[int]:
    streams = Streams(Source(), inv.streams.out, inv.streams.err)
    inv.shell.enter()
    try:
        return (yield from inv.shell.call(argv, streams))
    finally:
        inv.shell.depth -= 1


def xargs(inv: Invocation) -> Generator[float, None, int]:
    """Run a command with arguments from standard input; ``-n`` at most N, ``-I`` one line each."""
    spec = Spec(
        "0rtp",
        "nILPd",
        "null:0 no-run-if-empty:r max-args:n replace:I max-procs:P delimiter:d verbose:t",
        permute=False,
    )
    given, command = inv.options(spec)
    items = _items(inv, given)
    argv = list(command) or ["echo"]
    if "I" in given:
        calls = [[word.replace(given["I"], item) for word in argv] for item in items]
    else:
        text = given.get("n") or given.get("L") or "1000"
        if not text.isdecimal() or int(text) < 1:
            raise UsageFault(f"xargs: value {text} for -n option should be >= 1")
        size = min(int(text), 1000)
        chunks = [items[i : i + size] for i in range(0, len(items), size)] or ([] if "r" in given else [[]])
        calls = [[*argv, *chunk] for chunk in chunks]
    for call in calls:
        if "t" in given:
            inv.err(" ".join(call) + "\n")
        code = yield from _run(inv, call)
        if code:
            inv.code = 123 if code < 126 else code
    return inv.code


def _items(inv: Invocation, given: Mapping[str, str]) -> list[str]:
    text = inv.stdin
    if "0" in given:
        return [item for item in text.split("\0") if item]
    if "d" in given:
        return text.rstrip("\n").split(given["d"].replace("\\n", "\n")[:1] or "\n") if text else []
    if "I" in given:
        return [line.lstrip(" \t") for line in text.split("\n") if line.strip(" \t")]
    if not any(quote in text for quote in "'\"\\"):
        return re.findall(r"[^ \t\n]+", text)
    return [re.sub(r"\\(.)|['\"]", r"\1", word) for word in split_words(text.replace("$", "\\$").replace("`", "\\`"))]


PROGRAMS: Mapping[str, Program] = {"find": find, "xargs": xargs}
