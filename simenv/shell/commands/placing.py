"""Programs that put files in place, cut them to size and destroy them: install, truncate, shred, unlink, mkfifo, sync."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.machine.content.tokens import ZERO, bulk, byte_size, byte_slice
from simenv.machine.nodes import FileError, parent
from simenv.machine.program import Program
from simenv.shell.commands.filing import find_or_complain
from simenv.shell.commands.modes import change_mode
from simenv.shell.commands.splitting import parse_size
from simenv.shell.devices import random_bytes
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_INSTALL = Spec(
    "bcCdDpsTv",
    "mogtS",
    "mode:m owner:o group:g directory:d target-directory:t no-target-directory:T verbose:v backup:b"
    " suffix:S compare:C preserve-timestamps:p strip:s",
)
_SHRED = Spec("fuvxz", "nsr", "force:f iterations:n remove:u size:s verbose:v exact:x zero:z random-source:r")
_BLOCK = 4096
_MAX_PASSES = 100
_OPERATORS = "+-<>/%"


def _hint(name: str, message: str) -> UsageFault:
    return UsageFault(f"{name}: {message}\nTry '{name} --help' for more information.")


# -- install -----------------------------------------------------------------------------------------------------------


def install(inv: Invocation) -> int:
    """Copy files and set their mode (``-m``, 755 if not given) and owner; ``-d`` makes directories, ``-D`` those above."""
    options = inv.options(_INSTALL)
    given, operands = options
    mode = change_mode(given.get("m", "755"), 0, directory=False)
    if mode is None:
        raise UsageFault(f"install: invalid mode '{given['m']}'")
    if not operands:
        raise _hint("install", "missing file operand")
    if "d" in given:
        for operand in operands:
            _make_directories(inv, options, operand, mode)
        return inv.code
    for source, target in _pairs(inv, options):
        _install(inv, options, source, target, mode)
    return inv.code


def _pairs(inv: Invocation, options: Options) -> list[tuple[str, str]]:
    operands = list(options.operands)
    directory = options.given.get("t")
    if directory is None and len(operands) == 1:
        raise _hint("install", f"missing destination file operand after '{operands[0]}'")
    target = directory if directory is not None else operands.pop()
    inside = directory is not None or (inv.shell.is_directory(target) and "T" not in options.given)
    if len(operands) > 1 and not inside:
        raise UsageFault(f"install: target '{target}' is not a directory" if inv.shell.exists(target)
                         else f"install: target '{target}': No such file or directory")  # fmt: skip
    if not inside:
        return [(operands[0], target)]
    return [(source, f"{target.rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}") for source in operands]


def _make_directories(inv: Invocation, options: Options, operand: str, mode: int) -> bool:
    """Make a directory, of `mode`, and those above it; return whether it is there."""
    missing: list[str] = []
    path = operand.rstrip("/") or "/"
    while path and not inv.shell.exists(path):
        inv.shell.budget.charge(100)
        missing.append(path)
        path = path.rpartition("/")[0].rstrip("/")
    for at, directory in enumerate(reversed(missing), start=1):
        try:
            inv.shell.check_alive()
            inv.host.files.mkdir(inv.path(directory), inv.account, mode=mode if at == len(missing) else 0o755)
        except FileError as error:
            inv.complain(f"cannot create directory '{directory}': {error.reason}")
            return False
        if "v" in options.given:
            inv.out(f"install: creating directory '{directory}'\n")
    return True


def _install(inv: Invocation, options: Options, source: str, target: str, mode: int) -> None:
    given = options.given
    node = find_or_complain(inv, source, "cannot stat")
    if node is None:
        return
    if node.kind == "dir":
        inv.complain(f"omitting directory '{source}'")
        return
    if inv.path(source) == inv.path(target):
        inv.complain(f"'{source}' and '{target}' are the same file")
        return
    above = target.rstrip("/").rpartition("/")[0]
    if "D" in given and above and not _make_directories(inv, options, above, 0o755):
        return
    if not _clear(inv, options, target):
        return
    try:
        inv.shell.budget.charge(node.characters)
        inv.shell.check_alive()
        inv.host.files.copy(inv.path(source), inv.path(target), inv.account)
    except FileError as error:
        at_source = error.path == inv.path(source)
        inv.complain(f"cannot open '{source}' for reading: {error.reason}" if at_source
                     else f"cannot create regular file '{target}': {error.reason}")  # fmt: skip
        return
    if "v" in given:
        inv.out(f"'{source}' -> '{target}'\n")
    _set_attributes(inv, options, target, mode)


def _clear(inv: Invocation, options: Options, target: str) -> bool:
    """Take away, or (``-b``) put aside, the file that stands where another is to be."""
    files, path, given = inv.host.files, inv.path(target), options.given
    there = files.get(path)
    if there is None:
        return True
    if there.kind == "dir":
        inv.complain(f"cannot overwrite directory '{target}' with non-directory")
        return False
    try:
        inv.shell.check_alive()
        if "b" in given or "S" in given:
            files.move(path, path + given.get("S", "~"), inv.account)
        else:
            files.remove(path, inv.account)
    except FileError as error:
        inv.complain(f"cannot remove '{target}': {error.reason}")
        return False
    if "v" in given and "b" not in given and "S" not in given:
        inv.out(f"removed '{target}'\n")
    return True


def _set_attributes(inv: Invocation, options: Options, target: str, mode: int) -> None:
    files, path, given = inv.host.files, inv.path(target), options.given
    try:
        node = files.find(path, inv.account)
        if node.mode != mode:
            files.set_mode(path, mode, inv.account)
        owner, group = given.get("o", node.owner), given.get("g", node.group)
        if (owner, group) != (node.owner, node.group):
            files.set_owner(path, owner, group, inv.account)
    except FileError as error:
        inv.complain(f"cannot change ownership of '{target}': {error.reason}")


# -- truncate, shred -----------------------------------------------------------------------------------------------------


def truncate(inv: Invocation) -> int:
    """Set the size of files: ``-s`` bytes (``+ - < > / %`` relative), or that of ``-r`` FILE; ``-c`` makes none."""
    given, operands = inv.options(Spec("co", "sr", "size:s reference:r no-create:c io-blocks:o"))
    if "s" not in given and "r" not in given:
        raise _hint("truncate", "you must specify either '--size' or '--reference'")
    text = given.get("s", "+0").strip()
    operator = text[:1] if text[:1] in tuple(_OPERATORS) else ""
    amount = parse_size(text[len(operator) :])
    if amount is None:
        raise UsageFault(f"truncate: Invalid number: '{given['s']}'")
    if operator in ("/", "%") and not amount:
        raise UsageFault("truncate: division by zero")
    if not operands:
        raise _hint("truncate", "missing file operand")
    like = find_or_complain(inv, given["r"], "cannot stat") if "r" in given else None
    if "r" in given and like is None:
        return 1
    for operand in operands:
        if "c" in given and not inv.shell.exists(operand):
            continue
        _truncate(inv, operand, operator, amount, None if like is None else like.bytes)
    return inv.code


def _truncate(inv: Invocation, operand: str, operator: str, amount: int, reference: int | None) -> None:
    try:
        inv.shell.check_writable(operand)
        node = inv.shell.node(operand)
        content = str(node.content) if node is not None else ""
        size = byte_size(content)
        wanted = _wanted_size(operator, amount, size if reference is None else reference)
        inv.shell.budget.charge(len(content))
        kept = byte_slice(content, 0, wanted)
        zeros = bulk(ZERO, 0, wanted - byte_size(kept)) if wanted > byte_size(kept) else ""
        inv.shell.write_file(operand, inv.placeholders(kept + zeros))
    except FileError as error:
        inv.complain(f"cannot open '{operand}' for writing: {error.reason}")


def _wanted_size(operator: str, amount: int, size: int) -> int:
    if operator == "+":
        return size + amount
    if operator == "-":
        return max(0, size - amount)
    if operator == "<":
        return min(size, amount)
    if operator == ">":
        return max(size, amount)
    if operator == "/":
        return size // amount * amount
    return -(-size // amount) * amount if operator == "%" else amount


def shred(inv: Invocation) -> int:
    """Overwrite files with random bytes, ``-n`` times and (``-z``) with zeros; ``-u`` removes them then."""
    given, operands = inv.options(_SHRED)
    count = given.get("n", "3")
    if not count.isdecimal():
        raise UsageFault(f"shred: invalid number of passes: '{count}'")
    if not operands:
        raise _hint("shred", "missing file operand")
    for operand in operands:
        _shred(inv, given, operand, min(int(count[:6]), _MAX_PASSES))
    return inv.code


def _shred(inv: Invocation, given: Mapping[str, str], operand: str, passes: int) -> None:
    try:
        node = inv.host.files.find(inv.path(operand), inv.account)
    except FileError as error:
        inv.complain(f"{operand}: failed to open for writing: {error.reason}")
        return
    size = node.bytes if "x" in given else -(-node.bytes // _BLOCK) * _BLOCK
    size = parse_size(given["s"]) or size if "s" in given else size
    total = passes + ("z" in given)
    try:
        for at in range(1, total + 1):
            is_last = at > passes
            inv.shell.spend_command()
            data = bulk(ZERO, 0, size) if is_last else random_bytes(inv.host.sim, size)
            inv.shell.write_file(operand, inv.placeholders(data))
            if "v" in given:
                inv.err(f"shred: {operand}: pass {at}/{total} ({'000000' if is_last else 'random'})...\n")
        if "u" in given:
            inv.host.files.remove(inv.path(operand), inv.account)
            if "v" in given:
                inv.err(_shown_removal(operand))
    except FileError as error:
        inv.complain(f"{operand}: failed to open for writing: {error.reason}")


def _shown_removal(operand: str) -> str:
    """Return what ``-v`` prints of the removal: the file is renamed to shorter and shorter names of zeros first."""
    above, slash, name = operand.rpartition("/")
    lines = [f"shred: {operand}: removing\n"]
    old = operand
    for size in range(len(name), 0, -1):
        new = above + slash + "0" * size
        lines.append(f"shred: {old}: renamed to {new}\n")
        old = new
    return "".join(lines) + f"shred: {operand}: removed\n"


# -- the others ----------------------------------------------------------------------------------------------------------


def unlink(inv: Invocation) -> int:
    """Remove one file."""
    _, operands = inv.options(Spec())
    if len(operands) != 1:
        raise _hint("unlink", f"extra operand '{operands[1]}'" if operands else "missing operand")
    path = inv.path(operands[0])
    node = inv.host.files.get(path)
    try:
        inv.shell.check_alive()
        if node is not None and node.kind == "dir":
            raise FileError(path, "Is a directory")
        inv.host.files.remove(path, inv.account)
    except FileError as error:
        inv.complain(f"cannot unlink '{operands[0]}': {error.reason}")
    return inv.code


def mkfifo(inv: Invocation) -> int:
    """Refuse, as on a file system that holds no pipes; say what is wrong with the path first."""
    _, operands = inv.options(Spec("Z", "m", "mode:m"))
    if not operands:
        raise _hint("mkfifo", "missing operand")
    for operand in operands:
        above = inv.shell.node(parent(inv.path(operand)))
        if inv.shell.exists(operand):
            inv.complain(f"cannot create fifo '{operand}': File exists")
        elif above is None:
            inv.complain(f"cannot create fifo '{operand}': No such file or directory")
        else:
            inv.complain(f"cannot create fifo '{operand}': Operation not permitted")
    return inv.code


def sync(inv: Invocation) -> int:
    """Write what is cached to the disk: nothing is; operands must exist."""
    _, operands = inv.options(Spec("df", "", "data:d file-system:f"))
    for operand in operands:
        if not inv.shell.exists(operand):
            inv.complain(f"error opening '{operand}': No such file or directory")
    return inv.code


PROGRAMS: Mapping[str, Program] = {
    "install": install,
    "mkfifo": mkfifo,
    "shred": shred,
    "sync": sync,
    "truncate": truncate,
    "unlink": unlink,
}
