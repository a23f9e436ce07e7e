"""The inside of ``[[ … ]]``, as tokens."""

from __future__ import annotations

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.reader import Reader
from simenv.shell.parser.words import bracket_end, scan_word, skip_unit

_OPERATORS = frozenset(
    [
        "!",
        "=",
        "==",
        "!=",
        "=~",
        "<",
        ">",
        "-eq",
        "-ne",
        "-lt",
        "-le",
        "-gt",
        "-ge",
        "-nt",
        "-ot",
        "-ef",
        "-e",
        "-f",
        "-d",
        "-s",
        "-r",
        "-w",
        "-x",
        "-n",
        "-z",
        "-L",
        "-h",
        "-v",
        "-b",
        "-c",
        "-p",
        "-S",
        "-O",
        "-G",
        "-u",
        "-g",
        "-k",
        "-t",
        "-a",
        "-o",
        "-N",
        "-R",
    ]
)


class Conditions(Reader):
    """Reads ``[[ … ]]``, in which brackets, ``<`` and ``&&`` mean something else."""

    def conditional(self) -> tree.Node:
        """Return the conditional whose ``[[`` has been read.

        Raises:
            SyntaxFault: it does not end.
        """
        tokens: list[str | tree.Word] = []
        while True:
            self.newlines()
            if self.at >= len(self.text):
                raise SyntaxFault("end", "")
            if tokens and tokens[-1] == "=~":
                tokens.append(scan_word(self._regex()))
                continue
            operator = self.operator()
            if operator in ("&&", "||", "(", ")", "<", ">"):
                self.at += len(operator)
                tokens.append(operator)
                continue
            raw = self.raw_word()
            if raw == "]]":
                return tree.Conditional(tuple(tokens), self.line())
            tokens.append(raw if raw in _OPERATORS else scan_word(raw))

    def _regex(self) -> str:
        """Return the regular expression that follows ``=~`` as written: round brackets and bars are part of it."""
        text, start, at = self.text, self.at, self.at
        depth = 0
        while at < len(text) and (depth or text[at] not in " \t\n"):
            char = text[at]
            if char == ")" and not depth:
                break
            depth += (char == "(") - (char == ")")
            at = bracket_end(text, at) if char == "[" and self._closes(at) else min(skip_unit(text, at), len(text))
        if at == start:
            raise self.unexpected()
        self.at = at
        return text[start:at]

    def _closes(self, at: int) -> bool:
        end = self.text.find("]", at + 2)
        return end > 0 and not any(char in self.text[at:end] for char in " \t\n$'\"")
