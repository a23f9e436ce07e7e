"""An awk program as Python closures: each statement becomes a function that reads and changes the `Runtime`."""

from __future__ import annotations

from simenv.shell.awk import tree
from simenv.shell.awk.expressions import Execute, Expressions, Return, void
from simenv.shell.awk.functions import format_text
from simenv.shell.awk.runtime import Runtime
from simenv.shell.awk.scope import order_of
from simenv.shell.awk.values import UNSET, Input, Value, is_true, to_number, to_text

_STEP = 20
"""What a statement costs, in characters of work."""


class Break(Exception):
    """``break``."""


class Continue(Exception):
    """``continue``."""


class Next(Exception):
    """``next``, or ``nextfile``."""


class Exit(Exception):
    """``exit``; `code` is None where none was given."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Compiler(Expressions):
    """Makes closures out of statements, the program's functions first."""

    def __init__(self, program: tree.Program, rt: Runtime) -> None:
        super().__init__(program, rt)
        for name, function in program.functions.items():
            self._locals = {parameter: number for number, parameter in enumerate(function.parameters)}
            self._local_arrays = frozenset(function.parameters[number] for number in self._arrays[name])
            self._bodies[name] = self.statement(function.body)
        self._locals, self._local_arrays = {}, frozenset()

    def statement(self, node: tree.Statement) -> Execute:
        """Return what a statement does."""
        match node:
            case tree.Block(statements):
                return self._block([self.statement(each) for each in statements])
            case tree.Simple(expression):
                evaluate = self.expression(expression)
                return lambda: void(evaluate())
            case tree.If():
                return self._if(node)
            case tree.Loop():
                return self._loop(node)
            case tree.ForIn():
                return self._for_in(node)
            case tree.Print():
                return self._print(node)
            case tree.Delete(name, keys):
                return self._delete(name, keys)
            case tree.Leave(how, value):
                return self._leave(how, value)

    def _block(self, steps: list[Execute]) -> Execute:
        work = self._rt.work

        def run() -> None:
            for step in steps:
                work(_STEP)
                step()

        return run

    def _if(self, node: tree.If) -> Execute:
        test, then = self.expression(node.test), self.statement(node.then)
        otherwise = None if node.otherwise is None else self.statement(node.otherwise)

        def run() -> None:
            if is_true(test()):
                then()
            elif otherwise is not None:
                otherwise()

        return run

    def _loop(self, node: tree.Loop) -> Execute:
        first = None if node.first is None else self.statement(node.first)
        test = None if node.test is None else self.expression(node.test)
        step = None if node.step is None else self.statement(node.step)
        body, work, is_do = self.statement(node.body), self._rt.work, node.is_do

        def run() -> None:
            if first is not None:
                first()
            is_first = is_do
            while is_first or test is None or is_true(test()):
                is_first = False
                work(_STEP)
                try:
                    body()
                except Continue:
                    pass
                except Break:
                    return
                if step is not None:
                    step()

        return run

    def _for_in(self, node: tree.ForIn) -> Execute:
        array, store, body = self._array(node.array), self._store(node.key), self.statement(node.body)
        work = self._rt.work

        def run() -> None:
            for key in order_of(iter(array())):
                work(_STEP)
                store(Input(key))
                try:
                    body()
                except Continue:
                    continue
                except Break:
                    return

        return run

    def _print(self, node: tree.Print) -> Execute:
        rt = self._rt
        values = [self.expression(each) for each in node.values]
        target = None if node.target is None else self._text(node.target)

        def run() -> None:
            if node.is_formatted:
                text = format_text(rt, "printf", [value() for value in values])
            else:
                parts = [_printed(rt, value()) for value in values] if values else [rt.text(rt.get(0))]
                text = rt.text(rt.variables["OFS"]).join(parts) + rt.text(rt.variables["ORS"])
            rt.write(text, node.redirect, "" if target is None else target())

        return run

    def _delete(self, name: str, keys: tuple[tree.Expression, ...]) -> Execute:
        array = self._array(name)
        if not keys:
            return lambda: array().clear()
        key = self._key(keys)
        return lambda: void(array().pop(key(), None))

    def _leave(self, how: str, node: tree.Expression | None) -> Execute:
        value = None if node is None else self.expression(node)
        rt = self._rt

        def run() -> None:
            if how == "return":
                raise Return(UNSET if value is None else value())
            if how == "exit":
                raise Exit(None if value is None else int(to_number(value())) & 255)
            if how == "nextfile":
                rt.skip_file()
            raise {"break": Break, "continue": Continue}.get(how, Next)

        return run


def _printed(rt: Runtime, value: Value) -> str:
    return value if isinstance(value, str) else to_text(value, str(rt.variables["OFMT"]))
