"""Programs that change who may do what with files: chmod, chown, chgrp, chattr, lsattr."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simenv.machine.nodes import FileError, Node, normal
from simenv.machine.program import Program
from simenv.shell.commands.filing import find_or_complain
from simenv.shell.commands.modes import change_mode, show_mode
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec


def _each(inv: Invocation, operands: Sequence[str], act: Callable[[str, Node], None], *, recursive: bool) -> None:
    """Call `act` on each operand, and with `recursive` on all that is below."""
    stack = list(reversed(operands))
    while stack:
        operand = stack.pop()
        inv.shell.budget.charge(50)
        node = find_or_complain(inv, operand, "cannot access")
        if node is None:
            continue
        act(operand, node)
        if recursive and node.kind == "dir":
            try:
                names = inv.host.files.names(inv.path(operand), inv.account)
            except FileError as error:
                inv.complain(f"cannot read directory '{operand}': {error.reason}")
                continue
            inside = [f"{operand.rstrip('/')}/{name}" for name in names]
            stack += [path for path in reversed(inside) if not _is_link(inv, path)]


def _is_link(inv: Invocation, operand: str) -> bool:
    node = inv.host.files.get(normal(operand, inv.cwd))
    return node is not None and node.kind == "link"


def _takes_away(word: str) -> bool:
    """Return whether a word that looks like an option is a mode such as ``-x``."""
    return word[:1] == "-" and word[1:2] in tuple("rwxXst") and change_mode(word, 0, directory=False) is not None


def chmod(inv: Invocation) -> int:
    """Change permission bits, octal or symbolic."""
    words = list(inv.argv[1:])
    mode = next((word for word in words if _takes_away(word)), "")
    inv.argv = [inv.argv[0], *(w for w in words if w != mode)]
    options = inv.options(Spec("Rvfc", "", "recursive:R verbose:v reference:v"))
    operands = list(options.operands)
    if not mode:
        mode = operands.pop(0) if operands else ""
    if not operands:
        missing = f" after '{mode}'" if mode else ""
        raise UsageFault(f"chmod: missing operand{missing}\nTry 'chmod --help' for more information.")
    if change_mode(mode, 0, directory=False) is None:
        raise UsageFault(f"chmod: invalid mode: '{mode}'\nTry 'chmod --help' for more information.")

    def act(operand: str, node: Node) -> None:
        bits = change_mode(mode, node.mode, directory=node.kind == "dir")
        try:
            inv.shell.check_alive()
            inv.host.files.set_mode(inv.path(operand), node.mode if bits is None else bits, inv.account)
        except FileError as error:
            inv.complain(f"changing permissions of '{operand}': {error.reason}")
            return
        if "v" in options.given and bits is not None:
            was, now = show_mode("file", node.mode)[1:], show_mode("file", bits)[1:]
            inv.out(f"mode of '{operand}' changed from {node.mode:04o} ({was}) to {bits:04o} ({now})\n")

    _each(inv, operands, act, recursive="R" in options.given)
    return inv.code


def chown(inv: Invocation) -> int:
    """Change owner and group; `chgrp` changes the group."""
    options = inv.options(Spec("Rvfch", "", "recursive:R verbose:v no-dereference:h"))
    if len(options.operands) < 2:
        raise UsageFault(f"{inv.name}: missing operand\nTry '{inv.name} --help' for more information.")
    who, *operands = options.operands
    owner, colon, group = ("", ":", who) if inv.name == "chgrp" else who.partition(":")
    if owner and owner not in inv.host.plan.accounts and owner != "root" and owner not in inv.host.plan.homes:
        raise UsageFault(f"{inv.name}: invalid user: '{who}'")
    if colon and not group and owner:
        group = owner

    def act(operand: str, node: Node) -> None:
        try:
            inv.shell.check_alive()
            inv.host.files.set_owner(inv.path(operand), owner, group, inv.account)
        except FileError as error:
            what = "group" if inv.name == "chgrp" else "ownership"
            inv.complain(f"changing {what} of '{operand}': {error.reason}")

    _each(inv, operands, act, recursive="R" in options.given)
    return inv.code


def chattr(inv: Invocation) -> int:
    """Set (``+``) or lift (``-``) the flag that makes a file immutable (``i``) or append-only (``a``)."""
    flag, *operands = [word for word in inv.argv[1:] if word != "-R"] or [""]
    if flag not in ("+i", "-i", "+a", "-a") or not operands:
        raise UsageFault("usage: chattr [-R] +i|-i|+a|-a files...")
    files = inv.host.files
    set_flag = files.set_immutable if flag.endswith("i") else files.set_append_only

    def act(operand: str, _: Node) -> None:
        try:
            inv.shell.check_alive()
            set_flag(inv.path(operand), flag.startswith("+"), inv.account)
        except FileError as error:
            inv.complain(f"{error.reason} while setting flags on {operand}")

    _each(inv, operands, act, recursive="-R" in inv.argv)
    return inv.code


def lsattr(inv: Invocation) -> int:
    """List the flags of files; ``i``: immutable, ``a``: append-only."""
    for operand in inv.options(Spec("ad")).operands:
        node = find_or_complain(inv, operand, "cannot access")
        if node is not None:
            inv.out(
                f"----{'i' if node.immutable else '-'}{'a' if node.append_only else '-'}--------e------- {operand}\n"
            )
    return inv.code


PROGRAMS: Mapping[str, Program] = {
    "chattr": chattr,
    "chgrp": chown,
    "chmod": chmod,
    "chown": chown,
    "lsattr": lsattr,
}
