"""find and xargs: programs that run others on what they find."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.budget import Source, Streams
from simenv.shell.commands.find_expression import Expression, Query, Term, formatted, last_part
from simenv.shell.commands.listing import Entry
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.parser.words import split_words

_MAX_ENTRIES = 50_000


def find(inv: Invocation) -> Generator[float, None, int]:
    """Walk directories and test, print, delete or run a program on what is there."""
    words = list(inv.argv[1:])
    while words and words[0] in ("-L", "-P", "-H"):
        words.pop(0)
    roots = []
    while (words and words[0][:1] not in ("-", "!", "(")) or words[:1] == ["-"]:
        roots.append(words.pop(0))
    query = Query(inv)
    expression = Expression(query, words).all()
    for root in roots or ["."]:
        if inv.find(root) is not None:
            yield from _visit_all(query, expression, root)
        if query.over:
            break
    for words_of, paths in query.batches.values():
        at = words_of.index("{}")
        if (yield from _run(inv, [*words_of[:at], *paths, *words_of[at + 1 :]])):
            inv.code = 1
    for path, lines in query.written.items():
        inv.write(path, "".join(lines))
    return inv.code


def _visit_all(query: Query, expression: list[list[Term]], root: str) -> Delays[None]:
    stack: list[tuple[str, int, bool]] = [(root, 0, False)]
    while stack and not query.over:
        name, depth, left = stack.pop()
        query.inv.shell.budget.charge(50)
        entry = _entry(query.inv, name, root)
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


def _entry(inv: Invocation, name: str, root: str) -> Entry | None:
    path = inv.path(name)
    node = inv.host.files.get(path) or inv.shell.node(name)
    return None if node is None else Entry(name, path, node, root)


def _children(inv: Invocation, name: str) -> list[str]:
    try:
        names = inv.host.files.names(inv.path(name), inv.account)
    except FileError as error:
        inv.complain(f"'{name}': {error.reason}")
        return []
    prefix = name if name.endswith("/") else name + "/"
    return [prefix + child for child in names]


def _judge(query: Query, expression: list[list[Term]], entry: Entry) -> Delays[None]:
    if (yield from _holds(query, expression, entry)) and not query.acts:
        query.inv.out(entry.name + "\n")


def _holds(query: Query, expression: list[list[Term]], entry: Entry) -> Delays[bool]:
    for terms in expression:
        true = True
        for term in terms:
            if term.inner is not None:
                value = yield from _holds(query, term.inner, entry)
            elif term.test is not None:
                value = term.test(entry)
            else:
                value = yield from _act(query, term, entry)
            if query.over:
                return True
            if value == term.negated:
                true = False
                break
        if true:
            return True
    return False


def _act(query: Query, term: Term, entry: Entry) -> Delays[bool]:
    inv, action = query.inv, term.action
    if action in ("-print", "-print0", "-ls", "-printf"):
        inv.out(_shown(inv, term, entry))
    elif action == "-fprint":
        query.written.setdefault(term.words[0], []).append(f"{entry.name}\n")
    elif action == "-quit":
        query.over = True
    elif action == "-prune":
        query.pruned.add(entry.name)
    elif action == "-delete":
        return _delete(inv, entry)
    elif action == "-exec+":
        query.batches.setdefault(id(term), (term.words, []))[1].append(entry.name)
    elif action == "-execdir":
        return (yield from _run_there(inv, term, entry)) == 0
    else:
        return (yield from _run(inv, [word.replace("{}", entry.name) for word in term.words])) == 0
    return True


def _shown(inv: Invocation, term: Term, entry: Entry) -> str:
    if term.action == "-printf":
        return formatted(inv, term.words[0], entry)
    if term.action == "-ls":
        template = "%9i %6k %M %3n %-8u %-8g %8s %Tb %2Td %TH:%TM %p"
        return formatted(inv, template, entry) + (f" -> {entry.node.content}\n" if entry.node.kind == "link" else "\n")
    return entry.name + ("\0" if term.action == "-print0" else "\n")


def _run_there(inv: Invocation, term: Term, entry: Entry) -> Delays[int]:
    """Run a program in the directory of what was found, which it gets as ``./name``."""
    shell, name = inv.shell, f"./{last_part(entry.name)}"
    before, shell.cwd = shell.cwd, entry.path.rpartition("/")[0] or "/"
    try:
        return (yield from _run(inv, [word.replace("{}", name) for word in term.words]))
    finally:
        shell.cwd = before


def _delete(inv: Invocation, entry: Entry) -> bool:
    try:
        inv.shell.check_alive()
        inv.host.files.remove(entry.path, inv.account)
    except FileError as error:
        inv.complain(f"cannot delete '{entry.name}': {error.reason}")
        return False
    return True


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
