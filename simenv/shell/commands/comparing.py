"""diff and cmp."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from simenv.machine.content.placeholders import has_placeholders
from simenv.machine.content.rendering import count_lines
from simenv.machine.content.tokens import byte_size, byte_slice
from simenv.machine.program import Program
from simenv.shell.commands.reading import lines_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_MAX_LINES = 5_000
_NO_NEWLINE = "\\ No newline at end of file\n"


def diff(inv: Invocation) -> int:
    """Compare two files line by line: normal or (``-u``) unified; ``-q`` says only whether; ``-r`` directories."""
    spec = Spec("uqrNbwiBasy", "UL", "unified:u brief:q recursive:r new-file:N ignore-case:i", 2)
    given, operands = inv.options(spec)
    if len(operands) != 2:
        raise UsageFault(f"diff: missing operand after '{operands[0] if operands else 'diff'}'", 2)
    return _compare(inv, given, operands[0], operands[1])


def _compare(inv: Invocation, given: Mapping[str, str], left: str, right: str) -> int:
    if inv.shell.is_directory(left) and inv.shell.is_directory(right):
        return _compare_directories(inv, given, left, right)
    if inv.shell.is_directory(right):
        right = f"{right.rstrip('/')}/{left.rpartition('/')[2]}"
    elif inv.shell.is_directory(left):
        left = f"{left.rstrip('/')}/{right.rpartition('/')[2]}"
    old, new = inv.read(left), inv.read(right)
    if old is None or new is None:
        return 2
    if _reduced(old, given) == _reduced(new, given):
        return 0
    if "q" in given:
        inv.out(f"Files {left} and {right} differ\n")
        return 1
    if has_placeholders(old) or has_placeholders(new):
        inv.out(f"Binary files {left} and {right} differ\n")
        return 2
    before, after = lines_of(old), lines_of(new)
    if len(before) + len(after) > _MAX_LINES:
        inv.out(f"Files {left} and {right} differ\n")
        return 1
    inv.shell.budget.charge(len(before) * len(after) + 1)
    inv.out(_unified(inv, left, right, before, after) if "u" in given or "U" in given else _normal(before, after))
    return 1


def _reduced(text: str, given: Mapping[str, str]) -> str:
    text = text.lower() if "i" in given else text
    if "w" in given:
        return "\n".join("".join(line.split()) for line in text.split("\n"))
    return "\n".join(" ".join(line.split()) for line in text.split("\n")) if "b" in given else text


def _compare_directories(inv: Invocation, given: Mapping[str, str], left: str, right: str) -> int:
    files = inv.host.files
    mine = files.names(inv.path(left), inv.account)
    theirs = files.names(inv.path(right), inv.account)
    code = 0
    inv.shell.enter()
    for name in sorted({*mine, *theirs}):
        one, other = f"{left.rstrip('/')}/{name}", f"{right.rstrip('/')}/{name}"
        if name not in mine or name not in theirs:
            inv.out(f"Only in {left if name in mine else right}: {name}\n")
            code = max(code, 1)
        elif inv.shell.is_directory(one) and "r" not in given:
            inv.out(f"Common subdirectories: {one} and {other}\n")
        else:
            code = max(code, _compare(inv, given, one, other))
    inv.shell.depth -= 1
    return code


def _stamp(inv: Invocation, operand: str) -> str:
    node = inv.shell.node(operand)
    moment = inv.host.sim.calendar.at(node.mtime if node else inv.host.sim.now)
    return f"{moment:%Y-%m-%d %H:%M:%S.000000000 %z}"


def _unified(inv: Invocation, left: str, right: str, before: list[str], after: list[str]) -> str:
    lines = difflib.unified_diff(before, after, f"{left}\t{_stamp(inv, left)}", f"{right}\t{_stamp(inv, right)}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _normal(before: list[str], after: list[str]) -> str:
    pieces: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        letter = {"replace": "c", "delete": "d", "insert": "a"}[tag]
        pieces.append(f"{_range(a, b)}{letter}{_range(c, d)}\n")
        pieces += [_marked("<", line) for line in before[a:b]]
        pieces += ["---\n"] if tag == "replace" else []
        pieces += [_marked(">", line) for line in after[c:d]]
    return "".join(pieces)


def _range(first: int, last: int) -> str:
    if last <= first:
        return str(first)
    return str(first + 1) if last == first + 1 else f"{first + 1},{last}"


def _marked(mark: str, line: str) -> str:
    return f"{mark} {line}" if line.endswith("\n") else f"{mark} {line}\n{_NO_NEWLINE}"


def cmp(inv: Invocation) -> int:
    """Say where two files first differ; ``-s`` silently."""
    given, operands = inv.options(Spec("slb", "n", "silent:s quiet:s", 2))
    if len(operands) < 2:
        raise UsageFault("cmp: missing operand", 2)
    old, new = inv.read(operands[0]), inv.read(operands[1])
    if old is None or new is None:
        return 2
    if old == new:
        return 0
    if has_placeholders(old) or has_placeholders(new):
        return _compare_bulk(inv, operands, "s" in given, inv.content(old), inv.content(new))
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if "s" not in given:
        if at == min(len(old), len(new)):
            inv.err(f"cmp: EOF on {operands[0 if len(old) < len(new) else 1]} after byte {at}\n")
        else:
            line = old.count("\n", 0, at) + 1
            inv.out(f"{operands[0]} {operands[1]} differ: byte {at + 1}, line {line}\n")
    return 1


def _compare_bulk(inv: Invocation, operands: Sequence[str], silent: bool, old: str, new: str) -> int:
    if old == new:
        return 0
    sizes = byte_size(old), byte_size(new)
    low, high = 0, min(sizes)  # the first bytes are equal up to `low`, and differ before `high` or where one ends
    while low < high:
        middle = (low + high + 1) // 2
        if byte_slice(old, 0, middle) == byte_slice(new, 0, middle):
            low = middle
        else:
            high = middle - 1
    if not silent and low == min(sizes):
        inv.err(f"cmp: EOF on {operands[0 if sizes[0] < sizes[1] else 1]} after byte {low}\n")
    elif not silent:
        line = count_lines(byte_slice(old, 0, low)) + 1
        inv.out(f"{operands[0]} {operands[1]} differ: byte {low + 1}, line {line}\n")
    return 1


PROGRAMS: Mapping[str, Program] = {"cmp": cmp, "diff": diff}
