"""patch: diffs applied to files."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.machine.nodes import DENIED, FileError
from simenv.machine.program import Program
from simenv.shell.commands.patches import FilePatch, Hunk, PatchFault, Target, parse_patch
from simenv.shell.commands.reading import lines_of
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_SPEC = Spec(
    "RNbEsftulnZT",
    "piodFrzVBgD",
    "strip:p reverse:R input:i output:o directory:d forward:N backup:b dry-run:Z remove-empty-files:E quiet:s silent:s"
    " force:f batch:t unified:u normal:n fuzz:F reject-file:r suffix:z no-backup-if-mismatch:T ignore-whitespace:l"
    " verbose:u binary:u posix:u set-time:u",
    2,
)
_NOWHERE = "/dev/null"


class _Trouble(Exception):
    """What ends the program."""


def patch(inv: Invocation) -> int:
    """Apply a diff, unified or normal: ``-p`` strips directories, ``-R`` undoes, ``-i`` FILE, ``-o``, ``-d``, ``--dry-run``."""
    given, operands = inv.options(_SPEC)
    source = given.get("i", operands[1] if len(operands) > 1 else "-")
    place = given.get("d", "")
    try:
        text = _read(inv, source if source in ("-", _NOWHERE) else _inside(place, source))
        patches = parse_patch(text)
        if text.strip() and not patches:
            raise _Trouble("Only garbage was found in the patch input.")
        return max((_File(inv, given, one, operands[:1], place).run() for one in patches), default=0)
    except (_Trouble, PatchFault) as fault:
        inv.err(f"patch: **** {fault}\n")
        return 2


def _read(inv: Invocation, source: str) -> str:
    if source == "-":
        return inv.stdin
    try:
        return inv.shell.read_file(source)
    except FileError as error:
        raise _Trouble(f"Can't open patch file {source} : {error.reason}") from None


def _inside(place: str, name: str) -> str:
    return name if not place or name.startswith("/") else f"{place.rstrip('/')}/{name}"


class _File:
    """One file that is patched."""

    def __init__(
        self, inv: Invocation, given: Mapping[str, str], changes: FilePatch, operand: tuple[str, ...], place: str
    ) -> None:
        self._inv = inv
        self._given = given
        self._changes = changes.reversed() if "R" in given else changes
        self._place = place
        self._operand = operand[0] if operand else ""
        self._bad: list[Hunk] = []
        self._inexact = False

    def _say(self, text: str) -> None:
        if "s" not in self._given:
            self._inv.out(text)

    def run(self) -> int:
        name = self._target()
        count = len(self._changes.hunks)
        if not name:
            self._cannot_find(count)
            return 1
        output = self._given.get("o", "")
        shown = f"{output} (read from {name})" if output and "Z" not in self._given else name
        self._say(f"{'checking' if 'Z' in self._given else 'patching'} file {shown}\n")
        path = _inside(self._place, name)
        text, is_new = self._text(path)
        self._inv.shell.budget.charge(len(text))
        target = Target(lines_of(text), self._inv.shell.budget.charge)
        if not self._applies_forward(target):
            self._reject(path, f"{count} out of {count} hunk{'s' * (count > 1)} ignored", self._changes.hunks)
            return 1
        for number, hunk in enumerate(self._changes.hunks, start=1):
            self._apply(target, hunk, number)
        if is_new and self._bad and self._changes.old_name != _NOWHERE:
            raise _Trouble(f"Can't reopen file {name} : No such file or directory")
        self._finish(path, text, "".join(target.lines), is_new=is_new)
        if self._bad:
            verb = f"{len(self._bad)} out of {count} hunk{'s' * (count > 1)} FAILED"
            self._reject(path, verb, self._bad)
        return 1 if self._bad else 0

    # -- which file --------------------------------------------------------------------------------------------

    def _target(self) -> str:
        if self._operand:
            return self._operand
        names = [self._stripped(name) for name in (self._changes.old_name, self._changes.new_name) if name != _NOWHERE]
        names = [name for name in names if name]
        for name in sorted(names, key=lambda name: (name.count("/"), len(name))):
            if self._inv.shell.exists(_inside(self._place, name)):
                return name
        creates = self._changes.old_name == _NOWHERE or (
            bool(self._changes.hunks) and not self._changes.hunks[0].old and self._changes.hunks[0].old_start == 0
        )
        return names[-1] if creates and names else ""

    def _stripped(self, name: str) -> str:
        wanted = self._given.get("p")
        if wanted is None:
            return name.rpartition("/")[2]
        if not wanted.isdecimal():
            raise UsageFault(f"patch: **** strip count {wanted} is not a number", 2)
        for _ in range(int(wanted[:4])):
            _, slash, rest = name.partition("/")
            if not slash:
                return ""
            name = rest.lstrip("/")
        return name

    def _cannot_find(self, count: int) -> None:
        changes = self._changes
        shown = "".join(f"|{line}" for line in lines_of(changes.header))
        self._inv.out(
            f"can't find file to patch at input line {changes.line}\nPerhaps you "
            f"{'used the wrong' if 'p' in self._given else 'should have used the'} -p or --strip option?\n"
            f"The text leading up to this was:\n--------------------------\n{shown}--------------------------\n"
            "File to patch: \nSkip this patch? [y] \nSkipping patch.\n"
            f"{count} out of {count} hunk{'s' * (count > 1)} ignored\n"
        )

    def _text(self, path: str) -> tuple[str, bool]:
        if not self._inv.shell.exists(path):
            return "", True
        try:
            return self._inv.shell.read_file(path), False
        except FileError as error:
            raise _Trouble(f"Can't open file {path} : {error.reason}") from None

    # -- hunks -------------------------------------------------------------------------------------------------

    def _applies_forward(self, target: Target) -> bool:
        """Return whether to apply the patch; say so if it seems to have been applied before."""
        first = self._changes.hunks[0]
        fuzz = self._fuzz()
        if "f" in self._given or target.find(first, fuzz) or not first.new or not target.find(first.reversed(), 0):
            return True
        detected = "Unreversed" if "R" in self._given else "Reversed (or previously applied)"
        if "N" in self._given:
            self._inv.out(f"{detected} patch detected!  Skipping patch.\n")
            return False
        if "t" in self._given:
            self._inv.out(f"{detected} patch detected!  {'Ignoring' if 'R' in self._given else 'Assuming'} -R.\n")
            self._changes = self._changes.reversed()
            return True
        self._inv.out(f"{detected} patch detected!  {'Ignore' if 'R' in self._given else 'Assume'} -R? [n] \n"
                      "Apply anyway? [n] \nSkipping patch.\n")  # fmt: skip
        return False

    def _fuzz(self) -> int:
        text = self._given.get("F", "2")
        return int(text[:2]) if text.isdecimal() else 2

    def _apply(self, target: Target, hunk: Hunk, number: int) -> None:
        place = target.find(hunk, self._fuzz())
        if place is None:
            self._inv.out(f"Hunk #{number} FAILED at {hunk.old_start}.\n")
            self._bad.append(hunk)
            return
        moved = f" (offset {place.offset} line{'s' * (abs(place.offset) != 1)})" if place.offset else ""
        fuzz = f" with fuzz {place.fuzz}" if place.fuzz else ""
        if moved or fuzz:
            self._inexact = True
            self._say(f"Hunk #{number} succeeded at {place.at + 1}{fuzz}{moved}.\n")
        target.apply(hunk, place)

    # -- what is left ------------------------------------------------------------------------------------------

    def _finish(self, path: str, before: str, after: str, *, is_new: bool) -> None:
        given, shell = self._given, self._inv.shell
        if "Z" in given:
            return
        if given.get("o") == "-":
            self._inv.out(after)
            return
        try:
            if "b" in given or ((self._inexact or self._bad) and "T" not in given):
                shell.write_file(path + given.get("z", ".orig"), before)
            if not after and ("E" in given or self._changes.new_name == _NOWHERE) and not is_new:
                shell.check_alive()
                self._remove(path)
            elif after != before or is_new or "o" in given:
                self._write(given.get("o", path), after)
        except FileError as error:
            raise _Trouble(f"Can't create file {error.path} : {error.reason}") from None

    def _remove(self, path: str) -> None:
        """Remove a file, and the directories that are empty without it."""
        files, account = self._inv.host.files, self._inv.account
        files.remove(self._inv.path(path), account)
        above = path.rpartition("/")[0]
        while above.strip("./") and not path.startswith("/") and not files.names(self._inv.path(above), account):
            files.remove(self._inv.path(above), account)
            above = above.rpartition("/")[0]

    def _write(self, path: str, text: str) -> None:
        shell, files, account = self._inv.shell, self._inv.host.files, self._inv.account
        try:
            shell.write_file(path, text)
        except FileError as error:
            node = files.get(self._inv.path(path))
            if error.reason != DENIED or node is None:
                raise
            self._inv.out(f"File {path} is read-only; trying to patch anyway\n")
            files.remove(self._inv.path(path), account)
            shell.write_file(path, text)
            files.set_mode(self._inv.path(path), node.mode, account)

    def _reject(self, path: str, what: str, hunks: list[Hunk]) -> None:
        if "Z" in self._given:
            self._inv.out(f"{what}\n")
            return
        rejects = self._given.get("r", f"{path}.rej")
        self._inv.out(f"{what} -- saving rejects to file {rejects}\n")
        header = "".join(
            line[:4] + self._stripped(name) + line[4:].lstrip()[len(name) :]
            for line in lines_of(self._changes.header)
            if (name := line[4:].partition("\t")[0].strip())
        )
        self._inv.write(rejects, header + "".join(hunk.text() for hunk in hunks))


PROGRAMS: Mapping[str, Program] = {"patch": patch}
