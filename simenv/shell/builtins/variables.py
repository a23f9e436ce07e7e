"""Builtins that keep the session's state: variables, aliases, options, the directory."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.machine.nodes import DENIED, EXECUTE, NO_SUCH, NOT_DIR, normal
from simenv.machine.program import Program
from simenv.shell.errors import SyntaxFault, UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.quoting import quote_word
from simenv.shell.state import Definition, Settings

_MAX_ALIASES = 500


def cd(inv: Invocation) -> int:
    """Change the directory; ``-``: to the last one."""
    operands = [word for word in inv.argv[1:] if word not in ("--", "-P", "-L")]
    shell = inv.shell
    if len(operands) > 1:
        raise UsageFault("bash: cd: too many arguments")
    target = operands[0] if operands else shell.parameter("HOME") or "/"
    if target == "-":
        target = shell.parameter("OLDPWD") or ""
        if not target:
            raise UsageFault("bash: cd: OLDPWD not set")
        inv.out(target + "\n")
    node = shell.node(target) if target else None
    if target and node is None:
        raise UsageFault(f"bash: cd: {target}: {NO_SUCH}")
    if node is not None and node.kind != "dir":
        raise UsageFault(f"bash: cd: {target}: {NOT_DIR}")
    if node is not None and not shell.host.files.may(shell.account, node, EXECUTE):
        raise UsageFault(f"bash: cd: {target}: {DENIED}")
    shell.variables["OLDPWD"] = shell.cwd
    shell.cwd = shell.variables["PWD"] = normal(target or ".", shell.cwd)
    return 0


def pushd(inv: Invocation) -> int:
    """Go to a directory and remember the present one; without operand: swap them."""
    shell, above = inv.shell, inv.shell.directories
    here = shell.cwd
    if len(inv.argv) < 2 and not above:
        raise UsageFault("bash: pushd: no other directory")
    inv.argv = ["cd", above[-1] if len(inv.argv) < 2 else inv.argv[1]]
    swap = len(above) > 0 and inv.argv[1] is above[-1]
    cd(inv)
    if swap:
        above.pop()
    if len(above) < _MAX_ALIASES:
        above.append(here)
    return dirs(inv)


def popd(inv: Invocation) -> int:
    """Go back to the directory remembered last."""
    if not inv.shell.directories:
        raise UsageFault("bash: popd: directory stack empty")
    inv.argv = ["cd", inv.shell.directories.pop()]
    cd(inv)
    return dirs(inv)


def dirs(inv: Invocation) -> int:
    """Print the directory and those remembered."""
    home = inv.shell.parameter("HOME") or ""
    paths = [inv.shell.cwd, *reversed(inv.shell.directories)]
    inv.out(" ".join("~" + p[len(home) :] if home and (p + "/").startswith(home + "/") else p for p in paths) + "\n")
    return 0


def set_options(inv: Invocation) -> int:
    """Switch options (``-e -u -x …``, ``-o name``) and set the positional parameters; without arguments: list variables."""
    words = list(inv.argv[1:])
    shell = inv.shell
    if not words:
        inv.out("".join(f"{name}={quote_word(value)}\n" for name, value in sorted(shell.variables.items())))
        return 0
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            shell.positional = words
            return 0
        for letter in word[1:]:
            if letter == "o" and not words:
                _list_options(inv, restorable=word[0] == "+")
            else:
                name = words.pop(0) if letter == "o" else Settings.LETTERS.get(letter, "")
                _switch(inv, letter, name, on=word[0] == "-")
    if words[:1] == ["-"]:
        words.pop(0)
        shell.options.xtrace = shell.options.verbose = False
    if words:
        shell.positional = words
    return 0


_ACCEPTED = {"m": "monitor", "h": "hashall", "b": "notify", "H": "histexpand", "B": "braceexpand", "p": "privileged"}
_NO_LETTER = ("emacs", "history", "ignoreeof", "interactive-comments", "nolog", "posix", "vi")
_ON = ("braceexpand", "hashall", "interactive-comments")


def _switch(inv: Invocation, letter: str, name: str, *, on: bool) -> None:
    if name in Settings.LETTERS.values() or name == "pipefail":
        if name != "noexec" or not inv.shell.interactive:
            setattr(inv.shell.options, name, on)
    elif (letter in "Bk" and not on and letter == "B") or letter in "kPrt" or (name == "braceexpand" and not on):
        raise SyntaxFault(f"set {'-' if on else '+'}{letter}", name or letter, supported=False)
    elif letter == "o" and name not in (*_ACCEPTED.values(), *_NO_LETTER, "onecmd", "keyword", "physical"):
        raise UsageFault(f"bash: set: {name}: invalid option name", 2)
    elif letter != "o" and letter not in _ACCEPTED:
        raise UsageFault(f"bash: set: -{letter}: invalid option", 2)


def _list_options(inv: Invocation, *, restorable: bool) -> None:
    names = sorted(
        (*Settings.LETTERS.values(), "pipefail", *_ACCEPTED.values(), *_NO_LETTER, "onecmd", "keyword", "physical")
    )
    for name in names:
        is_on = getattr(inv.shell.options, name, name in _ON)
        inv.out(f"set {'-' if is_on else '+'}o {name}\n" if restorable else f"{name:<15}\t{'on' if is_on else 'off'}\n")


def shift(inv: Invocation) -> int:
    """Drop positional parameters from the left."""
    text = inv.argv[1] if len(inv.argv) > 1 else "1"
    if not text.isdecimal():
        raise UsageFault(f"bash: shift: {text}: numeric argument required")
    count = int(text[:9])
    if count > len(inv.shell.positional):
        return 1
    inv.shell.positional = inv.shell.positional[count:]
    return 0


def alias(inv: Invocation) -> int:
    """Define aliases, or list them."""
    shell = inv.shell
    for operand in inv.argv[1:] or [f"{name}" for name in sorted(shell.aliases)]:
        name, equals, text = operand.partition("=")
        if equals and len(shell.aliases) < _MAX_ALIASES:
            record = inv.shell.note("shell.alias", name, name=name, text=text)
            shell.aliases[name] = Definition(text, record)
        elif name in shell.aliases:
            inv.out(f"alias {name}='{shell.aliases[name].text}'\n")
        elif name != "-p":
            inv.err(f"bash: alias: {name}: not found\n")
            inv.code = 1
    return inv.code


def unalias(inv: Invocation) -> int:
    """Forget aliases; ``-a``: all."""
    for name in inv.argv[1:]:
        if name == "-a":
            inv.shell.aliases.clear()
        elif inv.shell.aliases.pop(name, None) is None:
            inv.err(f"bash: unalias: {name}: not found\n")
            inv.code = 1
    return inv.code


def umask(inv: Invocation) -> int:
    """Print or set the mask of new files."""
    operands = [word for word in inv.argv[1:] if word != "-S"]
    if not operands:
        inv.out(f"{inv.shell.mask:04o}\n")
    elif re.fullmatch("[0-7]{1,4}", operands[0]):
        inv.shell.mask = int(operands[0], 8) & 0o777
    else:
        raise UsageFault(f"bash: umask: {operands[0]}: octal number out of range")
    return 0


PROGRAMS: Mapping[str, Program] = {
    "alias": alias,
    "cd": cd,
    "dirs": dirs,
    "popd": popd,
    "pushd": pushd,
    "set": set_options,
    "shift": shift,
    "umask": umask,
    "unalias": unalias,
}
