"""Builtins that steer execution: exit, return, break, eval, source, command, exec, trap."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.errors import ExitShell, LeaveLoop, ReturnFunction, UsageFault
from simenv.shell.invocation import Invocation

Result = int | Generator[float, None, int]


def nothing(inv: Invocation) -> int:
    """Succeed, whatever the arguments."""
    return 0


def fail(inv: Invocation) -> int:
    """Fail."""
    return 1


def _code(inv: Invocation) -> int:
    if len(inv.argv) < 2:
        return inv.shell.last_code
    text = inv.argv[1]
    digits = text.removeprefix("-")
    if not digits.isdecimal() or len(digits) > 18:
        inv.err(f"bash: {inv.argv[0]}: {text}: numeric argument required\n")
        return 2
    return int(text) & 255


def leave(inv: Invocation) -> int:
    """End the shell."""
    raise ExitShell(_code(inv))


def give_back(inv: Invocation) -> int:
    """End the function or sourced file."""
    if not inv.shell.locals and not inv.shell.sourced:
        inv.err("bash: return: can only `return' from a function or sourced script\n")
        return 2
    raise ReturnFunction(_code(inv))


def leave_loop(inv: Invocation) -> int:
    """``break`` and ``continue``, through as many loops as the argument says."""
    text = inv.argv[1] if len(inv.argv) > 1 else "1"
    if not text.isdecimal() or int(text[:9]) < 1:
        raise UsageFault(f"bash: {inv.argv[0]}: {text}: loop count out of range")
    if not inv.shell.loops:
        inv.err(f"bash: {inv.argv[0]}: only meaningful in a `for', `while', or `until' loop\n")
        return 0
    raise LeaveLoop(min(int(text[:9]), inv.shell.loops), again=inv.argv[0] == "continue")


def evaluate(inv: Invocation) -> Result:
    """Run the arguments as a script in this shell."""
    return inv.shell.evaluate(" ".join(inv.argv[1:]), inv.streams)


def source(inv: Invocation) -> Generator[float, None, int]:
    """Run a file in this shell."""
    if len(inv.argv) < 2:
        raise UsageFault(f"bash: {inv.argv[0]}: filename argument required", 2)
    shell = inv.shell
    try:
        text = shell.read_file(inv.argv[1])
    except FileError as error:
        raise UsageFault(f"bash: {inv.argv[1]}: {error.reason}") from None
    positional = shell.positional
    if len(inv.argv) > 2:
        shell.positional = list(inv.argv[2:])
    shell.sourced += 1
    try:
        return (yield from shell.evaluate(text, inv.streams))
    except ReturnFunction as signal:
        return signal.code
    finally:
        shell.sourced -= 1
        shell.positional = positional


def command(inv: Invocation) -> Result:
    """Run a command, functions passed over; ``-v`` and ``-V`` say what it is."""
    words = list(inv.argv[1:])
    if words[:1] in (["-v"], ["-V"]):
        return _describe(inv, words[1:], short=words[0] == "-v")
    while words[:1] in (["-p"], ["--"]):
        words.pop(0)
    return inv.shell.invoke_program(words, inv.streams) if words else 0


def _describe(inv: Invocation, names: list[str], *, short: bool) -> int:
    code = 0
    for name in names:
        found = inv.shell.resolve(name)
        if name in _KEYWORDS:
            inv.out(f"{name}\n" if short else f"{name} is a shell keyword\n")
        elif found is None:
            code = 1
            if not short:
                inv.err(f"bash: {inv.argv[0]}: {name}: not found\n")
        elif found.kind == "alias":
            text = inv.shell.aliases[name].text
            inv.out(f"alias {name}='{text}'\n" if short else f"{name} is aliased to `{text}'\n")
        elif found.kind == "file":
            inv.out(f"{found.path}\n" if short else f"{name} is {found.path}\n")
        else:
            inv.out(f"{name}\n" if short else f"{name} is a {_KINDS[found.kind]}\n")
    return code


_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "elif",
        "else",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "while",
        "until",
        "case",
        "esac",
        "function",
        "{",
        "}",
        "!",
        "[[",
        "]]",
        "select",
        "time",
    ]
)
_KINDS = {"function": "function", "builtin": "shell builtin"}


def kind_of(inv: Invocation) -> int:
    """Say what command words would run; ``-t``: the kind only; ``-p``: the path only."""
    words = list(inv.argv[1:])
    if words[:1] == ["-t"]:
        kinds = [
            "keyword" if name in _KEYWORDS else found.kind if (found := inv.shell.resolve(name)) else ""
            for name in words[1:]
        ]
        inv.out("".join(f"{kind}\n" for kind in kinds if kind))
        return int("" in kinds)
    if words[:1] in (["-p"], ["-P"]):
        found_all = [inv.shell.resolve(name) for name in words[1:]]
        inv.out("".join(f"{found.path}\n" for found in found_all if found and found.path))
        return int(None in found_all)
    return _describe(inv, [word for word in words if word != "-a"], short=False)


def execute(inv: Invocation) -> Result:
    """Run a command and end the shell with its code; without one, only redirections matter."""
    return _replace(inv) if len(inv.argv) > 1 else 0


def _replace(inv: Invocation) -> Generator[float, None, int]:
    result = inv.shell.invoke_file(list(inv.argv[1:]), inv.streams)
    code = result if isinstance(result, int) else (yield from result)
    raise ExitShell(code)


def trap(inv: Invocation) -> int:
    """Remember what to run at the end (``EXIT``); other signals are accepted and never come."""
    words = [word for word in inv.argv[1:] if word != "--"]
    if words[:1] in ([], ["-p"], ["-l"]):
        inv.out("".join(f"trap -- '{text}' {name}\n" for name, text in inv.shell.traps.items()))
        return 0
    text, names = (words[0], words[1:]) if len(words) > 1 else ("-", words)
    for name in names:
        key = "EXIT" if name in ("0", "EXIT", "exit") else name.upper().removeprefix("SIG")[:20]
        if text in ("-", ""):
            inv.shell.traps.pop(key, None)
        elif len(inv.shell.traps) < 100:
            inv.shell.traps[key] = text
    return 0


PROGRAMS: Mapping[str, Program] = {
    ".": source,
    ":": nothing,
    "break": leave_loop,
    "builtin": command,
    "command": command,
    "continue": leave_loop,
    "eval": evaluate,
    "exec": execute,
    "exit": leave,
    "false": fail,
    "hash": nothing,
    "return": give_back,
    "shopt": nothing,
    "source": source,
    "trap": trap,
    "true": nothing,
    "type": kind_of,
    "ulimit": nothing,
    "enable": nothing,
    "disown": nothing,
    "logout": leave,
}
