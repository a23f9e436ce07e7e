"""A lesson that stands still: marimo's controls and figures as words and pictures that any page or notebook shows."""

from __future__ import annotations

import html
import json
import re
from typing import Any

_CONTROL = re.compile(
    r"(?:<marimo-ui-element[^>]*>)?<marimo-(slider|dropdown)(.*?)></marimo-\1>(?:</marimo-ui-element>)?", re.S
)
_FIGURE = re.compile(r"<marimo-mime-renderer(.*?)></marimo-mime-renderer>", re.S)
_ATTRIBUTE = re.compile(r"data-([a-z-]+)='([^']*)'")
_TAG = re.compile(r"<[^>]+>")


def stand_still(ran: str, number: int) -> str:
    """Return a notebook (.ipynb) with what only a running lesson could show replaced, and a note at its top that says so.

    Args:
        ran: the notebook, with its outputs.
        number: of the lesson.
    """
    notebook = json.loads(ran)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            for kind in ("text/html", "text/markdown"):
                text = "".join(shown.get(kind, ""))
                if "marimo-" in text:
                    del shown[kind]
                    shown["text/html"] = _as_html(text)
    note = (
        "*Nothing moves on this page: where the text asks you to slide or to choose, it shows the result for the values given "
        f"there. `simenv lesson {number}` opens the lesson with its sliders.*"
    )
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": note, "id": "still"})
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _as_html(text: str) -> str:
    """Return an output with controls as their label and value, and figures as images."""
    if text.lstrip().startswith("&lt;marimo-"):  # a control that is all of an output comes escaped
        text = html.unescape(text)
    return _FIGURE.sub(_picture, _CONTROL.sub(_value, text))


def _attributes(found: str) -> dict[str, Any]:
    return {name: json.loads(html.unescape(value)) for name, value in _ATTRIBUTE.findall(found)}


def _value(found: re.Match[str]) -> str:
    control = _attributes(found[2])
    value = control["initial-value"]
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    label = html.unescape(_TAG.sub("", control["label"] or "value"))
    return f"<p>{html.escape(label)}: <strong>{html.escape(words)}</strong></p>"


def _picture(found: re.Match[str]) -> str:
    bundle = json.loads(_attributes(found[1])["data"])
    size = bundle["__metadata__"]["image/png"]
    return (
        f'<img alt="Figure" src="{bundle["image/png"]}" width="{size["width"]}" style="max-width: 100%; height: auto">'
    )
