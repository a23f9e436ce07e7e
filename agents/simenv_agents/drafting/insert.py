"""A factor written into a world file as text, so that the file's comments and its form stay."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from simenv.errors import SimenvError
from simenv_agents.drafting.yaml_text import dumped

_EMPTY = re.compile(r"factors:\s*\{\s*\}\s*(?:#.*)?")
_BLOCK = re.compile(r"factors:\s*(?:#.*)?")


def with_factor(text: str, name: str, factor: Mapping[str, Any]) -> str:
    """Return the text of a world file with one more factor, at the end of its factors.

    Raises:
        SimenvError: the factors are written in a form to which nothing can be added.
    """
    lines = text.splitlines()
    block = textwrap.indent(dumped({name: dict(factor)}), "  ").rstrip("\n").splitlines()
    at = next((number for number, line in enumerate(lines) if line.startswith("factors:")), None)
    if at is None:
        at = next((number for number, line in enumerate(lines) if line.startswith("outcomes:")), len(lines))
        return _joined([*lines[:at], "factors:", *block, "", *lines[at:]])
    if _EMPTY.fullmatch(lines[at]):
        lines[at] = "factors:"
    if not _BLOCK.fullmatch(lines[at]):
        raise SimenvError(
            f"line {at + 1}: the factors are written on one line → write `factors:` alone there, and each factor below it"
        )
    end = next((number for number in range(at + 1, len(lines)) if re.match(r"[^\s#]", lines[number])), len(lines))
    while end > at + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    indent = next((line for line in lines[at + 1 : end] if line.strip() and not line.lstrip().startswith("#")), "  ")
    step = indent[: len(indent) - len(indent.lstrip())]
    return _joined([*lines[:end], *(step + line[2:] for line in block), *lines[end:]])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
