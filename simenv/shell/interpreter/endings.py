"""How scripts, lines and commands end: traps, ``set -e``, faults that become messages and codes."""

from __future__ import annotations

from simenv.kernel import Delays
from simenv.shell.budget import Streams
from simenv.shell.errors import (
    BrokenPipe,
    ExitShell,
    ExpansionFault,
    Halt,
    LeaveLoop,
    ReturnFunction,
    ShellSignal,
    SyntaxFault,
    UsageFault,
)
from simenv.shell.interpreter.loops import run
from simenv.shell.parser import tree
from simenv.shell.parser.parse import parse
from simenv.shell.result import Result
from simenv.shell.state import Session


def check(shell: Session, code: int, streams: Streams) -> Result:
    """Take the code of a command for `$?`; a failure runs the ERR trap, and ends the shell under ``set -e``."""
    shell.last_code = code
    if shell.pending:
        return _deliver(shell, code, streams)
    if not code or shell.suppressed:
        return code
    if "ERR" in shell.traps:
        return _fail(shell, code, streams)
    if shell.options.errexit:
        raise ExitShell(code)
    return code


def _fail(shell: Session, code: int, streams: Streams) -> Delays[int]:
    yield from run_trap(shell, "ERR", streams)
    if shell.options.errexit:
        raise ExitShell(code)
    return code


def _deliver(shell: Session, code: int, streams: Streams) -> Delays[int]:
    """Run the traps of the signals that have come, then go on."""
    while shell.pending:
        yield from run_trap(shell, shell.pending.pop(0), streams)
    result = check(shell, code, streams)
    return result if isinstance(result, int) else (yield from result)


def run_trap(shell: Session, name: str, streams: Streams) -> Delays[None]:
    """Run what is trapped for a signal or condition, which leaves `$?` as it is; in its own course it is not trapped."""
    text = shell.traps.pop(name, "")
    if not text:
        return
    code, codes = shell.last_code, shell.pipe_codes
    suppressed, shell.suppressed = shell.suppressed, shell.suppressed + (name == "ERR")
    try:
        yield from run(shell, parse(text), streams)
    finally:
        shell.traps.setdefault(name, text)
        shell.suppressed = suppressed
    shell.last_code, shell.pipe_codes = code, codes


def contained(shell: Session, node: tree.Node, streams: Streams) -> Delays[int]:
    """Execute a node to its end in `shell`: ``exit`` and faults become codes and messages; then the EXIT trap runs."""
    try:
        code = yield from run(shell, node, streams)
    except Halt as halt:
        code = _own_end(shell, halt)
        if "EXIT" not in shell.traps or code == _KILLED:
            return code
    except ShellSignal as signal:
        code = ending(shell, signal, streams)
    shell.last_code = code
    return (yield from _leave(shell, code, streams)) if "EXIT" in shell.traps else code


_KILLED = 137


def _own_end(shell: Session, halt: Halt) -> int:
    """Return the code of a shell that a signal to itself alone has ended; else the halt goes on."""
    if shell.ended_by is None:
        raise halt
    code, shell.ended_by = shell.ended_by, None
    shell.own_pid = 0
    return code


def settle(shell: Session, signal: ShellSignal, streams: Streams) -> Delays[int]:
    """Turn what interrupted a script into messages and an exit code; ``exit`` runs the EXIT trap."""
    code = ending(shell, signal, streams)
    shell.last_code = code
    if isinstance(signal, ExitShell) and "EXIT" in shell.traps:
        return (yield from _leave(shell, code, streams))
    return code


def ending(shell: Session, signal: ShellSignal, streams: Streams) -> int:
    """Print what interrupted a script, and return its exit code."""
    if isinstance(signal, ExitShell | ReturnFunction | BrokenPipe):
        return signal.code
    if isinstance(signal, LeaveLoop):
        return 0
    if isinstance(signal, SyntaxFault):
        return report_syntax(shell, signal, streams)
    if isinstance(signal, UsageFault):
        streams.err.write(f"{signal}\n")
        return signal.code
    if isinstance(signal, ExpansionFault):
        streams.err.write(f"bash: {signal}\n")
        in_file = shell.interactive or shell.subshells or shell.options.errexit or not shell.from_text
        return 1 if in_file else signal.code
    raise signal


def _leave(shell: Session, code: int, streams: Streams) -> Delays[int]:
    text = shell.traps.pop("EXIT")
    try:
        yield from run(shell, parse(text), streams)
    except ExitShell as signal:
        return signal.code
    except ShellSignal as signal:
        if isinstance(signal, Halt):
            raise
        return ending(shell, signal, streams)
    return code


def report_syntax(shell: Session, fault: SyntaxFault, streams: Streams) -> int:
    """Print and journal a syntax error; return its exit code."""
    text = fault.text[:60]
    first = text.split("\n", maxsplit=1)[0]
    messages = {
        "quote": "unexpected EOF while looking for matching quote",
        "bracket": f"unexpected EOF while looking for matching `{first}'",
        "end": "syntax error: unexpected end of file",
        "expansion": f"{text}: bad substitution",
        "name": f"`{first}': not a valid identifier",
        "braces": "brace expansion too large",
        "script": "script too long",
        "nesting": f"syntax error: nesting too deep near `{first}'",
    }
    if not fault.supported:
        message = f"syntax error: {fault.construct.replace('_', ' ')} is not supported: `{text}'"
    else:
        message = messages.get(fault.construct, f"syntax error near unexpected token `{first}'")
    streams.err.write(f"bash: {message}\n")
    shell.note("shell.unsupported", fault.construct, construct=fault.construct, text=text)
    return 1 if fault.construct in ("expansion", "name") else 2
