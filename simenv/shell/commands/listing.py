"""Programs that describe files: ls, stat, file, readlink, realpath, basename, dirname, du, tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simenv.machine.content.rendering import describe
from simenv.machine.content.tokens import is_opaque
from simenv.machine.nodes import FileError, Node, normal
from simenv.machine.program import Program
from simenv.shell.commands.modes import human_size, show_mode
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_LS = Spec("laA1RtdhrSFigkscpvUnGoLHmNqQxX", "IwT", "all:a almost-all:A recursive:R directory:d human-readable:h reverse:r "
           "color:G full-time:N inode:i time-style:T group-directories-first:N classify:F", 2)  # fmt: skip
_SIX_MONTHS_S = 182 * 86400
_MAX_ENTRIES = 20_000


class Entry(NamedTuple):
    """A line of a listing; for find, under the root that its walk started from."""

    name: str
    path: str
    node: Node
    root: str = ""


def ls(inv: Invocation) -> int:
    """List files and directories."""
    options = inv.options(_LS)
    operands = list(options.operands) or ["."]
    files: list[Entry] = []
    directories: list[str] = []
    for operand in sorted(operands):
        node = _look(inv, operand, options)
        if node is None:
            inv.code = 2
        elif node.kind == "dir" and "d" not in options.given:
            directories.append(operand)
        else:
            files.append(Entry(operand, inv.path(operand), node))
    if files:
        _print(inv, options, files)
    titled = len(operands) > 1 or "R" in options.given
    _list_directories(inv, options, directories, titled=titled, first=not files)
    return inv.code


def _look(inv: Invocation, operand: str, options: Options) -> Node | None:
    try:
        node = inv.host.files.find(inv.path(operand), inv.account)
    except FileError as error:
        link = inv.host.files.get(inv.path(operand))
        if link is not None and link.kind == "link":
            return link
        inv.complain(f"cannot access '{operand}': {error.reason}", 2)
        return None
    entry = inv.host.files.get(inv.path(operand))
    keep_link = ("l" in options.given or "d" in options.given) and not operand.endswith("/")
    return entry if entry is not None and entry.kind == "link" and keep_link else node


def _list_directories(inv: Invocation, options: Options, directories: list[str], *, titled: bool, first: bool) -> None:
    stack = list(reversed(directories))
    while stack:
        directory = stack.pop()
        inv.shell.budget.charge(50)
        try:
            entries = _entries(inv, directory, options)
        except FileError as error:
            inv.complain(f"cannot open directory '{directory}': {error.reason}", 2)
            continue
        if titled:
            inv.out(("" if first else "\n") + f"{directory}:\n")
        first = False
        if {"l", "n", "o", "g"} & options.given.keys():
            total = sum(_blocks(entry.node) for entry in entries)
            inv.out(f"total {human_size(total * 1024) if 'h' in options.given else total}\n")
        _print(inv, options, entries)
        if "R" in options.given:
            inner = [e for e in entries if e.node.kind == "dir" and e.name not in (".", "..")]
            stack += [f"{directory.rstrip('/') or ''}/{entry.name}" for entry in reversed(inner)]


def _entries(inv: Invocation, directory: str, options: Options) -> list[Entry]:
    files = inv.host.files
    path = inv.path(directory)
    names: Sequence[str] = files.names(path, inv.account)
    if "a" not in options.given and "A" not in options.given:
        names = [name for name in names if name[0] != "."]
    real = files.resolve(path)
    entries = [
        Entry(name, f"{'' if real == '/' else real}/{name}", _node(inv, real, name)) for name in names[:_MAX_ENTRIES]
    ]
    if "a" in options.given:
        entries[:0] = [
            Entry(dots, at, files.find(at, inv.account)) for dots, at in ((".", real), ("..", normal("..", real)))
        ]
    return entries


def _node(inv: Invocation, directory: str, name: str) -> Node:
    node = inv.host.files.get(f"{'' if directory == '/' else directory}/{name}")
    assert node is not None
    return node


def _sort(entries: list[Entry], options: Options) -> list[Entry]:
    if "t" in options.given:
        entries = sorted(entries, key=lambda entry: -entry.node.mtime)
    elif "S" in options.given:
        entries = sorted(entries, key=lambda entry: -entry.node.bytes)
    return entries[::-1] if "r" in options.given else entries


def _print(inv: Invocation, options: Options, entries: list[Entry]) -> None:
    entries = _sort(entries, options)
    if not {"l", "n", "o", "g"} & options.given.keys():
        marks = [_mark(entry.node, options) for entry in entries]
        inv.out("".join(f"{entry.name}{mark}\n" for entry, mark in zip(entries, marks, strict=True)))
        return
    rows = [_row(inv, options, entry) for entry in entries]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(6)]
    for row in rows:
        mode, links, owner, group, size, when, name = row
        inv.out(
            f"{mode} {links:>{widths[1]}} {owner:<{widths[2]}} {group:<{widths[3]}} {size:>{widths[4]}} {when} {name}\n"
        )


def _mark(node: Node, options: Options) -> str:
    if node.kind == "dir" and ("F" in options.given or "p" in options.given):
        return "/"
    if "F" not in options.given:
        return ""
    if node.kind == "link":
        return "@"
    return "*" if node.mode & 0o111 else ""


def _row(inv: Invocation, options: Options, entry: Entry) -> tuple[str, ...]:
    node = entry.node
    size = node.bytes if node.kind != "dir" else 4096
    name = entry.name + _mark(node, options)
    if node.kind == "link":
        name += f" -> {node.content}"
    return (
        show_mode(node.kind, node.mode),
        "2" if node.kind == "dir" else "1",
        node.owner,
        node.group,
        human_size(size) if "h" in options.given else str(size),
        _when(inv, node.mtime),
        name,
    )


def _when(inv: Invocation, mtime: float) -> str:
    sim = inv.host.sim
    moment = sim.calendar.at(mtime)
    recent = -60 <= sim.now - mtime < _SIX_MONTHS_S
    return f"{moment:%b} {moment.day:2d} " + (f"{moment:%H:%M}" if recent else f" {moment.year}")


def _blocks(node: Node) -> int:
    if node.kind == "dir":
        return 4
    return 0 if node.kind == "link" else (node.bytes + 4095) // 4096 * 4


def stat(inv: Invocation) -> int:
    """Describe files; ``-c FORMAT`` with ``%n %s %a %A %U %G %F %Y %y %i %h %N``."""
    given, operands = inv.options(Spec("Lt", "cf", "format:c printf:c"))
    if not operands:
        raise UsageFault("stat: missing operand\nTry 'stat --help' for more information.")
    for operand in operands:
        path = inv.path(operand)
        node = inv.host.files.get(path) if "L" not in given else None
        if node is None or inv.shell.node(operand) is None:
            node = inv.shell.node(operand)
        if node is None:
            inv.complain(f"cannot statx '{operand}': {_reason(inv, operand)}")
        else:
            inv.out(
                _format_stat(inv, given["c"], operand, node) + "\n" if "c" in given else _describe(inv, operand, node)
            )
    return inv.code


def _reason(inv: Invocation, operand: str) -> str:
    try:
        inv.host.files.find(inv.path(operand), inv.account)
    except FileError as error:
        return error.reason
    return ""


_KINDS = {"file": "regular file", "dir": "directory", "link": "symbolic link"}


def _kind(node: Node) -> str:
    return "regular empty file" if node.kind == "file" and not node.bytes else _KINDS[node.kind]


def _format_stat(inv: Invocation, template: str, name: str, node: Node) -> str:
    moment = inv.host.sim.calendar.at(node.mtime)
    size = 4096 if node.kind == "dir" else node.bytes
    values = {
        "n": name, "N": f"'{name}'", "s": str(size), "a": f"{node.mode:o}", "A": show_mode(node.kind, node.mode),
        "U": node.owner, "G": node.group, "F": _kind(node), "Y": str(int(moment.timestamp())),
        "y": f"{moment:%Y-%m-%d %H:%M:%S}.000000000 {moment:%z}", "i": str(node.inode), "h": "1", "%": "%",
        "X": str(int(moment.timestamp())), "Z": str(int(moment.timestamp())), "u": "0" if node.owner == "root" else "1000",
        "g": "0" if node.group == "root" else "1000", "b": str(_blocks(node) * 2), "B": "512",
    }  # fmt: skip
    values["x"] = values["z"] = values["y"]
    pieces = template.split("%")
    out = [pieces[0]]
    rest = iter(pieces[1:])
    out += [values.get(piece[:1], "%" + piece[:1]) + piece[1:] if piece else "%" + next(rest, "") for piece in rest]
    return "".join(out)


def _describe(inv: Invocation, name: str, node: Node) -> str:
    shown = f"{name} -> {node.content}" if node.kind == "link" else name
    kind = _kind(node)
    when = _format_stat(inv, "%y", name, node)
    size = _format_stat(inv, "%s", name, node)
    return (
        f"  File: {shown}\n  Size: {size:<10}\tBlocks: {_blocks(node) * 2:<10} IO Block: 4096   {kind}\n"
        f"Device: 8,1\tInode: {node.inode:<11} Links: 1\n"
        f"Access: ({node.mode:04o}/{show_mode(node.kind, node.mode)})  Uid: ({node.owner:>8})   Gid: ({node.group:>8})\n"
        f"Access: {when}\nModify: {when}\nChange: {when}\n Birth: -\n"
    )


def file(inv: Invocation) -> int:
    """Guess what files contain."""
    given, operands = inv.options(Spec("bihLz", "", "brief:b mime-type:i mime:i"))
    for operand in operands:
        inv.out(("" if "b" in given else f"{operand}: ") + _guess(inv, operand) + "\n")
    return 0


def _guess(inv: Invocation, operand: str) -> str:
    entry = inv.host.files.get(inv.path(operand))
    if entry is not None and entry.kind == "link":
        return f"symbolic link to {entry.content}"
    node = inv.shell.node(operand)
    if node is None:
        return f"cannot open `{operand}' (No such file or directory)"
    if node.kind == "dir":
        return "directory"
    if not inv.shell.may_read(operand):
        return "regular file, no read permission"
    text = str(node.content)
    if not text:
        return "empty"
    if is_opaque(text):
        return describe(text)
    if node.program or text.startswith("\x7fELF"):
        return "ELF 64-bit LSB pie executable, x86-64, dynamically linked"
    if text.startswith("#!"):
        name = text[2:].split("\n", maxsplit=1)[0].strip()
        if "bash" in name:
            kind = "Bourne-Again shell"
        else:
            kind = "Python" if "python" in name else "POSIX shell"
        return f"{kind} script, ASCII text executable" if kind != "POSIX shell" or "sh" in name else f"a {name} script"
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]"):
        return "JSON text data"
    return "ASCII text" if text.isascii() else "Unicode text, UTF-8 text"


def readlink(inv: Invocation) -> int:
    """Print the target of a link; ``-f``: the path with all links followed."""
    given, operands = inv.options(Spec("fenmq"))
    if {"f", "e", "m"} & given.keys():
        return _real_paths(inv, operands)
    for operand in operands:
        node = inv.host.files.get(inv.path(operand))
        if node is None or node.kind != "link":
            inv.code = 1
        else:
            inv.out(f"{node.content}\n")
    return inv.code


def _real_paths(inv: Invocation, operands: Sequence[str]) -> int:
    for operand in operands:
        try:
            inv.out(inv.host.files.resolve(inv.path(operand)) + "\n")
        except FileError as error:
            inv.complain(f"{operand}: {error.reason}")
    return inv.code


def realpath(inv: Invocation) -> int:
    """Print absolute paths with links followed."""
    given, operands = inv.options(Spec("emsqLP"))
    for operand in operands:
        missing = "m" not in given and not inv.shell.exists(normal("..", inv.path(operand)))
        if missing or ("e" in given and not inv.shell.exists(operand)):
            inv.complain(f"{operand}: No such file or directory")
        else:
            _real_paths(inv, [operand])
    return inv.code


def basename(inv: Invocation) -> int:
    """Print the last part of a path, without SUFFIX."""
    given, operands = inv.options(Spec("az", "s", "suffix:s multiple:a"))
    if not operands:
        raise UsageFault("basename: missing operand\nTry 'basename --help' for more information.")
    suffix = given.get("s", "")
    if not given and len(operands) > 1:
        operands, suffix = operands[:1], operands[1]
    for operand in operands:
        name = operand.rstrip("/").rpartition("/")[2] or ("/" if operand else "")
        inv.out((name.removesuffix(suffix) if name != suffix else name) + "\n")
    return 0


def dirname(inv: Invocation) -> int:
    """Print a path without its last part."""
    operands = inv.options(Spec("z")).operands
    if not operands:
        raise UsageFault("dirname: missing operand\nTry 'dirname --help' for more information.")
    for operand in operands:
        above, slash, _ = operand.rstrip("/").rpartition("/")
        inv.out((above.rstrip("/") or ("/" if slash or operand.startswith("/") else ".")) + "\n")
    return 0


def du(inv: Invocation) -> int:
    """Sum up sizes: ``-s`` totals only, ``-h`` readable, ``-a`` files too."""
    given, operands = inv.options(Spec("shacbkxm", "d", "summarize:s human-readable:h all:a max-depth:d"))
    if given.get("d", "").isdecimal():
        depth = int(given["d"][:4])
    else:
        depth = 0 if "s" in given else 1 << 30
    for operand in operands or (".",):
        if inv.find(operand) is not None:
            _usage(inv, given, operand, depth)
    return inv.code


def _usage(inv: Invocation, given: Mapping[str, str], operand: str, depth: int) -> int:
    files = inv.host.files
    path = inv.path(operand)
    node = files.get(path)
    total = 0 if node is None else _blocks(node)
    inv.shell.budget.charge(20)
    if node is not None and node.kind == "dir":
        try:
            names = files.names(path, inv.account)
        except FileError as error:
            inv.complain(f"cannot read directory '{operand}': {error.reason}")
            names = ()
        inv.shell.enter()
        total += sum(_usage(inv, given, f"{operand.rstrip('/')}/{name}", depth - 1) for name in names)
        inv.shell.depth -= 1
    top = operand in inv.argv or operand == "."
    if depth >= 0 and (node is None or node.kind == "dir" or "a" in given or top):
        inv.out(f"{human_size(total * 1024) if 'h' in given else total}\t{operand}\n")
    return total


PROGRAMS: Mapping[str, Program] = {
    "basename": basename,
    "dirname": dirname,
    "du": du,
    "file": file,
    "ls": ls,
    "readlink": readlink,
    "realpath": realpath,
    "stat": stat,
}
