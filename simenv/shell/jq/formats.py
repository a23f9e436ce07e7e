"""jq's formats: ``@csv``, ``@sh`` and their like."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote

from simenv.shell.jq.tree import Json
from simenv.shell.jq.values import JqError, dumps, kind, shown, text_of


def _row(value: Json, form: str, cell: Callable[[str], str], separator: str) -> str:
    if not isinstance(value, list):
        raise JqError(f"{kind(value)} ({shown(value)}) cannot be {form}-formatted, only an array can be")
    cells = []
    for item in value:
        if isinstance(item, dict | list):
            raise JqError(f"{kind(item)} ({shown(item)}) is not valid in a {form} row")
        if item is None:
            cells.append("")
        else:
            cells.append(cell(item) if isinstance(item, str) else dumps(item))
    return separator.join(cells)


def _csv(value: Json) -> str:
    return _row(value, "csv", lambda text: '"' + text.replace('"', '""') + '"', ",")


def _tsv(value: Json) -> str:
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    return _row(value, "tsv", lambda text: text.translate(escapes), "\t")


def _sh(value: Json) -> str:
    words = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict | list):
            raise JqError(f"{kind(item)} ({shown(item)}) can not be escaped for shell")
        words.append("'" + item.replace("'", "'\\''") + "'" if isinstance(item, str) else dumps(item))
    return " ".join(words)


def _base64d(value: Json) -> str:
    text = text_of(value)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        raise JqError(f"string ({shown(value)}) is not valid base64 data") from None


FORMATS: Mapping[str, Callable[[Json], str]] = {
    "@text": text_of,
    "@json": dumps,
    "@csv": _csv,
    "@tsv": _tsv,
    "@html": lambda value: escape(text_of(value)).replace("&#x27;", "&#39;"),
    "@uri": lambda value: quote(text_of(value), safe="-_.~"),
    "@sh": _sh,
    "@base64": lambda value: base64.b64encode(text_of(value).encode(errors="replace")).decode(),
    "@base64d": _base64d,
}
