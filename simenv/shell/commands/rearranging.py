"""Programs that rearrange text: sort, uniq, cut, tr, seq, paste, checksums."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from simenv.machine.content.placeholders import has_placeholders
from simenv.machine.content.rendering import rendered_bytes
from simenv.machine.content.tokens import plain
from simenv.machine.program import Program
from simenv.shell.commands.reading import lines_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec, all_values
from simenv.shell.parser.words import unescape
from simenv.shell.pattern.syntax import PatternError, parse_set

_SORT = Spec(
    "nrufbghMVsdczCi",
    "ktoS",
    "check:c zero-terminated:z stable:s"
    "  ignore-case:f version-sort:V numeric-sort:n reverse:r unique:u key:k field-separator:t output:o human-numeric-sort:h",
    2,
)
_NUMBER = re.compile(r"\s*(-?\d{0,300}(?:\.\d{0,300})?)")
_MAX_SEQ = 100_000


def sort(inv: Invocation) -> int:
    """Sort lines: ``-n`` by number, ``-r`` reversed, ``-u`` once each, ``-k`` by fields, ``-t`` their separator."""
    given, operands = inv.options(_SORT)
    end = "\0" if "z" in given else "\n"
    lines = [line for _, text in inv.inputs(operands) for line in _records(text, end)]
    keys = [_Key(text, given) for text in all_values(inv.argv, _SORT, "k")] or [_Key("", given)]
    if "c" in given or "C" in given:
        return _check_order(inv, lines, keys, given, operands)
    inv.shell.budget.charge(len(lines) * len(keys))
    if "s" not in given and "u" not in given:
        lines.sort(reverse="r" in given)
    for key in reversed(keys):
        lines.sort(key=key.of, reverse=key.reverse)  # type: ignore[arg-type]
    if "u" in given:
        first: dict[tuple[object, ...], str] = {}
        for line in lines:
            first.setdefault(_values(line, keys), line)
        lines = list(first.values())
    text = "".join(f"{line}{end}" for line in lines)
    if "o" in given:
        inv.write(given["o"], text)
    else:
        inv.out(text)
    return inv.code


def _records(text: str, end: str) -> list[str]:
    records = text.split(end)
    return records if records[-1] else records[:-1]


def _values(line: str, keys: Sequence[_Key]) -> tuple[object, ...]:
    values = [key.of(line) for key in keys]
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _check_order(
    inv: Invocation, lines: list[str], keys: Sequence[_Key], given: Mapping[str, str], operands: Sequence[str]
) -> int:
    for number, (before, line) in enumerate(pairwise(lines), start=2):
        order = _compare(before, line, keys)
        if order == 0 and "s" not in given and "u" not in given:
            order = ((before > line) - (before < line)) * (-1 if "r" in given else 1)
        if order > 0 or (order == 0 and "u" in given):
            if "c" in given:
                inv.err(f"sort: {operands[0] if operands else '-'}:{number}: disorder: {line}\n")
            return 1
    return inv.code


def _compare(before: str, line: str, keys: Sequence[_Key]) -> int:
    for key in keys:
        left, right = key.of(before), key.of(line)
        if left != right:
            return 1 if (left > right) != key.reverse else -1  # type: ignore[operator]
    return 0


class _Key:
    """One sort key: ``2``, ``2,3``, ``2n``, ``2.3``; and how to compare it."""

    def __init__(self, text: str, given: Mapping[str, str]) -> None:
        found = re.match(r"(\d{1,6})(?:\.(\d{1,6}))?([a-zA-Z]*)(?:,(\d{1,6})(?:\.(\d{1,6}))?([a-zA-Z]*))?\Z", text)
        if text and (found is None or found.group(1).strip("0") == ""):
            raise UsageFault(f"sort: invalid number at field start: invalid count at start of '{text}'", 2)
        self._first = int(found.group(1)) - 1 if found else 0
        self._from = int(found.group(2) or 1) - 1 if found else 0
        self._last = int(found.group(4)) if found and found.group(4) else 0
        self._to = int(found.group(5) or 0) if found else 0
        own = (found.group(3) + (found.group(6) or "")) if found else ""
        letters = own or "".join(given)
        self._whole = not text
        self._numeric = bool(set("ngh") & set(letters))
        self._human = "h" in letters
        self._fold = "f" in letters
        self._version = "V" in letters
        self._blanks = "b" in letters
        self.reverse = "r" in letters
        self._separator = given.get("t", "")

    def of(self, line: str) -> object:
        """Return what to compare."""
        text = line if self._whole else self._field(line)
        if self._numeric:
            return _number(text, human=self._human)
        if self._version:
            return [(1, int(p[:300])) if p.isdecimal() else (0, p) for p in re.split(r"(\d+)", text) if p]
        text = text.lstrip() if self._blanks else text
        return text.upper() if self._fold else text

    def _field(self, line: str) -> str:
        parts = line.split(self._separator) if self._separator else re.findall(r"\s*\S+", line)
        chosen = parts[self._first : self._last or None]
        if self._to and len(chosen) == (self._last or 0) - self._first:
            blanks = len(chosen[-1]) - len(chosen[-1].lstrip()) if self._blanks else 0
            chosen[-1] = chosen[-1][: self._to + blanks]
        text = self._separator.join(chosen)
        return (text.lstrip() if self._blanks else text)[self._from :]


def _number(text: str, *, human: bool) -> float:
    found = _NUMBER.match(text)
    digits = found.group(1) if found else ""
    try:
        value = float(digits)
    except ValueError:
        return 0.0
    unit = text[found.end() : found.end() + 1].upper() if found and human else ""
    return value * 1024.0 ** ("KMGTP".index(unit) + 1 if unit and unit in "KMGTP" else 0)


def uniq(inv: Invocation) -> int:
    """Drop repeated neighbours; ``-c`` counts, ``-d`` only repeated, ``-u`` only single, ``-i`` ignores case."""
    given, operands = inv.options(Spec("cdui", "fsw", "count:c repeated:d unique:u ignore-case:i"))
    groups: list[list[str]] = []
    for _, text in inv.inputs(operands[:1]):
        for line in text.removesuffix("\n").split("\n") if text else ():
            same = groups and (line == groups[-1][0] or ("i" in given and line.lower() == groups[-1][0].lower()))
            if same:
                groups[-1].append(line)
            else:
                groups.append([line])
    for group in groups:
        if ("d" in given and len(group) == 1) or ("u" in given and len(group) > 1):
            continue
        inv.out((f"{len(group):7d} " if "c" in given else "") + group[0] + "\n")
    return inv.code


def _ranges(inv: Invocation, text: str) -> list[tuple[int, int]]:
    ranges = []
    for part in re.split(r"[, ]", text):
        found = re.fullmatch(r"(\d{1,7})?(-)?(\d{1,7})?", part)
        if not found or not part or part == "-" or (found.group(1) or "1").strip("0") == "":
            raise UsageFault(f"{inv.name}: invalid field value '{part}'\nTry '{inv.name} --help' for more information.")
        first, dash, last = found.groups()
        start = int(first or 1)
        end = 10**7 if dash else start
        ranges.append((start, int(last) if last else end))
    return ranges


def cut(inv: Invocation) -> int:
    """Print parts of lines: ``-f`` fields separated by ``-d``, or ``-c`` characters; ``-s`` only lines with fields."""
    spec = Spec(
        "sn", "dfcb", "delimiter:d fields:f characters:c bytes:b only-delimited:s complement:s output-delimiter:d"
    )
    given, operands = inv.options(spec)
    wanted = given.get("f") or given.get("c") or given.get("b")
    if not wanted:
        raise UsageFault(
            "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information."
        )
    delimiter = given.get("d", "\t")
    if len(delimiter) != 1:
        raise UsageFault("cut: the delimiter must be a single character\nTry 'cut --help' for more information.")
    ranges = _ranges(inv, wanted)
    for _, text in inv.inputs(operands):
        for line in text.removesuffix("\n").split("\n") if text else ():
            if "f" in given and delimiter not in line:
                if "s" not in given:
                    inv.out(line + "\n")
                continue
            parts: Sequence[str] = line.split(delimiter) if "f" in given else line
            chosen = [part for n, part in enumerate(parts, start=1) if any(a <= n <= b for a, b in ranges)]
            inv.out((delimiter if "f" in given else "").join(chosen) + "\n")
    return inv.code


def _characters(text: str) -> list[str]:
    """Return the characters of a `tr` set: ranges, classes and escapes expanded."""
    characters: list[str] = []
    text = re.sub(r"\\([0-7]{1,3}|.)", lambda m: unescape(m.group()) if m.group(1) not in "-[]" else m.group(1), text)
    at = 0
    while at < len(text):
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            characters += _class(text[at + 2 : end])
            at = end + 2
        elif text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            if text[at] > text[at + 2]:
                raise UsageFault(
                    f"tr: range-endpoints of '{text[at : at + 3]}' are in reverse collating sequence order"
                )
            last = min(ord(text[at + 2]), 0xFFFF)  # beyond that are no characters that anybody writes
            characters += plain("".join(map(chr, range(ord(text[at]), last + 1))))
            at += 3
        else:
            characters.append(text[at])
            at += 1
    return characters


def _class(name: str) -> list[str]:
    try:
        found, _ = parse_set(f"[[:{name}:]]", 0)
    except PatternError:
        raise UsageFault(f"tr: invalid character class '{name}'") from None
    inside = set(found.singles) | {chr(c) for a, b in found.ranges for c in range(ord(a), min(ord(b), 127) + 1)}
    return sorted(inside)


def tr(inv: Invocation) -> int:
    """Translate, delete (``-d``) or squeeze (``-s``) characters; ``-c``: all but these."""
    given, operands = inv.options(Spec("dsct", "", "delete:d squeeze-repeats:s complement:c", permute=False))
    if not operands:
        raise UsageFault("tr: missing operand\nTry 'tr --help' for more information.")
    if len(operands) < 2 and not {"d", "s"} & given.keys():
        raise UsageFault(f"tr: missing operand after '{operands[0]}'\nTwo strings must be given when translating.")
    first = _characters(operands[0])
    second = _characters(operands[1]) if len(operands) > 1 else []
    text = _as_characters(inv, inv.stdin) if "c" in given else inv.stdin
    chosen = set(first)
    if "c" in given:
        chosen = set(text) - chosen
        first = sorted(chosen)
    if "d" in given:
        text = "".join(c for c in text if c not in chosen)
        chosen = set(second)
    elif second:
        padded = second + [second[-1]] * max(0, len(first) - len(second))
        text = text.translate({ord(a): b for a, b in reversed(list(zip(first, padded, strict=False)))})
        chosen = set(second)
    if "s" in given:
        text = "".join(c for i, c in enumerate(text) if i == 0 or c != text[i - 1] or c not in chosen)
    inv.out(text)
    return 0


_MAX_RENDERED = 65_536


def _as_characters(inv: Invocation, text: str) -> str:
    """Return a text in which data that is not text stands as one character a byte, as far as a pipe's worth of it."""
    if not has_placeholders(text):
        return text
    return rendered_bytes(inv.content(text), 0, _MAX_RENDERED).decode("latin-1")


_EXPONENT = re.compile(r"[-+]?\d{1,9}(\.\d{1,9})?[eE][-+]?\d")


def seq(inv: Invocation) -> int:
    """Print numbers from FIRST by STEP to LAST; ``-s`` separator, ``-w`` equal width."""
    words = list(inv.argv[1:])
    separator, width, template = "\n", False, ""
    while (words and words[0] in ("-s", "-w", "-f")) or (words and words[0].startswith("-s") and len(words[0]) > 2):
        option = words.pop(0)
        if option == "-w":
            width = True
        elif option == "-f" and words:
            template = words.pop(0)
        else:
            separator = option[2:] or (words.pop(0) if words else "\n")
    words = [f"{float(word):.10g}" if _EXPONENT.fullmatch(word) else word for word in words]
    numbers = _sequence(inv, words)
    places = max([0, *(len(word.partition(".")[2]) for word in words[:2] or words)])
    texts = [format(n, "d") if isinstance(n, int) else f"{n:.{places}f}" for n in numbers]
    if template:
        found = re.fullmatch(r"([^%]*)%(0?\d{0,3})(\.\d{1,2})?([gfd])([^%]*)", template)
        if not found:
            raise UsageFault(f"seq: format '{template}' has no % directive")
        before, size, precision, kind, after = found.groups()
        texts = [
            f"{before}{n:{size}{precision or ''}{'g' if kind == 'd' else kind}}{after}" for n in map(float, numbers)
        ]
    if width:
        size_needed = max(map(len, texts), default=0)
        texts = [text.zfill(size_needed) for text in texts]
    if texts:
        inv.out(separator.join(texts) + "\n")
    return 0


def _sequence(inv: Invocation, words: list[str]) -> list[int] | list[float]:
    if not 1 <= len(words) <= 3:
        raise UsageFault("seq: missing operand" if not words else f"seq: extra operand '{words[3]}'")
    for word in words:
        if not re.fullmatch(r"[-+]?\d{1,15}(\.\d{1,6})?", word):
            raise UsageFault(f"seq: invalid floating point argument: '{word}'\nTry 'seq --help' for more information.")
    numbers = [float(word) for word in words]
    first = numbers[0] if len(words) > 1 else 1.0
    step = numbers[1] if len(words) == 3 else 1.0
    if step == 0:
        raise UsageFault(f"seq: invalid Zero increment value: '{words[1]}'\nTry 'seq --help' for more information.")
    count = int((numbers[-1] - first) / step + 1e-9) + 1
    if count > _MAX_SEQ:
        raise UsageFault("seq: too many numbers")
    values = [first + step * n for n in range(max(count, 0) if (numbers[-1] - first) / step >= 0 else 0)]
    return [int(v) for v in values] if all("." not in w for w in words) else [round(v, 6) for v in values]


def paste(inv: Invocation) -> int:
    """Join files line by line; ``-s`` joins the lines of each; ``-d`` the separators; each ``-`` takes the next line."""
    given, operands = inv.options(Spec("sz", "d", "serial:s delimiters:d"))
    separators = [
        unescape("\\" + c[1:]) if c[0] == "\\" else c for c in re.findall(r"\\.|.", given.get("d", "\t"), re.S)
    ]
    separators = ["" if c == "\0" else c for c in separators] or [""]
    columns = [[line.removesuffix("\n") for line in lines_of(text)] for _, text in _pasted(inv, operands)]
    if "s" in given:
        inv.out("".join(_joined(column, separators) + "\n" for column in columns))
        return inv.code
    for row in range(max(map(len, columns), default=0)):
        inv.out(_joined([column[row] if row < len(column) else "" for column in columns], separators) + "\n")
    return inv.code


def _joined(texts: Sequence[str], separators: Sequence[str]) -> str:
    pieces = [text + separators[at % len(separators)] for at, text in enumerate(texts[:-1])]
    return "".join([*pieces, *texts[-1:]])


def _pasted(inv: Invocation, operands: Sequence[str]) -> list[tuple[str, str]]:
    count = operands.count("-")
    if count < 2:
        return inv.inputs(operands)
    lines = lines_of(inv.stdin)
    shares = iter(["".join(lines[at::count]) for at in range(count)])
    files = dict(inv.inputs([name for name in operands if name != "-"]))
    return [(name, next(shares) if name == "-" else files[name]) for name in operands if name == "-" or name in files]


def checksum(inv: Invocation, *, algorithm: str) -> int:
    """Print the checksum of each file; ``-c`` checks a list of them."""
    given, operands = inv.options(Spec("cbt", "", "check:c binary:b quiet:b"))
    if "c" in given:
        return _check_sums(inv, operands, algorithm)
    for name, text in inv.inputs(operands):
        inv.out(f"{digest(inv.content(text), algorithm)}  {name}\n")
    return inv.code


def digest(text: str, algorithm: str) -> str:
    """Return the checksum of a content in hex; equal contents have equal ones."""
    return hashlib.new(algorithm, text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def _check_sums(inv: Invocation, operands: tuple[str, ...], algorithm: str) -> int:
    failed = 0
    for _, text in inv.inputs(operands):
        for line in text.splitlines():
            expected, _, name = line.partition("  ")
            content = inv.read(name)
            good = content is not None and digest(inv.content(content), algorithm) == expected
            failed += not good
            failure = "FAILED open or read" if content is None else "FAILED"
            inv.out(f"{name}: {'OK' if good else failure}\n")
    if failed:
        inv.complain(f"WARNING: {failed} computed checksum{'s' if failed > 1 else ''} did NOT match")
    return inv.code


PROGRAMS: Mapping[str, Program] = {
    "cut": cut,
    "md5sum": partial(checksum, algorithm="md5"),
    "paste": paste,
    "seq": seq,
    "sha1sum": partial(checksum, algorithm="sha1"),
    "sha256sum": partial(checksum, algorithm="sha256"),
    "sha512sum": partial(checksum, algorithm="sha512"),
    "sort": sort,
    "tr": tr,
    "uniq": uniq,
}
