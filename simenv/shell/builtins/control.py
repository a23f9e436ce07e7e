"""Builtins that steer execution: exit, return, break, eval, source, command, exec, trap."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.errors import ExitShell, ExpansionFault, LeaveLoop, ReturnFunction, SyntaxFault, UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.quoting import quote
from simenv.shell.signals import SIGNALS
from simenv.shell.state import Settings

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
    if len(inv.argv) > 2:
        raise ExpansionFault(f"{inv.argv[0]}: too many arguments")
    return int(text) & 255


def leave(inv: Invocation) -> int:
    """End the shell."""
    raise ExitShell(_code(inv))


def give_back(inv: Invocation) -> int:
    """End the function or sourced file."""
    if not inv.shell.calls and not inv.shell.sourced:
        inv.err("bash: return: can only `return' from a function or sourced script\n")
        return 2
    raise ReturnFunction(_code(inv))


def leave_loop(inv: Invocation) -> int:
    """``break`` and ``continue``, through as many loops as the argument says."""
    text = inv.argv[1] if len(inv.argv) > 1 else "1"
    if not inv.shell.loops:
        inv.err(f"bash: {inv.argv[0]}: only meaningful in a `for', `while', or `until' loop\n")
        return 0
    if not text.lstrip("-").isdecimal():
        inv.err(f"bash: {inv.argv[0]}: {text}: numeric argument required\n")
        raise ExitShell(128)
    if text[0] == "-" or int(text[:9]) < 1:
        inv.err(f"bash: {inv.argv[0]}: {text}: loop count out of range\n")
        raise LeaveLoop(inv.shell.loops, again=False)
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
        text = shell.read_file(_sourced(inv, inv.argv[1]))
    except FileError as error:
        raise UsageFault(f"bash: {inv.argv[1]}: {error.reason}") from None
    positional = shell.positional
    if len(inv.argv) > 2:
        shell.positional = list(inv.argv[2:])
    shell.sourced += 1
    shell.scripts.append(inv.argv[1])
    try:
        return (yield from shell.evaluate(text, inv.streams))
    except ReturnFunction as signal:
        return signal.code
    finally:
        shell.sourced -= 1
        shell.scripts.pop()
        if len(inv.argv) > 2:
            shell.positional = positional


def _sourced(inv: Invocation, name: str) -> str:
    """Return the path of a file to source: without a slash, the first on PATH, then the one here."""
    if "/" not in name:
        for directory in (inv.env.get("PATH") or "").split(":"):
            node = inv.shell.node(f"{directory}/{name}")
            if node is not None and node.kind == "file":
                return f"{directory}/{name}"
    return name


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
    """Set what to run when a signal or condition comes; ``-``: the default again; empty: nothing; ``-p``: list."""
    shell = inv.shell
    words = list(inv.argv[1:])
    if words[:1] == ["-l"]:
        inv.out(" ".join(f"{number}) SIG{name}" for number, name in SIGNALS.items()) + "\n")
        return 0
    if words[:1] in ([], ["-p"]) or words == ["--"]:
        wanted = [_condition(name) for name in words[1:]] or _in_order(shell.traps)
        inv.out(
            "".join(f"trap -- {quote(shell.traps[name])} {_shown(name)}\n" for name in wanted if name in shell.traps)
        )
        return 0
    words = words[1:] if words[0] == "--" else words
    lone = len(words) == 1 or words[0].isdecimal()
    text, names = ("-", words) if lone else (words[0], words[1:])
    for name in names:
        key = _condition(name)
        if not key:
            inv.err(f"bash: trap: {name}: invalid signal specification\n")
            inv.code = 1
        elif text == "-":
            shell.traps.pop(key, None)
        elif len(shell.traps) < 100:
            shell.traps[key] = text
    return inv.code


_CONDITIONS = ("EXIT", "DEBUG", "ERR", "RETURN")


def _condition(name: str) -> str:
    """Return the name of a signal or condition, without ``SIG``; empty if there is none."""
    if name.isdecimal():
        return "EXIT" if int(name[:4]) == 0 else SIGNALS.get(int(name[:4]), "")
    name = name.upper().removeprefix("SIG")
    return name if name in _CONDITIONS or name in SIGNALS.values() else ""


def _in_order(names: Iterable[str]) -> list[str]:
    order = ["EXIT", *SIGNALS.values(), "DEBUG", "ERR", "RETURN"]
    return sorted(names, key=order.index)


def _shown(name: str) -> str:
    return name if name in _CONDITIONS else f"SIG{name}"


def shopt(inv: Invocation) -> int:
    """Switch options (``-s`` on, ``-u`` off), ask for them (``-q``) or list them; ``-o``: those of ``set -o``."""
    given, names = inv.options(Spec("supqo", code=2))
    options = inv.shell.options
    known = (*Settings.LETTERS.values(), "pipefail") if "o" in given else Settings.SHOPT
    for name in names or (() if "s" in given or "u" in given else known):
        if name not in known and (name not in _HARMLESS or "o" in given):
            inv.err(f"bash: shopt: {name}: invalid shell option name\n")
            inv.code = 1
        elif "s" in given or "u" in given:
            _switch(inv, name, on="s" in given)
        else:
            is_on = getattr(options, name, _HARMLESS.get(name, False))
            inv.code = inv.code if is_on or not names else 1
            if "q" not in given:
                inv.out(f"{name:<15}\t{'on' if is_on else 'off'}\n")
    return inv.code


_HARMLESS = {
    "expand_aliases": False, "checkwinsize": True, "histappend": False, "cmdhist": True, "interactive_comments": True,
    "sourcepath": True, "progcomp": True, "promptvars": True, "autocd": False, "cdspell": False, "checkhash": False,
    "checkjobs": False, "complete_fullquote": True, "direxpand": False, "dirspell": False, "execfail": False,
    "extquote": True, "force_fignore": True, "globasciiranges": True, "globskipdots": True, "gnu_errfmt": False,
    "hostcomplete": True, "huponexit": False, "lithist": False, "login_shell": False, "mailwarn": False,
    "no_empty_cmd_completion": False, "noexpand_translation": False, "patsub_replacement": True, "progcomp_alias": False,
    "shift_verbose": False, "varredir_close": False, "xpg_echo": False,
}  # fmt: skip
"""Options that change nothing here as they stand."""


def _switch(inv: Invocation, name: str, *, on: bool) -> None:
    if name in Settings.STATE:
        setattr(inv.shell.options, name, on)
    elif name == "expand_aliases" and on and not inv.shell.interactive:
        raise SyntaxFault("expand aliases in a script", name, supported=False)


def enable(inv: Invocation) -> int:
    """Accept to have the builtins as they are; refuse to take one away."""
    if any(word[:1] == "-" and "n" in word for word in inv.argv[1:]):
        raise SyntaxFault("enable -n", " ".join(inv.argv), supported=False)
    return 0


_LIMITS = {
    "c": ("core file size", "blocks, -c", "0"), "d": ("data seg size", "kbytes, -d", "unlimited"),
    "e": ("scheduling priority", "-e", "0"), "f": ("file size", "blocks, -f", "unlimited"),
    "i": ("pending signals", "-i", "63546"), "l": ("max locked memory", "kbytes, -l", "2039500"),
    "m": ("max memory size", "kbytes, -m", "unlimited"), "n": ("open files", "-n", "1024"),
    "q": ("POSIX message queues", "bytes, -q", "819200"), "r": ("real-time priority", "-r", "0"),
    "s": ("stack size", "kbytes, -s", "8192"), "t": ("cpu time", "seconds, -t", "unlimited"),
    "u": ("max user processes", "-u", "63546"), "v": ("virtual memory", "kbytes, -v", "unlimited"),
    "x": ("file locks", "-x", "unlimited"),
}  # fmt: skip


def ulimit(inv: Invocation) -> int:
    """Print limits of resources; setting one is accepted, and changes nothing."""
    letters = [letter for word in inv.argv[1:] if word[:1] == "-" for letter in word[1:] if letter not in "SH"]
    values = [word for word in inv.argv[1:] if word[:1] != "-"]
    if "a" in letters:
        rows = ((f"{name:<28}({unit})", value) for name, unit, value in _LIMITS.values())
        inv.out("".join(f"{label:<40} {value}\n" for label, value in rows))
        return 0
    for letter in letters or ["f"]:
        if letter not in _LIMITS:
            raise UsageFault(f"bash: ulimit: -{letter}: invalid option", 2)
        if not values:
            inv.out(f"{_LIMITS[letter][2]}\n")
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
    "shopt": shopt,
    "source": source,
    "trap": trap,
    "true": nothing,
    "type": kind_of,
    "ulimit": ulimit,
    "enable": enable,
    "logout": leave,
}
