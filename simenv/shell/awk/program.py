"""The program awk (and mawk): a call of it, from its options to its exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.awk import tree
from simenv.shell.awk.compiler import Compiler, Exit, Next
from simenv.shell.awk.expressions import Execute
from simenv.shell.awk.lexer import unescape
from simenv.shell.awk.parser import parse_program
from simenv.shell.awk.runtime import Runtime
from simenv.shell.awk.values import Input, is_true
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.pattern.syntax import PatternError

_VERSION = "mawk 1.3.4 20200120\n"


def awk(inv: Invocation) -> Delays[int]:
    """Run an awk program over records: ``-F SEPARATOR``, ``-v NAME=VALUE``, ``-f FILE``."""
    settings, files, operands = _options(inv)
    if settings is None:
        inv.out(_VERSION)
        return 0
    if not files and not operands:
        inv.err("usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]\n")
        return 2
    text = "\n".join(files) if files else operands.pop(0)
    rt = Runtime(inv)
    try:
        _set_up(rt, settings, operands)
        code = yield from _run(rt, parse_program(text))
    except PatternError as error:
        raise UsageFault(f"awk: regular expression compile failed ({error})", 2) from None
    return code


def _options(inv: Invocation) -> tuple[list[tuple[str, str]] | None, list[str], list[str]]:
    """Return the assignments (None if only the version is wanted), the programs of ``-f``, and the operands."""
    settings: list[tuple[str, str]] = []
    files: list[str] = []
    words = list(inv.argv[1:])
    while words and words[0][:1] == "-" and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        if word in ("--version", "-V", "-Wversion") or (word == "-W" and words[:1] == ["version"]):
            return None, [], []
        letter, value = word[1], word[2:]
        if letter not in "Fvf":
            raise UsageFault(f"awk: not an option: {word}", 2)
        if not value and not words:
            raise UsageFault(f"awk: option requires an argument -- {letter}", 2)
        value = value or words.pop(0)
        if letter == "f":
            files.append(_program(inv, value))
        else:
            settings.append(("FS", value) if letter == "F" else _assignment(value))
    return settings, files, words


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageFault(f"awk: improper assignment: -v {text}", 2)
    return name, value


def _program(inv: Invocation, path: str) -> str:
    try:
        return inv.stdin if path == "-" else inv.shell.read_file(path)
    except FileError as error:
        raise UsageFault(f"awk: cannot open {path} ({error.reason})", 2) from None


def _set_up(rt: Runtime, settings: list[tuple[str, str]], operands: list[str]) -> None:
    arguments = ["awk", *operands]
    rt.arrays["ARGV"] = {str(number): Input(text) for number, text in enumerate(arguments)}
    rt.arrays["ENVIRON"] = {name: Input(value) for name, value in rt.inv.env.items()}
    rt.variables["ARGC"] = float(len(arguments))
    for name, value in settings:
        rt.assign(name, Input(unescape(value)))


def _run(rt: Runtime, program: tree.Program) -> Delays[int]:
    compiler = Compiler(program, rt)
    rules = {
        kind: [_action(compiler, rule) for rule in program.rules if _kind(rule) == kind]
        for kind in ("BEGIN", "", "END")
    }
    code = 0
    try:
        try:
            yield from _once(rt, rules["BEGIN"])
            if rules[""] or rules["END"]:
                yield from _over_records(rt, rules[""])
        except Exit as left:
            code = left.code or 0
        try:
            yield from _once(rt, rules["END"])
        except Exit as left:
            code = code if left.code is None else left.code
    finally:
        rt.close_all()
    yield from rt.pass_time()
    return code


def _kind(rule: tree.Rule) -> str:
    return rule.start if isinstance(rule.start, str) else ""


def _once(rt: Runtime, actions: list[Execute]) -> Delays[None]:
    for action in actions:
        action()
        yield from rt.pass_time()


def _over_records(rt: Runtime, actions: list[Execute]) -> Delays[None]:
    while (record := rt.next_record()) is not None:
        rt.set_record(record)
        try:
            for action in actions:
                action()
        except Next:
            pass
        yield from rt.pass_time()


def _action(compiler: Compiler, rule: tree.Rule) -> Execute:
    """Return what a rule does with the present record."""
    body = compiler.statement(rule.action or tree.Print(False, (), "", None))
    if rule.start is None or isinstance(rule.start, str):
        return body
    start = compiler.expression(rule.start)
    if rule.end is not None:
        return _range(start, compiler.expression(rule.end), body)

    def run() -> None:
        if is_true(start()):
            body()

    return run


def _range(start: Callable[[], float | str], end: Callable[[], float | str], body: Execute) -> Execute:
    """Return an action for the records from one that fits `start` to one that fits `end`, which may be the same."""
    is_open = False

    def run() -> None:
        nonlocal is_open
        if not is_open and not is_true(start()):
            return
        is_open = not is_true(end())
        body()

    return run


PROGRAMS: Mapping[str, Program] = {"awk": awk, "mawk": awk}
