"""Programs that change the tree of files: cp, mv, rm, mkdir, rmdir, ln."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.kernel import Delays
from simenv.machine.nodes import IS_DIR, NO_SPACE, NOT_DIR, FileError, Node, parent
from simenv.machine.program import Program
from simenv.shell.commands.modes import change_mode
from simenv.shell.commands.pace import disk_time_s
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_MAX_DEPTH = 60
_MAX_PATH = 1000


def _targets(inv: Invocation, options: Options) -> list[tuple[str, str]]:
    """Return (source, target) pairs of ``cp`` and ``mv``: into the directory, if the last operand is one."""
    operands = list(options.operands)
    directory = options.given.get("t")
    if directory is not None:
        operands.append(directory)
    if not operands:
        raise UsageFault(f"{inv.name}: missing file operand\nTry '{inv.name} --help' for more information.")
    if len(operands) == 1:
        raise UsageFault(
            f"{inv.name}: missing destination file operand after '{operands[0]}'\nTry '{inv.name} --help' for more information."
        )
    *sources, target = operands
    inside = inv.shell.is_directory(target) and "T" not in options.given
    if len(sources) > 1 and not inside:
        raise UsageFault(f"{inv.name}: target '{target}': No such file or directory"
                         if not inv.shell.exists(target) else f"{inv.name}: target '{target}' is not a directory")  # fmt: skip
    if not inside:
        return [(sources[0], target)]
    return [(source, f"{target.rstrip('/') or ''}/{_last(inv, source)}") for source in sources]


def _last(inv: Invocation, operand: str) -> str:
    return operand.rstrip("/").rpartition("/")[2] if operand.strip("./") else inv.path(operand).rpartition("/")[2]


def cp(inv: Invocation) -> int | Delays[int]:
    """Copy files, and directories with ``-r``; bulk data takes its time."""
    spec = Spec(
        "rRpfavnduiPLTHx", "tS", "recursive:r archive:a verbose:v force:f no-clobber:n preserve:p target-directory:t"
    )
    options = inv.options(spec)
    pairs = _targets(inv, options)
    delay_s = sum(_disk_time_s(inv, source) for source, _ in pairs)
    return _copy_later(inv, options, pairs, delay_s) if delay_s else _copy_all(inv, options, pairs)


def _disk_time_s(inv: Invocation, operand: str, depth: int = 0) -> float:
    """Return how long it takes to copy the bulk data in a file or directory."""
    node = inv.shell.node(operand)
    if node is None or depth > _MAX_DEPTH:
        return 0.0
    if node.kind != "dir":
        return disk_time_s(str(node.content))
    try:
        names = inv.host.files.names(inv.path(operand), inv.account)
    except FileError:
        return 0.0
    return sum(_disk_time_s(inv, f"{operand.rstrip('/')}/{name}", depth + 1) for name in names)


def _copy_later(inv: Invocation, options: Options, pairs: list[tuple[str, str]], delay_s: float) -> Delays[int]:
    yield delay_s
    return _copy_all(inv, options, pairs)


def _copy_all(inv: Invocation, options: Options, pairs: list[tuple[str, str]]) -> int:
    for source, target in pairs:
        node = find_or_complain(inv, source, "cannot stat")
        if node is None:
            continue
        if node.kind == "dir" and not {"r", "R", "a"} & options.given.keys():
            inv.complain(f"-r not specified; omitting directory '{source}'")
        elif "n" in options.given and inv.shell.exists(target):
            continue
        else:
            _copy(inv, options, source, target)
    return inv.code


def find_or_complain(inv: Invocation, operand: str, what: str) -> Node | None:
    """Return the node that an operand leads to, or complain that one ``cannot stat`` it and return None."""
    try:
        return inv.host.files.find(inv.path(operand), inv.account)
    except FileError as error:
        inv.complain(f"{what} '{operand}': {error.reason}")
        return None


def _copy(inv: Invocation, options: Options, source: str, target: str, depth: int = 0) -> None:
    files, account = inv.host.files, inv.account
    old, new = inv.path(source), inv.path(target)
    keep = "p" in options.given or "a" in options.given
    if old == new:
        inv.complain(f"'{source}' and '{target}' are the same file")
        return
    node = files.get(old)
    if (
        node is not None
        and node.kind == "link"
        and "L" not in options.given
        and (depth > 0 or {"a", "d", "P"} & options.given.keys())
    ):
        _copy_link(inv, str(node.content), target)
        return
    if inv.shell.is_directory(source):
        inside = _real(inv, new).startswith(_real(inv, old).rstrip("/") + "/")
        if (depth == 0 and inside) or depth > _MAX_DEPTH:
            inv.complain(f"cannot copy a directory, '{source}', into itself, '{target}'")
            return
        _copy_directory(inv, options, source, target, depth)
        return
    try:
        inv.shell.budget.charge(_content_size(inv, source))
        inv.shell.check_alive()
        if target.endswith("/"):
            raise FileError(target, "Not a directory")
        files.copy(old, new, account, keep=keep)
    except FileError as error:
        reading = error.path == old
        verb = "cannot open '" + source + "' for reading" if reading else f"cannot create regular file '{target}'"
        if error.reason == NO_SPACE:
            verb = f"error writing '{target}'"
        inv.complain(f"{verb}: {error.reason}")
        return
    if "v" in options.given:
        inv.out(f"'{source}' -> '{target}'\n")


def _real(inv: Invocation, path: str) -> str:
    """Return where a path that may not exist yet leads to."""
    try:
        return inv.host.files.resolve(path)
    except FileError:
        return path


def _copy_link(inv: Invocation, content: str, target: str) -> None:
    path = inv.path(target)
    try:
        inv.shell.check_alive()
        if inv.host.files.get(path) is not None:
            inv.host.files.remove(path, inv.account)
        inv.host.files.link(content, path, inv.account)
    except FileError as error:
        inv.complain(f"cannot create symbolic link '{target}': {error.reason}")


def _content_size(inv: Invocation, operand: str) -> int:
    node = inv.shell.node(operand)
    return 0 if node is None or node.kind == "dir" else node.characters


def _copy_directory(inv: Invocation, options: Options, source: str, target: str, depth: int) -> None:
    files, account = inv.host.files, inv.account
    try:
        names = files.names(inv.path(source), account)
        if not inv.shell.is_directory(target):
            node = files.find(inv.path(source), account)
            files.mkdir(inv.path(target), account, mode=node.mode)
    except FileError as error:
        inv.complain(f"cannot create directory '{target}': {error.reason}")
        return
    if "v" in options.given:
        inv.out(f"'{source}' -> '{target}'\n")
    for name in names:
        inv.shell.budget.charge(1000)
        _copy(inv, options, f"{source.rstrip('/')}/{name}", f"{target.rstrip('/')}/{name}", depth + 1)


def mv(inv: Invocation) -> int:
    """Rename or move files and directories."""
    options = inv.options(Spec("fnvbiuT", "tS", "force:f no-clobber:n verbose:v target-directory:t"))
    files = inv.host.files
    for source, target in _targets(inv, options):
        old, new = inv.path(source), inv.path(target)
        if files.get(old) is None and find_or_complain(inv, source, "cannot stat") is None:
            continue
        if "n" in options.given and inv.shell.exists(target):
            continue
        if old == new:
            inv.complain(f"'{source}' and '{target}' are the same file")
            continue
        if len(new) > _MAX_PATH:
            inv.complain(f"cannot move '{source}' to '{target[:80]}': File name too long")
            continue
        if new.startswith(old + "/"):
            inv.complain(f"cannot move '{source}' to a subdirectory of itself, '{target}'")
            continue
        inv.shell.check_alive()
        try:
            files.move(old, new, inv.account)
        except FileError as error:
            inv.complain(f"cannot move '{source}' to '{target}': {error.reason}")
            continue
        if "v" in options.given:
            inv.out(f"renamed '{source}' -> '{target}'\n")
    return inv.code


def rm(inv: Invocation) -> int:
    """Remove files, and directories with ``-r``."""
    options = inv.options(Spec("rRfvidI", "", "recursive:r force:f verbose:v dir:d no-preserve-root:f preserve-root:v"))
    if not options.operands and "f" not in options.given:
        raise UsageFault("rm: missing operand\nTry 'rm --help' for more information.")
    for operand in options.operands:
        path = inv.path(operand)
        if path == "/" and "--no-preserve-root" not in inv.argv:
            inv.complain(
                "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe"
            )
        elif operand.rstrip("/").rpartition("/")[2] in (".", ".."):
            inv.complain(f"refusing to remove '.' or '..' directory: skipping '{operand}'")
        else:
            _remove(inv, options, operand)
    return inv.code


def _remove(inv: Invocation, options: Options, operand: str, depth: int = 0) -> None:
    files = inv.host.files
    path = inv.path(operand)
    node = files.get(_entry(inv, path))
    inv.shell.budget.charge(100)
    if operand[-1:] == "/" and node is not None and node.kind == "file":
        inv.complain(f"cannot remove '{operand}': Not a directory")
        return
    if operand[-1:] == "/" and node is not None and node.kind == "link" and inv.shell.is_directory(operand):
        inv.complain(f"cannot remove '{operand}': {NOT_DIR if 'r' in options.given else IS_DIR}")
        return
    if node is None or not _reachable(inv, path):
        if "f" not in options.given or node is not None:
            find_or_complain(inv, operand, "cannot remove")
        else:
            inv.fail(0)
        return
    if node.kind == "dir":
        if not {"r", "R", "d"} & options.given.keys():
            inv.complain(f"cannot remove '{operand}': Is a directory")
            return
        if not _empty(inv, options, operand, depth):
            return
    inv.shell.check_alive()
    try:
        files.remove(path, inv.account)
    except FileError as error:
        inv.complain(f"cannot remove '{operand}': {error.reason}")
        return
    if "v" in options.given:
        inv.out(f"removed {'directory ' if node.kind == 'dir' else ''}'{operand}'\n")


def _entry(inv: Invocation, path: str) -> str:
    try:
        above = inv.host.files.resolve(parent(path))
    except FileError:
        return path
    return f"{'' if above == '/' else above}/{path.rpartition('/')[2]}"


def _reachable(inv: Invocation, path: str) -> bool:
    return inv.shell.node(parent(path)) is not None


def _empty(inv: Invocation, options: Options, operand: str, depth: int) -> bool:
    """Remove what is in a directory; return whether to go on and remove the directory itself."""
    if "r" not in options.given and "R" not in options.given:
        return True
    if depth > _MAX_DEPTH:
        inv.complain(f"cannot remove '{operand}': File name too long")
        return False
    try:
        names = inv.host.files.names(_entry(inv, inv.path(operand)), inv.account)
    except FileError as error:
        inv.complain(f"cannot remove '{operand}': {error.reason}")
        return False
    failed = inv.code
    inv.code = 0
    for name in names:
        _remove(inv, options, f"{operand.rstrip('/')}/{name}", depth + 1)
    complete = inv.code == 0
    inv.code = inv.code or failed
    return complete


def mkdir(inv: Invocation) -> int:
    """Make directories; ``-p`` with those above, ``-m`` mode."""
    options = inv.options(Spec("pv", "m", "parents:p mode:m verbose:v"))
    if not options.operands:
        raise UsageFault("mkdir: missing operand\nTry 'mkdir --help' for more information.")
    mode = change_mode(options.given["m"], 0o777, directory=True) if "m" in options.given else 0o777 & ~inv.shell.mask
    if mode is None:
        raise UsageFault(f"mkdir: invalid mode '{options.given['m']}'")
    for operand in options.operands:
        path = inv.path(operand)
        if len(path) > _MAX_PATH:
            inv.complain(f"cannot create directory '{operand[:80]}': File name too long")
            continue
        missing = _missing(inv, path) if "p" in options.given else [path]
        for directory in missing:
            try:
                inv.shell.check_alive()
                inv.host.files.mkdir(directory, inv.account, mode=mode)
            except FileError as error:
                inv.complain(f"cannot create directory '{operand}': {error.reason}")
                break
            if "v" in options.given:
                inv.out(f"mkdir: created directory '{operand}'\n")
        if "p" in options.given and not missing and not inv.shell.is_directory(operand):
            inv.complain(f"cannot create directory '{operand}': File exists")
    return inv.code


def _missing(inv: Invocation, path: str) -> list[str]:
    missing: list[str] = []
    while path != "/" and not inv.shell.exists(path) and len(missing) < 1000:
        missing.append(path)
        path = parent(path)
    return missing[::-1]


def rmdir(inv: Invocation) -> int:
    """Remove empty directories; ``-p`` with those above."""
    options = inv.options(Spec("pv", "", "parents:p verbose:v ignore-fail-on-non-empty:v"))
    for operand in options.operands:
        names = [operand]
        while "p" in options.given and "/" in names[-1].strip("/"):
            names.append(names[-1].rstrip("/").rpartition("/")[0])
        for name in names:
            try:
                if not inv.shell.is_directory(name) and inv.shell.exists(name):
                    raise FileError(name, "Not a directory")
                inv.host.files.remove(inv.path(name), inv.account)
            except FileError as error:
                inv.complain(f"failed to remove '{name}': {error.reason}")
                break
    return inv.code


def ln(inv: Invocation) -> int:
    """Make links; ``-s`` symbolic, ``-f`` replacing."""
    options = inv.options(Spec("sfnvrT", "t", "symbolic:s force:f verbose:v no-dereference:n"))
    if not options.operands:
        raise UsageFault("ln: missing file operand\nTry 'ln --help' for more information.")
    *sources, last = options.operands if len(options.operands) > 1 else (*options.operands, ".")
    inside = inv.shell.is_directory(last) and "n" not in options.given and "T" not in options.given
    for source in sources:
        target = f"{last.rstrip('/')}/{_last(inv, source)}" if inside else last
        _link(inv, options, source, target)
    return inv.code


def _link(inv: Invocation, options: Options, source: str, target: str) -> None:
    files = inv.host.files
    path = inv.path(target)
    symbolic = "s" in options.given
    if target[-1:] == "/" and not inv.shell.exists(target):
        kind = "symbolic" if symbolic else "hard"
        inv.complain(f"failed to create {kind} link '{target}': No such file or directory")
        return
    try:
        if "f" in options.given and files.get(path) is not None and path != inv.path(source):
            files.remove(path, inv.account)
        files.link(source if symbolic else inv.path(source), path, inv.account, symbolic=symbolic)
    except FileError as error:
        if not symbolic and error.path != path:
            inv.complain(f"failed to access '{source}': {error.reason}")
        else:
            inv.complain(f"failed to create {'symbolic' if symbolic else 'hard'} link '{target}': {error.reason}")
        return
    if "v" in options.given:
        inv.out(f"'{target}' -> '{source}'\n")


PROGRAMS: Mapping[str, Program] = {
    "cp": cp,
    "ln": ln,
    "mkdir": mkdir,
    "mv": mv,
    "rm": rm,
    "rmdir": rmdir,
}
