"""Words as they are written: quotes, expansions and braces, scanned once into parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from simenv.machine.content.tokens import plain
from simenv.shell.errors import SyntaxFault
from simenv.shell.parser.tree import Arithmetic, Literal, Parameter, Part, ProcessPipe, Substitution, Word

MAX_DEPTH = 40
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$#@*!-]")
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[?$#@*!-]")
_INDIRECT = re.compile(r"([A-Za-z_]\w*)(?:\[[@*]\]|([@*]))?\Z")
_OPERATOR = re.compile(r"@[UuLQEPAaKk]\Z|:[-=+?]|[-=+?]|%%|%|##|#|//|/[#%]|/|\^\^|\^|,,|,|:")
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\033", "E": "\033"}
_PLAIN = re.compile(r"(?:[^\\'\"$`<>]|[<>](?!\())+")
_IN_QUOTES = re.compile(r"[^\\\"$`]+")
_IN_TEXT = re.compile(r"[^\\$`]+")


def scan_word(text: str, depth: int = 0) -> Word:
    """Return the parts of a word given as written, e.g. ``a"$b"c``.

    Raises:
        SyntaxFault: a quote or expansion does not end, or is not supported.
    """
    return _merge(_scan(text, _PLAIN, depth, quoted=False))


def scan_text(text: str, depth: int = 0) -> Word:
    """Return the parts of text in which only expansions are special (a here-document, an arithmetic expression)."""
    return _merge(_scan(text, _IN_TEXT, depth, quoted=True))


def _merge(parts: Iterator[Part]) -> Word:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Literal) and isinstance(last, Literal) and part.quoted == last.quoted:
            merged[-1] = Literal(last.text + part.text, part.quoted)
        else:
            merged.append(part)
    return tuple(merged)


def _scan(text: str, plain: re.Pattern[str], depth: int, *, quoted: bool) -> Iterator[Part]:
    if depth > MAX_DEPTH:
        raise SyntaxFault("nesting", text)
    at = 0
    while at < len(text):
        if found := plain.match(text, at):
            yield Literal(found.group(), quoted)
            at = found.end()
            continue
        char = text[at]
        if char == "\\":
            yield from _escape(text[at : at + 2], plain, quoted=quoted)
            at += 2
        elif char == "'":
            end = _find(text, "'", at + 1)
            yield Literal(text[at + 1 : end], True)
            at = end + 1
        elif char == '"':
            end = quote_end(text, at)
            yield Literal("", True)
            yield from _scan(text[at + 1 : end - 1], _IN_QUOTES, depth + 1, quoted=True)
            at = end
        elif char in "<>":
            end = bracket_end(text, at + 1)
            yield ProcessPipe(text[at + 2 : end - 1], char == ">")
            at = end
        elif char == "`":
            end = _backtick_end(text, at)
            yield Substitution(re.sub(r"\\([\\`$])", r"\1", text[at + 1 : end - 1]), quoted)
            at = end
        else:
            part, at = _dollar(text, at, depth, quoted=quoted)
            yield part


def _escape(pair: str, plain: re.Pattern[str], *, quoted: bool) -> Iterator[Part]:
    if pair == "\\\n":
        return
    special = '$`\\"' if plain is _IN_QUOTES else "$`\\"
    if quoted and pair[1:] not in special:
        yield Literal(pair, True)
    else:
        yield Literal(pair[1:] or "\\", True)


def _find(text: str, char: str, start: int) -> int:
    end = text.find(char, start)
    if end < 0:
        raise SyntaxFault("quote", text)
    return end


def quote_end(text: str, at: int) -> int:
    """Return the position after the double-quoted string that starts at `at`."""
    at += 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        at = skip_unit(text, at) if char in "\\`$" else at + 1
    raise SyntaxFault("quote", text)


def _backtick_end(text: str, at: int) -> int:
    at += 1
    while at < len(text):
        if text[at] == "`":
            return at + 1
        at += 2 if text[at] == "\\" else 1
    raise SyntaxFault("quote", text)


def skip_unit(text: str, at: int) -> int:
    """Return the position after the escape, quote, expansion or plain character at `at`."""
    char = text[at]
    if char == "\\":
        return at + 2
    if char == "'":
        return _find(text, "'", at + 1) + 1
    if char == '"':
        return quote_end(text, at)
    if char == "`":
        return _backtick_end(text, at)
    if char in "<>" and text[at + 1 : at + 2] == "(":
        return bracket_end(text, at + 1)
    if char == "$" and text[at + 1 : at + 2] in ("(", "{", "["):
        return bracket_end(text, at + 1)
    if char == "$" and text[at + 1 : at + 2] == "'":
        return _ansi_end(text, at + 2) + 1
    return at + 1


def bracket_end(text: str, at: int) -> int:
    """Return the position after the bracket that closes the one at `at`, quotes and nested brackets skipped.

    Raises:
        SyntaxFault: it is not closed.
    """
    opening = text[at]
    return _script_end(text, at) if opening == "(" else _plain_end(text, at, opening, "}" if opening == "{" else "]")


def _plain_end(text: str, at: int, opening: str, closing: str) -> int:
    depth = 0
    while at < len(text):
        char = text[at]
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at = skip_unit(text, at)
    raise SyntaxFault("bracket", closing)


_CASE = re.compile(r"(?:(?<=[;&|({\n])|(?<=\b(?:do|if)\b)|(?<=\b(?:then|else)\b))[ \t]*case[ \t]")
_ESAC = re.compile(r"(?<=[\s;])esac(?![^\s;&|)<>])")


def _script_end(text: str, at: int) -> int:
    """Return the end of round brackets that may hold commands: comments, here-documents and ``case`` are known."""
    open_: list[str] = []
    pending: list[HereDocument] = []
    while at < len(text):
        char = text[at]
        if char == "(":
            open_.append("(")
        elif char == ")" and open_[-1] == "(":
            open_.pop()
            if not open_:
                return at + 1
        elif char == "#" and text[at - 1] in " \t\n;":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        elif char == "<" and (found := HERE_DOCUMENT.match(text, at)):
            pending.append(HereDocument.of(found))
            at = found.end()
            continue
        elif char == "<" and text.startswith("<<<", at):
            at += 3
            continue
        elif char == "\n" and pending:
            at += 1
            for document in pending:
                _, at = document.take(text, at)
            pending = []
            continue
        elif char in "c \t" and (found := _CASE.match(text, at)):
            open_.append("case")
            at = found.end()
            continue
        elif char == "e" and open_[-1] == "case" and _ESAC.match(text, at):
            open_.pop()
        at = skip_unit(text, at)
    raise SyntaxFault("bracket", ")")


HERE_DOCUMENT = re.compile(r"<<(?!<)(-?)[ \t]*('[^'\n]+'|\"[^\"\n]+\"|\\?[A-Za-z0-9_.!%+@-]+)")


class HereDocument(NamedTuple):
    """The announcement of a here-document: its delimiter, whether it is quoted, whether tabs are stripped."""

    delimiter: str
    quoted: bool
    strip: bool

    @classmethod
    def of(cls, found: re.Match[str]) -> HereDocument:
        """Return the document that a match of `HERE_DOCUMENT` announces."""
        written = found.group(2)
        return cls(written.strip("'\"\\"), written[0] in "'\"\\", found.group(1) == "-")

    def take(self, text: str, at: int) -> tuple[str, int]:
        """Return the body that starts at `at`, and the position of the line after its delimiter."""
        lines: list[str] = []
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end].lstrip("\t") if self.strip else text[at:end]
            at = end + 1
            if line == self.delimiter:
                break
            lines.append(line + "\n")
        return "".join(lines), min(at, len(text) + 1)


def _dollar(text: str, at: int, depth: int, *, quoted: bool) -> tuple[Part, int]:
    following = text[at + 1 : at + 2]
    if text.startswith("((", at + 1):
        end = bracket_end(text, at + 1)
        if text.startswith("))", end - 2) and bracket_end(text, at + 2) == end - 1:
            return Arithmetic(scan_text(text[at + 3 : end - 2], depth + 1), quoted), end
    if following == "[":
        end = bracket_end(text, at + 1)
        return Arithmetic(scan_text(text[at + 2 : end - 1], depth + 1), quoted), end
    if following == "(":
        end = bracket_end(text, at + 1)
        return Substitution(text[at + 2 : end - 1], quoted), end
    if following == "{":
        end = bracket_end(text, at + 1)
        return scan_parameter(text[at + 2 : end - 1], depth + 1, quoted=quoted), end
    if following == "'" and not quoted:
        end = _ansi_end(text, at + 2)
        return Literal(unescape(text[at + 2 : end]).partition("\0")[0], True), end + 1
    if following == '"' and not quoted:
        return Literal("", True), at + 1
    if found := _SIMPLE.match(text, at + 1):
        return Parameter(found.group(), quoted=quoted), found.end()
    return Literal("$", quoted), at + 1


def scan_parameter(text: str, depth: int, *, quoted: bool) -> Parameter:
    """Return the expansion written between ``${`` and ``}``."""
    if text[:1] == "#" and len(text) > 1 and _NAME.match(text, 1):
        inner = scan_parameter(text[1:], depth, quoted=quoted)
        if not inner.operator:
            return Parameter(inner.name, "length", index=inner.index, quoted=quoted)
    if text[:1] == "!" and len(text) > 1 and (text[1].isalnum() or text[1] in "_@*#?"):
        return _indirect(text[1:], depth, quoted=quoted)
    name = _NAME.match(text)
    if name is None:
        return Parameter("", "bad", (Literal(text, True),), quoted=quoted)
    at = name.end()
    index = None
    if text[at : at + 1] == "[":
        end = bracket_end(text, at)
        index = scan_text(text[at + 1 : end - 1], depth)
        at = end
    if at == len(text):
        return Parameter(name.group(), index=index, quoted=quoted)
    found = _OPERATOR.match(text, at)
    if found is None:
        return Parameter(name.group(), "bad", (Literal(text, True),), quoted=quoted)
    return _operation(name.group(), index, found.group(), text[found.end() :], depth, quoted=quoted)


def _indirect(text: str, depth: int, *, quoted: bool) -> Parameter:
    """Return the expansion written after ``${!``."""
    found = _INDIRECT.match(text)
    if found and found.group(2):
        return Parameter(found.group(1), "names", (Literal(found.group(2), True),), quoted=quoted)
    inner = scan_parameter(text, depth, quoted=quoted)
    if found and inner.index:
        return replace(inner, operator="keys")
    return replace(inner, indirect=True)


def _operation(name: str, index: Word | None, operator: str, rest: str, depth: int, *, quoted: bool) -> Parameter:
    separator = {"/": "/", ":": ":"}.get(operator[:1]) if operator in ("/", "//", "/#", "/%", ":") else None
    first, second = rest, None
    if separator:
        end = _split_at(rest, separator)
        if end is not None:
            first, second = rest[:end], rest[end + 1 :]
    scan = scan_text if operator == ":" else _scan_argument if quoted and operator.strip(":") in "-=+?" else scan_word
    replacement = None if second is None else scan(second, depth)
    return Parameter(name, operator, scan(first, depth), replacement, index, quoted)


def _scan_argument(text: str, depth: int = 0) -> Word:
    """Return the parts of the word in ``"${x:-word}"``: quoted, and quotes inside it still group."""
    parts = _scan(text, re.compile(r"[^\\\"$`]+"), depth, quoted=True)
    return _merge(parts)


def _split_at(text: str, separator: str) -> int | None:
    at = 0
    while at < len(text):
        if text[at] == separator:
            return at
        at = skip_unit(text, at)
    return None


def _ansi_end(text: str, at: int) -> int:
    while at < len(text):
        if text[at] == "'":
            return at
        at += 2 if text[at] == "\\" else 1
    raise SyntaxFault("quote", text)


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.S)
_ZERO_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(0[0-7]{0,3})|()(?!)|(.))", re.S
)
_STOP = re.compile(r"(?<!\\)((?:\\\\)*)\\c")


def unescape(text: str, *, zero: bool = False) -> str:
    r"""Replace backslash escapes as ``$'…'`` does; with `zero`, octal is ``\0nnn`` and nothing else, as `echo -e` has it."""

    def replace(found: re.Match[str]) -> str:
        two, four, eight, octal, control, char = found.groups()
        if control:
            return chr(ord(control.upper()) & 31)
        if char is not None:
            return _ANSI.get(char) or (char if char == "\\" or (char in "'\"?" and not zero) else "\\" + char)
        code = int(two or four or eight, 16) if octal is None else int(octal, 8) & 0xFF
        if code >= 0x80 and (two or octal is not None):
            return chr(_BYTE + code)
        return plain(chr(code)) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""

    result = (_ZERO_ESCAPE if zero else _ESCAPE).sub(replace, text)
    return result if result.isascii() else _assembled(result)


_BYTE = 0xDC00
"""Where the characters are that stand for the bytes 0x80 to 0xFF of an escape, as in Python's ``surrogateescape``."""


def _assembled(text: str) -> str:
    """Return a text with the bytes of its escapes put together: to characters where they are UTF-8."""
    whole = text.encode(errors="surrogateescape").decode(errors="surrogateescape")
    return plain(re.sub("[\udc80-\udcff]", lambda found: chr(ord(found.group()) - _BYTE), whole))


def unescape_to_stop(text: str) -> tuple[str, bool]:
    r"""Replace backslash escapes as `echo -e` does; return the text before a ``\c``, and whether there is one."""
    found = _STOP.search(text)
    return (unescape(text[: found.end(1)], zero=True), True) if found else (unescape(text, zero=True), False)


def unquoted(raw: str) -> str:
    """Return a word as written without its quotes, nothing expanded (the delimiter of a here-document)."""
    return re.sub(r"\\(.)|'([^']*)'|\"([^\"]*)\"", lambda found: next(filter(None, found.groups()), ""), raw)


def split_words(text: str) -> list[str]:
    """Split text at blanks that stand outside quotes and expansions; the words keep their quotes."""
    words: list[str] = []
    at, start = 0, -1
    while at < len(text):
        if text[at] in " \t\n":
            if start >= 0:
                words.append(text[start:at])
                start = -1
            at += 1
            continue
        if text[at] == "#" and start < 0:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        start = at if start < 0 else start
        at = min(skip_unit(text, at), len(text))
    if start >= 0:
        words.append(text[start:])
    return words
