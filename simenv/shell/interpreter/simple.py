"""Simple commands: words, assignments, redirections, aliases."""

from __future__ import annotations

from collections.abc import Generator

from simenv.kernel import Delays
from simenv.shell.budget import Streams
from simenv.shell.errors import ExitShell, UsageFault
from simenv.shell.expansion.aliases import substitute
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.expand import expand_text, expand_words
from simenv.shell.interpreter.redirection import close, redirect
from simenv.shell.interpreter.running import invoke
from simenv.shell.parser import tree
from simenv.shell.result import Result
from simenv.shell.state import Session


def run_command(shell: Session, node: tree.Command, streams: Streams) -> Result:
    """Run a simple command; one that is known beforehand needs no generator."""
    argv = node.constant
    if not argv or node.assignments or node.redirects or argv[0] in shell.aliases or shell.options.xtrace:
        return _full_command(shell, node, streams)
    result = invoke(shell, argv, streams)
    if isinstance(result, int):
        shell.last_code = result
        return check(shell, result) if result else 0
    return _timed(shell, result)


def _timed(shell: Session, behaviour: Generator[float, None, int]) -> Delays[int]:
    code = yield from behaviour
    shell.last_code = code
    return check(shell, code) if code else 0


def check(shell: Session, code: int) -> int:
    """Apply ``set -e`` to the code of a command."""
    shell.last_code = code
    if code and shell.options.errexit and not shell.suppressed:
        raise ExitShell(code)
    return code


def _full_command(shell: Session, node: tree.Command, streams: Streams) -> Delays[int]:
    aliased = expand_alias(shell, node)
    if aliased is not None:
        result = shell.execute(aliased, streams)
        return result if isinstance(result, int) else (yield from result)
    shell.check_alive()
    shell.substituted = 0
    argv: list[str] | tuple[str, ...] | None = node.constant
    if argv is None:
        argv = yield from expand_words(shell, node.words, streams)
    if node.assignments and not argv:
        yield from _assign_all(shell, node, streams)
    if shell.options.xtrace and argv:
        streams.err.write("+ " + " ".join(_quote(word) for word in argv) + "\n")
    if not node.redirects:
        return check(shell, (yield from _invoke(shell, node, argv, streams)))
    try:
        inner = yield from redirect(shell, node.redirects, streams, blind=node.blind)
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        return check(shell, fault.code)
    code = 0
    try:
        code = yield from _invoke(shell, node, argv, inner)
    finally:
        failed = close(shell, inner, streams) if shell.alive() else 0
    if argv and argv[0] == "exec" and len(argv) == 1:
        streams.out, streams.err, streams.source = inner.out, inner.err, inner.source
    return check(shell, code or failed)


def _quote(word: str) -> str:
    plain = word and all(c.isalnum() or c in "-_./=:,@%+[]" for c in word)
    return word if plain else "'" + word.replace("'", "'\\''") + "'"


def _invoke(shell: Session, node: tree.Command, argv: list[str] | tuple[str, ...], streams: Streams) -> Delays[int]:
    if not argv:
        return shell.substituted
    if not node.assignments:
        result = invoke(shell, argv, streams)
        return result if isinstance(result, int) else (yield from result)
    saved = {item.name: shell.variables.get(item.name) for item in node.assignments}
    exported = set(shell.exported)
    yield from _assign_all(shell, node, streams)
    shell.exported.update(saved)
    try:
        result = invoke(shell, argv, streams)
        return result if isinstance(result, int) else (yield from result)
    finally:
        shell.exported = exported | (shell.exported - set(saved))
        for name, value in saved.items():
            if value is None:
                shell.variables.pop(name, None)
            else:
                shell.variables[name] = value


def _assign_all(shell: Session, node: tree.Command, streams: Streams) -> Delays[None]:
    for item in node.assignments:
        yield from _assign(shell, item, streams)


def _assign(shell: Session, item: tree.Assignment, streams: Streams) -> Delays[None]:
    if item.array is not None:
        values = yield from expand_words(shell, item.array, streams)
        shell.set_array(item.name, values, append=item.append)
        return
    value = yield from expand_text(shell, item.value, streams)
    index = None
    if item.index is not None:
        text = yield from expand_text(shell, item.index, streams)
        index = str(evaluate(text, shell))
    if item.append:
        value = (shell.get_value(item.name, index) or "") + value
    shell.set_value(item.name, value, index)
    if shell.options.xtrace:
        streams.err.write(f"+ {item.name}={value}\n")


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
