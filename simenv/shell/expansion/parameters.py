"""The values of parameters, arrays and substitutions."""

from __future__ import annotations

import re
from dataclasses import replace

from simenv.kernel import Delays
from simenv.shell.budget import MAX_VALUE, Streams
from simenv.shell.errors import ExpansionFault, SyntaxFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.operators import MATCH, attributes, operate, transform
from simenv.shell.parser import tree
from simenv.shell.parser.words import scan_parameter
from simenv.shell.state import Session

SPECIAL = re.compile(r"[*?\[\\()|]")
"""Characters that are escaped where a pattern is to hold them as they are."""
_BY_PATTERN = frozenset(("#", "##", "%", "%%", "/", "//", "/#", "/%", "^", "^^", ",", ",,"))
_DEFAULTS = frozenset((":-", "-", ":=", "=", ":?", "?", ":+", "+"))


def expand_text(shell: Session, word: tree.Word, streams: Streams) -> Delays[str]:
    """Return what a word stands for where it is neither split nor globbed (assignment, redirection, case)."""
    text, _ = yield from _join(shell, word, streams)
    return text


def expand_pattern(shell: Session, word: tree.Word, streams: Streams) -> Delays[str]:
    """Return a word as a glob pattern: what is quoted in it is escaped."""
    _, pattern = yield from _join(shell, word, streams)
    return pattern


def _join(shell: Session, word: tree.Word, streams: Streams) -> Delays[tuple[str, str]]:
    texts: list[str] = []
    patterns: list[str] = []
    for index, part in enumerate(word):
        if isinstance(part, tree.Literal):
            text = tilde(shell, part, index)
        else:
            text = yield from value_of(shell, part, streams)
        texts.append(text)
        patterns.append(SPECIAL.sub(r"\\\g<0>", text) if part.quoted else text)
    joined = "".join(texts)
    if len(joined) > MAX_VALUE:
        raise ExpansionFault("xrealloc: cannot allocate: value too long")
    return joined, "".join(patterns)


def tilde(shell: Session, part: tree.Literal, index: int) -> str:
    """Return the text of a part of a word, a leading ``~`` replaced."""
    text = part.text
    if index or part.quoted or text[:1] != "~":
        return text
    user, slash, rest = text[1:].partition("/")
    if not user:
        return (shell.get_value("HOME") or "/") + slash + rest
    if user in ("+", "-"):
        directory = shell.get_value("PWD" if user == "+" else "OLDPWD")
        return text if directory is None else directory + slash + rest
    home = shell.host.plan.homes.get(user)
    return text if home is None else home + slash + rest


def may_be_many(part: tree.Parameter) -> bool:
    """Return whether an expansion may stand for several values: ``$@``, ``$*``, ``${a[@]}``, ``${!x}``."""
    if part.index is None:
        return part.name in ("@", "*") or part.indirect or part.operator == "names"
    return part.indirect or star_of(part) is not None


def star_of(part: tree.Parameter) -> str | None:
    """Return ``@`` or ``*`` if that is the index; else None."""
    index = part.index
    if index is not None and len(index) == 1 and isinstance(index[0], tree.Literal) and index[0].text in ("@", "*"):
        return index[0].text
    return None


def many(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[list[str] | None]:
    """Return the values of an expansion that stands for several; None if it stands for one."""
    if part.indirect:
        part = yield from _resolved(shell, part, streams)
        if not may_be_many(part):
            return None
    operator = part.operator
    if operator in ("length", "bad"):
        return None
    if operator == "keys":
        return shell.keys(part.name)
    if operator == "names":
        return sorted(name for name in {*shell.variables, *shell.arrays} if name.startswith(part.name))
    values = list(shell.positional) if part.index is None else shell.elements(part.name)
    if not operator:
        return values
    if operator in _DEFAULTS:
        unset = not values or (operator[0] == ":" and values in ([""], []))
        return values if operator[-1] != "+" and not unset else None
    if operator == ":" and part.index is not None and part.name not in shell.arrays:
        return None  # a plain variable is cut as a text
    if operator == ":":
        return (yield from _slice_many(shell, part, values, streams))
    if operator[0] == "@":
        return _transformed(shell, part, values)
    pattern, replacement = yield from _arguments(shell, part, streams)
    return [operate(shell, operator, value, pattern, replacement) for value in values]


def _transformed(shell: Session, part: tree.Parameter, values: list[str]) -> list[str]:
    kind = part.operator[1]
    if kind in "Kk" and part.index is not None:
        pairs = zip(shell.keys(part.name), values, strict=True)
        return [text for key, value in pairs for text in (key, transform(value, "Q") if kind == "K" else value)]
    if kind == "A" and part.index is not None:
        return [shell.declaration(part.name)]
    if kind == "a":
        return [attributes(shell, part.name) for _ in values]
    return [transform(value, kind) for value in values]


def _slice_many(shell: Session, part: tree.Parameter, values: list[str], streams: Streams) -> Delays[list[str]]:
    if part.index is None:
        values = [shell.name, *values]
    start = evaluate((yield from expand_text(shell, part.argument, streams)), shell)
    if start < 0:
        numbered = part.index is not None and not shell.is_associative(part.name)
        keys = shell.keys(part.name) if numbered else []
        start += int(keys[-1]) + 1 if keys else len(values)
    if start < 0:
        return []
    if part.index is not None and not shell.is_associative(part.name):
        first = [number for number, key in enumerate(shell.keys(part.name)) if int(key) >= start]
        start = first[0] if first else len(values)
    if part.replacement is None:
        return values[start:]
    size = evaluate((yield from expand_text(shell, part.replacement, streams)), shell)
    if size < 0:
        raise ExpansionFault(f"{size}: substring expression < 0")
    return values[start : start + size]


def _resolved(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[tree.Parameter]:
    """Return what ``${!x}`` stands for: the same with the name that is the value of `x`."""
    if "n" in shell.attributes.get(part.name, "") and part.index is None:
        return tree.Parameter("", "text", (tree.Literal(shell.target(part.name), True),), quoted=part.quoted)
    name = yield from _lookup(shell, part, streams)
    if name is None and part.operator not in _DEFAULTS:
        raise ExpansionFault(f"{part.name}: invalid indirect expansion")
    inner = scan_parameter(name or "_", 0, quoted=part.quoted)
    if inner.operator or inner.indirect:
        raise ExpansionFault(f"{name}: invalid variable name")
    return replace(part, name=inner.name, index=inner.index, indirect=False)


def value_of(shell: Session, part: tree.Part, streams: Streams) -> Delays[str]:
    """Return the value of a part of a word, as one text.

    Raises:
        ExpansionFault: it has none.
    """
    if isinstance(part, tree.Literal):
        return part.text
    if isinstance(part, tree.Substitution):
        return (yield from shell.substitute(part.script, streams))
    if isinstance(part, tree.ProcessPipe):
        return (yield from shell.open_pipe(part.script, streams, into=part.into))
    if isinstance(part, tree.Arithmetic):
        text = yield from expand_text(shell, part.expression, streams)
        return str(evaluate(text, shell))
    if may_be_many(part):
        values = yield from many(shell, part, streams)
        if values is not None:
            if not values and shell.options.nounset and part.index is not None and part.name not in shell.arrays:
                _needed(shell, part, None)
            star = "*" in (part.name, star_of(part))
            return (shell.separators()[:1] if star else " ").join(values)
    return (yield from _parameter(shell, part, streams))


def _parameter(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[str]:
    if part.indirect:
        part = yield from _resolved(shell, part, streams)
    operator = part.operator
    if operator == "text":
        return "".join(p.text for p in part.argument if isinstance(p, tree.Literal))
    if operator == "bad":
        inner = part.argument[0]
        raise ExpansionFault("${" + (inner.text if isinstance(inner, tree.Literal) else "") + "}: bad substitution")
    value = yield from _lookup(shell, part, streams)
    if operator == "length":
        if part.name in ("@", "*") and part.index is None:
            return str(len(shell.positional))
        return str(len(shell.elements(part.name)) if star_of(part) else len(_needed(shell, part, value)))
    if operator in _DEFAULTS:
        return (yield from _default(shell, part, value, streams))
    if operator and operator[0] == "@":
        return _described(shell, part, value)
    text = _needed(shell, part, value)
    if not operator:
        return text
    if operator == ":":
        return (yield from _slice(shell, part, text, streams))
    pattern, replacement = yield from _arguments(shell, part, streams)
    return operate(shell, operator, text, pattern, replacement)


def _described(shell: Session, part: tree.Parameter, value: str | None) -> str:
    kind = part.operator[1]
    if kind == "a":
        return attributes(shell, part.name)
    if value is None:
        return _needed(shell, part, value)
    if kind != "A":
        return transform(value, kind)
    letters = attributes(shell, part.name)
    return (f"declare -{letters} " if letters else "") + f"{part.name}={transform(value, 'Q')}"


def _arguments(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[tuple[str, str]]:
    """Return the pattern, and the replacement in which `MATCH` stands for what matched (an unquoted ``&``)."""
    if part.operator not in _BY_PATTERN:
        raise SyntaxFault("expansion", part.name)
    pattern = yield from expand_pattern(shell, part.argument, streams)
    pieces: list[str] = []
    for piece in part.replacement or ():
        text = yield from value_of(shell, piece, streams)
        pieces.append(text if piece.quoted else text.replace("&", MATCH))
    return pattern, "".join(pieces)


def _lookup(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[str | None]:
    if part.index is None:
        return shell.parameter(part.name)
    if star_of(part):
        values = shell.elements(part.name)
        return " ".join(values) if values else None
    text = yield from expand_text(shell, part.index, streams)
    return shell.get_value(part.name, shell.subscript(part.name, text))


def _needed(shell: Session, part: tree.Parameter, value: str | None) -> str:
    if value is None:
        if shell.options.nounset and part.name not in ("@", "*") and not (star_of(part) and part.name in shell.arrays):
            raise ExpansionFault(f"{part.name}: unbound variable", 127, fatal=True)
        return ""
    return value


def _default(shell: Session, part: tree.Parameter, value: str | None, streams: Streams) -> Delays[str]:
    operator = part.operator
    if part.name in ("@", "*") and part.index is None and not shell.positional:
        value = None
    unset = value is None or (value == "" and operator[0] == ":")
    kind = operator[-1]
    if kind == "+":
        return "" if unset else (yield from expand_text(shell, part.argument, streams))
    if not unset:
        return value or ""
    text = yield from expand_text(shell, part.argument, streams)
    if kind == "=":
        if not (part.name[0].isalpha() or part.name[0] == "_"):
            raise ExpansionFault(f"${part.name}: cannot assign in this way")
        index = None
        if part.index is not None:
            index = shell.subscript(part.name, (yield from expand_text(shell, part.index, streams)))
        shell.set_value(part.name, text, index)
    elif kind == "?":
        missing = "parameter null or not set" if operator[0] == ":" else "parameter not set"
        raise ExpansionFault(f"{part.name}: {text or missing}", 127, fatal=True)
    return text


def _slice(shell: Session, part: tree.Parameter, text: str, streams: Streams) -> Delays[str]:
    start = evaluate((yield from expand_text(shell, part.argument, streams)), shell)
    start = len(text) + start if start < 0 else start
    if start < 0:
        return ""
    if part.replacement is None:
        return text[start:]
    count = evaluate((yield from expand_text(shell, part.replacement, streams)), shell)
    if count < 0 and len(text) + count < start:
        raise ExpansionFault(f"{count}: substring expression < 0")
    return text[start : start + count] if count >= 0 else text[start:count]
