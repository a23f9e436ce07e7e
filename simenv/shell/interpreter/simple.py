"""Simple commands: words, assignments, redirections, aliases."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from simenv.kernel import Delays
from simenv.shell.acting import ACTING
from simenv.shell.budget import Streams
from simenv.shell.errors import ExitShell, UsageFault
from simenv.shell.expansion.aliases import substitute
from simenv.shell.expansion.expand import expand_words
from simenv.shell.expansion.parameters import expand_text
from simenv.shell.interpreter.endings import check, run_trap
from simenv.shell.interpreter.redirection import close, feed_readers, redirect
from simenv.shell.interpreter.running import invoke
from simenv.shell.parser import tree
from simenv.shell.quoting import quote_word
from simenv.shell.result import Result
from simenv.shell.state import Session


def run_command(shell: Session, node: tree.Command, streams: Streams) -> Result:
    """Run a simple command; one that is known beforehand needs no generator."""
    argv = node.constant
    special = node.assignments or node.redirects or node.arrays
    if not argv or special or argv[0] in shell.aliases or shell.watched():
        return _full_command(shell, node, streams)
    shell.pipe_codes = None
    result = invoke(shell, argv, streams)
    if isinstance(result, int):
        shell.last_code = result
        return check(shell, result, streams) if result or shell.pending else 0
    return _timed(shell, result, streams)


def _timed(shell: Session, behaviour: Generator[float, None, int], streams: Streams) -> Delays[int]:
    result = check(shell, (yield from behaviour), streams)
    return result if isinstance(result, int) else (yield from result)


def _full_command(shell: Session, node: tree.Command, streams: Streams) -> Delays[int]:
    aliased = expand_alias(shell, node)
    if aliased is not None:
        result = shell.execute(aliased, streams)
        return result if isinstance(result, int) else (yield from result)
    shell.check_alive()
    shell.line = node.line
    if "DEBUG" in shell.traps:
        yield from run_trap(shell, "DEBUG", streams)
    code = yield from _prepared(shell, node, streams)
    shell.pipe_codes = None
    result = check(shell, code, streams)
    return result if isinstance(result, int) else (yield from result)


def _prepared(shell: Session, node: tree.Command, streams: Streams) -> Delays[int]:
    """Expand, assign, redirect and run; return the code."""
    shell.substituted = 0
    argv: list[str] | tuple[str, ...] | None = node.constant
    if argv is None:
        argv = yield from expand_words(shell, node.words, streams)
    if node.assignments and not argv:
        yield from _assign_all(shell, node.assignments, streams)
    if shell.options.xtrace and argv:
        streams.err.write("+ " + " ".join(quote_word(word) for word in argv) + "\n")
    if not node.redirects:
        code = yield from _invoke(shell, node, argv, streams)
    else:
        code = yield from _redirected(shell, node, argv, streams)
    if node.arrays and not code:
        for item in node.arrays:
            yield from _assign(shell, item, streams, force=True)
    if shell.readers:
        yield from feed_readers(shell, streams)
    return code


def _redirected(shell: Session, node: tree.Command, argv: Sequence[str], streams: Streams) -> Delays[int]:
    try:
        inner = yield from redirect(shell, node.redirects, streams, blind=node.blind)
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        if argv and argv[0] in ACTING:
            shell.note_call("shell.failed", argv[0], argv, code=fault.code)
        if argv and argv[0] == "exec" and len(argv) == 1 and not shell.interactive:
            raise ExitShell(fault.code) from None
        return fault.code
    if len(argv) == 1 and argv[0] == "exec":
        failed = close(shell, streams, inner)
        streams.take(inner)
        return failed
    code = 0
    try:
        code = yield from _invoke(shell, node, argv, inner)
    finally:
        failed = close(shell, inner, streams) if shell.alive() else 0
    return code or failed


def _invoke(shell: Session, node: tree.Command, argv: Sequence[str], streams: Streams) -> Delays[int]:
    if not argv:
        return shell.substituted
    if not node.assignments:
        result = invoke(shell, argv, streams)
        return result if isinstance(result, int) else (yield from result)
    saved = {item.name: shell.save(item.name) for item in node.assignments}
    yield from _assign_all(shell, node.assignments, streams)
    shell.exported.update(saved)
    try:
        result = invoke(shell, argv, streams)
        return result if isinstance(result, int) else (yield from result)
    finally:
        for name, value in saved.items():
            shell.restore(name, value)


def _assign_all(shell: Session, assignments: Sequence[tree.Assignment], streams: Streams) -> Delays[None]:
    for item in assignments:
        yield from _assign(shell, item, streams)


def _assign(shell: Session, item: tree.Assignment, streams: Streams, *, force: bool = False) -> Delays[None]:
    if item.array is not None:
        yield from _assign_array(shell, item, item.array, streams, force=force)
        return
    value = yield from expand_text(shell, item.value, streams)
    index = None
    if item.index is not None:
        index = shell.subscript(item.name, (yield from expand_text(shell, item.index, streams)))
    if item.append:
        value = shell.appended(item.name, value, index)
    shell.set_value(item.name, value, index)
    if shell.options.xtrace:
        streams.err.write(f"+ {item.name}={value}\n")


def _assign_array(
    shell: Session, item: tree.Assignment, elements: Sequence[tree.Element], streams: Streams, *, force: bool
) -> Delays[None]:
    values: list[tuple[str | None, str]] = []
    for element in elements:
        if element.index is None:
            values += [(None, text) for text in (yield from expand_words(shell, (element.value,), streams))]
            continue
        index = shell.subscript(item.name, (yield from expand_text(shell, element.index, streams)))
        value = yield from expand_text(shell, element.value, streams)
        values.append((index, shell.appended(item.name, value, index) if element.append else value))
    shell.set_array(item.name, values, append=item.append, force=force)


def expand_alias(shell: Session, node: tree.Command) -> tree.Node | None:
    """Return the command with its alias put in; None if its first word is no alias."""
    if not shell.aliases or not shell.interactive or not node.words:
        return None
    first = node.words[0]
    if len(first) != 1 or not isinstance(part := first[0], tree.Literal) or part.quoted:
        return None
    alias = shell.aliases.get(part.text)
    if alias is None:
        return None
    shell.budget.charge(1000)
    return substitute(shell, alias.text, part.text, node)
