"""Programs that print files: cat, head, tail, tac, nl, rev, wc, tee."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simenv.kernel import Delays
from simenv.machine.content.placeholders import has_placeholders
from simenv.machine.content.rendering import count_lines, line_end
from simenv.machine.content.tokens import byte_size, byte_slice
from simenv.machine.program import Program
from simenv.shell.commands.pace import copy_slowly
from simenv.shell.devices import ENDLESS, read_device
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_CAT = Spec("nAbsEtTuv", long="number:n show-all:A number-nonblank:b squeeze-blank:s")
_HEAD = Spec("qv", "nc", "lines:n bytes:c quiet:q verbose:v")
_TAIL = Spec("fFqvr", "nc", "lines:n bytes:c follow:f quiet:q")
_WC = Spec("lwcmL", "", "lines:l words:w bytes:c chars:m max-line-length:L")
_MAX_COUNT = 10**15
_UNITS = (
    *(("kB", 10**3), ("KB", 10**3), ("MB", 10**6), ("GB", 10**9), ("TB", 10**12)),
    *(("k", 2**10), ("K", 2**10), ("M", 2**20), ("G", 2**30), ("T", 2**40)),
)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, each with its newline (the last may lack it)."""
    return text.splitlines(keepends=True) if text.isascii() and _PLAIN.isdisjoint(text) else _split(text)


_PLAIN = frozenset("\r\v\f\x1c\x1d\x1e\x85")


def _split(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def cat(inv: Invocation) -> int | Delays[int]:
    """Print files one after the other; ``-n`` numbers lines, ``-A`` shows ends and tabs."""
    given, operands = inv.options(_CAT)
    if not given:
        bulk = ""
        for operand in operands or ("-",):
            text = inv.read(operand)
            if text and (bulk or has_placeholders(text)):
                bulk += text
            elif text:
                inv.streams.out.write(text)
        return copy_slowly(inv, bulk) if bulk else inv.code
    lines = lines_of("".join(text for _, text in inv.inputs(operands)))
    if "s" in given:
        lines = [line for i, line in enumerate(lines) if i == 0 or line != "\n" or lines[i - 1] != "\n"]
    number = 0
    if given.keys() & set("Avet"):
        lines = [_CONTROLS.sub(_visible, line) for line in lines]
    if given.keys() & set("ATt"):
        lines = [line.replace("\t", "^I") for line in lines]
    if given.keys() & set("AEe"):
        lines = [line.replace("\n", "$\n") for line in lines]
    for line in lines:
        if "n" in given or "b" in given:
            blank = "b" in given and line.strip("$\n") == ""
            number += not blank
            inv.out("" if blank else f"{number:6d}\t")
        inv.out(line)
    return inv.code


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|[^\x00-\x7f]")


def _visible(found: re.Match[str]) -> str:
    """Return a character as ``cat -v`` shows it: ``^M``, ``M-C``, byte by byte."""
    shown = []
    for byte in found.group().encode(errors="replace"):
        low = byte & 127
        mark = f"^{chr(low ^ 64)}" if low < 32 or low == 127 else chr(low)
        shown.append("M-" + mark if byte > 127 else mark)
    return "".join(shown)


def _count(inv: Invocation, text: str, what: str = "lines") -> int:
    digits = text.lstrip("+-")
    scale = next((size for unit, size in _UNITS if digits.endswith(unit)), 1)
    digits = digits.rstrip("kKMGTB") if scale > 1 else digits
    if not digits.isdecimal():
        raise UsageFault(f"{inv.name}: invalid number of {what}: '{text}'")
    return min(int(digits[:12]) * scale, _MAX_COUNT)


def _old_style(inv: Invocation) -> None:
    """Turn ``-5`` into ``-n5``."""
    inv.argv = [
        f"-n{word[1:]}" if word[:1] == "-" and word[1:].isdecimal() and before not in ("-n", "-c", "") else word
        for before, word in zip(("", *inv.argv), inv.argv, strict=False)
    ]


def _sections(
    inv: Invocation,
    operands: tuple[str, ...],
    given: Mapping[str, str],
    cut: Callable[[str], str],
    *,
    early: bool = False,
) -> int:
    """Print a part of each input; `early`: what comes after the part is not waited for."""
    inputs = inv.inputs(operands)
    titled = (len(operands) > 1 or "v" in given) and "q" not in given
    for index, (name, text) in enumerate(inputs):
        if titled:
            title = "standard input" if name == "-" else name
            inv.out(("\n" if index else "") + f"==> {title} <==\n")
        part = cut(text)
        if name == "-" and early:
            inv.streams.source.leave(len(text) - len(part))
        inv.out(part)
    return inv.code


def _bytes(inv: Invocation, text: str, start: int, stop: int | None) -> str:
    """Return a slice of a text by bytes; negative numbers count from its end."""
    if text.isascii():
        return text[start:stop]
    content = inv.content(text)
    first, last, _ = slice(start, stop).indices(byte_size(content))
    return inv.placeholders(byte_slice(content, first, last))


def _bulk_lines(inv: Invocation, text: str, start: int, stop: int | None) -> str:
    """Return a slice by lines of a text that holds bulk data."""
    content = inv.content(text)
    lines, size = count_lines(content), byte_size(content)
    count = lines + (line_end(content, lines) < size)
    first, last, _ = slice(start, stop).indices(count)
    end = size if last >= count else line_end(content, last)
    return inv.placeholders(byte_slice(content, line_end(content, first), end))


def head(inv: Invocation) -> int | Delays[int]:
    """Print the first 10 lines, or ``-n`` lines or ``-c`` characters; a negative number: all but the last."""
    _old_style(inv)
    given, operands = inv.options(_HEAD)
    if "c" in given:
        size = _count(inv, given["c"], "bytes")
        stop = -size if given["c"][0] == "-" and size else size
        if operands and set(operands) <= ENDLESS and stop >= 0:
            data = "".join(inv.placeholders(read_device(inv.host.sim, operand, size)) for operand in operands)
            return copy_slowly(inv, data)
        return _sections(inv, operands, given, lambda text: _bytes(inv, text, 0, stop), early=stop >= 0)
    wanted = given.get("n", "10")
    count = _count(inv, wanted)
    keep = -count if wanted.startswith("-") else count

    def first(text: str) -> str:
        if has_placeholders(text):
            return _bulk_lines(inv, text, 0, keep if keep or wanted[0] != "-" else None)
        return "".join(lines_of(text)[: keep if keep or wanted[0] != "-" else None])

    return _sections(inv, operands, given, first, early=keep >= 0)


def tail(inv: Invocation) -> int:
    """Print the last 10 lines, or ``-n`` lines or ``-c`` characters; ``+N``: from line N. ``-f`` does not wait."""
    _old_style(inv)
    given, operands = inv.options(_TAIL)
    if operands and operands[0][:1] == "+" and operands[0][1:].isdecimal():
        given, operands = {**given, "n": operands[0]}, operands[1:]
    letter = "c" if "c" in given else "n"
    wanted = given.get(letter, "10")
    count = _count(inv, wanted, "bytes" if letter == "c" else "lines")
    start = max(count - 1, 0) if wanted[0] == "+" else -count

    def cut(text: str) -> str:
        if start == 0 and wanted[0] != "+":
            return ""
        if letter == "c":
            return _bytes(inv, text, start, None)
        return _bulk_lines(inv, text, start, None) if has_placeholders(text) else "".join(lines_of(text)[start:])

    return _sections(inv, operands, given, cut)


def tac(inv: Invocation) -> int:
    """Print lines in reverse order."""
    for _, text in inv.inputs(inv.options(Spec()).operands):
        inv.out("".join(reversed(lines_of(text))))
    return inv.code


def rev(inv: Invocation) -> int:
    """Print each line backwards."""
    for _, text in inv.inputs(inv.options(Spec()).operands):
        for line in lines_of(text):
            inv.out(line.rstrip("\n")[::-1] + ("\n" if line.endswith("\n") else ""))
    return inv.code


def nl(inv: Invocation) -> int:
    """Number the lines that are not empty; ``-b a``: all."""
    given, operands = inv.options(Spec("", "bwsnv"))
    number = 0
    separator = given.get("s", "\t")
    for _, text in inv.inputs(operands):
        for line in lines_of(text):
            if line.strip("\n") or given.get("b") == "a":
                number += 1
                inv.out(f"{number:6d}{separator}{line}")
            else:
                inv.out(" " * (6 + len(separator)) + line)
    return inv.code


def wc(inv: Invocation) -> int:
    """Count lines, words, bytes, characters."""
    given, operands = inv.options(_WC)
    letters = [letter for letter in "lwmcL" if letter in given] or ["l", "w", "c"]
    inputs = inv.inputs(operands)
    rows = [(name, _measure(inv, text, letters)) for name, text in inputs]
    if len(operands) > 1:
        rows.append(
            ("total", [max(c) if k == "L" else sum(c) for k, c in zip(letters, _columns(rows, letters), strict=True)])
        )
    single = len(letters) == 1 and len(rows) == 1
    piped = any(name == "-" for name, _ in inputs)
    size = sum(_measure(inv, text, ["c"])[0] for _, text in inputs) if not piped and not single else 0
    width = 1 if single else max(7 if piped else 1, len(str(size)))  # as wide as the size of all files
    for name, counts in rows:
        label = "" if name == "-" and not operands else f" {name}"
        inv.out(" ".join(f"{count:{width}d}" for count in counts) + label + "\n")
    return inv.code


def _columns(rows: list[tuple[str, list[int]]], letters: list[str]) -> list[list[int]]:
    return [[counts[i] for _, counts in rows] or [0] for i in range(len(letters))]


def _measure(inv: Invocation, text: str, letters: list[str]) -> list[int]:
    if has_placeholders(text):
        content = inv.content(text)
        lines, size = count_lines(content), byte_size(content)
        sizes = {"l": lines, "w": lines + len(text.split()), "c": size, "m": size, "L": min(size, 256)}
        return [sizes[letter] for letter in letters]
    counts = {
        "l": lambda: text.count("\n"),
        "w": lambda: len(text.split()),
        "c": lambda: len(text.encode(errors="surrogatepass")),
        "m": lambda: len(text),
        "L": lambda: max((len(line.expandtabs(8)) for line in text.split("\n")), default=0),
    }
    return [counts[letter]() for letter in letters]


def tee(inv: Invocation) -> int:
    """Copy standard input to the output and to files; ``-a`` appends."""
    given, operands = inv.options(Spec("ai", long="append:a"))
    text = inv.stdin
    inv.out(text)
    for operand in operands:
        inv.write(operand, text, append="a" in given)
    return inv.code


PROGRAMS: Mapping[str, Program] = {
    "cat": cat,
    "head": head,
    "nl": nl,
    "rev": rev,
    "tac": tac,
    "tail": tail,
    "tee": tee,
    "wc": wc,
}
