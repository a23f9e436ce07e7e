"""Programs that encode bytes: base64, xxd, openssl."""

from __future__ import annotations

import base64 as codec
from collections.abc import Mapping

from simenv.kernel import Delays
from simenv.machine.content.formats import ArchiveError, decrypt, encrypt, from_text, to_text
from simenv.machine.content.rendering import dump_line, encoded_size
from simenv.machine.content.tokens import (
    Wrapped,
    byte_size,
    byte_slice,
    is_opaque,
    normalised,
    pieces,
    plain,
    wrapped,
)
from simenv.machine.program import Program
from simenv.shell.commands.pace import time_s
from simenv.shell.commands.rearranging import digest
from simenv.shell.devices import drawn_bytes, random_bytes
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_BASE64_BPS = 4e9
_CIPHER_BPS = 8e9
_DIGEST_BPS = 4e9
_MAX_RANDOM = 1 << 40
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_CIPHERS = tuple(f"aes-{size}-{mode}" for size in (128, 192, 256) for mode in ("cbc", "ctr", "ecb"))
_ALIASES = {"aes128": "aes-128-cbc", "aes256": "aes-256-cbc", "aes192": "aes-192-cbc"}


def base64(inv: Invocation) -> Delays[int]:
    """Encode, or decode (``-d``), base64; ``-w`` the width of lines (0: one line)."""
    given, operands = inv.options(Spec("diD", "w", "decode:d wrap:w ignore-garbage:i"))
    inputs = inv.inputs(operands[:1])
    content = inv.content(inputs[0][1]) if inputs else ""
    delay_s = time_s(content, _BASE64_BPS)
    if delay_s:
        yield delay_s
    if "d" in given or "D" in given:
        try:
            inv.out(inv.placeholders(from_text("base64", content)))
        except ArchiveError as error:
            inv.out(inv.placeholders(error.rest))
            return inv.complain("invalid input")
        return inv.code
    width = int(given["w"][:6]) if given.get("w", "").isdecimal() else 76
    if (data := drawn_bytes(content)) is not None:
        inv.out(_in_lines(codec.b64encode(data).decode(), width))
        return inv.code
    if is_opaque(content) and width:
        width = max(4, width // 4 * 4)
    inv.out(inv.placeholders(to_text(f"base64/{width}", content)))
    return inv.code


def _in_lines(text: str, width: int) -> str:
    """Return an encoded text in lines of a width; 0: as it is."""
    if not width:
        return text
    return "".join(f"{text[at : at + width]}\n" for at in range(0, len(text), width))


def xxd(inv: Invocation) -> Delays[int]:
    """Dump bytes in hex; ``-p`` plain, ``-r`` back again, ``-l`` length, ``-s`` start, ``-c`` columns (with ``-p``)."""
    given, operands = inv.options(Spec("pru", "lscg", "plain:p ps:p revert:r len:l seek:s cols:c"))
    text = inv.read(operands[0] if operands else "-")
    if text is None:
        return 2
    content = inv.content(text)
    try:
        start = int(given.get("s", "0"), 0)
        stop = start + int(given["l"], 0) if "l" in given else max(byte_size(content), start)
    except ValueError:
        raise UsageFault("xxd: invalid number") from None
    content = byte_slice(content, max(start, 0), max(stop, 0))
    delay_s = time_s(content, _BASE64_BPS)
    if delay_s:
        yield delay_s
    result = _undump(content, "p" in given) if "r" in given else _dump(content, given)
    if len(operands) > 1:
        inv.write(operands[1], inv.placeholders(result))
    else:
        inv.out(inv.placeholders(result))
    return inv.code


def _dump(content: str, given: Mapping[str, str]) -> str:
    data = drawn_bytes(content)
    if "p" in given:
        columns = given.get("c", "30")
        if data is not None:
            return _in_lines(data.hex(), 2 * min(int(columns[:4]), 256) if columns.isdecimal() else 60)
        return to_text(f"hex/{2 * min(int(columns[:4]), 256) if columns.isdecimal() else 60}", content)
    if is_opaque(content) and data is None:
        return wrapped("xxd", content, encoded_size("xxd", byte_size(content)))
    data = content.encode(errors="replace") if data is None else data
    return "".join(dump_line(data[at : at + 16], at) for at in range(0, len(data), 16))


def _undump(content: str, is_plain: bool) -> str:
    if is_plain:
        try:
            return from_text("hex", content)
        except ArchiveError as error:
            return error.rest
    if is_opaque(content):
        found = [
            piece.inner
            for piece in pieces(content)
            if isinstance(piece, Wrapped) and piece.kind == "xxd" and piece.whole
        ]
        return normalised("".join(found))
    digits = []
    for line in content.splitlines():
        _, colon, rest = line.partition(": ")
        digits.append("".join(rest.partition("  ")[0].split()) if colon else "")
    try:
        return plain(bytes.fromhex("".join(digits)).decode(errors="replace"))
    except ValueError:
        return ""


# -- openssl -----------------------------------------------------------------------------------------------------------


def openssl(inv: Invocation) -> Delays[int]:
    """Encrypt and decrypt (``enc``, or a cipher's name), ``base64``, ``rand``, ``dgst`` and digests, ``version``."""
    command = inv.argv[1] if len(inv.argv) > 1 else "help"
    words = list(inv.argv[2:])
    if command in ("enc", "base64") or _cipher(command):
        return (yield from _enc(inv, command, words))
    if command == "rand":
        return _rand(inv, words)
    if command == "dgst" or command in _DIGESTS:
        return (yield from _dgst(inv, command, words))
    if command == "version":
        inv.out("OpenSSL 3.0.11 19 Sep 2023 (Library: OpenSSL 3.0.11 19 Sep 2023)\n")
        return 0
    inv.err(f"Invalid command '{command}'; type \"help\" for a list.\n")
    return 1


def _cipher(word: str) -> str:
    name = word.lstrip("-").lower()
    return _ALIASES.get(name, name if name in _CIPHERS else "")


def _arguments(words: list[str], values: str) -> Options:
    """Read options as openssl has them: one dash before whole words; `values` names those that take one."""
    given: dict[str, str] = {}
    operands: list[str] = []
    rest = iter(words)
    for word in rest:
        if word[:1] == "-" and len(word) > 1:
            name = word.lstrip("-").lower()
            given[name] = next(rest, "") if name in values.split() else ""
        else:
            operands.append(word)
    return Options(given, tuple(operands))


def _enc(inv: Invocation, command: str, words: list[str]) -> Delays[int]:
    given, _ = _arguments(words, "in out k pass kfile iter md iv s bufsize")
    cipher = _cipher(command) or next((found for name in given if (found := _cipher(name))), "")
    as_text = command == "base64" or bool({"a", "base64"} & given.keys())
    text = inv.read(given.get("in", "-"))
    if text is None:
        return 1
    content = inv.content(text)
    password = _password(inv, given) if cipher else ""
    if password is None:
        inv.err(f"enter {cipher.upper()} encryption password:\nbad password read\n")
        return 1
    delay_s = time_s(content, _CIPHER_BPS)
    if delay_s:
        yield delay_s
    kind = "base64/0" if "a" in given and "A" in words else "base64/64"
    try:
        result = _transform(content, cipher, password, kind if as_text else "", back="d" in given)
    except ArchiveError as error:
        inv.err(f"{error}\n")
        return 1
    if "out" in given:
        return 0 if inv.write(given["out"], inv.placeholders(result)) else 1
    inv.out(inv.placeholders(result))
    return 0


def _transform(content: str, cipher: str, password: str, kind: str, *, back: bool) -> str:
    if back:
        content = from_text("base64", content) if kind else content
        return decrypt(cipher, password, content) if cipher else content
    content = encrypt(cipher, password, content) if cipher else content
    return to_text(kind, content) if kind else content


def _password(inv: Invocation, given: Mapping[str, str]) -> str | None:
    if "k" in given:
        return given["k"]
    path = given.get("kfile", "")
    kind, _, value = given.get("pass", "").partition(":")
    if kind == "pass":
        return value
    if kind == "env":
        return inv.env.get(value)
    if kind == "stdin":
        return inv.stdin.split("\n", 1)[0]
    path = value if kind == "file" else path
    text = inv.read(path) if path else None
    return None if text is None else text.split("\n", 1)[0]


def _rand(inv: Invocation, words: list[str]) -> int:
    given, operands = _arguments(words, "out")
    if not operands or not operands[0].isdecimal() or int(operands[0][:14]) > _MAX_RANDOM:
        inv.err("rand: a number of bytes is needed\n")
        return 1
    size = int(operands[0])
    if {"hex", "base64"} & given.keys() and size <= 1_000_000:
        data = inv.host.sim.streams[f"openssl/{inv.host.id}"].randbytes(size)
        text = bytes(data).hex() + "\n" if "hex" in given else _base64_lines(data)
    else:
        text = random_bytes(inv.host.sim, size)
    if "out" in given:
        return 0 if inv.write(given["out"], inv.placeholders(text)) else 1
    inv.out(inv.placeholders(text))
    return 0


def _base64_lines(data: bytes) -> str:
    return _in_lines(codec.b64encode(data).decode(), 64)


def _dgst(inv: Invocation, command: str, words: list[str]) -> Delays[int]:
    given, operands = _arguments(words, "out hmac")
    algorithm = next((name for name in _DIGESTS if name in given), command if command in _DIGESTS else "sha256")
    for operand in operands or ("-",):
        text = inv.read(operand)
        if text is None:
            continue
        content = inv.content(text)
        delay_s = time_s(content, _DIGEST_BPS)
        if delay_s:
            yield delay_s
        label = (
            f"{algorithm.upper().replace('SHA', 'SHA2-') if algorithm not in ('md5', 'sha1') else algorithm.upper()}"
        )
        name = "stdin" if operand == "-" else operand
        value = digest(content, algorithm)
        inv.out(f"{value} *{name}\n" if "r" in given else f"{label}({name})= {value}\n")
    return inv.code


PROGRAMS: Mapping[str, Program] = {"base64": base64, "openssl": openssl, "xxd": xxd}
