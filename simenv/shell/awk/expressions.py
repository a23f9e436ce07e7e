"""Expressions of an awk program as Python closures that read and change the `Runtime`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from simenv.machine.nodes import FileError
from simenv.shell.awk import tree
from simenv.shell.awk.arithmetic import ARITHMETIC, COMPARISONS
from simenv.shell.awk.functions import BUILTINS, Pattern, as_regex, match, split, substitute
from simenv.shell.awk.records import regex
from simenv.shell.awk.runtime import Runtime
from simenv.shell.awk.scope import array_parameters
from simenv.shell.awk.values import UNSET, Array, Input, Value, compare, is_true, to_number
from simenv.shell.errors import UsageFault

Evaluate: TypeAlias = Callable[[], Value]
Execute: TypeAlias = Callable[[], None]
_MAX_DEPTH = 200
"""How many nodes may be evaluated one within the other, over all calls of functions: each takes Python two calls at most."""


class Return(Exception):
    """``return value``."""

    def __init__(self, value: Value) -> None:
        super().__init__(value)
        self.value = value


class Expressions:
    """Makes closures out of expressions.

    Args:
        program: whose functions may be called.
        rt: what the closures work on.
    """

    def __init__(self, program: tree.Program, rt: Runtime) -> None:
        self._rt = rt
        self._functions: Mapping[str, tree.Function] = program.functions
        self._bodies: dict[str, Execute] = {}
        self._arrays = array_parameters(program)
        self._locals: dict[str, int] = {}
        self._local_arrays: frozenset[str] = frozenset()
        self._frames: list[list[Value | Array]] = []
        self._depths = {name: tree.depth_of(function.body) for name, function in program.functions.items()}
        self._depth = 0

    def expression(self, node: tree.Expression) -> Evaluate:
        """Return how an expression is evaluated."""
        rt = self._rt
        match node:
            case tree.Number(value) | tree.String(value):
                return lambda: value
            case tree.Grouping(inner):
                return self.expression(inner)
            case tree.RegexNode(text):
                pattern = regex(text)
                return lambda: float(pattern.search(rt.text(rt.get(0)), work=rt.work) is not None)
            case tree.Variable() | tree.Element() | tree.Field():
                return self._load(node)
            case tree.Unary(operator, operand):
                return self._unary(operator, self.expression(operand))
            case tree.Binary():
                return self._binary(node)
            case tree.Concatenation(parts):
                return self._concatenate(parts)
            case tree.Conditional(first, second, third):
                test, yes, no = map(self.expression, (first, second, third))
                return lambda: yes() if is_true(test()) else no()
            case tree.Assign():
                return self._assign(node)
            case tree.Increment(step, target, is_before):
                return self._increment(step, target, is_before=is_before)
            case tree.Within(keys, name):
                key, array = self._key(keys), self._array(name)
                return lambda: float(key() in array())
            case tree.Getline():
                return self._getline(node)
            case tree.Call():
                return self._builtin(node) if node.is_builtin else self._call(node)

    def _text(self, node: tree.Expression) -> Callable[[], str]:
        evaluate, rt = self.expression(node), self._rt
        return lambda: rt.text(evaluate())

    def _number(self, node: tree.Expression) -> Callable[[], float]:
        evaluate = self.expression(node)
        return lambda: to_number(evaluate())

    def _unary(self, operator: str, operand: Evaluate) -> Evaluate:
        if operator == "!":
            return lambda: float(not is_true(operand()))
        if operator == "-":
            return lambda: -to_number(operand())
        return lambda: to_number(operand())

    def _binary(self, node: tree.Binary) -> Evaluate:
        operator = node.operator
        if operator in ARITHMETIC:
            calculate, one, two = ARITHMETIC[operator], self._number(node.left), self._number(node.right)
            return lambda: calculate(one(), two())
        if operator in ("~", "!~"):
            return self._matches(self._text(node.left), self._pattern(node.right), operator == "~")
        left, right = self.expression(node.left), self.expression(node.right)
        if operator == "&&":
            return lambda: float(is_true(left()) and is_true(right()))
        if operator == "||":
            return lambda: float(is_true(left()) or is_true(right()))
        holds, rt = COMPARISONS[operator], self._rt
        return lambda: float(holds(compare(left(), right(), str(rt.variables["CONVFMT"]))))

    def _concatenate(self, parts: tuple[tree.Expression, ...]) -> Evaluate:
        texts, work = [self._text(part) for part in parts], self._rt.work

        def run() -> Value:
            text = "".join([part() for part in texts])
            work(len(text))
            return text

        return run

    def _matches(self, text: Callable[[], str], pattern: Callable[[], Pattern], wanted: bool) -> Evaluate:
        work = self._rt.work
        return lambda: float((as_regex(pattern()).search(text(), work=work) is not None) == wanted)

    def _pattern(self, node: tree.Expression) -> Callable[[], Pattern]:
        """Return a pattern: one that stands in the program is compiled once, any other value when it is used."""
        if isinstance(node, tree.RegexNode):
            compiled = regex(node.text)
            return lambda: compiled
        return self.expression(node)

    # -- variables, fields, arrays ---------------------------------------------------------------------------------

    def _load(self, node: tree.Target) -> Evaluate:
        rt = self._rt
        match node:
            case tree.Field(index):
                number = self._number(index)
                return lambda: rt.get(number())
            case tree.Element(name, keys):
                array, key = self._array(name), self._key(keys)
                return lambda: array().setdefault(key(), UNSET)
            case tree.Variable("NF"):
                return lambda: float(len(rt.fields))
            case tree.Variable(name) if name in self._locals:
                frames, slot = self._frames, self._locals[name]
                return lambda: _scalar(frames[-1][slot], name)
            case tree.Variable(name):
                variables = rt.variables
                return lambda: variables.get(name, UNSET)

    def _store(self, node: tree.Target) -> Callable[[Value], None]:
        rt = self._rt
        match node:
            case tree.Field(index):
                number = self._number(index)
                return lambda value: rt.put(number(), value)
            case tree.Element(name, keys):
                array, key = self._array(name), self._key(keys)
                return lambda value: array().__setitem__(key(), value)
            case tree.Variable(name) if name in self._locals:
                frames, slot = self._frames, self._locals[name]
                return lambda value: frames[-1].__setitem__(slot, value)
            case tree.Variable(name):
                return partial(rt.assign, name)

    def _array(self, name: str) -> Callable[[], Array]:
        if name in self._locals:
            frames, slot = self._frames, self._locals[name]
            return lambda: _as_array(frames[-1][slot], name)
        array = self._rt.arrays.setdefault(name, {})
        return lambda: array

    def _key(self, keys: tuple[tree.Expression, ...]) -> Callable[[], str]:
        rt = self._rt
        if len(keys) == 1:
            key = self.expression(keys[0])
            return lambda: rt.text(key())
        parts = [self._text(each) for each in keys]
        return lambda: rt.text(rt.variables["SUBSEP"]).join(part() for part in parts)

    def _assign(self, node: tree.Assign) -> Evaluate:
        store, value = self._store(node.target), self.expression(node.value)
        if node.operator:
            load, calculate = self._load(node.target), ARITHMETIC[node.operator]

            def update() -> Value:
                # C evaluates the right side first; so does mawk.
                right = to_number(value())
                result = calculate(to_number(load()), right)
                store(result)
                return result

            return update

        def run() -> Value:
            result = value()
            store(result)
            return result

        return run

    def _increment(self, step: float, target: tree.Target, *, is_before: bool) -> Evaluate:
        load, store = self._load(target), self._store(target)

        def run() -> Value:
            before = to_number(load())
            store(before + step)
            return before + step if is_before else before

        return run

    # -- calls -----------------------------------------------------------------------------------------------------

    def _getline(self, node: tree.Getline) -> Evaluate:
        rt = self._rt
        source = None if node.source is None else self._text(node.source)
        store = rt.set_record if node.target is None else self._store(node.target)
        counted = {"": (), "|": ("NR",), "<": ()}[node.kind]

        def run() -> Value:
            try:
                record = rt.next_record() if source is None else rt.read_from(node.kind, source())
            except FileError:
                return -1.0
            if record is None:
                return 0.0
            rt.count(*counted)
            store(Input(record))
            return 1.0

        return run

    def _call(self, node: tree.Call) -> Evaluate:
        name = node.name
        if name not in self._functions:
            raise UsageFault(f"awk: line 2: function {name} never defined", 2)
        parameters = len(self._functions[name].parameters)
        if len(node.arguments) > parameters:
            raise UsageFault(f"awk: line 2: too many arguments in call to {name}", 2)
        arguments = [
            self._array_argument(each) if number in self._arrays[name] else self.expression(each)
            for number, each in enumerate(node.arguments)
        ]
        missing = range(len(arguments), parameters)
        arrays, bodies, frames = self._arrays[name], self._bodies, self._frames
        depth = self._depths[name]

        def run() -> Value:
            if self._depth + depth > _MAX_DEPTH:
                raise UsageFault("awk: function call nesting too deep", 2)
            frame: list[Value | Array] = [argument() for argument in arguments]
            frame += [{} if number in arrays else UNSET for number in missing]
            frames.append(frame)
            self._depth += depth
            try:
                bodies[name]()
            except Return as found:
                return found.value
            finally:
                self._depth -= depth
                frames.pop()
            return UNSET

        return run

    def _array_argument(self, node: tree.Expression) -> Callable[[], Value | Array]:
        if not isinstance(node, tree.Variable):
            raise UsageFault("awk: type error in arg: scalar passed where an array is needed", 2)
        return self._array(node.name)

    def _builtin(self, node: tree.Call) -> Evaluate:
        special = {
            "length": self._length, "split": self._split, "match": self._match,
            "sub": self._sub, "gsub": self._sub,
        }.get(node.name)  # fmt: skip
        if special is not None:
            return special(node)
        fewest, most, function = BUILTINS[node.name]
        if not fewest <= len(node.arguments) <= most:
            raise UsageFault(f"awk: line 1: wrong number of arguments in call to {node.name}", 2)
        arguments, rt = [self.expression(each) for each in node.arguments], self._rt
        return lambda: function(rt, [argument() for argument in arguments])

    def _length(self, node: tree.Call) -> Evaluate:
        if not node.arguments:
            return lambda: float(len(self._rt.text(self._rt.get(0))))
        (operand,) = node.arguments[:1]
        if isinstance(operand, tree.Variable) and self._is_array(operand.name):
            array = self._array(operand.name)
            return lambda: float(len(array()))
        text = self._text(operand)
        return lambda: float(len(text()))

    def _is_array(self, name: str) -> bool:
        return name in self._local_arrays if name in self._locals else name in self._rt.arrays

    def _split(self, node: tree.Call) -> Evaluate:
        self._check(node, 2, 3)
        text, array = self._text(node.arguments[0]), self._array_argument(node.arguments[1])
        between = self._pattern(node.arguments[2]) if len(node.arguments) > 2 else None
        rt = self._rt

        def run() -> Value:
            parts = split(rt, text(), rt.variables["FS"] if between is None else between())
            found = array()
            assert isinstance(found, dict)
            found.clear()
            found.update(parts)
            return float(len(parts))

        return run

    def _match(self, node: tree.Call) -> Evaluate:
        self._check(node, 2, 2)
        text, pattern, rt = self._text(node.arguments[0]), self._pattern(node.arguments[1]), self._rt
        return lambda: match(rt, text(), pattern())

    def _sub(self, node: tree.Call) -> Evaluate:
        self._check(node, 2, 3)
        pattern, replacement = self._pattern(node.arguments[0]), self._text(node.arguments[1])
        operand = node.arguments[2] if len(node.arguments) > 2 else tree.Field(tree.Number(0.0))
        text = self._text(operand)
        store: Callable[[Value], None] = void
        if isinstance(operand, tree.Variable | tree.Field | tree.Element):
            store = self._store(operand)
        rt, is_global = self._rt, node.name == "gsub"

        def run() -> Value:
            count, result = substitute(rt, pattern(), replacement(), text(), is_global=is_global)
            if count:
                store(result)
            return float(count)

        return run

    def _check(self, node: tree.Call, fewest: int, most: int) -> None:
        if not fewest <= len(node.arguments) <= most:
            raise UsageFault(f"awk: line 1: wrong number of arguments in call to {node.name}", 2)


def void(_: object) -> None:
    """Drop a value."""


def _scalar(value: Value | Array, name: str) -> Value:
    if isinstance(value, dict):
        raise UsageFault(f"awk: type error: array {name} used as a scalar", 2)
    return value


def _as_array(value: Value | Array, name: str) -> Array:
    if isinstance(value, dict):
        return value
    raise UsageFault(f"awk: type error: scalar {name} used as an array", 2)
