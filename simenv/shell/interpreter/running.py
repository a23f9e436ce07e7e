"""Running an argument list: function, builtin, or a file found on PATH."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from simenv.kernel import Delays
from simenv.machine.content.tokens import is_opaque
from simenv.machine.jobs import JobError
from simenv.machine.nodes import FileError, Node
from simenv.machine.process import ProcessError
from simenv.machine.program import Program
from simenv.shell.acting import ACTING
from simenv.shell.budget import Streams
from simenv.shell.builtins import BUILTINS
from simenv.shell.errors import BrokenPipe, ReturnFunction, UsageFault
from simenv.shell.image import BINARY
from simenv.shell.invocation import Invocation
from simenv.shell.lookup import find_file
from simenv.shell.parser import tree
from simenv.shell.pattern.syntax import PatternError
from simenv.shell.result import Result
from simenv.shell.state import Session
from simenv.shell.synopses import answer

_REFUSALS = (UsageFault, FileError, ProcessError, JobError, PatternError)
_SHELLS = ("bash", "sh", "dash")
_MAX_INTERPRETERS = 4


def invoke(shell: Session, argv: Sequence[str], streams: Streams) -> Result:
    """Run a command; `argv` must not be empty.

    Raises:
        Halt: a limit is reached, or the host is off.
    """
    budget = shell.budget
    budget.commands -= 1
    if budget.commands < 0:
        budget.more_commands()
    if not shell.host.up or shell.pid:
        shell.check_alive()
    name = argv[0]
    if shell.functions and name in shell.functions:
        return _call(shell, shell.functions[name][0], argv, streams)
    program = BUILTINS.get(name)
    if program is not None and len(argv) == 2 and argv[1] == "--help" and (text := answer(argv)):
        streams.out.write(text)
        return 0
    return invoke_file(shell, argv, streams) if program is None else _start(program, Invocation(argv, shell, streams))


def invoke_program(shell: Session, argv: Sequence[str], streams: Streams) -> Result:
    """Run a builtin or a file, functions passed over (``command name``)."""
    name = argv[0]
    program = BUILTINS.get(name)
    if program is not None:
        return _start(program, Invocation(argv, shell, streams))
    return invoke_file(shell, argv, streams)


def invoke_file(shell: Session, argv: Sequence[str], streams: Streams) -> Result:
    """Run a file found on PATH; builtins passed over (``env name``, ``sudo name``)."""
    name = argv[0]
    try:
        found = find_file(shell, name)
    except FileError as error:
        streams.err.write(f"bash: {name}: {error.reason}\n")
        shell.note_call("shell.unknown", name, argv)
        return 127 if error.reason == "No such file or directory" else 126
    if found is None:
        return _unknown(shell, argv, streams)
    path, node = found
    program = shell.host.programs.get(node.program) if node.program else None
    if program is not None:
        if len(argv) > 1 and argv[1] in ("--help", "--version") and node.content == BINARY and (text := answer(argv)):
            streams.out.write(text)
            return 0
        return _start(program, Invocation(argv, shell, streams), is_process=True)
    return _script(shell, path, node, argv, streams)


def _start(program: Program, invocation: Invocation, *, is_process: bool = False) -> Result:
    """Run a program; one that is a process of its own is what a broken pipe ends, not the shell."""
    try:
        result = program(invocation)
    except _REFUSALS as refusal:
        result = _refuse(invocation, refusal)
    except BrokenPipe as signal:
        if not is_process:
            raise
        result = signal.code
    return (
        _ended(invocation, result) if isinstance(result, int) else _guarded(invocation, result, is_process=is_process)
    )


def _guarded(
    invocation: Invocation, behaviour: Generator[float, None, int], *, is_process: bool = False
) -> Delays[int]:
    try:
        code = yield from behaviour
    except _REFUSALS as refusal:
        code = _refuse(invocation, refusal)
    except BrokenPipe as signal:
        if not is_process:
            raise
        code = signal.code
    return _ended(invocation, code)


def _ended(invocation: Invocation, code: int) -> int:
    """Return the exit code; a program that could have changed something, and failed, is journaled with its words."""
    if code and invocation.name in ACTING:
        invocation.fail(code)
    return code


def _refuse(invocation: Invocation, refusal: Exception) -> int:
    if isinstance(refusal, UsageFault):
        (invocation.err if refusal.code else invocation.out)(f"{refusal}\n")
        return refusal.code
    invocation.complain(str(refusal))
    return 2 if isinstance(refusal, PatternError) else 1


def _unknown(shell: Session, argv: Sequence[str], streams: Streams) -> int:
    name = argv[0]
    streams.err.write(f"bash: {name}: command not found\n")
    shell.note_call("shell.unknown", name, argv)
    return 127


def _script(shell: Session, path: str, node: Node, argv: Sequence[str], streams: Streams, level: int = 0) -> Result:
    """Run a file that is text: by the interpreter that its first line names, or as a bash script."""
    text = str(node.content)
    if "\0" in text[:200] or is_opaque(text) or text.startswith("\x7fELF") or level > _MAX_INTERPRETERS:
        streams.err.write(f"bash: {argv[0]}: cannot execute binary file: Exec format error\n")
        return 126
    first, _, _ = text.partition("\n")
    if not first.startswith("#!"):
        return run_file(shell, path, argv[0], list(argv[1:]), streams)
    interpreter, _, option = first[2:].strip().partition(" ")
    if interpreter.rpartition("/")[2] == "env":
        interpreter, _, option = option.strip().partition(" ")
    options = [option.strip()] if option.strip() else []
    return _interpret(shell, [interpreter or "bash", *options, path, *argv[1:]], argv[0], streams)


def _interpret(shell: Session, argv: list[str], script: str, streams: Streams) -> Result:
    try:
        found = find_file(shell, argv[0])
    except FileError as error:
        streams.err.write(f"bash: {script}: {argv[0]}: bad interpreter: {error.reason}\n")
        return 126
    if found is None:
        streams.err.write(f"/usr/bin/env: '{argv[0]}': No such file or directory\n")
        return 127
    shell.enter()
    try:
        return _enclosed(shell, invoke_file(shell, argv, streams))
    finally:
        shell.depth -= 1


def _enclosed(shell: Session, result: Result) -> Result:
    return result if isinstance(result, int) else _deeper(shell, result)


def _deeper(shell: Session, behaviour: Generator[float, None, int]) -> Delays[int]:
    shell.enter()
    try:
        return (yield from behaviour)
    finally:
        shell.depth -= 1


def run_file(shell: Session, path: str, name: str, arguments: list[str], streams: Streams) -> Delays[int]:
    """Run a script file in a child shell."""
    try:
        text = shell.read_file(path)
    except FileError as error:
        streams.err.write(f"bash: {name}: {error.reason}\n")
        return 126
    return (yield from run_text(shell, text, name, arguments, streams))


def run_text(shell: Session, text: str, name: str, arguments: list[str], streams: Streams) -> Delays[int]:
    """Run a script in a child shell, which inherits the exported variables."""
    return (yield from shell.child(name, arguments).run_nested(text, streams))


def _call(shell: Session, function: tree.Function, argv: Sequence[str], streams: Streams) -> Delays[int]:
    shell.enter()
    positional, shell.positional = shell.positional, list(argv[1:])
    shell.locals.append({})
    shell.calls.append(function.name)
    loops, shell.loops = shell.loops, 0
    hidden = None if shell.options.errtrace else shell.traps.pop("ERR", None)
    try:
        result = shell.execute(function.body, streams)
        code = result if isinstance(result, int) else (yield from result)
    except ReturnFunction as signal:
        code = signal.code
    finally:
        if hidden is not None:
            shell.traps.setdefault("ERR", hidden)
        shell.calls.pop()
        shell.loops = loops
        shell.positional = positional
        for name, value in shell.locals.pop().items():
            shell.restore(name, value)
        shell.depth -= 1
    if "RETURN" in shell.traps:
        yield from shell.evaluate(shell.traps["RETURN"], streams)
    return code
