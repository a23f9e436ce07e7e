"""Expansion: from words as written to the arguments that a program gets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simenv.kernel import Delays
from simenv.shell.budget import MAX_VALUE, Streams
from simenv.shell.errors import ExpansionFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.globbing import glob_paths
from simenv.shell.expansion.parameters import operate
from simenv.shell.parser import tree
from simenv.shell.state import Session

_SPECIAL = re.compile(r"[*?\[\\]")
_GLOB = re.compile(r"[*?\[]")
MAX_FIELDS = 20_000


class Fields:
    """Fields under construction: each is its text and, beside it, the same as a glob pattern."""

    __slots__ = ("_pattern", "_text", "done", "open")

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.open = False
        self._text: list[str] = []
        self._pattern: list[str] = []

    def add(self, text: str, *, quoted: bool) -> None:
        """Add text to the present field; if `quoted`, it is no pattern, and even empty text makes a field."""
        if text or quoted:
            self.open = True
            self._text.append(text)
            self._pattern.append(_SPECIAL.sub(r"\\\g<0>", text) if quoted else text)

    def end(self) -> None:
        """End the present field, if there is one."""
        if self.open:
            self.done.append(("".join(self._text), "".join(self._pattern)))
            self._text, self._pattern, self.open = [], [], False

    def split(self, text: str, separators: str) -> None:
        """Add text that is split into fields at `separators`."""
        if not separators:
            self.add(text, quoted=False)
            return
        blanks = "".join(c for c in separators if c in " \t\n")
        hard = "".join(c for c in separators if c not in " \t\n")
        if not hard:
            self._split_blank(text, blanks)
        else:
            self._split_hard(text, blanks, hard)

    def _split_blank(self, text: str, blanks: str) -> None:
        parts = text.split() if blanks == " \t\n" and text.isascii() else _split_at(text, blanks)
        if not parts:
            if text:
                self.end()
            return
        if text[0] in blanks:
            self.end()
        for part in parts[:-1]:
            self.add(part, quoted=False)
            self.end()
        self.add(parts[-1], quoted=False)
        if text[-1] in blanks:
            self.end()

    def _split_hard(self, text: str, blanks: str, hard: str) -> None:
        blank = f"[{re.escape(blanks)}]*" if blanks else ""
        parts = re.split(f"{blank}[{re.escape(hard)}]{blank}" + (f"|[{re.escape(blanks)}]+" if blanks else ""), text)
        for index, part in enumerate(parts):
            if part or index < len(parts) - 1:
                self.add(part, quoted=False)
                self.open = True
            if index < len(parts) - 1:
                self.end()


def _split_at(text: str, blanks: str) -> list[str]:
    return [part for part in re.split(f"[{re.escape(blanks)}]", text) if part]


def expand_words(shell: Session, words: Sequence[tree.Word], streams: Streams) -> Delays[list[str]]:
    """Return the arguments that `words` stand for: expanded, split, globbed.

    Raises:
        ExpansionFault: an expansion fails.
    """
    arguments: list[str] = []
    for word in words:
        if (text := plain_text(word)) is not None and (word[0].quoted or (text and not _GLOB.search(text))):
            arguments.append(text)
            continue
        fields = Fields()
        yield from _expand(shell, word, fields, streams)
        fields.end()
        for text, pattern in fields.done:
            found = glob_paths(shell, pattern) if _GLOB.search(pattern) and not shell.options.noglob else None
            arguments.extend(found or (text,))
        if len(arguments) > MAX_FIELDS:
            raise ExpansionFault("Argument list too long")
    shell.budget.charge(sum(map(len, arguments)))
    return arguments


def plain_text(word: tree.Word) -> str | None:
    """Return the text of a word that stands for itself whatever the shell's state, globs apart; None if it may not."""
    if len(word) != 1 or not isinstance(part := word[0], tree.Literal) or (part.text[:1] == "~" and not part.quoted):
        return None
    return part.text


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
            text = _tilde(shell, part, index)
        else:
            text = yield from _value(shell, part, streams)
        texts.append(text)
        patterns.append(_SPECIAL.sub(r"\\\g<0>", text) if part.quoted else text)
    joined = "".join(texts)
    if len(joined) > MAX_VALUE:
        raise ExpansionFault("xrealloc: cannot allocate: value too long")
    return joined, "".join(patterns)


def _tilde(shell: Session, part: tree.Literal, index: int) -> str:
    text = part.text
    if index or part.quoted or text[:1] != "~":
        return text
    user, slash, rest = text[1:].partition("/")
    if not user:
        return (shell.get_value("HOME") or "/") + slash + rest
    home = shell.host.plan.homes.get(user)
    return text if home is None else home + slash + rest


def _expand(shell: Session, word: tree.Word, fields: Fields, streams: Streams) -> Delays[None]:
    for index, part in enumerate(word):
        if isinstance(part, tree.Literal):
            fields.add(_tilde(shell, part, index), quoted=part.quoted)
        elif isinstance(part, tree.Parameter) and (many := _many(shell, part)) is not None:
            _add_many(shell, fields, many, part)
        elif (
            isinstance(part, tree.Parameter)
            and not part.quoted
            and part.operator in (":-", "-", ":+", "+")
            and (inner := _chosen(shell, part)) is not None
        ):
            yield from _expand(shell, inner, fields, streams)
        else:
            text = yield from _value(shell, part, streams)
            if part.quoted:
                fields.add(text, quoted=True)
            else:
                fields.split(text, shell.separators())


def _chosen(shell: Session, part: tree.Parameter) -> tree.Word | None:
    """Return the word that ``${x:-word}`` stands for, or None if it is the value of x itself."""
    value = shell.parameter(part.name) if part.index is None else None
    if part.index is not None:
        return None
    unset = value is None or (value == "" and part.operator[0] == ":")
    if part.operator[-1] == "-":
        return part.argument if unset else None
    return () if unset else part.argument


def _many(shell: Session, part: tree.Parameter) -> list[str] | None:
    """Return the values of an expansion that stands for several: ``$@``, ``$*``, ``${a[@]}``; else None."""
    if part.operator == "length":
        return None
    if part.operator == "keys":
        return [str(key) for key in sorted(shell.arrays.get(part.name, {}))]
    if part.name in ("@", "*") and part.index is None:
        values = list(shell.positional)
    elif part.index is not None and _star(part) is not None:
        values = shell.elements(part.name)
    else:
        return None
    if part.operator == ":":
        return _slice_many(shell, part, values)
    if part.operator in ("", ":-", "-") and (values or not part.operator):
        return values
    if part.operator in ("#", "##", "%", "%%", "/", "//", "/#", "/%", "^", "^^", ",", ",,"):
        pattern, replacement = _plain(shell, part.argument), _plain(shell, part.replacement or ())
        return [operate(shell, part.operator, value, pattern, replacement) for value in values]
    return None


def _plain(shell: Session, word: tree.Word) -> str:
    return "".join(
        p.text
        if isinstance(p, tree.Literal)
        else shell.parameter(p.name) or ""
        if isinstance(p, tree.Parameter)
        else ""
        for p in word
    )


def _slice_many(shell: Session, part: tree.Parameter, values: list[str]) -> list[str]:
    if part.name in ("@", "*"):
        values = [shell.name, *values]
    start = evaluate(_plain(shell, part.argument), shell)
    start = max(0, start + len(values)) if start < 0 else start
    if part.replacement is None:
        return values[start:]
    return values[start : start + max(0, evaluate(_plain(shell, part.replacement), shell))]


def _star(part: tree.Parameter) -> str | None:
    index = part.index
    if index is not None and len(index) == 1 and isinstance(index[0], tree.Literal) and index[0].text in ("@", "*"):
        return index[0].text
    return None


def _add_many(shell: Session, fields: Fields, values: list[str], part: tree.Parameter) -> None:
    if part.quoted and "*" in (part.name, _star(part)):
        fields.add(shell.separators()[:1].join(values), quoted=True)
        return
    for number, value in enumerate(values):
        if number:
            fields.end()
        if part.quoted:
            fields.add(value, quoted=True)
        else:
            fields.split(value, shell.separators())


def _value(shell: Session, part: tree.Part, streams: Streams) -> Delays[str]:
    if isinstance(part, tree.Literal):
        return part.text
    if isinstance(part, tree.Substitution):
        return (yield from shell.substitute(part.script, streams))
    if isinstance(part, tree.ProcessInput):
        return (yield from shell.open_pipe(part.script, streams))
    if isinstance(part, tree.Arithmetic):
        text = yield from expand_text(shell, part.expression, streams)
        return str(evaluate(text, shell))
    return (yield from _parameter(shell, part, streams))


def _parameter(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[str]:
    value = yield from _lookup(shell, part, streams)
    operator = part.operator
    if operator == "length":
        many = part.name in ("@", "*") or _star(part)
        count = len(shell.positional) if part.index is None else len(shell.elements(part.name))
        return str(count if many else len(_needed(shell, part, value)))
    if operator == "indirect":
        return shell.parameter(value or "") or ""
    kind = operator.strip(":")
    if kind in ("-", "=", "?", "+") and operator:
        return (yield from _default(shell, part, value, streams))
    text = _needed(shell, part, value)
    if not operator:
        return text
    if operator == ":":
        return (yield from _slice(shell, part, text, streams))
    pattern = yield from expand_pattern(shell, part.argument, streams)
    replacement = yield from expand_text(shell, part.replacement or (), streams)
    return operate(shell, operator, text, pattern, replacement)


def _lookup(shell: Session, part: tree.Parameter, streams: Streams) -> Delays[str | None]:
    if part.index is None:
        return shell.parameter(part.name)
    if _star(part):
        return " ".join(shell.elements(part.name))
    text = yield from expand_text(shell, part.index, streams)
    return shell.get_value(part.name, str(evaluate(text, shell)))


def _needed(shell: Session, part: tree.Parameter, value: str | None) -> str:
    if value is None:
        if shell.options.nounset and part.name not in ("@", "*"):
            raise ExpansionFault(f"{part.name}: unbound variable", 127)
        return ""
    return value


def _default(shell: Session, part: tree.Parameter, value: str | None, streams: Streams) -> Delays[str]:
    operator = part.operator
    unset = value is None or (value == "" and operator[0] == ":")
    kind = operator[-1]
    if kind == "+":
        return "" if unset else (yield from expand_text(shell, part.argument, streams))
    if not unset:
        return value or ""
    text = yield from expand_text(shell, part.argument, streams)
    if kind == "=":
        shell.set_value(part.name, text)
    elif kind == "?":
        raise ExpansionFault(f"{part.name}: {text or 'parameter null or not set'}", 127)
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
