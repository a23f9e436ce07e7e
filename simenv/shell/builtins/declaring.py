"""Builtins that declare variables: declare, local, export, readonly, unset, let, getopts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from simenv.machine.program import Program
from simenv.shell.errors import ExpansionFault, UsageFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.operators import attributes
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.parser.build import make_assignment
from simenv.shell.parser.tree import Literal
from simenv.shell.quoting import double_quote, quote_word
from simenv.shell.state import Session

_OPERAND = re.compile(r"([A-Za-z_]\w*)(?:\[(.*)\])?(?:(\+?)=(.*))?\Z", re.S | re.ASCII)
_KEPT = "ilunA"
_SPEC = Spec("xriapfFgAlunt", code=2)


class _Flags:
    """The letters before the operands, ``-`` on and ``+`` off, and the operands."""

    def __init__(self, inv: Invocation) -> None:
        words = list(inv.argv[1:])
        self.off = ""
        kept: list[str] = [inv.argv[0]]
        while words and len(words[0]) > 1 and words[0][0] in "-+" and words[0] != "--":
            word = words.pop(0)
            if word[0] == "+":
                self.off += word[1:]
            else:
                kept.append(word)
        inv.argv = [*kept, *words]
        self.on, self.operands = inv.options(_SPEC)


def declare(inv: Invocation) -> int:
    """Declare variables and their attributes; ``-p``: print them; ``-f``, ``-F``: functions."""
    flags = _Flags(inv)
    if "f" in flags.on or "F" in flags.on:
        return _list_functions(inv, flags.operands, names_only="F" in flags.on)
    if "p" in flags.on or not flags.operands:
        return _print(inv, flags.operands, flags.on)
    return _declare_all(inv, flags, local=bool(inv.shell.locals) and "g" not in flags.on)


def local(inv: Invocation) -> int:
    """Declare variables of the running function."""
    if not inv.shell.locals:
        raise UsageFault("bash: local: can only be used in a function")
    flags = _Flags(inv)
    if not flags.operands:
        for name in sorted(inv.shell.locals[-1]):
            inv.out(f"{name}={quote_word(inv.shell.variables.get(name, ''))}\n")
    return _declare_all(inv, flags, local=True)


def _declare_all(inv: Invocation, flags: _Flags, *, local: bool) -> int:
    for name, index, append, value in _operands(inv, flags.operands):
        if local and not _make_local(inv, name):
            continue
        _declare(inv, flags, name)
        if value is not None:
            _set(inv, name, index, value, append=append)
        if "r" in flags.on:
            inv.shell.readonly.add(name)
    return inv.code


def _operands(inv: Invocation, operands: Sequence[str]) -> Iterator[tuple[str, str | None, bool, str | None]]:
    """Yield name, index, whether to append, and value of each operand that is well-formed."""
    for operand in operands:
        found = _OPERAND.match(operand)
        if found is None:
            inv.err(f"bash: {inv.name}: `{operand}': not a valid identifier\n")
            inv.code = 1
        else:
            name, index, plus, value = found.groups()
            yield name, index, bool(plus), value


def _declare(inv: Invocation, flags: _Flags, name: str) -> None:
    shell = inv.shell
    on = [letter for letter in _KEPT if letter in flags.on]
    if on or flags.off:
        old = shell.attributes.get(name, "")
        opposites = {"u": "l", "l": "u"}
        dropped = flags.off + "".join(opposites.get(letter, "") for letter in on)
        letters = "".join(letter for letter in _KEPT if (letter in old and letter not in dropped) or letter in on)
        shell.attributes.pop(name, None)
        if letters:
            shell.attributes[name] = letters
    if ("a" in flags.on or "A" in flags.on) and name not in shell.arrays:
        shell.arrays[name] = {}
        if name in shell.variables:
            shell.arrays[name]["0" if "A" in flags.on else 0] = shell.variables.pop(name)
    if "x" in flags.on:
        shell.exported.add(name)
    if "x" in flags.off:
        shell.exported.discard(name)


def _set(inv: Invocation, name: str, index: str | None, value: str, *, append: bool = False) -> None:
    shell = inv.shell
    if "n" in shell.attributes.get(name, ""):
        shell.variables[name] = value
        return
    if value.startswith("(") and value.endswith(")") and index is None and name in shell.arrays:
        _set_written(inv, name, value)
        return
    place = None if index is None else shell.subscript(name, index)
    shell.set_value(name, shell.appended(name, value, place) if append else value, place)


def _set_written(inv: Invocation, name: str, value: str) -> None:
    """Set an array from a text like ``(a b)``, as ``declare -a "x=(a b)"`` does; only plain values are taken."""
    assignment = make_assignment(f"{name}={value}")
    elements = assignment.array if assignment is not None else None
    pairs: list[str | tuple[str | None, str]] = []
    for element in elements or ():
        words = [word for word in (element.value, element.index) if word is not None]
        if not all(isinstance(part, Literal) for word in words for part in word):
            raise UsageFault(f"bash: {inv.name}: {name}: expansions in a quoted list are not supported", 2)
        texts = ["".join(part.text for part in word if isinstance(part, Literal)) for word in words]
        pairs.append((texts[1] if len(texts) > 1 else None, texts[0]))
    inv.shell.set_array(name, pairs)


def _make_local(inv: Invocation, name: str) -> bool:
    shell = inv.shell
    if name in shell.readonly:
        inv.err(f"bash: {inv.name}: {name}: readonly variable\n")
        inv.code = 1
        return False
    frame = shell.locals[-1]
    if name not in frame:
        frame[name] = shell.save(name)
        shell.variables.pop(name, None)
        shell.arrays.pop(name, None)
        shell.attributes.pop(name, None)
    return True


def _list_functions(inv: Invocation, operands: Sequence[str], *, names_only: bool) -> int:
    shell = inv.shell
    for name in operands or sorted(shell.functions):
        if name not in shell.functions:
            inv.code = 1
        elif names_only:
            inv.out(f"{name}\n" if operands else f"declare -f {name}\n")
        else:
            inv.out(f"{shell.functions[name][0].text}\n")
    return inv.code


def _print(inv: Invocation, operands: Sequence[str], wanted: Mapping[str, str]) -> int:
    shell = inv.shell
    for name in operands or sorted({*shell.variables, *shell.arrays}):
        letters = attributes(shell, name)
        if operands or all(letter in letters for letter in wanted if letter in "aAilnrux"):
            text = declaration(shell, name)
            inv.out(f"{text}\n" if text else "")
            if not text:
                inv.err(f"bash: {inv.name}: {name}: not found\n")
                inv.code = 1
    return inv.code


def declaration(shell: Session, name: str) -> str:
    """Return what ``declare -p name`` prints; empty if there is no such variable."""
    head = f"declare -{attributes(shell, name) or '-'} {name}"
    values = shell.arrays.get(name)
    if values is not None:
        inner = " ".join(f"[{_key(key)}]={double_quote(value)}" for key, value in values.items())
        return f"{head}=({inner}{' ' if inner and shell.is_associative(name) else ''})"
    value = shell.variables.get(name)
    if value is None:
        return head if name in shell.attributes or name in shell.exported else ""
    return f"{head}={double_quote(value)}"


def _key(key: int | str) -> str:
    text = str(key)
    return text if re.fullmatch(r"[\w./:,+-]+", text) else double_quote(text)


def export(inv: Invocation) -> int:
    """Mark variables for children; ``-n``: unmark; ``-p`` or nothing: list."""
    given, operands = inv.options(Spec("nfp", code=2))
    if not operands:
        inv.out("".join(f"declare -x {name}={double_quote(value)}\n" for name, value in sorted(inv.env.items())))
        return 0
    if "f" in given:
        raise UsageFault("bash: export: -f: exported functions are not supported", 2)
    for name, index, append, value in _operands(inv, operands):
        if value is not None:
            _set(inv, name, index, value, append=append)
        if "n" in given:
            inv.shell.exported.discard(name)
        else:
            inv.shell.exported.add(name)
    return inv.code


def readonly(inv: Invocation) -> int:
    """Make variables read-only; ``-p`` or nothing: list them."""
    flags = _Flags(inv)
    if not flags.operands:
        for name in sorted(inv.shell.readonly):
            inv.out(f"{declaration(inv.shell, name)}\n")
        return 0
    for name, index, append, value in _operands(inv, flags.operands):
        _declare(inv, flags, name)
        if value is not None:
            _set(inv, name, index, value, append=append)
        inv.shell.readonly.add(name)
    return inv.code


def unset(inv: Invocation) -> int:
    """Forget variables, elements of arrays, and functions."""
    given, operands = inv.options(Spec("vfn", code=2))
    shell = inv.shell
    for name in operands:
        base, bracket, index = name.partition("[")
        known = base in shell.variables or base in shell.arrays or base in shell.attributes
        if "f" in given or (name in shell.functions and not known):
            shell.functions.pop(name, None)
        elif bracket and base not in shell.readonly:
            shell.unset_element(base, index.removesuffix("]"))
        elif not re.fullmatch(r"[A-Za-z_]\w*", base):
            inv.err(f"bash: unset: `{name}': not a valid identifier\n")
            inv.code = 1
        else:
            inv.shell.unset(base if "n" in given else shell.target(base))
    return inv.code


def let(inv: Invocation) -> int:
    """Evaluate arithmetic expressions."""
    if len(inv.argv) < 2:
        raise UsageFault("bash: let: expression expected")
    value = 0
    try:
        for text in inv.argv[1:]:
            value = evaluate(text, inv.shell)
    except ExpansionFault as fault:
        raise UsageFault(f"bash: let: {fault}") from None
    return int(value == 0)


def getopts(inv: Invocation) -> int:
    """Take the next option of the positional parameters (or of the arguments given)."""
    if len(inv.argv) < 3:
        raise UsageFault("getopts: usage: getopts optstring name [arg ...]", 2)
    shell, letters, name = inv.shell, inv.argv[1], inv.argv[2]
    words = list(inv.argv[3:]) or shell.positional
    number = int(shell.get_value("OPTIND") or 1)
    silent = letters[:1] == ":"
    if (
        number == 1
        and shell.variables.get("OPTIND") in (None, "1")
        and shell.option_at > 1
        and not _inside(shell, words)
    ):
        shell.option_at = 0
    word = words[number - 1] if 0 < number <= len(words) else ""
    if not shell.option_at and (len(word) < 2 or word[0] != "-" or word == "--"):
        shell.set_value("OPTIND", str(number + (word == "--")))
        shell.set_value(name, "?")
        return 1
    at = shell.option_at or 1
    letter = word[at : at + 1]
    shell.option_at = at + 1 if at + 1 < len(word) else 0
    shell.variables.pop("OPTARG", None)
    known = letter != ":" and letter in letters
    if known and letters[letters.index(letter) + 1 : letters.index(letter) + 2] == ":":
        return _with_value(inv, words, number, word[at + 1 :], letter, silent=silent)
    shell.set_value("OPTIND", str(number + (shell.option_at == 0)))
    shell.set_value(name, letter if known else "?")
    if not known and silent:
        shell.set_value("OPTARG", letter)
    elif not known and shell.get_value("OPTERR") != "0":
        inv.err(f"{shell.name}: illegal option -- {letter}\n")
    return 0


def _inside(shell: Session, words: Sequence[str]) -> bool:
    return bool(words) and words[0][:1] == "-" and shell.option_at < len(words[0])


def _with_value(inv: Invocation, words: Sequence[str], number: int, rest: str, letter: str, *, silent: bool) -> int:
    shell, name = inv.shell, inv.argv[2]
    shell.option_at = 0
    if rest or number < len(words):
        shell.set_value("OPTIND", str(number + (1 if rest else 2)))
        shell.set_value("OPTARG", rest or words[number])
        shell.set_value(name, letter)
        return 0
    shell.set_value("OPTIND", str(number + 1))
    shell.set_value(name, ":" if silent else "?")
    if silent:
        shell.set_value("OPTARG", letter)
    elif shell.get_value("OPTERR") != "0":
        inv.err(f"{shell.name}: option requires an argument -- {letter}\n")
    return 0


PROGRAMS: Mapping[str, Program] = {
    "declare": declare,
    "export": export,
    "getopts": getopts,
    "let": let,
    "local": local,
    "readonly": readonly,
    "typeset": declare,
    "unset": unset,
}
