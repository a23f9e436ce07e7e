"""Templates: Jinja2 in a sandbox, where a world's text may name its surface and parameters and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.exceptions import SecurityError

from simenv.schema.sandbox import MOST_CHARACTERS, Sandbox, bounded

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{ *([A-Za-z_][A-Za-z0-9_]*) *\}\}")
_NO_NAMES = frozenset(
    {
        *(
            "and",
            "or",
            "not",
            "in",
            "is",
            "if",
            "else",
            "elif",
            "for",
            "true",
            "True",
            "false",
            "False",
            "none",
            "None",
        ),
        *("self", "super", "caller", "loop", "varargs", "kwargs"),
    }
)
"""Words that are, or may be, something else than a name of the world's; Jinja2 says what."""


_ENVIRONMENT = Sandbox()


def is_template(text: str) -> bool:
    """Return whether `text` holds any placeholder, statement or comment of Jinja2."""
    return "{{" in text or "{%" in text or "{#" in text


def check_syntax(text: str) -> None:
    """Raise `jinja2.TemplateSyntaxError` if `text` is not a valid template."""
    if is_template(text) and not is_plain(text):
        compile_template(text)


@lru_cache(maxsize=4096)
def variables(text: str) -> frozenset[str]:
    """Return the names that `text` refers to.

    >>> sorted(variables("{{ company }}: {{ clock(due) }}"))
    ['clock', 'company', 'due']
    """
    if not is_template(text):
        return frozenset()
    parts = _plain_parts(text)
    return (
        frozenset(meta.find_undeclared_variables(_ENVIRONMENT.parse(text))) if parts is None else frozenset(parts[1::2])
    )


def render(text: str, value_of: Callable[[str], Any]) -> str:
    """Return a template with its placeholders filled.

    Args:
        text: the template.
        value_of: returns the value of a name; asked for each name that `text` refers to.

    Raises:
        jinja2.TemplateError: it cannot be rendered, or takes more than a text may.

    >>> render("{{ company }} opens at {{ 2 * hour }}.", {"company": "Acme", "hour": 4}.get)
    'Acme opens at 8.'
    """
    parts = _plain_parts(text)
    if parts is not None:
        rendered = [part if index % 2 == 0 else str(value_of(part)) for index, part in enumerate(parts)]
        if sum(map(len, rendered[1::2])) > MOST_CHARACTERS:
            raise SecurityError(f"grows beyond {MOST_CHARACTERS:,} characters")
        return "".join(rendered)
    values = {name: value_of(name) for name in sorted(variables(text))}
    try:
        with bounded():
            return compile_template(text).render(values)
    except jinja2.TemplateError:
        raise
    except Exception as error:  # whatever a world's expression fails with
        raise jinja2.TemplateRuntimeError(f"cannot be rendered ({type(error).__name__}: {error})") from error


def is_plain(text: str) -> bool:
    """Return whether a template holds nothing but names between its text, so that filling it cannot fail."""
    return _plain_parts(text) is not None


@lru_cache(maxsize=4096)
def _plain_parts(text: str) -> tuple[str, ...] | None:
    """Return text and names in turn if there is nothing else in a template, which most are; Jinja2 takes ten times as long."""
    parts = _PLACEHOLDER.split(text)
    odd = any(mark in part for part in parts[::2] for mark in ("{{", "}}", "{%", "{#", "\r"))
    return None if odd or not _NO_NAMES.isdisjoint(parts[1::2]) else tuple(parts)


@lru_cache(maxsize=4096)
def compile_template(text: str) -> jinja2.Template:
    """Return the compiled template; cached by its text. Raises TemplateSyntaxError if it cannot be compiled."""
    try:
        return _ENVIRONMENT.from_string(text)
    except jinja2.TemplateError:
        raise
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:  # nested too deep for Python
        raise jinja2.TemplateSyntaxError(f"cannot be compiled ({type(error).__name__})", 1) from None
