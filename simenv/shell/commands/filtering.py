"""Filters of text: comm, join, fold, column, expand, unexpand, factor, shuf; less and more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.commands.reading import lines_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_MAX_FACTORED = 10**15
_RULE = ":" * 14 + "\n"
_MAX_WIDTH = 100_000


def _hint(inv: Invocation, message: str, code: int = 1) -> UsageFault:
    return UsageFault(f"{inv.name}: {message}\nTry '{inv.name} --help' for more information.", code)


def _bare(text: str) -> list[str]:
    return [line.removesuffix("\n") for line in lines_of(text)]


def values_of(inv: Invocation, letter: str) -> list[str]:
    """Return all values of an option that may be given several times."""
    words = inv.argv
    return [
        word[2:] or (words[at + 1] if at + 1 < len(words) else "")
        for at, word in enumerate(words)
        if word[:2] == f"-{letter}"
    ]


def _two(inv: Invocation, operands: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Return the lines of the two files that a program compares; None if one cannot be read."""
    if len(operands) != 2:
        if len(operands) > 2:
            raise _hint(inv, f"extra operand '{operands[2]}'")
        raise _hint(inv, f"missing operand after '{operands[0]}'" if operands else "missing operand")
    left, right = inv.read(operands[0]), inv.read(operands[1])
    return None if left is None or right is None else (_bare(left), _bare(right))


# -- two sorted files --------------------------------------------------------------------------------------------------


def comm(inv: Invocation) -> int:
    """Show the lines that one, the other or both of two sorted files have; ``-1 -2 -3`` leave a column out."""
    given, operands = inv.options(Spec("123iz", "D", "output-delimiter:D check-order:z nocheck-order:z total:i"))
    found = _two(inv, operands)
    if found is None:
        return 1
    separator = given.get("D", "\t")
    ahead = [separator * sum(column not in given for column in "123"[:at]) for at in range(3)]
    unsorted: set[int] = set()
    for column, line in _merged(*found, unsorted):
        if "123"[column] not in given:
            inv.out(f"{ahead[column]}{line}\n")
    for number in sorted(unsorted):
        inv.complain(f"file {number + 1} is not in sorted order")
    if unsorted:
        inv.complain("input is not in sorted order")
    return inv.code


def _merged(left: list[str], right: list[str], unsorted: set[int]) -> Iterator[tuple[int, str]]:
    i = j = 0
    is_uneven = False
    while i < len(left) or j < len(right):
        if j >= len(right) or (i < len(left) and left[i] < right[j]):
            column = 0
        elif i >= len(left) or right[j] < left[i]:
            column = 1
        else:
            column = 2
        is_uneven = is_uneven or column < 2
        yield column, right[j] if column == 1 else left[i]
        if column != 1:
            i += 1
            if i < len(left) and left[i] < left[i - 1] and is_uneven:
                unsorted.add(0)
        if column != 0:
            j += 1
            if j < len(right) and right[j] < right[j - 1] and is_uneven:
                unsorted.add(1)


def join(inv: Invocation) -> int:
    """Join lines of two sorted files on a field (``-1 -2 -j``): ``-t`` separator, ``-a -v`` unpaired, ``-o -e`` format."""
    given, operands = inv.options(Spec("iz", "12jtavoe", "ignore-case:i header:z"))
    found = _two(inv, operands)
    if found is None:
        return 1
    separator = given.get("t", "")
    keys = [_field(inv, given.get(side, given.get("j", "1"))) for side in "12"]
    left, right = ([line.split(separator or None) for line in lines] for lines in found)
    unpaired = values_of(inv, "v") + values_of(inv, "a")
    row = _row(given, keys, separator or " ")
    fold = str.lower if "i" in given else str
    i = j = 0
    while i < len(left) or j < len(right):
        inv.shell.budget.charge(20)
        mine = fold(_cell(left[i], keys[0])) if i < len(left) else None
        theirs = fold(_cell(right[j], keys[1])) if j < len(right) else None
        if theirs is None or (mine is not None and mine < theirs):
            inv.out(row(left[i], None) if "1" in unpaired else "")
            i += 1
        elif mine is None or theirs < mine:
            inv.out(row(None, right[j]) if "2" in unpaired else "")
            j += 1
        else:
            ends = [_same(rows, at, key, fold) for rows, at, key in ((left, i, keys[0]), (right, j, keys[1]))]
            pairs = [(a, b) for a in left[i : ends[0]] for b in right[j : ends[1]]]
            inv.out("" if "v" in given else "".join(row(a, b) for a, b in pairs))
            i, j = ends
    return inv.code


def _field(inv: Invocation, text: str) -> int:
    if not text.isdecimal() or not int(text[:6]):
        raise UsageFault(f"{inv.name}: invalid field number: '{text}'")
    return int(text[:6]) - 1


def _cell(fields: list[str], at: int) -> str:
    return fields[at] if at < len(fields) else ""


def _same(rows: list[list[str]], at: int, key: int, fold: Callable[[str], str]) -> int:
    value, end = fold(_cell(rows[at], key)), at
    while end < len(rows) and fold(_cell(rows[end], key)) == value:
        end += 1
    return end


def _row(given: Mapping[str, str], keys: list[int], glue: str) -> Callable[[list[str] | None, list[str] | None], str]:
    """Return what makes a line of a pair of lines, or of one that has no partner."""
    empty = given.get("e", "")
    wanted = re.split("[, ]+", given["o"]) if given.get("o", "auto") != "auto" else []

    def row(left: list[str] | None, right: list[str] | None) -> str:
        key = _cell(left, keys[0]) if left is not None else _cell(right or [], keys[1])
        if wanted:
            cells = []
            for name in wanted:
                side, _, number = name.partition(".")
                fields = left if side == "1" else right
                value = (
                    key if side == "0" else _cell(fields or [], int(number[:6] or 1) - 1 if number.isdecimal() else 0)
                )
                cells.append(value or empty)
            return glue.join(cells) + "\n"
        rest = [cell for fields, at in ((left, keys[0]), (right, keys[1])) if fields is not None
                for number, cell in enumerate(fields) if number != at]  # fmt: skip
        return glue.join([key, *rest]) + "\n"

    return row


# -- widths ------------------------------------------------------------------------------------------------------------


def width_of(inv: Invocation, text: str, what: str) -> int:
    """Return the positive number that an option gives. Raises UsageFault, which begins with `what`, if it is none."""
    if not text.isdecimal() or not int(text[:7]):
        raise UsageFault(f"{inv.name}: {what}: '{text}'")
    return min(int(text[:7]), _MAX_WIDTH)


def fold(inv: Invocation) -> int:
    """Break lines at a width (``-w``, 80 if not given); ``-s`` at blanks."""
    inv.argv = [f"-w{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in inv.argv]
    given, operands = inv.options(Spec("bs", "w", "bytes:b spaces:s width:w"))
    width = width_of(inv, given.get("w", "80"), "invalid number of columns")
    for _, text in inv.inputs(operands):
        for line in lines_of(text):
            rest, end = line.removesuffix("\n"), line[len(line.removesuffix("\n")) :]
            while len(rest) > width:
                blank = rest.rfind(" ", 0, width) + 1 if "s" in given else 0
                inv.out(rest[: blank or width] + "\n")
                rest = rest[blank or width :]
            inv.out(rest + end)
    return inv.code


def expand(inv: Invocation) -> int:
    """Turn tabs into blanks: every 8 columns, or ``-t``; ``-i`` only those before other characters."""
    given, operands = inv.options(Spec("i", "t", "initial:i tabs:t"))
    size = width_of(inv, given.get("t", "8"), "tab size contains invalid character(s)")
    for _, text in inv.inputs(operands):
        for line in lines_of(text):
            head = re.match(r"[ \t]*", line) if "i" in given else None
            inv.out(head.group().expandtabs(size) + line[head.end() :] if head else line.expandtabs(size))
    return inv.code


def unexpand(inv: Invocation) -> int:
    """Turn leading blanks into tabs; ``-a`` all that reach a stop."""
    given, operands = inv.options(Spec("a", "t", "all:a first-only:f tabs:t"))
    size = width_of(inv, given.get("t", "8"), "tab size contains invalid character(s)")
    for _, text in inv.inputs(operands):
        for line in lines_of(text):
            body = line.lstrip(" \t")
            columns = len(line[: len(line) - len(body)].expandtabs(size))
            head = "\t" * (columns // size) + " " * (columns % size)
            inv.out(_tabbed(line, size) if {"a", "t"} & given.keys() else head + body)
    return inv.code


def _tabbed(line: str, size: int) -> str:
    """Return a line with tabs for all blanks that reach a stop."""
    text = line.removesuffix("\n").expandtabs(size)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    shown = [piece.rstrip(" ") + "\t" if len(piece) == size and piece[-2:] == "  " else piece for piece in pieces]
    return "".join(shown) + line[len(line.removesuffix("\n")) :]


def column(inv: Invocation) -> int:
    """Line up the fields of lines (``-t``), separated by blanks or the characters of ``-s``; ``-o`` between columns."""
    given, operands = inv.options(Spec("tLnex", "sowcNR", "table:t separator:s output-separator:o table-columns:N"))
    rows = [line for _, text in inv.inputs(operands) for line in _bare(text) if line.strip()]
    if "t" not in given:
        inv.out(_filled(rows, int(given["c"][:5]) if given.get("c", "").isdecimal() else 80))
        return inv.code
    marks = given.get("s", "")
    cells = [re.split(f"[{re.escape(marks)}]", row) if marks else row.split() for row in rows]
    if "N" in given:
        cells.insert(0, given["N"].split(","))
    widths: dict[int, int] = {}
    for fields in cells:
        for at, cell in enumerate(fields):
            widths[at] = max(widths.get(at, 0), len(cell))
    glue, count = given.get("o", "  "), len(widths)
    for fields in cells:
        padded = [cell.ljust(widths[at]) if at < count - 1 else cell for at, cell in enumerate(fields)]
        missing = [" " * widths[at] if at < count - 1 else "" for at in range(len(fields), count)]
        inv.out(glue.join([*padded, *missing]) + "\n")
    return inv.code


def _filled(rows: list[str], width: int) -> str:
    """Return entries in columns, down before across, each as wide as a multiple of 8."""
    if not rows:
        return ""
    step = (max(map(len, rows)) // 8 + 1) * 8
    count = max(1, width // step)
    height = -(-len(rows) // count)
    lines = []
    for at in range(height):
        line = ""
        for place, entry in enumerate(rows[at::height]):
            line += "\t" * -(-(place * step - len(line.expandtabs(8))) // 8) + entry
        lines.append(line + "\n")
    return "".join(lines)


# -- numbers and chance ------------------------------------------------------------------------------------------------


def factor(inv: Invocation) -> int:
    """Print the prime factors of numbers, of operands or of standard input."""
    _, operands = inv.options(Spec("h"))
    for word in operands or inv.stdin.split():
        if not word.isdecimal():
            inv.complain(f"'{word}' is not a valid positive integer")
        elif int(word[:40]) > _MAX_FACTORED:
            inv.complain(f"'{word}' is too large")
        else:
            inv.out(f"{int(word)}:{''.join(f' {prime}' for prime in _primes(inv, int(word)))}\n")
    return inv.code


def _primes(inv: Invocation, number: int) -> Iterator[int]:
    divisor = 2
    while divisor * divisor <= number:
        inv.shell.budget.charge(1)
        if number % divisor == 0:
            yield divisor
            number //= divisor
        else:
            divisor += 1 if divisor == 2 else 2
    if number > 1:
        yield number


def shuf(inv: Invocation) -> int:
    """Print lines in random order: ``-n`` at most N, ``-e`` operands, ``-i`` a range of numbers, ``-r`` repeated."""
    given, operands = inv.options(Spec("erz", "nio", "echo:e input-range:i head-count:n output:o repeat:r"))
    lines = _shuffled(inv, given, operands)
    if lines is None:
        return 1
    wanted = given.get("n")
    if wanted is not None and not wanted.isdecimal():
        raise UsageFault(f"shuf: invalid line count: '{wanted}'")
    count = int(wanted[:9]) if wanted is not None else None
    stream = inv.host.sim.streams[f"shuf/{inv.host.id}"]
    if "r" in given and lines:
        size = 10**9 if count is None else count
        for _ in range(size):
            inv.out(f"{stream.choice(lines)}\n")
        return inv.code
    stream.shuffle(lines)
    text = "".join(f"{line}\n" for line in islice(lines, count))
    if "o" in given:
        inv.write(given["o"], text)
    else:
        inv.out(text)
    return inv.code


def _shuffled(inv: Invocation, given: Mapping[str, str], operands: Sequence[str]) -> list[str] | None:
    if "i" in given:
        bounds = re.fullmatch(r"(\d{1,9})-(\d{1,9})", given["i"])
        if bounds is None or int(bounds.group(1)) > int(bounds.group(2)) + 1:
            raise UsageFault(f"shuf: invalid input range: '{given['i']}'")
        first, last = int(bounds.group(1)), int(bounds.group(2))
        inv.shell.budget.charge(8 * (last - first + 1))
        return [str(number) for number in range(first, last + 1)]
    if "e" in given:
        return list(operands)
    text = inv.read(operands[0] if operands else "-")
    return None if text is None else _bare(text)


# -- pagers -------------------------------------------------------------------------------------------------------------


def pager(inv: Invocation) -> int:
    """Print files: the output is no terminal. An option is one of the terminal's."""
    operands = [word for word in inv.argv[1:] if word[:1] not in ("-", "+") or word == "-"]
    for operand in operands or ["-"]:
        try:
            text = inv.stdin if operand == "-" else inv.shell.read_file(operand)
            inv.out(f"{_RULE}{operand}\n{_RULE}" if inv.name == "more" and operand != "-" else "")
            inv.out(text)
        except FileError as error:
            inv.err(f"{'more: cannot open ' if inv.name == 'more' else ''}{operand}: {error.reason}\n")
            inv.code = int(inv.name == "more")
    return inv.code


PROGRAMS: Mapping[str, Program] = {
    "column": column,
    "comm": comm,
    "expand": expand,
    "factor": factor,
    "fold": fold,
    "join": join,
    "less": pager,
    "more": pager,
    "shuf": shuf,
    "unexpand": unexpand,
}
