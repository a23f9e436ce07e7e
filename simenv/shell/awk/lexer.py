"""The words of an awk program."""

from __future__ import annotations

import re
from typing import NamedTuple

from simenv.shell.errors import UsageFault

KEYWORDS = frozenset(
    (
        *("BEGIN", "END", "function", "if", "else", "while", "for", "do", "break", "continue", "next", "nextfile"),
        *("exit", "return", "delete", "in", "getline", "print", "printf"),
    )
)
FUNCTIONS = frozenset(
    (
        *("length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "tolower", "toupper"),
        *("sin", "cos", "atan2", "exp", "log", "sqrt", "int", "rand", "srand"),
        *("system", "close", "fflush", "systime", "strftime", "mktime"),
    )
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_OPERATOR = re.compile(r"\*\*=|\*\*|&&|\|\||>>|[-+*/%^=!<>]=|\+\+|--|!~|[-{}()\[\];,+*/%^!<>|?:~$=]")
_BLANK = re.compile(r"(?:[ \t\r]|\\\r?\n|#[^\n]*)+")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"', "/": "/"}
# After one of these a slash divides; anywhere else it opens a regular expression.
_ENDS_OPERAND = frozenset((")", "]", "$", "++", "--"))


class Token(NamedTuple):
    """A word; `kind`: number, string, regex, name, call (a name before a parenthesis), builtin, newline, end, or itself."""

    kind: str
    text: str
    line: int


def unescape(text: str) -> str:
    """Return what a text between quotation marks stands for; an unknown escape keeps its backslash, as mawk has it."""

    def one(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in _ESCAPES:
            return _ESCAPES[name]
        if name[0] in "01234567":
            return chr(int(name, 8) & 255)
        if name[0] == "x" and len(name) > 1:
            return chr(int(name[1:], 16))
        return "" if name == "\n" else found.group()

    return _ESCAPE.sub(one, text) if "\\" in text else text


def tokenize(text: str) -> list[Token]:
    """Return the words of a program.

    Raises:
        UsageFault: a string or regular expression is not closed, or a character has no place in awk.
    """
    tokens: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank is not None:
            line += blank.group().count("\n")
            at = blank.end()
            continue
        token, at = _next(text, at, line, tokens[-1] if tokens else None)
        tokens.append(token)
        line += token.kind == "newline"
    tokens.append(Token("end", "", line))
    return tokens


def _next(text: str, at: int, line: int, before: Token | None) -> tuple[Token, int]:
    if text[at] == "\n":
        return Token("newline", "\n", line), at + 1
    if text[at] == '"':
        return _string(text, at, line)
    if text[at] == "/" and not _divides(before):
        return _regex(text, at, line)
    if found := _NUMBER.match(text, at):
        return Token("number", found.group(), line), found.end()
    if found := _NAME.match(text, at):
        return Token(_kind(found.group(), text[found.end() : found.end() + 1]), found.group(), line), found.end()
    if found := _OPERATOR.match(text, at):
        return Token(found.group(), found.group(), line), found.end()
    raise UsageFault(f"awk: line {line}: unexpected character '{text[at]}'", 2)


def _divides(before: Token | None) -> bool:
    if before is None:
        return False
    return before.kind in ("number", "string", "name", "builtin") or before.kind in _ENDS_OPERAND


def _kind(name: str, following: str) -> str:
    if name in KEYWORDS:
        return "function" if name == "function" else name
    if name == "func":
        return "function"
    if name in FUNCTIONS:
        return "builtin"
    return "call" if following == "(" else "name"


def _string(text: str, at: int, line: int) -> tuple[Token, int]:
    end = at + 1
    while end < len(text) and text[end] not in '"\n':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text) or text[end] == "\n":
        raise UsageFault(f'awk: line {line}: runaway string constant "{text[at + 1 : at + 11]} ...', 2)
    return Token("string", unescape(text[at + 1 : end]), line), end + 1


def _regex(text: str, at: int, line: int) -> tuple[Token, int]:
    end, in_class = at + 1, False
    while end < len(text) and text[end] != "\n" and (text[end] != "/" or in_class):
        if text[end] == "\\":
            end += 1
        elif text[end] == "[":
            # A bracket right after the opening one (or after its ^) belongs to the class.
            end += text.startswith("[^]", end) * 2 or text.startswith("[]", end)
            in_class = True
        elif text[end] == "]":
            in_class = False
        end += 1
    if end >= len(text) or text[end] != "/":
        raise UsageFault(
            f"awk: line {line}: regular expression compile failed (missing '/')\n{text[at + 1 : at + 11]}", 2
        )
    return Token("regex", text[at + 1 : end].replace("\\/", "/"), line), end + 1
