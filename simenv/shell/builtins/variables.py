"""Builtins that keep the session's state: variables, aliases, options, the directory."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simenv.machine.nodes import DENIED, EXECUTE, NO_SUCH, NOT_DIR, normal
from simenv.machine.program import Program
from simenv.shell.errors import ExpansionFault, UsageFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.state import Definition

_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_FLAGS = {"e": "errexit", "u": "nounset", "x": "xtrace", "f": "noglob"}
_NAMED = ("errexit", "nounset", "xtrace", "noglob", "pipefail")
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


def export(inv: Invocation) -> int:
    """Mark variables for children; ``-n``: unmark; ``-p`` or nothing: list."""
    given, operands = inv.options(Spec("nfp", code=2))
    if not operands:
        inv.out("".join(f'declare -x {name}="{value}"\n' for name, value in sorted(inv.env.items())))
        return 0
    if "f" in given:
        return 0
    for name, value in _pairs(inv, operands):
        if value is not None:
            inv.shell.set_value(name, value)
        if "n" in given:
            inv.shell.exported.discard(name)
        else:
            inv.shell.exported.add(name)
    return inv.code


def _pairs(inv: Invocation, operands: tuple[str, ...]) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = []
    for operand in operands:
        name, equals, value = operand.partition("=")
        if equals and name.endswith("+"):
            name = name[:-1]
            value = (inv.shell.parameter(name) or "") + value
        if not _NAME.match(name):
            inv.err(f"bash: {inv.name}: `{operand}': not a valid identifier\n")
            inv.code = 1
        else:
            pairs.append((name, value if equals else None))
    return pairs


def declare(inv: Invocation) -> int:
    """Declare variables: ``-x`` exported, ``-r`` read-only, ``-i`` integer, ``-a`` array, ``-p`` print."""
    given, operands = inv.options(Spec("xriapfFgAlu", code=2))
    if "A" in given:
        inv.shell.note("shell.unsupported", "declare", construct="associative_array", text=" ".join(inv.argv)[:60])
        raise UsageFault(f"bash: {inv.name}: -A: associative arrays are not supported", 2)
    if "f" in given or "F" in given:
        return _list_functions(inv, operands)
    if "p" in given or not operands:
        return _print_variables(inv, operands)
    for name, value in _pairs(inv, operands):
        if inv.shell.locals and "g" not in given:
            _make_local(inv, name)
        _declare(inv, given, name, value)
    return inv.code


def _declare(inv: Invocation, given: Mapping[str, str], name: str, value: str | None) -> None:
    shell = inv.shell
    if "a" in given and value is None:
        shell.arrays.setdefault(name, {})
    if value is not None:
        shell.set_value(name, str(evaluate(value, shell)) if "i" in given else value)
    if "x" in given:
        shell.exported.add(name)
    if "r" in given:
        shell.readonly.add(name)


def _list_functions(inv: Invocation, operands: tuple[str, ...]) -> int:
    for name in operands or sorted(inv.shell.functions):
        if name not in inv.shell.functions:
            return 1
        inv.out(f"{name}\n" if operands else f"declare -f {name}\n")
    return 0


def _print_variables(inv: Invocation, operands: tuple[str, ...]) -> int:
    shell = inv.shell
    for name in operands or sorted(shell.variables):
        value = shell.variables.get(name)
        if value is None:
            inv.err(f"bash: {inv.name}: {name}: not found\n")
            inv.code = 1
            continue
        flags = ("r" if name in shell.readonly else "") + ("x" if name in shell.exported else "")
        inv.out(f'declare -{flags or "-"} {name}="{value}"\n')
    return inv.code


def _make_local(inv: Invocation, name: str) -> None:
    frame = inv.shell.locals[-1]
    if name not in frame:
        frame[name] = inv.shell.variables.get(name)
    if name not in inv.shell.readonly:
        inv.shell.variables.pop(name, None)


def local(inv: Invocation) -> int:
    """Declare variables of the running function."""
    if not inv.shell.locals:
        raise UsageFault("bash: local: can only be used in a function")
    given, operands = inv.options(Spec("xriapA", code=2))
    for name, value in _pairs(inv, operands):
        _make_local(inv, name)
        _declare(inv, given, name, value)
    return inv.code


def readonly(inv: Invocation) -> int:
    """Make variables read-only."""
    _, operands = inv.options(Spec("apf", code=2))
    for name, value in _pairs(inv, operands):
        if value is not None:
            inv.shell.set_value(name, value)
        inv.shell.readonly.add(name)
    return inv.code


def unset(inv: Invocation) -> int:
    """Forget variables and functions."""
    given, operands = inv.options(Spec("vfn", code=2))
    for name in operands:
        base, bracket, index = name.partition("[")
        if "f" in given or (name in inv.shell.functions and name not in inv.shell.variables):
            inv.shell.functions.pop(name, None)
        elif bracket:
            inv.shell.arrays.get(base, {}).pop(evaluate(index.rstrip("]"), inv.shell), None)
        else:
            inv.shell.unset(name)
    return 0


def set_options(inv: Invocation) -> int:
    """Switch options (``-e -u -x -f -o pipefail``) and set the positional parameters."""
    words = list(inv.argv[1:])
    shell = inv.shell
    if not words:
        inv.out("".join(f"{name}={value}\n" for name, value in sorted(shell.variables.items())))
        return 0
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            shell.positional = words
            return 0
        for letter in word[1:]:
            name = _FLAGS.get(letter, "")
            if letter == "o":
                name = words.pop(0) if words else ""
            if name in _NAMED:
                setattr(shell.options, name, word[0] == "-")
            elif letter not in "oEhmBbCHkTnv":
                raise UsageFault(f"bash: set: -{letter}: invalid option", 2)
    if words:
        shell.positional = words
    return 0


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


def let(inv: Invocation) -> int:
    """Evaluate arithmetic expressions."""
    value = 0
    try:
        for text in inv.argv[1:]:
            value = evaluate(text, inv.shell)
    except ExpansionFault as fault:
        raise UsageFault(f"bash: let: {fault}") from None
    return int(value == 0)


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
    "declare": declare,
    "dirs": dirs,
    "popd": popd,
    "pushd": pushd,
    "export": export,
    "let": let,
    "local": local,
    "readonly": readonly,
    "set": set_options,
    "shift": shift,
    "typeset": declare,
    "umask": umask,
    "unalias": unalias,
    "unset": unset,
}
