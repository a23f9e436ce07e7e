"""Programs that show bytes: od, hexdump, strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from simenv.machine.content.rendering import rendered_bytes
from simenv.machine.content.tokens import byte_size, is_opaque
from simenv.machine.program import Program
from simenv.shell.commands.filtering import values_of, width_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_MAX_OPAQUE = 262_144
"""Bytes of data that is not text that a dump shows."""


def _data(inv: Invocation, operands: Sequence[str], most: int = _MAX_OPAQUE) -> bytes | None:
    """Return what files hold, as bytes (data that is not text: at most `most`); None if that is too much."""
    content = "".join(inv.content(text) for _, text in inv.inputs(operands))
    if not is_opaque(content):
        data = content.encode(errors="replace")
    elif min(most, byte_size(content)) > _MAX_OPAQUE:
        inv.complain("input is too large")
        return None
    else:
        data = rendered_bytes(content, 0, most)
    inv.shell.budget.charge(4 * len(data))
    return data


def _limit(length: str, start: str) -> int:
    """Return how many bytes a dump of a given length has to look at."""
    if not length.isdecimal():
        return _MAX_OPAQUE + 1
    return int(length[:9]) + (int(start[:9]) if start.isdecimal() else 0)


def strings(inv: Invocation) -> int:
    """Print what is readable, four characters (``-n``) or more in a row; of bulk data nothing is."""
    inv.argv = [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in inv.argv]
    given, operands = inv.options(Spec("afw", "nte", "all:a bytes:n radix:t encoding:e print-file-name:f"))
    least = width_of(inv, given.get("n", "4"), "invalid minimum string length")
    for name, text in inv.inputs(operands):
        content = inv.content(text)
        for found in re.finditer(f"[\t -~]{{{min(least, 10_000)},}}", content):
            at = len(content[: found.start()].encode(errors="replace")) if "t" in given else 0
            shown = {"d": f"{at:7d} ", "x": f"{at:7x} ", "o": f"{at:7o} "}.get(given.get("t", ""), "")
            inv.out((f"{name}: " if "f" in given else "") + f"{shown}{found.group()}\n")
    return inv.code


_CONTROLS = """
nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp
"""
_NAMES = _CONTROLS.split()
_ESCAPES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_OD_SIZES = {"C": 1, "S": 2, "I": 4, "L": 8}
_OD_WIDTHS = {"x": (3, 5, 9, 17), "o": (4, 7, 12, 23), "u": (4, 6, 11, 21), "d": (5, 7, 12, 21)}


def od(inv: Invocation) -> int:
    """Dump bytes: ``-c -x -t`` (``x1 o2 d4 u1 c a``, with ``z``), ``-A`` radix, ``-j`` skip, ``-N`` length, ``-w`` width."""
    given, operands = inv.options(
        Spec("abcdiloxsv", "tAjNw", "format:t address-radix:A skip-bytes:j read-bytes:N output-duplicates:v width:w")
    )
    data = _data(inv, operands, _limit(given.get("N", ""), given.get("j", "")))
    if data is None or (inv.code and not data):
        return 1
    start = (
        width_of(inv, given.get("j", "0").replace("0", "0", 1), "invalid argument") if given.get("j", "0") != "0" else 0
    )
    stop = start + int(given["N"]) if given.get("N", "").isdecimal() else len(data)
    short = {"a": "a", "b": "o1", "c": "c", "d": "u2", "i": "d4", "l": "d8", "o": "o2", "x": "x2", "s": "d2"}
    kinds = re.findall(r"([acdoux])(\d?|[CSIL])(z?)", "".join(values_of(inv, "t")) or given.get("t", ""))
    kinds += [(short[letter][0], short[letter][1:], "") for letter in given if letter in short]
    if "t" in given and not kinds:
        raise UsageFault(f"od: invalid character '{given['t'][:1]}' in type string '{given['t']}'")
    step = width_of(inv, given.get("w", "16"), "invalid -w argument")
    address = {"d": "{:07d}", "o": "{:07o}", "x": "{:06x}", "n": ""}.get(given.get("A", "o")[:1], "{:07o}")
    _od_lines(inv, data[start:stop], start, kinds or [("o", "2", "")], step, address, repeats="v" in given)
    return inv.code


def _od_lines(
    inv: Invocation,
    data: bytes,
    start: int,
    kinds: list[tuple[str, str, str]],
    step: int,
    address: str,
    *,
    repeats: bool,
) -> None:
    before, starred = b"", False
    for at in range(0, len(data), step):
        row = data[at : at + step]
        if row == before and len(row) == step and not repeats:
            inv.out("" if starred else "*\n")
            starred = True
            continue
        before, starred = row, False
        for number, (kind, size, z) in enumerate(kinds):
            head = address.format(start + at) if not number else " " * len(address.format(0))
            inv.out(head + _od_row(row, kind, size, step, kinds) + (_readable(row, z) if z else "") + "\n")
    if address:
        inv.out(address.format(start + len(data)) + "\n")


def _readable(row: bytes, mark: str) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"  >{text}<"


def _od_size(kind: str, size: str) -> int:
    return 1 if kind in "ac" else int(_OD_SIZES.get(size, size or 4))


def _od_width(kind: str, size: str) -> int:
    return 4 if kind in "ac" else _OD_WIDTHS[kind][min(_od_size(kind, size).bit_length() - 1, 3)]


def _od_row(row: bytes, kind: str, size: str, step: int, kinds: list[tuple[str, str, str]]) -> str:
    """Return the cells of a line; where several kinds are shown, cells of all of them line up."""
    per_byte = max(-(-_od_width(k, s) // _od_size(k, s)) for k, s, _ in kinds) if len(kinds) > 1 else 0
    count = _od_size(kind, size)
    width = max(_od_width(kind, size), per_byte * count)
    cells = []
    for at in range(0, len(row), count):
        piece = row[at : at + count].ljust(count, b"\0")
        cells.append(_od_cell(piece, kind, count).rjust(width))
    padding = " " * (width * (step // count - len(cells))) if any(z for _, _, z in kinds) else ""
    return "".join(cells) + padding


def _od_cell(piece: bytes, kind: str, size: int) -> str:
    byte = piece[0]
    if kind == "c":
        return _ESCAPES.get(byte, chr(byte) if 32 <= byte < 127 else f"{byte:03o}")
    if kind == "a":
        low = byte & 127
        return _NAMES[low] if low <= 32 else "del" if low == 127 else chr(low)
    if kind == "d":
        return str(int.from_bytes(piece, "little", signed=True))
    value = int.from_bytes(piece, "little")
    if kind == "u":
        return str(value)
    return f"{value:0{2 * size}x}" if kind == "x" else f"{value:0{_OD_WIDTHS['o'][size.bit_length() - 1] - 1}o}"


def hexdump(inv: Invocation) -> int:
    """Dump bytes in hex, by words or (``-C``, and as ``hd``) by bytes with their text; ``-n`` length, ``-s`` start."""
    given, operands = inv.options(Spec("Cvxcbod", "nse", "canonical:C length:n skip:s no-squeezing:v"))
    if "e" in given or {"c", "b", "o", "d"} & given.keys():
        raise UsageFault("hexdump: formats other than -C and -x are not supported")
    data = _data(inv, operands, _limit(given.get("n", ""), given.get("s", "")))
    if data is None or (inv.code and not data):
        return inv.complain("all input file arguments failed")
    start = int(given["s"]) if given.get("s", "").isdecimal() else 0
    stop = start + int(given["n"]) if given.get("n", "").isdecimal() else len(data)
    canonical = "C" in given or inv.name == "hd"
    before, starred = b"", False
    data = data[:stop]
    for at in range(start, len(data), 16):
        row = data[at : at + 16]
        if row == before and "v" not in given:
            inv.out("" if starred else "*\n")
            starred = True
            continue
        before, starred = row, False
        inv.out(_canonical(row, at) if canonical else _words(row, at, wide="x" in given))
    if len(data) > start:
        inv.out(f"{len(data):08x}\n" if canonical else f"{len(data):07x}\n")
    return inv.code


def _canonical(row: bytes, at: int) -> str:
    halves = [" ".join(f"{byte:02x}" for byte in row[first : first + 8]).ljust(23) for first in (0, 8)]
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"{at:08x}  {halves[0]}  {halves[1]}  |{text}|\n"


def _words(row: bytes, at: int, *, wide: bool) -> str:
    words = [f"{int.from_bytes(row[first : first + 2], 'little'):04x}" for first in range(0, len(row), 2)]
    cell = 8 if wide else 5
    return f"{at:07x}" + ("".join(word.rjust(cell) for word in words)).ljust(cell * 8) + "\n"


PROGRAMS: Mapping[str, Program] = {"hd": hexdump, "hexdump": hexdump, "od": od, "strings": strings}
