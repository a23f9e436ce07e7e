"""Running jq programs: each expression yields any number of results for one input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from simenv.shell.jq import tree
from simenv.shell.jq.formats import FORMATS
from simenv.shell.jq.tree import Json, Node
from simenv.shell.jq.values import JqError, Path, drop, get, kind, operate, put, shown, text_of, truth

_STEP = 30
"""Work that one step counts for, in characters."""


class Result(NamedTuple):
    """A value, and, where paths are asked for, how it was reached (None: it was computed)."""

    value: Json
    path: Path | None = None


class Closure(NamedTuple):
    """A function, or an argument of one: its body where it was written."""

    parameters: tuple[str, ...]
    body: Node
    scope: Scope


class Scope(NamedTuple):
    """What names mean at a place of the program."""

    variables: Mapping[str, Json]
    functions: Mapping[tuple[str, int], Closure]

    def binding(self, values: Mapping[str, Json]) -> Scope:
        """Return the same with some variables bound."""
        return Scope({**self.variables, **values}, self.functions)


class BreakLabel(Exception):
    """``break $name``: the results of the label end."""

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


Native: TypeAlias = "Callable[[Evaluator, Scope, Result, tuple[Node, ...]], Iterator[Result]]"


class Evaluator:
    """One run of jq.

    Args:
        natives: functions that are not written in jq, by name and number of arguments.
        charge: is charged for every step.
        inputs: the inputs that are still to come, for ``input``.
        now: seconds since 1970.
    """

    def __init__(
        self,
        natives: Mapping[tuple[str, int], Native],
        charge: Callable[[int], None],
        inputs: Iterator[Json],
        now: float = 0.0,
    ) -> None:
        self._natives = natives
        self.charge = charge
        self.inputs = inputs
        self.now = now

    def run(self, node: Node, scope: Scope, at: Result) -> Iterator[Result]:
        """Yield the results of an expression for one input. Raises JqError."""
        self.charge(_STEP)
        return _RUN[type(node)](self, node, scope, at)

    def values(self, node: Node, scope: Scope, value: Json) -> Iterator[Json]:
        """Yield the results as values alone."""
        return (result.value for result in self.run(node, scope, Result(value)))

    def paths(self, node: Node, scope: Scope, value: Json) -> list[Path]:
        """Return the paths that an expression leads to. Raises JqError if it leads to none."""
        found = []
        for result in self.run(node, scope, Result(value, ())):
            if result.path is None:
                raise JqError(f"Invalid path expression with result {shown(result.value)}")
            found.append(result.path)
        return found

    def call(self, name: str, arguments: tuple[Node, ...], scope: Scope, at: Result) -> Iterator[Result]:
        """Call a function. Raises JqError."""
        closure = scope.functions.get((name, len(arguments)))
        if closure is not None:
            return self._enter(closure, arguments, scope, at)
        native = self._natives.get((name, len(arguments)))
        if native is not None:
            return native(self, scope, at, arguments)
        if name[0] == "@" and not arguments and name in FORMATS:
            return iter((Result(FORMATS[name](at.value)),))
        raise JqError(f"{name}/{len(arguments)} is not defined")

    def _enter(self, closure: Closure, arguments: tuple[Node, ...], scope: Scope, at: Result) -> Iterator[Result]:
        functions = dict(closure.scope.functions)
        by_value: list[tuple[str, Node]] = []
        for parameter, argument in zip(closure.parameters, arguments, strict=True):
            functions[parameter.lstrip("$"), 0] = Closure((), argument, scope)
            if parameter[0] == "$":
                by_value.append((parameter[1:], argument))
        inner = Scope(closure.scope.variables, functions)
        return self._with_values(by_value, closure.body, inner, scope, at)

    def _with_values(
        self, names: list[tuple[str, Node]], body: Node, inner: Scope, scope: Scope, at: Result
    ) -> Iterator[Result]:
        """Run a body for each combination of what its ``$parameters`` may be."""
        if not names:
            yield from self.run(body, inner, at)
            return
        (name, argument), *rest = names
        for value in self.values(argument, scope, at.value):
            yield from self._with_values(rest, body, inner.binding({name: value}), scope, at)

    def bindings(self, pattern: tree.Pattern, scope: Scope, value: Json) -> Iterator[Scope]:
        """Yield the scope with a pattern bound to a value. Raises JqError."""
        if isinstance(pattern, tree.Variable):
            yield scope.binding({pattern.name: value})
        elif isinstance(pattern, tree.ArrayPattern):
            if value is not None and not isinstance(value, list):
                raise JqError(f"Cannot index {kind(value)} with number")
            yield from self._bind_items(pattern.items, 0, scope, value)
        else:
            yield from self._bind_entries(pattern.entries, scope, value)

    def _bind_items(self, items: tuple[tree.Pattern, ...], at: int, scope: Scope, value: Json) -> Iterator[Scope]:
        if at == len(items):
            yield scope
            return
        for inner in self.bindings(items[at], scope, get(value, at)):
            yield from self._bind_items(items, at + 1, inner, value)

    def _bind_entries(
        self, entries: tuple[tuple[Node, str, tree.Pattern | None], ...], scope: Scope, value: Json
    ) -> Iterator[Scope]:
        if not entries:
            yield scope
            return
        (key_of, name, pattern), *rest = entries
        for key in self.values(key_of, scope, value):
            found = get(value, key)
            inner = scope.binding({name: found}) if name else scope
            for bound in self.bindings(pattern, inner, found) if pattern is not None else (inner,):
                yield from self._bind_entries(tuple(rest), bound, value)


def recurse(at: Result) -> Iterator[Result]:
    """Yield a value and all that is in it."""
    stack = [at]
    while stack:
        result = stack.pop()
        yield result
        stack += reversed(list(_children(result)))


def _children(at: Result) -> Iterator[Result]:
    value = at.value
    keys: list[Json] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield Result(value[key], None if at.path is None else (*at.path, key))


# -- expressions -------------------------------------------------------------------------------------------------------


def _identity(ev: Evaluator, node: tree.Identity, scope: Scope, at: Result) -> Iterator[Result]:
    yield at


def _recurse_all(ev: Evaluator, node: tree.RecurseAll, scope: Scope, at: Result) -> Iterator[Result]:
    yield from recurse(at)


def _constant(ev: Evaluator, node: tree.Constant, scope: Scope, at: Result) -> Iterator[Result]:
    yield Result(node.value)


def _text(ev: Evaluator, node: tree.Text, scope: Scope, at: Result) -> Iterator[Result]:
    def pieces(index: int) -> Iterator[str]:
        if index == len(node.parts):
            yield ""
            return
        part = node.parts[index]
        written = (
            [part] if isinstance(part, str) else [_formatted(node.format, v) for v in ev.values(part, scope, at.value)]
        )
        for rest in pieces(index + 1):
            for text in written:
                yield text + rest

    yield from map(Result, pieces(0))


def _formatted(form: str, value: Json) -> str:
    if form and form not in FORMATS:
        raise JqError(f"{form[1:]} is not a valid format")
    return FORMATS[form](value) if form else text_of(value)


def _index(ev: Evaluator, node: tree.Index, scope: Scope, at: Result) -> Iterator[Result]:
    for term in ev.run(node.term, scope, at):
        for key in ev.values(node.key, scope, at.value):
            yield Result(get(term.value, key), None if term.path is None else (*term.path, key))


def _slice(ev: Evaluator, node: tree.Slice, scope: Scope, at: Result) -> Iterator[Result]:
    none: tuple[Json, ...] = (None,)
    for term in ev.run(node.term, scope, at):
        if term.value is not None and not isinstance(term.value, list | str):
            raise JqError(f"Cannot index {kind(term.value)} with object")
        for high in ev.values(node.high, scope, at.value) if node.high is not None else none:
            for low in ev.values(node.low, scope, at.value) if node.low is not None else none:
                key = {"start": low, "end": high}
                yield Result(get(term.value, key), None if term.path is None else (*term.path, key))


def _iterate(ev: Evaluator, node: tree.Iterate, scope: Scope, at: Result) -> Iterator[Result]:
    for term in ev.run(node.term, scope, at):
        if not isinstance(term.value, dict | list):
            raise JqError(
                f"Cannot iterate over {kind(term.value)}"
                + (f" ({shown(term.value)})" if term.value is not None else "")
            )
        yield from _children(term)


def _pipe(ev: Evaluator, node: tree.Pipe, scope: Scope, at: Result) -> Iterator[Result]:
    for result in ev.run(node.left, scope, at):
        yield from ev.run(node.right, scope, result)


def _comma(ev: Evaluator, node: tree.Comma, scope: Scope, at: Result) -> Iterator[Result]:
    yield from ev.run(node.left, scope, at)
    yield from ev.run(node.right, scope, at)


def _negate(ev: Evaluator, node: tree.Negate, scope: Scope, at: Result) -> Iterator[Result]:
    for value in ev.values(node.operand, scope, at.value):
        if kind(value) != "number":
            raise JqError(f"{kind(value)} ({shown(value)}) cannot be negated")
        yield Result(-value)


def _operate(ev: Evaluator, node: tree.Operate, scope: Scope, at: Result) -> Iterator[Result]:
    for right in ev.values(node.right, scope, at.value):
        for left in ev.values(node.left, scope, at.value):
            yield Result(operate(node.operator, left, right))


def _logic(ev: Evaluator, node: tree.Logic, scope: Scope, at: Result) -> Iterator[Result]:
    decides = node.operator == "or"
    for left in ev.values(node.left, scope, at.value):
        if truth(left) == decides:
            yield Result(decides)
        else:
            yield from (Result(truth(right)) for right in ev.values(node.right, scope, at.value))


def _alternative(ev: Evaluator, node: tree.Alternative, scope: Scope, at: Result) -> Iterator[Result]:
    found = False
    try:
        for result in ev.run(node.left, scope, at):
            if truth(result.value):
                found = True
                yield result
    except JqError:
        pass  # the left side ends where it fails
    if not found:
        yield from ev.run(node.right, scope, at)


def _assign(ev: Evaluator, node: tree.Assign, scope: Scope, at: Result) -> Iterator[Result]:
    if node.operator == "|=":
        yield Result(_updated(ev, node, scope, at.value))
        return
    for value in ev.values(node.value, scope, at.value):
        result = at.value
        for path in ev.paths(node.paths, scope, at.value):
            old = get_path(result, path)
            if node.operator == "=":
                new = value
            elif node.operator == "//=":
                new = old if truth(old) else value
            else:
                new = operate(node.operator[0], old, value)
            result = put(result, path, new)
        yield Result(result)


def _updated(ev: Evaluator, node: tree.Assign, scope: Scope, value: Json) -> Json:
    """Return a value with what is at each path replaced by its update; what has none is dropped."""
    dropped: list[Path] = []
    for path in ev.paths(node.paths, scope, value):
        new = next(ev.values(node.value, scope, get_path(value, path)), dropped)
        if new is dropped:
            dropped.append(path)
        else:
            value = put(value, path, new)
    return drop(value, dropped)


def get_path(value: Json, path: Path) -> Json:
    """Return what is at a path; null if it is not there. Raises JqError."""
    for key in path:
        if value is None:
            return None
        value = get(value, key)
    return value


def _try(ev: Evaluator, node: tree.Try, scope: Scope, at: Result) -> Iterator[Result]:
    try:
        yield from ev.run(node.body, scope, at)
    except JqError as error:
        if node.handler is not None:
            yield from ev.run(node.handler, scope, Result(error.value))


def _if(ev: Evaluator, node: tree.If, scope: Scope, at: Result) -> Iterator[Result]:
    for test in ev.values(node.test, scope, at.value):
        yield from ev.run(node.then if truth(test) else node.otherwise, scope, at)


def _collect(ev: Evaluator, node: tree.Collect, scope: Scope, at: Result) -> Iterator[Result]:
    yield Result([] if node.body is None else list(ev.values(node.body, scope, at.value)))


def _build(ev: Evaluator, node: tree.Build, scope: Scope, at: Result) -> Iterator[Result]:
    def entries(index: int) -> Iterator[dict[str, Json]]:
        if index < 0:
            yield {}
            return
        key_of, value_of = node.entries[index]
        for before in entries(index - 1):
            for key in ev.values(key_of, scope, at.value):
                if not isinstance(key, str):
                    raise JqError(f"Object keys must be strings, not {kind(key)} ({shown(key)})")
                for value in ev.values(value_of, scope, at.value):
                    yield {**before, key: value}

    yield from map(Result, entries(len(node.entries) - 1))


def _bind(ev: Evaluator, node: tree.Bind, scope: Scope, at: Result) -> Iterator[Result]:
    for value in ev.values(node.source, scope, at.value):
        for inner in ev.bindings(node.pattern, scope, value):
            yield from ev.run(node.body, inner, at)


def _reduce(ev: Evaluator, node: tree.Reduce, scope: Scope, at: Result) -> Iterator[Result]:
    for start in ev.values(node.start, scope, at.value):
        held = start
        for value in ev.values(node.source, scope, at.value):
            for inner in ev.bindings(node.pattern, scope, value):
                held = next(iter(list(ev.values(node.update, inner, held))[-1:]), None)
        yield Result(held)


def _foreach(ev: Evaluator, node: tree.Foreach, scope: Scope, at: Result) -> Iterator[Result]:
    for start in ev.values(node.start, scope, at.value):
        held = start
        for value in ev.values(node.source, scope, at.value):
            for inner in ev.bindings(node.pattern, scope, value):
                for held in ev.values(node.update, inner, held):  # noqa: B020 - each update starts from the last one
                    if node.extract is None:
                        yield Result(held)
                    else:
                        yield from ev.run(node.extract, inner, Result(held))


def _variable(ev: Evaluator, node: tree.Variable, scope: Scope, at: Result) -> Iterator[Result]:
    if node.name == "__loc__":
        yield Result({"file": "<top-level>", "line": 1})
        return
    if node.name not in scope.variables:
        raise JqError(f"${node.name} is not defined")
    yield Result(scope.variables[node.name])


def _call(ev: Evaluator, node: tree.Call, scope: Scope, at: Result) -> Iterator[Result]:
    yield from ev.call(node.name, node.arguments, scope, at)


def _define(ev: Evaluator, node: tree.Define, scope: Scope, at: Result) -> Iterator[Result]:
    yield from ev.run(node.rest, defining(node, scope), at)


def defining(node: tree.Define, scope: Scope) -> Scope:
    """Return a scope in which a function is defined, which may call itself."""
    functions = dict(scope.functions)
    inner = Scope(scope.variables, functions)
    functions[node.name, len(node.parameters)] = Closure(node.parameters, node.definition, inner)
    return inner


def _label(ev: Evaluator, node: tree.Label, scope: Scope, at: Result) -> Iterator[Result]:
    mark = object()
    try:
        yield from ev.run(node.body, scope.binding({f"*{node.name}": mark}), at)
    except BreakLabel as signal:
        if signal.label is not mark:
            raise


def _break(ev: Evaluator, node: tree.Break, scope: Scope, at: Result) -> Iterator[Result]:
    mark = scope.variables.get(f"*{node.name}")
    if mark is None:
        raise JqError(f"$*label-{node.name} is not defined")
    raise BreakLabel(mark)
    yield at  # makes this a generator, as the others are


_RUN: Mapping[type, Callable[[Evaluator, Any, Scope, Result], Iterator[Result]]] = {
    tree.Identity: _identity, tree.RecurseAll: _recurse_all, tree.Constant: _constant, tree.Text: _text, tree.Index: _index,
    tree.Slice: _slice, tree.Iterate: _iterate, tree.Pipe: _pipe, tree.Comma: _comma, tree.Negate: _negate,
    tree.Operate: _operate, tree.Logic: _logic, tree.Alternative: _alternative, tree.Assign: _assign, tree.Try: _try,
    tree.If: _if, tree.Collect: _collect, tree.Build: _build, tree.Bind: _bind, tree.Reduce: _reduce,
    tree.Foreach: _foreach, tree.Variable: _variable, tree.Call: _call, tree.Define: _define, tree.Label: _label,
    tree.Break: _break,
}  # fmt: skip
