"""The sentences of a page or a lesson that give a number or say how many."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

_NO_PROSE = re.compile(r"```.*?```|^\|.*?$|^\d\. |!\[[^\]]*\]\([^)]*\)", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"^#+ (?:\d\. )?(.*)$", re.MULTILINE)
_CODE_OR_REFERENCE = re.compile(r"`[^`]*`|\]\([^)]*\)|\[?arXiv:[\d.]+|\b(?:19|20)\d\d\b|\bsb3\b")
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|third|hundreds?|thousands?|twice|half|most|majority|few|none)\b|nearly all",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.?!:;*])\s+(?=\W*[A-Z])|\n\s*\n|\n\s*- ")


def prose_of(file: Path) -> str:
    """Return the text of a page, or of the cells of a lesson that are Markdown and hold nothing computed."""
    text = file.read_text(encoding="utf-8")
    return "\n\n".join(_markdown(text)) if file.suffix == ".py" else text


def _markdown(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "md":
            for each in node.args:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield inspect.cleandoc(each.value)


def sentences(text: str) -> list[str]:
    """Return the sentences and titles of a text without code blocks, tables and pictures.

    >>> sentences("# 2. Most do\\nMost do. Some\\ndo not.")
    ['Most do', 'Most do.', 'Some do not.']
    """
    prose = _TITLE.sub(r"\1\n\n", _NO_PROSE.sub("\n\n", text))
    return [" ".join(part.split()) for part in _END.split(prose) if part.strip()]


def has_number(sentence: str) -> bool:
    """Return whether a sentence has a number or a word for how many, outside code and references.

    >>> [has_number(each) for each in ("Most do.", "It is `40` (Smith 2020).", "In 3 %.")]
    [True, False, True]
    """
    return bool(_NUMBER.search(_CODE_OR_REFERENCE.sub(" ", sentence)))
