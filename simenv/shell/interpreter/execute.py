"""Executing the syntax tree. A handler returns an exit code, or, if it may take time, a generator that returns one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from simenv.kernel import Delays
from simenv.shell.budget import Source, Streams
from simenv.shell.errors import ExpansionFault, SyntaxFault, UsageFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.conditional import holds
from simenv.shell.expansion.parameters import expand_text
from simenv.shell.interpreter import loops
from simenv.shell.interpreter.background import start
from simenv.shell.interpreter.endings import check, contained
from simenv.shell.interpreter.pipes import broken, outlet
from simenv.shell.interpreter.redirection import close, flush_files, redirect
from simenv.shell.interpreter.simple import run_command
from simenv.shell.parser import tree
from simenv.shell.result import Result
from simenv.shell.state import Session


def execute(shell: Session, node: tree.Node, streams: Streams) -> Result:
    """Execute a node."""
    return _EXECUTE[type(node)](shell, node, streams)


def run(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a node, taking its time."""
    result = _EXECUTE[type(node)](shell, node, streams)
    return result if isinstance(result, int) else (yield from result)


def drive(shell: Session, behaviour: Generator[float, None, int]) -> Delays[int]:
    """Let a behaviour take its time, and end it when the host goes off or the session is killed.

    Raises:
        Halt: so it was.
    """
    try:
        while True:
            try:
                delay = next(behaviour)
            except StopIteration as stop:
                return int(stop.value)
            if shell.open_files:
                flush_files(shell)
            yield delay
            shell.check_alive()
    finally:
        behaviour.close()


# -- lists and compound commands ---------------------------------------------------------------------------------------


def _script(shell: Session, node: tree.Script, streams: Streams) -> Result:
    """Run a script line by line: what is wrong with a later one does not touch the earlier ones."""
    items = node.items
    if len(items) == 1 and type(line := items[0]) is tree.Line and not shell.options.reads_on:
        return _EXECUTE[type(line.body)](shell, line.body, streams)
    return _lines(shell, items, streams)


def _lines(
    shell: Session, items: tuple[tree.Line | tree.Unfinished | tree.Malformed, ...], streams: Streams
) -> Delays[int]:
    code = 0
    for item in items:
        if isinstance(item, tree.Unfinished):
            streams.err.write(f"bash: warning: here-document delimited by end-of-file (wanted `{item.delimiter}')\n")
        elif isinstance(item, tree.Malformed):
            raise SyntaxFault(item.construct, item.text, supported=item.supported)
        else:
            code = yield from _line(shell, item, streams)
    return code


def _line(shell: Session, line: tree.Line, streams: Streams) -> Delays[int]:
    """Run a line; an expansion that fails ends it, and, if it is one of the worse kind, the script."""
    if shell.options.verbose:
        streams.err.write(line.text if line.text.endswith("\n") else f"{line.text}\n")
    if shell.options.noexec:
        return 0
    try:
        result = _EXECUTE[type(line.body)](shell, line.body, streams)
        return result if isinstance(result, int) else (yield from result)
    except ExpansionFault as fault:
        if fault.fatal and not shell.interactive:
            raise
        streams.err.write(f"bash: {fault}\n")
        shell.last_code = fault.code
        return fault.code


def _sequence(shell: Session, node: tree.Sequence, streams: Streams) -> Delays[int]:
    code = 0
    for item in node.items:
        result = _EXECUTE[type(item)](shell, item, streams)
        code = result if isinstance(result, int) else (yield from result)
    return code


def _and_or(shell: Session, node: tree.AndOr, streams: Streams) -> Delays[int]:
    code = yield from loops.condition(shell, node.left, streams)
    if (code == 0) == node.both:
        return (yield from run(shell, node.right, streams))
    return code


def _timed(shell: Session, node: tree.Timed, streams: Streams) -> Delays[int]:
    start = shell.host.sim.now
    code = yield from run(shell, node.body, streams)
    minutes, seconds = divmod(shell.host.sim.now - start, 60)
    if node.posix:
        streams.err.write(f"real {60 * minutes + seconds:.2f}\nuser 0.00\nsys 0.00\n")
    else:
        streams.err.write(f"\nreal\t{int(minutes)}m{seconds:.3f}s\nuser\t0m0.001s\nsys\t0m0.001s\n")
    return code


def _not(shell: Session, node: tree.Not, streams: Streams) -> Delays[int]:
    code = yield from loops.condition(shell, node.body, streams)
    shell.last_code = int(code == 0)
    return shell.last_code


def _pipeline(shell: Session, node: tree.Pipeline, streams: Streams) -> Delays[int]:
    codes: list[int] = []
    sources: list[Source] = []
    last = len(node.commands) - 1
    for index, command in enumerate(node.commands):
        out = streams.out if index == last else outlet(shell, node.commands[index + 1])
        err = out if index < last and node.joins[index] else streams.err
        inner = streams.replaced(sources[-1] if sources else streams.source, out, err)
        if index == last and shell.options.lastpipe and not shell.interactive:
            codes.append((yield from run(shell, command, inner)))
        else:
            codes.append((yield from subshell(shell, command, inner)))
        if index < last:
            sources.append(Source(out.text()))
    codes = broken(codes, sources)
    code = codes[-1]
    if shell.options.pipefail:
        code = next((c for c in reversed(codes) if c), 0)
    shell.pipe_codes = tuple(codes)
    result = check(shell, code, streams)
    return result if isinstance(result, int) else (yield from result)


def subshell(shell: Session, node: tree.Node, streams: Streams, *, substitution: bool = False) -> Delays[int]:
    """Execute a node in a copy of the shell; whatever interrupts it ends the copy only (except `Halt`)."""
    shell.enter()
    twin = shell.fork()
    twin.loops = 0
    if substitution and not shell.options.inherit_errexit:
        twin.options.errexit = False
    inner = streams.replaced(streams.source, streams.out, streams.err)
    try:
        return (yield from contained(twin, node, inner))
    finally:
        shell.depth -= 1
        if shell.alive():
            close(shell, inner, streams)
        if twin.own_pid != shell.own_pid:
            shell.host.exit(twin.own_pid)


def only_redirect(shell: Session, node: tree.Command, streams: Streams) -> Delays[str | None]:
    """Return the content of the file in ``$(< file)``, or None if it is not that."""
    if node.redirects[0].operator != "<":
        return None
    try:
        inner = yield from redirect(shell, node.redirects, streams, blind=True)
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        shell.substituted = 1
        return ""
    return inner.source.rest()


def _subshell(shell: Session, node: tree.Subshell, streams: Streams) -> Delays[int]:
    code = yield from subshell(shell, node.body, streams)
    shell.pipe_codes = None
    result = check(shell, code, streams)
    return result if isinstance(result, int) else (yield from result)


def _redirected(shell: Session, node: tree.Redirected, streams: Streams) -> Delays[int]:
    try:
        inner = yield from redirect(shell, node.redirects, streams, blind=False)
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        result = check(shell, fault.code, streams)
        return result if isinstance(result, int) else (yield from result)
    try:
        code = yield from run(shell, node.body, inner)
    finally:
        failed = close(shell, inner, streams) if shell.alive() else 0
    shell.last_code = code or failed
    return code or failed


def _background(shell: Session, node: tree.Background, streams: Streams) -> int:
    return start(shell, node, streams)


def _function(shell: Session, node: tree.Function, streams: Streams) -> int:
    record = shell.note("shell.function", node.name, name=node.name)
    shell.functions[node.name] = (node, record)
    shell.last_code = 0
    return 0


def _evaluate(shell: Session, node: tree.Evaluate, streams: Streams) -> Delays[int]:
    shell.spend_command()
    shell.pipe_codes = None
    text = yield from expand_text(shell, node.expression, streams)
    try:
        code = int(evaluate(text, shell) == 0)
    except ExpansionFault as fault:
        if fault.fatal:
            raise
        streams.err.write(f"bash: ((: {fault}\n")
        code = 1
    result = check(shell, code, streams)
    return result if isinstance(result, int) else (yield from result)


def _conditional(shell: Session, node: tree.Conditional, streams: Streams) -> Delays[int]:
    shell.spend_command()
    shell.pipe_codes = None
    shell.line = node.line
    result = check(shell, (yield from holds(shell, node.tokens, streams)), streams)
    return result if isinstance(result, int) else (yield from result)


_EXECUTE: Mapping[type, Callable[[Any, Any, Streams], Result]] = {
    tree.Script: _script,
    tree.Command: run_command,
    tree.Sequence: _sequence,
    tree.AndOr: _and_or,
    tree.Timed: _timed,
    tree.Not: _not,
    tree.Pipeline: _pipeline,
    tree.Subshell: _subshell,
    tree.Redirected: _redirected,
    tree.Background: _background,
    tree.If: loops.choose,
    tree.For: loops.each,
    tree.Select: loops.select,
    tree.CountingFor: loops.count,
    tree.While: loops.loop,
    tree.Case: loops.case,
    tree.Function: _function,
    tree.Evaluate: _evaluate,
    tree.Conditional: _conditional,
}
