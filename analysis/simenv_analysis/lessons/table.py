"""Tables that look the same on a page, in an export and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def markdown(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows with the same keys as a Markdown table.

    >>> print(markdown([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    | a | b |
    |---|---|
    | 1 | x |
    | 2 | y |
    """
    heads = list(rows[0]) if rows else []
    lines = [heads, *([str(row[head]).replace("|", "\\|").replace("\n", " ") for head in heads] for row in rows)]
    written = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([written[0], f"|{'---|' * len(heads)}", *written[1:]])
