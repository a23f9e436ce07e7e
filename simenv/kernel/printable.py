"""Text from models, files, worlds and endpoints, made safe for terminals and pages."""

from __future__ import annotations

import re
from typing import Any

_MARKED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, overrides and isolates
    "\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u2028\u2029\u180e"  # invisible characters, other line ends
    "\U000e0000-\U000e007f\ud800-\udfff]"  # tag characters, halves of surrogate pairs
)


def printable(text: str) -> str:
    r"""Escape the control, direction and invisible characters of a text, as JSON does.

    Newlines and tabs stay. The function is idempotent, and JSON stays JSON.

    >>> printable("a\x1b[31mb \u202edecoy")
    'a\\u001b[31mb \\u202edecoy'
    """
    return _MARKED.sub(_write_out, text)


def printable_data(value: Any) -> Any:
    """Return JSON data with all strings `printable`, keys included."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable_data(key): printable_data(each) for key, each in value.items()}
    return [printable_data(each) for each in value] if isinstance(value, list | tuple) else value


def _write_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
