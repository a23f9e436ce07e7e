"""Executing the syntax tree. A handler returns an exit code, or, if it may take time, a generator that returns one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from simenv.kernel import Delays
from simenv.shell.budget import Sink, Source, Streams
from simenv.shell.errors import (
    ExitShell,
    ExpansionFault,
    Halt,
    LeaveLoop,
    ReturnFunction,
    ShellSignal,
    SyntaxFault,
    UsageFault,
)
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.conditional import holds
from simenv.shell.expansion.expand import expand_pattern, expand_text, expand_words
from simenv.shell.interpreter.background import start
from simenv.shell.interpreter.redirection import close, flush_files, redirect
from simenv.shell.interpreter.simple import check, run_command
from simenv.shell.parser import tree
from simenv.shell.parser.parse import parse
from simenv.shell.pattern.regex import compile_glob
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


def _sequence(shell: Session, node: tree.Sequence, streams: Streams) -> Delays[int]:
    code = 0
    for item in node.items:
        result = _EXECUTE[type(item)](shell, item, streams)
        code = result if isinstance(result, int) else (yield from result)
    return code


def _and_or(shell: Session, node: tree.AndOr, streams: Streams) -> Delays[int]:
    code = yield from _condition(shell, node.left, streams)
    if (code == 0) == node.both:
        return (yield from run(shell, node.right, streams))
    return code


def _condition(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a command whose failure is an answer, not an error (``set -e`` is off)."""
    shell.suppressed += 1
    try:
        return (yield from run(shell, node, streams))
    finally:
        shell.suppressed -= 1


def _not(shell: Session, node: tree.Not, streams: Streams) -> Delays[int]:
    code = yield from _condition(shell, node.body, streams)
    shell.last_code = int(code == 0)
    return shell.last_code


def _pipeline(shell: Session, node: tree.Pipeline, streams: Streams) -> Delays[int]:
    codes: list[int] = []
    source = streams.source
    last = len(node.commands) - 1
    for index, command in enumerate(node.commands):
        out = streams.out if index == last else Sink(shell.budget)
        err = out if index < last and node.joins[index] else streams.err
        codes.append((yield from subshell(shell, command, Streams(source, out, err))))
        source = Source(out.text()) if index < last else source
    code = codes[-1]
    if shell.options.pipefail:
        code = next((c for c in reversed(codes) if c), 0)
    return check(shell, code)


def subshell(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a node in a copy of the shell; whatever interrupts it ends the copy only (except `Halt`)."""
    shell.enter()
    twin = shell.fork()
    twin.loops = 0
    try:
        return (yield from contained(twin, node, streams))
    finally:
        shell.depth -= 1


def contained(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a node to its end in `shell`: ``exit`` and faults become codes and messages."""
    try:
        code = yield from run(shell, node, streams)
        shell.last_code = code
    except Halt:
        raise
    except ShellSignal as signal:
        return (yield from settle(shell, signal, streams))
    if "EXIT" in shell.traps:
        return (yield from _run_exit_trap(shell, code, streams))
    return code


def settle(shell: Session, signal: ShellSignal, streams: Streams) -> Delays[int]:
    """Turn what interrupted a script into messages and an exit code."""
    if isinstance(signal, ExitShell | ReturnFunction):
        code = signal.code
    elif isinstance(signal, LeaveLoop):
        code = 0
    elif isinstance(signal, SyntaxFault):
        code = report_syntax(shell, signal, streams)
    elif isinstance(signal, ExpansionFault | UsageFault):
        streams.err.write(f"bash: {signal}\n" if isinstance(signal, ExpansionFault) else f"{signal}\n")
        code = signal.code if isinstance(signal, UsageFault) or not shell.interactive else 1
    else:
        raise signal
    shell.last_code = code
    if isinstance(signal, ExitShell) and "EXIT" in shell.traps:
        return (yield from _run_exit_trap(shell, code, streams))
    return code


def _run_exit_trap(shell: Session, code: int, streams: Streams) -> Delays[int]:
    text = shell.traps.pop("EXIT")
    try:
        yield from run(shell, parse(text), streams)
    except ExitShell as signal:
        return signal.code
    return code


def report_syntax(shell: Session, fault: SyntaxFault, streams: Streams) -> int:
    """Print and journal a syntax error; return its exit code."""
    text = fault.text[:60]
    if fault.construct == "quote":
        streams.err.write("bash: unexpected EOF while looking for matching quote\n")
    elif fault.construct == "expansion":
        streams.err.write(f"bash: {text}: bad substitution\n")
    elif fault.supported:
        streams.err.write(f"bash: syntax error near unexpected token `{text.split(chr(10))[0]}'\n")
    else:
        streams.err.write(f"bash: syntax error: {fault.construct.replace('_', ' ')} is not supported: `{text}'\n")
    shell.note("shell.unsupported", fault.construct, construct=fault.construct, text=text)
    return 1 if fault.construct == "expansion" else 2


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
    return check(shell, (yield from subshell(shell, node.body, streams)))


def _redirected(shell: Session, node: tree.Redirected, streams: Streams) -> Delays[int]:
    try:
        inner = yield from redirect(shell, node.redirects, streams, blind=False)
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        return check(shell, fault.code)
    try:
        code = yield from run(shell, node.body, inner)
    finally:
        failed = close(shell, inner, streams) if shell.alive() else 0
    return code or failed


def _background(shell: Session, node: tree.Background, streams: Streams) -> int:
    return start(shell, node, streams)


def _if(shell: Session, node: tree.If, streams: Streams) -> Delays[int]:
    for test, body in node.branches:
        if (yield from _condition(shell, test, streams)) == 0:
            return (yield from run(shell, body, streams))
    return 0 if node.otherwise is None else (yield from run(shell, node.otherwise, streams))


def _for(shell: Session, node: tree.For, streams: Streams) -> Delays[int]:
    values = list(shell.positional) if node.words is None else (yield from expand_words(shell, node.words, streams))
    code = 0
    for value in values:
        shell.set_value(node.name, value)
        code, leave = yield from _round(shell, node.body, streams)
        if leave:
            break
    return code


def _counting_for(shell: Session, node: tree.CountingFor, streams: Streams) -> Delays[int]:
    evaluate((yield from expand_text(shell, node.start, streams)), shell)
    code = 0
    while True:
        test = yield from expand_text(shell, node.test, streams)
        if test.strip() and not evaluate(test, shell):
            return code
        code, leave = yield from _round(shell, node.body, streams)
        if leave:
            return code
        evaluate((yield from expand_text(shell, node.step, streams)), shell)


def _while(shell: Session, node: tree.While, streams: Streams) -> Delays[int]:
    code = 0
    shell.loops += 1
    try:
        while True:
            test = yield from _condition(shell, node.test, streams)
            if (test == 0) == node.until:
                return code
            code, leave = yield from _round(shell, node.body, streams)
            if leave:
                return code
    except LeaveLoop as signal:
        _pass_on(signal)
        return 0
    finally:
        shell.loops -= 1


def _round(shell: Session, body: tree.Node, streams: Streams) -> Delays[tuple[int, bool]]:
    """Execute the body of a loop once; return its code, and whether to leave the loop."""
    shell.spend_command()
    shell.loops += 1
    try:
        return (yield from run(shell, body, streams)), False
    except LeaveLoop as signal:
        _pass_on(signal)
        return 0, not signal.again
    finally:
        shell.loops -= 1


def _pass_on(signal: LeaveLoop) -> None:
    if signal.levels > 1:
        raise LeaveLoop(signal.levels - 1, again=signal.again)


def _case(shell: Session, node: tree.Case, streams: Streams) -> Delays[int]:
    subject = yield from expand_text(shell, node.subject, streams)
    code, falling = 0, False
    for item in node.items:
        matched = falling
        for pattern in () if falling else item.patterns:
            glob = yield from expand_pattern(shell, pattern, streams)
            if compile_glob(glob).matches(subject, work=shell.budget.charge):
                matched = True
                break
        if not matched:
            continue
        code = yield from run(shell, item.body, streams)
        if item.end == ";;":
            break
        falling = item.end == ";&"
    return code


def _function(shell: Session, node: tree.Function, streams: Streams) -> int:
    record = shell.note("shell.function", node.name, name=node.name)
    shell.functions[node.name] = (node.body, record)
    return 0


def _evaluate(shell: Session, node: tree.Evaluate, streams: Streams) -> Delays[int]:
    shell.spend_command()
    text = yield from expand_text(shell, node.expression, streams)
    try:
        return check(shell, int(evaluate(text, shell) == 0))
    except ExpansionFault as fault:
        streams.err.write(f"bash: ((: {fault}\n")
        return check(shell, 1)


def _conditional(shell: Session, node: tree.Conditional, streams: Streams) -> Delays[int]:
    shell.spend_command()
    return check(shell, (yield from holds(shell, node.tokens, streams)))


_EXECUTE: Mapping[type, Callable[[Any, Any, Streams], Result]] = {
    tree.Command: run_command,
    tree.Sequence: _sequence,
    tree.AndOr: _and_or,
    tree.Not: _not,
    tree.Pipeline: _pipeline,
    tree.Subshell: _subshell,
    tree.Redirected: _redirected,
    tree.Background: _background,
    tree.If: _if,
    tree.For: _for,
    tree.CountingFor: _counting_for,
    tree.While: _while,
    tree.Case: _case,
    tree.Function: _function,
    tree.Evaluate: _evaluate,
    tree.Conditional: _conditional,
}
