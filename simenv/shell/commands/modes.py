"""Permission bits as people write and read them."""

from __future__ import annotations

import re
from functools import lru_cache

_SYMBOLIC = re.compile(r"([ugoa]*)((?:[-+=][rwxXst]*)+)\Z")
_BITS = {"r": 4, "w": 2, "x": 1}
_SHIFT = {"u": 6, "g": 3, "o": 0}
_KINDS = {"file": "-", "dir": "d", "link": "l"}


@lru_cache(maxsize=1024)
def change_mode(text: str, mode: int, *, directory: bool) -> int | None:
    """Return `mode` changed by ``644`` or ``u+x,go-w``; None if `text` is no mode."""
    if re.fullmatch(r"[0-7]{1,4}", text):
        return int(text, 8)
    for clause in text.split(","):
        found = _SYMBOLIC.match(clause)
        if found is None:
            return None
        who = "ugo" if not found.group(1) or "a" in found.group(1) else found.group(1)
        for operator, letters in re.findall(r"([-+=])([rwxXst]*)", found.group(2)):
            mode = _apply(mode, who, operator, letters, directory=directory)
    return mode


def _apply(mode: int, who: str, operator: str, letters: str, *, directory: bool) -> int:
    bits = 0
    for letter in letters:
        if letter == "X":
            bits |= 1 if directory or mode & 0o111 else 0
        else:
            bits |= _BITS.get(letter, 0)
    mask = 0
    for name in who:
        mask |= bits << _SHIFT[name]
        if operator == "=":
            mode &= ~(7 << _SHIFT[name])
    if "t" in letters:
        mask |= 0o1000
    if "s" in letters:
        mask |= (0o4000 if "u" in who else 0) | (0o2000 if "g" in who else 0)
    return mode & ~mask if operator == "-" else mode | mask


def show_mode(kind: str, mode: int) -> str:
    """Return the bits as `ls -l` shows them.

    >>> show_mode("dir", 0o1777)
    'drwxrwxrwt'
    """
    text = "".join(letter if mode >> shift & bit else "-" for shift in (6, 3, 0) for letter, bit in _BITS.items())
    marks = list(text)
    for at, bit, letter in ((2, 0o4000, "s"), (5, 0o2000, "s"), (8, 0o1000, "t")):
        if mode & bit:
            marks[at] = letter if marks[at] == "x" else letter.upper()
    return _KINDS.get(kind, "-") + "".join(marks)


def human_size(size: int) -> str:
    """Return a size as ``ls -h`` shows it.

    >>> human_size(1500)
    '1.5K'
    """
    if size < 1024:
        return str(size)
    value, units = size / 1024, "KMGTP"
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    rounded = -(-value * 10 // 1) / 10
    return f"{rounded:.1f}{units[0]}" if rounded < 10 else f"{-(-value // 1):.0f}{units[0]}"
