"""A document as the YAML that a person would write: fields in their order, texts of several lines as blocks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

_HEAD = (
    "format",
    "name",
    "version",
    "title",
    "question",
    "sources",
    "factors",
    "outcomes",
    "outcome_rules",
    "calendar",
)
"""Fields that come first, whatever their order."""
_WIDTH = 110


def yaml_text(document: Mapping[str, Any]) -> str:
    """Return a world's document as YAML.

    Raises:
        ValueError: it holds something that YAML cannot say.
    """
    first = {key: document[key] for key in _HEAD if key in document}
    return dumped({**first, **document})


def dumped(data: Any) -> str:
    """Return plain data as YAML; raises ValueError as `yaml_text` does."""
    writer = YAML()
    writer.width = _WIDTH
    writer.allow_unicode = True
    out = io.StringIO()
    try:
        writer.dump(_blocks(data), out)
    except (YAMLError, RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from None
    return out.getvalue()


def _blocks(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _blocks(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_blocks(part) for part in value]
    return LiteralScalarString(value) if isinstance(value, str) and _is_block(value) else value


def _is_block(text: str) -> bool:
    """Whether a text reads well as a block, and is the same when read again: no control characters, no spaces at the edges."""
    lines = text.split("\n")
    plain = all(c == "\n" or c.isprintable() for c in text)
    return plain and len(lines) > 2 and not text[:1].isspace() and not any(line != line.rstrip() for line in lines)
