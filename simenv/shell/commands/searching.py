"""grep and its kin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from simenv.machine.content.placeholders import has_placeholders
from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.pattern.perl import PerlRegex, compile_perl
from simenv.shell.pattern.regex import Regex, compile_glob, compile_literal, compile_regex

_SPEC = Spec(
    "ivnclLrREFGPowxqsHhaIzbUT",
    "eABCmfX",
    "ignore-case:i invert-match:v line-number:n count:c files-with-matches:l files-without-match:L recursive:r "
    "extended-regexp:E fixed-strings:F perl-regexp:P only-matching:o word-regexp:w line-regexp:x quiet:q silent:q "
    "no-messages:s with-filename:H no-filename:h regexp:e after-context:A before-context:B context:C max-count:m "
    "byte-offset:b null-data:z include:X exclude:X exclude-dir:X color:a colour:a text:a basic-regexp:G file:f",
    2,
)
_MAX_LINE = 10_000
_MAX_FILES = 20_000


class _Request(NamedTuple):
    """What is looked for, and how it is shown."""

    patterns: tuple[Regex | PerlRegex, ...]
    given: Mapping[str, str]
    before: int
    after: int
    named: bool
    limit: int


def grep(inv: Invocation) -> int:
    """Print lines that match."""
    include, exclude, skipped = _take_filters(inv)
    given, operands = inv.options(_SPEC)
    rest = list(operands)
    texts = _pattern_texts(inv, given, rest)
    recursive = "r" in given or "R" in given
    files = _walk(inv, given, rest or ["."], include, exclude, skipped) if recursive else rest
    named = ("H" in given or recursive or len(rest) > 1) and "h" not in given
    if recursive and len(rest) == 1 and not inv.shell.is_directory(rest[0]) and "H" not in given:
        named = False
    context = _number(inv, given, "C", 0)
    request = _Request(
        _compile(inv, given, texts),
        given,
        _number(inv, given, "B", context),
        _number(inv, given, "A", context),
        named,
        _number(inv, given, "m", 1 << 30),
    )
    return _search_all(inv, request, files if recursive or files else ["-"])


def _take_filters(inv: Invocation) -> tuple[list[str], list[str], list[str]]:
    """Take the options that may come several times out of the arguments."""
    found: dict[str, list[str]] = {"--include": [], "--exclude": [], "--exclude-dir": []}
    kept = []
    for word in inv.argv:
        name, equals, value = word.partition("=")
        if equals and name in found:
            found[name].append(value)
        else:
            kept.append(word)
    inv.argv = kept
    return found["--include"], found["--exclude"], found["--exclude-dir"]


def _pattern_texts(inv: Invocation, given: Mapping[str, str], rest: list[str]) -> list[str]:
    if "f" in given:
        return (inv.read(given["f"]) or "").splitlines()
    if "e" in given:
        words = list(inv.argv)
        several = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "-e"]
        return several if len(several) > 1 else given["e"].split("\n")
    if not rest:
        raise UsageFault("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.", 2)
    return rest.pop(0).split("\n")


def _compile(inv: Invocation, given: Mapping[str, str], texts: list[str]) -> tuple[Regex | PerlRegex, ...]:
    ignore = "i" in given
    if "F" in given or inv.name == "fgrep":
        return tuple(compile_literal(text, ignore_case=ignore) for text in texts)
    if "P" in given:
        return tuple(compile_perl(text, "i" if ignore else "") for text in texts)
    extended = "E" in given or inv.name == "egrep"
    return tuple(compile_regex(text, extended=extended, ignore_case=ignore, controls=False) for text in texts)


def _number(inv: Invocation, given: Mapping[str, str], letter: str, default: int) -> int:
    text = given.get(letter)
    if text is None:
        return default
    if not text.isdecimal():
        raise UsageFault(f"grep: {text}: invalid context length argument", 2)
    return int(text[:6])


def _walk(
    inv: Invocation,
    given: Mapping[str, str],
    roots: list[str],
    include: list[str],
    exclude: list[str],
    skipped: list[str],
) -> list[str]:
    files: list[str] = []
    stack = list(reversed(roots))
    tops = set(roots)
    while stack and len(files) < _MAX_FILES:
        path = stack.pop()
        inv.shell.budget.charge(120)
        name = path.rpartition("/")[2]
        node = inv.host.files.get(inv.path(path))
        if node is not None and node.kind == "link" and path not in tops and "R" not in given:
            continue
        if not inv.shell.is_directory(path):
            wanted = not include or _any(include, name)
            if path in tops or (wanted and not _any(exclude, name)):
                files.append(path)
            continue
        if path not in tops and _any(skipped, name):
            continue
        if node is not None and node.kind == "link" and path not in tops:
            continue
        try:
            names = inv.host.files.names(inv.path(path), inv.account)
        except FileError as error:
            inv.complain(f"{path}: {error.reason}", 2)
            continue
        prefix = "" if path == "." and "." not in inv.argv[1:] else path.rstrip("/") + "/"
        stack += [prefix + child for child in reversed(names)]
    return files


def _any(globs: list[str], name: str) -> bool:
    return any(compile_glob(glob.rstrip("/")).matches(name) for glob in globs)


def _search_all(inv: Invocation, request: _Request, files: list[str]) -> int:
    found = False
    for operand in files:
        if inv.shell.is_directory(operand) and operand != "-":
            inv.complain(f"{operand}: Is a directory", 2)
            continue
        silent = len(inv.streams.err.parts) if "s" in request.given else -1
        text = inv.read(operand)
        if text is None:
            if silent >= 0:
                del inv.streams.err.parts[silent:]
            inv.code = 2
            continue
        found = _search(inv, request, operand, text) or found
        if found and "q" in request.given:
            return 0
    return inv.code or int(not found)


def _search(inv: Invocation, request: _Request, name: str, text: str) -> bool:
    given = request.given
    label = "(standard input)" if name == "-" else name
    end = "\0" if "z" in given else "\n"
    lines = text.split(end)
    if lines[-1] == "":
        lines.pop()
    hits: list[int] = []
    for number, line in enumerate(lines):
        if len(hits) >= request.limit:
            break
        if _matches(inv, request, line[:_MAX_LINE]) != ("v" in given):
            hits.append(number)
            if "q" in given or "l" in given:
                break
    if name == "-" and hits and (len(hits) >= request.limit or "q" in given):
        inv.streams.source.leave(sum(len(line) + 1 for line in lines[hits[-1] + 1 :]))
    if "q" in given:
        return bool(hits)
    if "l" in given or "L" in given:
        if bool(hits) == ("l" in given):
            inv.out(label + "\n")
        return bool(hits)
    if "c" in given:
        inv.out((f"{label}:" if request.named else "") + f"{len(hits)}\n")
        return bool(hits)
    if hits and has_placeholders(text) and "a" not in given:
        inv.out(f"grep: {label}: binary file matches\n")
        return True
    _show(inv, request, label, lines, hits)
    return bool(hits)


def _matches(inv: Invocation, request: _Request, line: str) -> bool:
    return any(True for _ in _spans(inv, request, line))


def _spans(inv: Invocation, request: _Request, line: str) -> Iterator[tuple[int, int]]:
    """Yield where the patterns match: leftmost first, then longest."""
    work = inv.shell.budget.charge
    if "x" in request.given:
        if any(pattern.matches(line, work=work) for pattern in request.patterns):
            yield (0, len(line))
        return
    at = 0
    while at <= len(line):
        starts = [found[0] for p in request.patterns if (found := p.search(line, at, work=work)) is not None]
        if not starts:
            return
        start, end = min(starts, key=lambda span: (span[0], -span[1]))
        if "w" not in request.given or _is_word(line, start, end):
            yield (start, end)
            at = end if end > start else end + 1
        else:
            at = start + 1


def _is_word(line: str, start: int, end: int) -> bool:
    def word(char: str) -> bool:
        return char.isalnum() or char == "_"

    return not (start > 0 and word(line[start - 1])) and not (end < len(line) and word(line[end]))


def _show(inv: Invocation, request: _Request, label: str, lines: list[str], hits: list[int]) -> None:
    given = request.given
    matched = set(hits)
    offsets = _offsets(lines) if "b" in given else []
    shown = -1
    for hit in hits:
        first = max(hit - request.before, shown + 1)
        if (request.before or request.after) and shown >= 0 and first > shown + 1:
            inv.out("--\n")
        last = min(hit + request.after, len(lines) - 1)
        for number in range(first, last + 1):
            if number > hit and number in matched:
                break
            shown = number
            mark = ":" if number in matched else "-"
            _show_line(inv, request, label, lines[number], _Place(number, mark, offsets[number] if offsets else -1))


class _Place(NamedTuple):
    """Where a line stands, the mark that tells whether it matches, and its offset in bytes (-1: not asked for)."""

    number: int
    mark: str
    offset: int


def _offsets(lines: list[str]) -> list[int]:
    sizes = (len(line.encode(errors="replace")) + 1 for line in lines)
    return list(accumulate(sizes, initial=0))


def _show_line(inv: Invocation, request: _Request, label: str, line: str, place: _Place) -> None:
    given, mark = request.given, place.mark
    end = "\0" if "z" in given else "\n"
    prefix = (label + mark if request.named else "") + (f"{place.number + 1}{mark}" if "n" in given else "")

    def offset(at: int) -> str:
        return f"{place.offset + len(line[:at].encode(errors='replace'))}{mark}" if place.offset >= 0 else ""

    if "o" not in given:
        inv.out(f"{prefix}{offset(0)}{line}{end}")
    elif "v" not in given and mark == ":":
        spans = _spans(inv, request, line[:_MAX_LINE])
        inv.out("".join(f"{prefix}{offset(a)}{line[a:b]}{end}" for a, b in spans if b > a))


PROGRAMS: Mapping[str, Program] = {"grep": grep, "egrep": grep, "fgrep": grep}
