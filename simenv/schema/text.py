"""Templates: Jinja2 in a sandbox, where a world's text may name its surface and parameters and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

_PLACEHOLDER = re.compile(r"\{\{ *([A-Za-z_]\w*) *\}\}")


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, without the operators by which a few characters of template fill the memory."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers of ordinary size; refuse the rest."""
        ordinary = all(isinstance(value, int | float) and abs(value) < 1e9 for value in (left, right))
        if operator == "**" or not ordinary:
            raise SecurityError(f"the operator {operator} is for numbers of ordinary size")
        return left * right


_ENVIRONMENT = _Environment(
    undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.globals.clear()  # no range(), lipsum(), cycler(): text cannot compute anything expensive


def is_template(text: str) -> bool:
    """Return whether `text` holds any placeholder, statement or comment of Jinja2."""
    return "{{" in text or "{%" in text or "{#" in text


def check_syntax(text: str) -> None:
    """Raise `jinja2.TemplateSyntaxError` if `text` is not a valid template."""
    if is_template(text):
        compile_template(text)


@lru_cache(maxsize=4096)
def variables(text: str) -> frozenset[str]:
    """Return the names that `text` refers to.

    >>> sorted(variables("{{ company }}: {{ clock(due) }}"))
    ['clock', 'company', 'due']
    """
    return frozenset(meta.find_undeclared_variables(_ENVIRONMENT.parse(text))) if is_template(text) else frozenset()


def render(text: str, value_of: Callable[[str], Any]) -> str:
    """Return a template with its placeholders filled.

    Args:
        text: the template.
        value_of: returns the value of a name; asked for each name that `text` refers to.

    >>> render("{{ company }} opens at {{ 2 * hour }}.", {"company": "Acme", "hour": 4}.get)
    'Acme opens at 8.'
    """
    parts = _plain_parts(text)
    if parts is not None:
        return "".join([part if index % 2 == 0 else str(value_of(part)) for index, part in enumerate(parts)])
    return compile_template(text).render({name: value_of(name) for name in sorted(variables(text))})


def is_plain(text: str) -> bool:
    """Return whether a template holds nothing but names between its text, so that filling it cannot fail."""
    return _plain_parts(text) is not None


@lru_cache(maxsize=4096)
def _plain_parts(text: str) -> tuple[str, ...] | None:
    """Return text and names in turn if there is nothing else in a template, which most are; Jinja2 takes ten times as long."""
    parts = _PLACEHOLDER.split(text)
    odd = any(mark in part for part in parts[::2] for mark in ("{{", "}}", "{%", "{#", "\r"))
    return None if odd or set(parts[1::2]) != variables(text) else tuple(parts)


@lru_cache(maxsize=4096)
def compile_template(text: str) -> jinja2.Template:
    """Return the compiled template; cached by its text."""
    return _ENVIRONMENT.from_string(text)
