"""Programs that cut content by size: split, dd."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from simenv.kernel import Delays
from simenv.machine.content.rendering import count_lines, line_end
from simenv.machine.content.tokens import ZERO, bulk, byte_size, byte_slice, joined, pieces
from simenv.machine.program import Program
from simenv.shell.commands.pace import DISK_BPS, disk_time_s
from simenv.shell.devices import ENDLESS, read_device
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_SIZE = re.compile(r"(\d{1,15})(c|w|b|[kKMGT]i?B?)?\Z")
_SPLIT = Spec(
    "dxue", "blnaC", "bytes:b lines:l number:n suffix-length:a numeric-suffixes:d additional-suffix:C verbose:e"
)
_MAX_PARTS = 2_000


def parse_size(text: str) -> int | None:
    """Return the bytes of ``512``, ``10k``, ``1M``, ``2GB``; None if it is no size.

    >>> parse_size("1K"), parse_size("1kB"), parse_size("x")
    (1024, 1000, None)
    """
    found = _SIZE.match(text)
    if found is None:
        return None
    unit = found.group(2) or ""
    if unit in ("c", "w", "b"):
        return int(found.group(1)) * {"c": 1, "w": 2, "b": 512}[unit]
    power = "kMGT".index(unit[0].replace("K", "k")) + 1 if unit else 0
    base = 1000 if unit.endswith("B") and "i" not in unit else 1024
    return int(found.group(1)) * int(base**power)


def split(inv: Invocation) -> Delays[int]:
    """Cut a file into parts: ``-b`` bytes, ``-l`` lines or ``-n`` parts each; ``-d`` numbers them, ``-a`` letters of suffix."""
    given, operands = inv.options(_SPLIT)
    text = inv.read(operands[0] if operands else "-")
    if text is None:
        return 1
    content = inv.content(text)
    prefix = operands[1] if len(operands) > 1 else "x"
    parts = _parts(content, given)
    delay_s = disk_time_s(content)
    if delay_s:
        yield delay_s
    letters = int(given["a"][:2]) if given.get("a", "").isdecimal() else 0
    for number, part in enumerate(parts):
        suffix = _suffix(number, letters, digits="d" in given)
        if not suffix or number >= _MAX_PARTS:
            return inv.complain("output file suffixes exhausted")
        if not inv.write(f"{prefix}{suffix}{given.get('C', '')}", inv.placeholders(part)):
            break
        if "e" in given:
            inv.out(f"creating file '{prefix}{suffix}'\n")
    return inv.code


def _parts(content: str, given: Mapping[str, str]) -> Iterator[str]:
    size = byte_size(content)
    if "b" in given:
        step = parse_size(given["b"])
        if not step:
            raise UsageFault(f"split: invalid number of bytes: '{given['b']}'")
        return (byte_slice(content, at, at + step) for at in range(0, size, step))
    if "n" in given:
        count = given["n"].rpartition("/")[2]
        if not count.isdecimal() or not int(count[:9]):
            raise UsageFault(f"split: invalid number of chunks: '{given['n']}'")
        step, last = max(1, size // int(count[:9])), int(count[:9]) - 1
        return (
            byte_slice(content, n * step, size if n == last else (n + 1) * step)
            for n in range(min(last, _MAX_PARTS) + 1)
        )
    lines = given.get("l", "1000")
    if not lines.isdecimal() or not int(lines[:12]):
        raise UsageFault(f"split: invalid number of lines: '{lines}'")
    return _by_lines(content, int(lines[:12]))


def _by_lines(content: str, count: int) -> Iterator[str]:
    at, size = 0, byte_size(content)
    for number in range(1, -(-count_lines(content) // count) + 2):
        end = line_end(content, number * count)
        if at < size:
            yield byte_slice(content, at, end)
        at = end


def _suffix(number: int, letters: int, *, digits: bool) -> str:
    """Return the suffix of a part: of a number of letters, or (0) of two, and of more behind a ``z`` when those are used up."""
    base, last, width = (10, "9", 2) if digits else (26, "z", 2)
    before = ""
    if letters:
        width = letters
    else:
        while number >= (room := base ** (width - 1) * (base - 1)):
            number, width, before = number - room, width + 1, before + last
    if number >= base**width:
        return ""
    out = ""
    for _ in range(width):
        number, place = divmod(number, base)
        out = (str(place) if digits else chr(97 + place)) + out
    return before + out


class _Copy(NamedTuple):
    """What `dd` is asked for, in bytes."""

    source: str
    target: str
    block: int
    most: int | None
    skip: int
    seek: int
    keep: bool


def dd(inv: Invocation) -> Delays[int]:
    """Copy blocks: ``if= of= bs= count= skip= seek= conv=notrunc status=none``."""
    given = dict(word.partition("=")[::2] for word in inv.argv[1:])
    unknown = [name for name in given if name not in _DD]
    if unknown:
        raise UsageFault(f"dd: unrecognized operand '{unknown[0]}'\nTry 'dd --help' for more information.")
    copy = _plan(given)
    data = _input(inv, copy)
    if data is None:
        return inv.code
    delay_s = disk_time_s(data)
    if delay_s:
        yield delay_s
    size = byte_size(data)
    if copy.target:
        if not inv.write(copy.target, inv.placeholders(_placed(inv, copy, data))):
            return 1
    else:
        inv.out(inv.placeholders(data))
    if given.get("status") != "none":
        full, part = divmod(size, copy.block)
        records = f"{full}+{int(part > 0)} records"
        seconds = size * 8.0 / DISK_BPS
        speed = f"{size / max(seconds, 1e-4) / 1e6:.1f} MB/s"
        inv.err(f"{records} in\n{records} out\n{size} bytes copied, {seconds:.4f} s, {speed}\n")
    return 0


_DD = frozenset(("if", "of", "bs", "ibs", "obs", "count", "skip", "seek", "conv", "status", "iflag", "oflag"))


def _plan(given: Mapping[str, str]) -> _Copy:
    def number(name: str, default: int) -> int:
        size = parse_size(given[name]) if name in given else default
        if size is None:
            raise UsageFault(f"dd: invalid number: '{given[name]}'")
        return size

    block = number("bs", number("ibs", 512)) or 1
    in_bytes = 1 if "bytes" in given.get("iflag", "") else block
    count = number("count", 0) * in_bytes if "count" in given else None
    skip, seek = number("skip", 0) * in_bytes, number("seek", 0) * block
    return _Copy(given.get("if", ""), given.get("of", ""), block, count, skip, seek, "notrunc" in given.get("conv", ""))


def _input(inv: Invocation, copy: _Copy) -> str | None:
    if copy.source in ENDLESS:
        if copy.most is None:
            inv.complain(f"error writing '{copy.target or 'standard output'}': No space left on device")
            return None
        return read_device(inv.host.sim, copy.source, copy.most)
    text = inv.read(copy.source or "-") if not copy.source or inv.shell.exists(copy.source) else None
    if text is None:
        if not inv.code:
            inv.complain(f"failed to open '{copy.source}': No such file or directory")
        return None
    content = inv.content(text)
    stop = byte_size(content) if copy.most is None else copy.skip + copy.most
    return byte_slice(content, copy.skip, stop)


def _placed(inv: Invocation, copy: _Copy, data: str) -> str:
    """Return what the target holds afterwards."""
    if not copy.seek and not copy.keep:
        return data
    node = inv.shell.node(copy.target)
    old = str(node.content) if node is not None and node.kind == "file" else ""
    before = byte_slice(old, 0, copy.seek)
    gap = bulk(ZERO, 0, copy.seek - byte_size(before))
    after = byte_slice(old, copy.seek + byte_size(data), byte_size(old)) if copy.keep else ""
    return joined(piece for part in (before, gap, data, after) for piece in pieces(part))


PROGRAMS: Mapping[str, Program] = {"dd": dd, "split": split}
