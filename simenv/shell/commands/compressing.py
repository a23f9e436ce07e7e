"""Programs that compress: gzip, xz, bzip2, and what undoes and prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from simenv.kernel import Delays
from simenv.machine.content.formats import ArchiveError, compress, decompress
from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.commands.pace import time_s
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_SPEC = Spec(
    "cdfknqrtvz123456789e",
    "ST",
    "stdout:c to-stdout:c decompress:d uncompress:d force:f keep:k quiet:q test:t verbose:v fast:1 best:9 compress:z "
    "suffix:S threads:T",
)


class Format(NamedTuple):
    """A compressed format: its suffix, and bits per second of input to pack and of output to unpack."""

    suffix: str
    pack_bps: float
    unpack_bps: float


FORMATS: Mapping[str, Format] = {
    "gzip": Format(".gz", 0.8e9, 2.4e9),
    "bzip2": Format(".bz2", 0.16e9, 0.32e9),
    "xz": Format(".xz", 0.08e9, 0.64e9),
}


def packing_time_s(family: str, content: str) -> float:
    """Return how long it takes to compress a content."""
    return time_s(content, FORMATS[family].pack_bps)


def unpacking_time_s(family: str, content: str) -> float:
    """Return how long it takes to decompress to a content."""
    return time_s(content, FORMATS[family].unpack_bps)


def press(inv: Invocation, *, family: str, unpack: bool = False, out: bool = False) -> Delays[int]:
    """Compress or decompress files in place (``-k`` keeps them), or to standard output (``-c``, or no file)."""
    options = inv.options(_SPEC)
    unpack = unpack or "d" in options.given or "t" in options.given
    out = out or "c" in options.given or "t" in options.given
    for operand in options.operands or ("-",):
        text = inv.read(operand) if not inv.shell.is_directory(operand) else None
        if text is None:
            if inv.shell.is_directory(operand):
                inv.complain(f"{operand} is a directory -- ignored", 2)
            continue
        yield from _press_one(inv, options, operand, inv.content(text), family, unpack, out or operand == "-")
    return inv.code


def _press_one(
    inv: Invocation, options: Options, operand: str, content: str, family: str, unpack: bool, out: bool
) -> Delays[None]:
    suffix = FORMATS[family].suffix
    target = operand.removesuffix(suffix) if unpack else operand + suffix
    if unpack and not out and target == operand:
        target = f"{operand.removesuffix('.tgz')}.tar" if operand.endswith(".tgz") else operand
        if target == operand:
            inv.complain(f"{operand}: unknown suffix -- ignored", 2)
            return
    try:
        result = decompress(family, content) if unpack else compress(family, content)
    except ArchiveError as error:
        result = error.rest
        name = "stdin" if operand == "-" else operand
        inv.complain(f"{name}: {_reason(str(error), family)}")
        if not (out and result):
            return
    delay_s = unpacking_time_s(family, result) if unpack else packing_time_s(family, content)
    if delay_s:
        yield delay_s
    if out:
        inv.out("" if "t" in options.given else inv.placeholders(result))
    else:
        _replace(inv, options, operand, target, result)


def _reason(reason: str, family: str) -> str:
    if reason != "not in the right format":
        return reason
    return {"gzip": "not in gzip format", "xz": "File format not recognized"}.get(
        family, "(stdin) is not a bzip2 file."
    )


def _replace(inv: Invocation, options: Options, operand: str, target: str, content: str) -> None:
    files = inv.host.files
    if inv.shell.exists(target) and "f" not in options.given:
        inv.complain(f"{target} already exists;\tnot overwritten", 2)
        return
    node = inv.shell.node(operand)
    if not inv.write(target, inv.placeholders(content)):
        return
    try:
        if node is not None and inv.account.user == node.owner:
            files.set_mode(inv.path(target), node.mode, inv.account)
        if "k" not in options.given:
            files.remove(inv.path(operand), inv.account)
    except FileError as error:
        inv.complain(f"{operand}: {error.reason}")
        return
    if "v" in options.given:
        inv.err(f"{operand}:\t{'created' if 'k' in options.given else 'replaced with'} {target}\n")


def _press(family: str, *, unpack: bool = False, out: bool = False) -> Callable[[Invocation], Delays[int]]:
    return partial(press, family=family, unpack=unpack, out=out)


PROGRAMS: Mapping[str, Program] = {
    "bunzip2": _press("bzip2", unpack=True),
    "bzcat": _press("bzip2", unpack=True, out=True),
    "bzip2": _press("bzip2"),
    "gunzip": _press("gzip", unpack=True),
    "gzip": _press("gzip"),
    "unxz": _press("xz", unpack=True),
    "xz": _press("xz"),
    "xzcat": _press("xz", unpack=True, out=True),
    "zcat": _press("gzip", unpack=True, out=True),
}
