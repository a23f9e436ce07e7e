"""Compound commands: choices and loops. What one returns is `$?` after it, too."""

from __future__ import annotations

from simenv.kernel import Delays
from simenv.shell.budget import Streams
from simenv.shell.errors import LeaveLoop
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.expand import expand_words
from simenv.shell.expansion.parameters import expand_pattern, expand_text
from simenv.shell.parser import tree
from simenv.shell.pattern.regex import compile_glob
from simenv.shell.state import Session


def run(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a node, taking its time."""
    result = shell.execute(node, streams)
    return result if isinstance(result, int) else (yield from result)


def condition(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a command whose failure is an answer, not an error (``set -e`` is off)."""
    shell.suppressed += 1
    try:
        return (yield from run(shell, node, streams))
    finally:
        shell.suppressed -= 1


def choose(shell: Session, node: tree.If, streams: Streams) -> Delays[int]:
    """Execute ``if``."""
    for test, body in node.branches:
        if (yield from condition(shell, test, streams)) == 0:
            return (yield from run(shell, body, streams))
    if node.otherwise is not None:
        return (yield from run(shell, node.otherwise, streams))
    shell.last_code = 0
    return 0


def _values(shell: Session, node: tree.For | tree.Select, streams: Streams) -> Delays[list[str]]:
    if node.words is None:
        return list(shell.positional)
    return (yield from expand_words(shell, node.words, streams))


def each(shell: Session, node: tree.For, streams: Streams) -> Delays[int]:
    """Execute ``for name in words``."""
    values = yield from _values(shell, node, streams)
    code = 0
    for value in values:
        shell.set_value(node.name, value)
        code, leave = yield from _round(shell, node.body, streams)
        if leave:
            break
    shell.last_code = code
    return code


def select(shell: Session, node: tree.Select, streams: Streams) -> Delays[int]:
    """Execute ``select``: print the choices, read an answer, run the body; until the input ends."""
    values = yield from _values(shell, node, streams)
    code = 0
    menu = "".join(f"{number}) {value}\n" for number, value in enumerate(values, start=1))
    shown = False
    while values:
        if not shown:
            streams.err.write(menu)
        streams.err.write(shell.get_value("PS3") or "#? ")
        line = streams.source.line()
        if not line:
            streams.out.write("\n")
            code = 1
            break
        answer = line.rstrip("\n")
        shell.set_value("REPLY", answer)
        number = int(answer[:9]) if answer.strip().isdecimal() else 0
        shown = bool(answer.strip())
        if not shown:
            continue
        shell.set_value(node.name, values[number - 1] if 0 < number <= len(values) else "")
        code, leave = yield from _round(shell, node.body, streams)
        if leave:
            break
    shell.last_code = code
    return code


def count(shell: Session, node: tree.CountingFor, streams: Streams) -> Delays[int]:
    """Execute ``for ((start; test; step))``."""
    evaluate((yield from expand_text(shell, node.start, streams)), shell)
    code = 0
    while True:
        test = yield from expand_text(shell, node.test, streams)
        if test.strip() and not evaluate(test, shell):
            break
        code, leave = yield from _round(shell, node.body, streams)
        if leave:
            break
        evaluate((yield from expand_text(shell, node.step, streams)), shell)
    shell.last_code = code
    return code


def loop(shell: Session, node: tree.While, streams: Streams) -> Delays[int]:
    """Execute ``while`` and ``until``."""
    code = 0
    shell.loops += 1
    try:
        while True:
            test = yield from condition(shell, node.test, streams)
            if (test == 0) == node.until:
                break
            code, leave = yield from _round(shell, node.body, streams)
            if leave:
                break
    except LeaveLoop as signal:
        _pass_on(signal)
        code = 0
    finally:
        shell.loops -= 1
    shell.last_code = code
    return code


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


def case(shell: Session, node: tree.Case, streams: Streams) -> Delays[int]:
    """Execute ``case``."""
    subject = yield from expand_text(shell, node.subject, streams)
    code, falling = 0, False
    for item in node.items:
        matched = falling
        for pattern in () if falling else item.patterns:
            glob = yield from expand_pattern(shell, pattern, streams)
            matcher = compile_glob(glob, ignore_case=shell.options.nocasematch)
            if matcher.matches(subject, work=shell.budget.charge):
                matched = True
                break
        if not matched:
            continue
        code = yield from run(shell, item.body, streams)
        if item.end == ";;":
            break
        falling = item.end == ";&"
    shell.last_code = code
    return code
