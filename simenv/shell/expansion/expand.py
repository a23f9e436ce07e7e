"""Expansion: from words as written to the arguments that a program gets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simenv.kernel import Delays
from simenv.shell.budget import Streams
from simenv.shell.errors import ExpansionFault, SyntaxFault
from simenv.shell.expansion.globbing import glob_paths, is_glob
from simenv.shell.expansion.parameters import SPECIAL, many, may_be_many, star_of, tilde, value_of
from simenv.shell.parser import tree
from simenv.shell.state import Session

_GLOB = re.compile(r"[*?\[(]")
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
            self._pattern.append(SPECIAL.sub(r"\\\g<0>", text) if quoted else text)

    def drop_empty(self) -> None:
        """Forget the present field if there is no text in it."""
        if not any(self._text):
            self._text, self._pattern, self.open = [], [], False

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
            arguments.extend(_globbed(shell, text, pattern))
        if len(arguments) > MAX_FIELDS:
            raise ExpansionFault("Argument list too long")
    shell.budget.charge(sum(map(len, arguments)))
    return arguments


def _globbed(shell: Session, text: str, pattern: str) -> Sequence[str]:
    if not _GLOB.search(pattern) or shell.options.noglob or not is_glob(pattern):
        return (text,)
    found = glob_paths(shell, pattern)
    if found or shell.options.nullglob:
        return found
    if shell.options.failglob:
        raise ExpansionFault(f"no match: {text}")
    return (text,)


def plain_text(word: tree.Word) -> str | None:
    """Return the text of a word that stands for itself whatever the shell's state, globs apart; None if it may not."""
    if len(word) != 1 or not isinstance(part := word[0], tree.Literal) or (part.text[:1] == "~" and not part.quoted):
        return None
    return part.text


def _expand(shell: Session, word: tree.Word, fields: Fields, streams: Streams) -> Delays[None]:
    void = False
    for index, part in enumerate(word):
        if isinstance(part, tree.Literal):
            if "(" in part.text and not part.quoted and not shell.options.extglob:
                raise SyntaxFault("ERROR", "(")
            fields.add(tilde(shell, part, index), quoted=part.quoted)
        elif isinstance(part, tree.Parameter) and may_be_many(part):
            void = (yield from _expand_many(shell, part, fields, streams)) or void
        elif (
            isinstance(part, tree.Parameter)
            and not part.quoted
            and part.operator in (":-", "-", ":+", "+")
            and (inner := _chosen(shell, part)) is not None
        ):
            yield from _expand(shell, inner, fields, streams)
        else:
            text = yield from value_of(shell, part, streams)
            if part.quoted:
                fields.add(text, quoted=True)
            else:
                fields.split(text, shell.separators())
    if void:
        fields.drop_empty()


def _expand_many(shell: Session, part: tree.Parameter, fields: Fields, streams: Streams) -> Delays[bool]:
    """Add the values of an expansion that may stand for several; return whether it is quoted and there are none."""
    values = yield from many(shell, part, streams)
    if values is None:
        text = yield from value_of(shell, part, streams)
        if part.quoted:
            fields.add(text, quoted=True)
        else:
            fields.split(text, shell.separators())
        return False
    _add_many(shell, fields, values, part)
    return part.quoted and not values


def _chosen(shell: Session, part: tree.Parameter) -> tree.Word | None:
    """Return the word that ``${x:-word}`` stands for, or None if it is the value of x itself."""
    if part.index is not None or part.indirect:
        return None
    value = shell.parameter(part.name)
    unset = value is None or (value == "" and part.operator[0] == ":")
    if part.operator[-1] == "-":
        return part.argument if unset else None
    return () if unset else part.argument


def _add_many(shell: Session, fields: Fields, values: list[str], part: tree.Parameter) -> None:
    star = "*" in (part.name, star_of(part)) or (
        part.operator == "names" and part.argument[0] == tree.Literal("*", True)
    )
    if part.quoted and star:
        fields.add(shell.separators()[:1].join(values), quoted=True)
        return
    for number, value in enumerate(values):
        if number:
            fields.end()
        if part.quoted:
            fields.add(value, quoted=True)
        else:
            fields.split(value, shell.separators())
