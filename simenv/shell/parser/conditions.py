"""The inside of ``[[ … ]]``, as tokens."""

from __future__ import annotations

from simenv.shell.parser import tree
from simenv.shell.parser.words import bracket_end, scan_word, skip_unit, split_words


def conditional_tokens(text: str) -> tuple[str | tree.Word, ...]:
    """Split the inside of ``[[ … ]]`` into operators and words."""
    tokens: list[str | tree.Word] = []
    regex = False
    for raw in split_words(_space_operators(text)):
        if raw in _CONDITIONAL_OPERATORS and not regex:
            tokens.append(raw)
            regex = raw == "=~"
        else:
            tokens.append(scan_word(raw))
            regex = False
    return tuple(tokens)


_CONDITIONAL_OPERATORS = frozenset(
    [
        "!",
        "(",
        ")",
        "&&",
        "||",
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
    ]
)


def _space_operators(text: str) -> str:
    """Put blanks around ``&&``, ``||`` and brackets, but not inside the regular expression after ``=~``."""
    pieces: list[str] = []
    at = 0
    in_regex = False
    while at < len(text):
        char = text[at]
        pair = text[at : at + 2]
        if pair == "=~":
            end = at + 2
            while end < len(text) and text[end] in " \t":
                end += 1
            pieces.append(" =~ ")
            at, in_regex = end, True
        elif pair in ("&&", "||") or (char in "()" and not in_regex):
            piece = pair if pair in ("&&", "||") else char
            pieces.append(f" {piece} ")
            at += len(piece)
        elif in_regex and char == "(":
            end = bracket_end(text, at)
            pieces.append(text[at:end].replace(" ", "\\ "))
            at = end
        else:
            in_regex = in_regex and char not in " \t"
            end = min(skip_unit(text, at), len(text))
            pieces.append(text[at:end])
            at = end
    return "".join(pieces)
