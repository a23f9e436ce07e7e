"""The sandbox of templates: Jinja2 whose work and size are bounded, whatever a text asks for."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 2_000_000
"""Of all that one text writes and works out on the way."""
MOST_STEPS = 5_000
"""Filters, calls, comparisons and rounds of loops of one text."""
_WIDEST = 1_000
"""A number that a filter is given: a width, say."""
_WIDE = re.compile(r"\d{4,}|\*")
_FILTERS = (
    "abs capitalize center count d default dictsort first float format indent int items join last length list lower map max "
    "min reject rejectattr replace reverse round select selectattr sort string sum title tojson trim truncate unique upper "
    "wordcount"
)
_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "get",
        "index",
        "isalpha",
        "isdigit",
        "items",
        "keys",
        "lower",
        "lstrip",
        "removeprefix",
        "removesuffix",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
        "values",
    ]
)


class _Work:
    """What a rendering has left to do."""

    def __init__(self) -> None:
        self.characters, self.steps = MOST_CHARACTERS, MOST_STEPS

    def charge(self, characters: int) -> None:
        """Charge a step that handles a number of characters; raise SecurityError if that is too much."""
        self.steps -= 1
        self.characters -= characters
        if self.steps < 0:
            raise SecurityError(f"takes more than {MOST_STEPS:,} steps")
        if self.characters < 0:
            raise SecurityError(f"grows beyond {MOST_CHARACTERS:,} characters")


_WORK: ContextVar[_Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """Count the work of one rendering."""
    token = _WORK.set(_Work())
    try:
        yield
    finally:
        _WORK.reset(token)


def _charge(*values: Any) -> None:
    work = _WORK.get()
    if work is None:
        raise SecurityError("is worked out when it is rendered")  # so that nothing is worked out while it is compiled
    for value in values or ("",):
        if isinstance(value, str):
            work.charge(len(value))
        elif isinstance(value, dict):
            _charge(*value.keys(), *value.values())
        elif isinstance(value, list | tuple):
            _charge(*value)
        else:
            work.charge(1)


def _measured(value: Any) -> Any:
    _charge(value)
    return value


def _counted(values: Any, characters: int) -> Iterator[Any]:
    for value in values:
        _charge(" " * characters)
        yield value


def _joined(values: list[Any]) -> str:
    _charge(*values)
    return "".join(map(str, values))


def _write(value: Any) -> str:
    """Return what an expression writes; lists of lists are counted before they are spelled out."""
    if isinstance(value, jinja2.Undefined):
        return str(value)
    _charge(value)
    return str(value)


def _check_arguments(name: str, arguments: tuple[Any, ...]) -> None:
    if any(isinstance(value, int | float) and abs(value) > _WIDEST for value in arguments[1:]):
        raise SecurityError(f"{name} is for numbers up to {_WIDEST:,}")
    if name == "format" and arguments and _WIDE.search(str(arguments[0])):
        raise SecurityError(f"a format is for widths below {_WIDEST:,}")
    texts = [len(value) for value in arguments if isinstance(value, str | list | tuple)]
    if name in ("replace", "join", "indent") and len(texts) > 1 and (texts[0] + 1) * sum(texts[1:]) > MOST_CHARACTERS:
        raise SecurityError(f"{name} grows beyond {MOST_CHARACTERS:,} characters")


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    takes_context = hasattr(function, "jinja_pass_arg")

    @functools.wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        given = (*arguments[takes_context:], *named.values())
        _charge(*given)
        _check_arguments(name, given)
        found = function(*arguments, **named)
        _charge(found)
        return found

    return run


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 for the texts of worlds: what could fill the memory or the day is refused, with a SecurityError."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_write,
        )
        self.globals.clear()  # no range(), lipsum(), cycler(): text cannot compute anything expensive
        known = self.filters
        self.filters = {name: _bounded_filter(name, known[name]) for name in _FILTERS.split() if name in known}
        self.filters |= {"_measured": _measured, "_counted": _counted, "_joined": _joined}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Add texts, fill formats, and work with numbers of ordinary size; refuse the rest."""
        _charge(left, right)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        if operator == "%" and isinstance(left, str):
            _check_arguments("format", (left,))
            return _measured(left % right)
        ordinary = all(isinstance(value, int | float) and abs(value) < 1e9 for value in (left, right))
        if operator == "**" or not ordinary:
            raise SecurityError(f"the operator {operator} is for numbers of ordinary size")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, function: Any, *arguments: Any, **named: Any) -> Any:
        """Call a function of the text's, a macro, or one of the cheap methods of texts and numbers."""
        _charge(*arguments, *named.values())
        name = getattr(function, "__name__", "")
        is_plain = isinstance(getattr(function, "__self__", None), str | int | float | list | tuple | dict)
        if (is_plain or "format" in name) and name not in _METHODS:
            raise SecurityError(f"the method {name} is not for texts of a world; use a filter")
        return super().call(context, function, *arguments, **named)

    def _generate(self, source: nodes.Template, *settings: Any, **named: Any) -> str:
        """Compile a template in which loops, macros and what makes texts and lists are counted."""
        for kind in (nodes.For, nodes.Macro, nodes.CallBlock):
            for node in source.find_all(kind):
                _count_body(node)
        return str(super()._generate(_Measuring().visit(source), *settings, **named))


def _count_body(node: Any) -> None:
    """Charge each round of a loop or call of a macro for the text that stands in it."""
    size = sum(
        len(text.data)
        for part in node.body
        for text in (part, *part.find_all(nodes.TemplateData))
        if isinstance(text, nodes.TemplateData)
    )
    charge = nodes.Filter(nodes.Const(" " * min(size, MOST_CHARACTERS)), "_measured", [], [], None, None)
    empty = nodes.Getitem(charge, nodes.Slice(nodes.Const(0), nodes.Const(0), None), "load")
    node.body.insert(0, nodes.Output([empty]))
    if isinstance(node, nodes.For):
        node.iter = nodes.Filter(node.iter, "_counted", [nodes.Const(0)], [], None, None)


class _Measuring(jinja2.visitor.NodeTransformer):
    """Puts what makes texts and lists through `_measured`."""

    def _measure(self, node: Any) -> Any:
        node = self.generic_visit(node)
        return nodes.Filter(node, "_measured", [], [], None, None)

    visit_List = visit_Dict = visit_Compare = _measure  # noqa: N815 - as jinja2 names them

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """Return a join that is counted before it is done."""
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "_joined", [], [], None, None)
