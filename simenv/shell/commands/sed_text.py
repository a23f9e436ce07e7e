"""Text as sed makes it: what a match is replaced by, and lines shown with their escapes."""

from __future__ import annotations

from simenv.shell.errors import UsageFault

_NAMED = {"\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def unambiguous(text: str, width: int) -> str:
    r"""Return a text as ``l`` prints it: escapes for what is not plain, lines of `width` that end in a backslash.

    >>> print(unambiguous("a\tb", 70), end="")
    a\tb$
    """
    shown = [_NAMED.get(char) or _octal(char) for char in text]
    lines = [""]
    for piece in shown:
        if width > 1 and len(lines[-1]) + len(piece) > width - 1:
            lines[-1] += "\\"
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines) + "$\n"


def _octal(char: str) -> str:
    return char if " " <= char <= "~" else "".join(f"\\{byte:03o}" for byte in char.encode(errors="replace"))


def replacement(template: str, text: str, spans: tuple[tuple[int, int], ...]) -> str:
    r"""Return what a match is replaced by: `template` with its ``&``, ``\1`` and case conversions carried out."""
    pieces: list[str] = []
    case = ""
    at = 0
    while at < len(template):
        char = template[at]
        piece = char
        if char == "\\" and at + 1 < len(template):
            at += 1
            char = template[at]
            if char in "ULElu":
                case = "" if char == "E" else char
                at += 1
                continue
            if char.isdecimal() and char in "0123456789":
                number = int(char)
                if number >= len(spans):
                    raise UsageFault(f"sed: -e expression #1: invalid reference \\{number} on `s' command's RHS")
                start, end = spans[number]
                piece = text[start:end] if start >= 0 else ""
            else:
                piece = {"n": "\n", "t": "\t", "r": "\r"}.get(char, char)
        elif char == "&":
            start, end = spans[0]
            piece = text[start:end]
        if case and piece:
            piece, case = _change_case(piece, case)
        pieces.append(piece)
        at += 1
    return "".join(pieces)


def _change_case(piece: str, case: str) -> tuple[str, str]:
    if case in "UL":
        return (piece.upper() if case == "U" else piece.lower()), case
    return (piece[:1].upper() if case == "u" else piece[:1].lower()) + piece[1:], ""
