"""Programs that gather files into one, and take them apart: tar, zip, unzip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simenv.kernel import Delays
from simenv.machine.content.formats import ArchiveError, Member, compress, decompress, pack, unpack
from simenv.machine.content.tokens import Wrapped, byte_size, pieces
from simenv.machine.nodes import NO_SPACE, FileError, parent
from simenv.machine.program import Program
from simenv.shell.commands.compressing import packing_time_s, unpacking_time_s
from simenv.shell.commands.modes import show_mode
from simenv.shell.commands.pace import disk_time_s
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Options, Spec

_TAR = Spec(
    "cxtzJjavkpPhOmw~",
    "fCTX",
    "create:c extract:x get:x list:t gzip:z xz:J bzip2:j auto-compress:a verbose:v file:f directory:C to-stdout:O "
    "keep-old-files:k files-from:T exclude:X remove-files:~",
    2,
)
_FAMILIES = {"z": "gzip", "J": "xz", "j": "bzip2"}
_SUFFIXES = {".gz": "gzip", ".tgz": "gzip", ".xz": "xz", ".txz": "xz", ".bz2": "bzip2"}
_MAX_DEPTH = 60


def tar(inv: Invocation) -> Delays[int]:
    """Make (``c``), list (``t``), extract (``x``) an archive: ``-f``, ``-C``, ``-z -J -j -a``, ``-v``, ``--remove-files``."""
    if len(inv.argv) > 1 and inv.argv[1][:1] != "-":
        inv.argv = [inv.argv[0], *_dashed(inv.argv[1], list(inv.argv[2:]))]
    options = inv.options(_TAR)
    given = options.given
    if "c" in given:
        return (yield from _create(inv, options))
    if "x" in given or "t" in given:
        return (yield from _unpack(inv, options))
    raise UsageFault(
        "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n"
        "Try 'tar --help' or 'tar --usage' for more information.", 2)  # fmt: skip


def _dashed(letters: str, rest: list[str]) -> list[str]:
    """Turn the old style ``cfC archive dir`` into options with dashes."""
    words: list[str] = []
    for letter in letters:
        words.append(f"-{letter}")
        if letter in "fCTX" and rest:
            words.append(rest.pop(0))
    return [*words, *rest]


def _create(inv: Invocation, options: Options) -> Delays[int]:
    given = options.given
    names = list(options.operands)
    if "T" in given:
        names += (inv.read(given["T"]) or "").split("\n")
    if not any(names):
        raise UsageFault("tar: Cowardly refusing to create an empty archive", 2)
    base = inv.path(given.get("C", "."))
    members = [member for name in names if name for member in _gather(inv, base, name, given, 0)]
    archive = pack(members)
    target = given.get("f", "-")
    family = next((_FAMILIES[letter] for letter in given if letter in _FAMILIES), "")
    if "a" in given:
        family = next((found for suffix, found in _SUFFIXES.items() if target.endswith(suffix)), family)
    delay_s = packing_time_s(family, archive) if family else disk_time_s(archive)
    if delay_s:
        yield delay_s
    if "v" in given:
        listing = "".join(f"{member.name}\n" for member in members)
        (inv.err if target == "-" else inv.out)(listing)
    result = inv.placeholders(compress(family, archive) if family else archive)
    if target == "-":
        inv.out(result)
    elif not _store(inv, target, result):
        return 2
    if "~" in given:
        _remove_members(inv, base, members)
    return inv.code


def _remove_members(inv: Invocation, base: str, members: Sequence[Member]) -> None:
    """Remove what went into an archive; of directories those that are empty without it."""
    for member in reversed(members):
        path = inv.path(f"{base}/{member.name.rstrip('/')}")
        try:
            if member.kind != "dir" or not inv.host.files.names(path, inv.account):
                inv.shell.check_alive()
                inv.host.files.remove(path, inv.account)
        except FileError as error:
            inv.complain(f"{member.name.rstrip('/')}: Cannot unlink: {error.reason}", 2)


def _store(inv: Invocation, target: str, text: str) -> bool:
    try:
        inv.shell.write_file(target, text)
    except FileError as error:
        act = "Cannot write" if error.reason == NO_SPACE else "Cannot open"
        inv.err(f"{inv.name}: {target}: {act}: {error.reason}\n{inv.name}: Error is not recoverable: exiting now\n")
        return False
    return True


def _gather(inv: Invocation, base: str, name: str, given: Mapping[str, str], depth: int) -> Iterator[Member]:
    """Yield a file, or a directory and all that is in it, as members of an archive."""
    files, account = inv.host.files, inv.account
    path = name if name[:1] == "/" else f"{base}/{name}"
    path = inv.path(path)
    inv.shell.budget.charge(200)
    excluded = given.get("X")
    if depth > _MAX_DEPTH or (excluded is not None and excluded in (name, name.rpartition("/")[2])):
        return
    try:
        entry = files.get(path)
        node = entry if entry is not None and entry.kind == "link" and "h" not in given else files.find(path, account)
        if node.kind == "file":
            inv.shell.budget.charge(node.characters)
            content = files.read(path, account)
        elif node.kind == "link":
            content = str(node.content)
        else:
            content = ""
        inside = files.names(path, account) if node.kind == "dir" else ()
    except FileError as error:
        act = "stat" if error.reason == "No such file or directory" else "open"
        inv.complain(f"{name}: Cannot {act}: {error.reason}", 2)
        return
    stored = name.lstrip("/") or "."
    if node.kind == "dir":
        stored = stored.rstrip("/") + "/"
    yield Member(stored, node.kind, node.mode, node.owner, node.mtime, content)
    for child in inside:
        yield from _gather(inv, base, f"{name.rstrip('/')}/{child}", given, depth + 1)


def _unpack(inv: Invocation, options: Options) -> Delays[int]:
    given = options.given
    source = given.get("f", "-")
    text = inv.read(source)
    if text is None:
        inv.err("tar: Error is not recoverable: exiting now\n")
        return 2
    content = inv.content(text)
    family, archive, fault = _opened(content)
    delay_s = unpacking_time_s(family, archive) if family else disk_time_s(archive)
    if delay_s:
        yield delay_s
    try:
        for member in unpack(archive):
            if _wanted(member, options.operands):
                _take(inv, given, member)
    except ArchiveError as error:
        fault = fault or str(error)
    if fault:
        inv.err(f"tar: {fault}\ntar: {_AFTER.get(fault, 'Error is not recoverable: exiting now')}\n")
        return 2
    return inv.code


_AFTER = {"This does not look like a tar archive": "Exiting with failure status due to previous errors"}


def _opened(content: str) -> tuple[str, str, str]:
    """Return the compression of an archive (empty: none), what is inside it, and what is wrong with it."""
    found = pieces(content)
    first = found[0] if found else ""
    family = first.family if isinstance(first, Wrapped) else ""
    if family not in _FAMILIES.values():
        return "", content, ""
    try:
        return family, decompress(family, content), ""
    except ArchiveError as error:
        return family, error.rest, str(error)


def _wanted(member: Member, names: Sequence[str]) -> bool:
    own = member.name.rstrip("/")
    return not names or any(own == name.rstrip("/") or own.startswith(name.rstrip("/") + "/") for name in names)


def _take(inv: Invocation, given: Mapping[str, str], member: Member) -> None:
    inv.shell.budget.charge(200)
    if "t" in given:
        inv.out(_listed(inv, member) if "v" in given else f"{member.name}\n")
        return
    if "v" in given:
        inv.out(f"{member.name}\n")
    if "O" in given:
        inv.out(inv.placeholders(member.content) if member.kind == "file" else "")
        return
    put(inv, inv.path(given.get("C", ".")), member, keep="k" in given)


def _listed(inv: Invocation, member: Member) -> str:
    moment = inv.host.sim.calendar.at(member.mtime)
    size = byte_size(member.content) if member.kind == "file" else 0
    link = f" -> {member.content}" if member.kind == "link" else ""
    owner = f"{member.owner}/{member.owner}"
    return f"{show_mode(member.kind, member.mode)} {owner} {size:>9} {moment:%Y-%m-%d %H:%M} {member.name}{link}\n"


def put(inv: Invocation, base: str, member: Member, *, keep: bool) -> None:
    """Write a member of an archive below a directory; names cannot lead out of it."""
    files, account = inv.host.files, inv.account
    name = "/".join(part for part in member.name.split("/") if part not in ("", ".", ".."))
    path = inv.path(f"{base}/{name}")
    try:
        _make_directories(inv, path if member.kind == "dir" else parent(path))
        if member.kind == "link":
            if files.get(path) is None:
                files.link(member.content, path, account)
        elif member.kind == "file":
            if keep and files.get(path) is not None:
                inv.complain(f"{name}: Cannot open: File exists", 2)
                return
            inv.shell.write_file(path, inv.placeholders(member.content))
            if member.mode != 0o644:
                files.set_mode(path, member.mode, account)
    except FileError as error:
        inv.complain(f"{name}: Cannot {'write' if error.reason == NO_SPACE else 'open'}: {error.reason}", 2)


def _make_directories(inv: Invocation, path: str) -> None:
    missing: list[str] = []
    while path != "/" and inv.host.files.get(inv.host.files.resolve(path)) is None and len(missing) < _MAX_DEPTH:
        missing.append(path)
        path = parent(path)
    for directory in reversed(missing):
        inv.host.files.mkdir(directory, inv.account)


def zip_(inv: Invocation) -> Delays[int]:
    """Make an archive of files, and directories with ``-r``; ``-m`` moves them into it."""
    given, operands = inv.options(Spec("rqv0123456789jmuy", "xib", "recurse-paths:r quiet:q move:m", 16))
    if len(operands) < 2:
        raise UsageFault("zip error: Nothing to do!", 12)
    target = operands[0] if "." in operands[0].rpartition("/")[2] else f"{operands[0]}.zip"
    members: list[Member] = []
    for name in operands[1:]:
        if inv.shell.is_directory(name) and "r" not in given:
            node = inv.shell.node(name)
            members += (
                [] if node is None else [Member(f"{name.strip('/')}/", "dir", node.mode, node.owner, node.mtime, "")]
            )
        else:
            members += _gather(inv, inv.cwd, name, {}, 0)
    gathered = members
    if "j" in given:
        members = [m._replace(name=m.name.rpartition("/")[2]) for m in members if m.kind == "file"]
    archive = pack(members)
    delay_s = packing_time_s("gzip", archive)
    if delay_s:
        yield delay_s
    if "q" not in given:
        inv.out("".join(f"  adding: {member.name} (deflated)\n" for member in members))
    if not inv.write(target, inv.placeholders(compress("zip", archive))):
        return 15
    if "m" in given:
        _remove_members(inv, inv.cwd, gathered)
    return inv.code


def unzip(inv: Invocation) -> Delays[int]:
    """List (``-l``), print (``-p``) or extract an archive; ``-d`` directory."""
    given, operands = inv.options(Spec("lopqnvj", "dxP", "", 10))
    if not operands:
        raise UsageFault(
            "UnZip 6.00 of 20 April 2009. Usage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-d exdir]", 10
        )
    source = operands[0] if inv.shell.exists(operands[0]) else f"{operands[0]}.zip"
    if not inv.shell.exists(source):
        return inv.complain(f"cannot find or open {operands[0]}, {operands[0]}.zip or {operands[0]}.ZIP.", 9)
    text = inv.read(source)
    if text is None:
        return 9
    try:
        archive = decompress("zip", inv.content(text))
    except ArchiveError:
        inv.out(f"Archive:  {source}\n  End-of-central-directory signature not found.\n")
        return 9
    delay_s = unpacking_time_s("gzip", archive)
    if delay_s:
        yield delay_s
    members = [member for member in unpack(archive) if _wanted(member, operands[1:])]
    _empty(inv, given, source, members)
    return inv.code


def _empty(inv: Invocation, given: Mapping[str, str], source: str, members: Sequence[Member]) -> None:
    if "p" in given:
        inv.out(inv.placeholders("".join(member.content for member in members if member.kind == "file")))
        return
    quiet = "q" in given
    if not quiet:
        inv.out(f"Archive:  {source}\n")
    if "l" in given:
        at = inv.host.sim.calendar.at
        rows = "".join(f"{byte_size(m.content):>9}  {at(m.mtime):%Y-%m-%d %H:%M}   {m.name}\n" for m in members)
        inv.out(f"  Length      Date    Time    Name\n---------  ---------- -----   ----\n{rows}")
        return
    for member in members:
        if not quiet:
            inv.out(f"   creating: {member.name}\n" if member.kind == "dir" else f"  inflating: {member.name}  \n")
        put(inv, inv.path(given.get("d", ".")), member, keep="n" in given)


PROGRAMS: Mapping[str, Program] = {"tar": tar, "unzip": unzip, "zip": zip_}
