"""Unified and normal diffs: read, turned round, and applied to lines as GNU patch applies them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simenv.shell.commands.reading import lines_of

_RANGE = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+(\d{1,7})(?:,(\d{1,7}))? @@")
_NORMAL = re.compile(r"(\d{1,7})(?:,(\d{1,7}))?([acd])(\d{1,7})(?:,(\d{1,7}))?\n?\Z")
_MAX_FUZZ = 2


class PatchFault(Exception):
    """A patch that cannot be read."""


class Hunk(NamedTuple):
    """One change.

    Attributes:
        old_start: line number of its first old line; that before it, if there is none.
        new_start: the same of the new text.
        lines: ``(mark, text)``: a blank for context, ``-`` and ``+``.
    """

    old_start: int
    new_start: int
    lines: tuple[tuple[str, str], ...]

    @property
    def old(self) -> list[str]:
        """The lines that it expects."""
        return [text for mark, text in self.lines if mark != "+"]

    @property
    def new(self) -> list[str]:
        """The lines that it leaves."""
        return [text for mark, text in self.lines if mark != "-"]

    @property
    def context(self) -> tuple[int, int]:
        """How many lines of context it begins and ends with."""
        return _leading(self.lines), _leading(self.lines[::-1])

    def reversed(self) -> Hunk:
        """Return the hunk that undoes this one."""
        swapped = {"-": "+", "+": "-", " ": " "}
        return Hunk(self.new_start, self.old_start, tuple((swapped[mark], text) for mark, text in self.lines))

    def text(self) -> str:
        """Return the hunk as a unified diff has it."""
        head = f"@@ -{_span(self.old_start, len(self.old))} +{_span(self.new_start, len(self.new))} @@\n"
        return head + "".join(
            mark + (text if text.endswith("\n") else f"{text}\n\\ No newline at end of file\n")
            for mark, text in self.lines
        )


def _leading(lines: Sequence[tuple[str, str]]) -> int:
    return next((at for at, (mark, _) in enumerate(lines) if mark != " "), len(lines))


def _span(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"


@dataclass(slots=True)
class FilePatch:
    """The changes of one file.

    Attributes:
        header: the lines with its names, as they stand in the patch.
        old_name: after ``---``; empty for a normal diff.
        new_name: after ``+++``.
        line: number of the first line behind the header.
        hunks: in order.
    """

    header: str
    old_name: str
    new_name: str
    line: int
    hunks: list[Hunk] = field(default_factory=list)

    def reversed(self) -> FilePatch:
        """Return the changes that undo these."""
        hunks = [hunk.reversed() for hunk in self.hunks]
        return FilePatch(self.header, self.new_name, self.old_name, self.line, hunks)


def parse_patch(text: str) -> list[FilePatch]:
    """Return the changes in a text, what stands between them skipped.

    Raises:
        PatchFault: a hunk is malformed.
    """
    lines = lines_of(text)
    found: list[FilePatch] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("--- ") and lines[at + 1 : at + 2] and lines[at + 1].startswith("+++ "):
            header = line + lines[at + 1]
            found.append(FilePatch(header, _name(line), _name(lines[at + 1]), at + 3))
            at += 2
        elif (ranges := _RANGE.match(line)) and found:
            at = _unified_hunk(lines, at, ranges, found[-1])
        elif normal := _NORMAL.match(line):
            if not found:
                found.append(FilePatch("", "", "", at + 1))
            at = _normal_hunk(lines, at, normal, found[-1])
        else:
            at += 1
    return [patch for patch in found if patch.hunks]


def _name(line: str) -> str:
    return line[4:].rstrip("\r\n").partition("\t")[0].strip()


def _unified_hunk(lines: list[str], at: int, ranges: re.Match[str], patch: FilePatch) -> int:
    """Read the hunk that begins at a line; return the line behind it."""
    first = at
    wanted_old, wanted_new = int(ranges.group(2) or "1"), int(ranges.group(4) or "1")
    taken: list[tuple[str, str]] = []
    old = new = 0
    at += 1
    while old < wanted_old or new < wanted_new:
        line = lines[at] if at < len(lines) else ""
        mark, text = (line[0], line[1:]) if line.strip("\r\n") else (" ", "\n")
        if mark not in " -+" or at >= len(lines):
            raise PatchFault(f"malformed patch at line {at + 1}: {line.rstrip()}" if line
                             else f"unexpected end of file in patch at line {first + 1}")  # fmt: skip
        taken.append((mark, text))
        old, new, at = old + (mark != "+"), new + (mark != "-"), at + 1
        if at < len(lines) and lines[at].startswith("\\"):
            taken[-1] = (mark, text.removesuffix("\n"))
            at += 1
    patch.hunks.append(Hunk(int(ranges.group(1)), int(ranges.group(3)), tuple(taken)))
    return at


def _normal_hunk(lines: list[str], at: int, found: re.Match[str], patch: FilePatch) -> int:
    taken: list[tuple[str, str]] = []
    at += 1
    while at < len(lines) and lines[at][:1] in ("<", ">", "-", "\\"):
        mark, text = lines[at][:1], lines[at][2:]
        if mark == "\\" and taken:
            taken[-1] = (taken[-1][0], taken[-1][1].removesuffix("\n"))
        elif mark in "<>":
            taken.append(("-" if mark == "<" else "+", text))
        at += 1
    patch.hunks.append(Hunk(int(found.group(1)), int(found.group(4)), tuple(taken)))
    return at


class Place(NamedTuple):
    """Where a hunk fits: index of its first line, the lines of context passed over, and how far it had moved."""

    at: int
    fuzz: int
    offset: int


class Target:
    """Lines that hunks are applied to, one after the other.

    Args:
        lines: the file.
        charge: told the work of each comparison.
    """

    def __init__(self, lines: list[str], charge: Callable[[int], None]) -> None:
        self.lines = lines
        self._charge = charge
        self._moved = 0
        self._grown = 0
        self._frozen = 0

    def find(self, hunk: Hunk, most_fuzz: int = _MAX_FUZZ) -> Place | None:
        """Return where a hunk fits, the least fuzz first; None if nowhere."""
        for fuzz in range(min(most_fuzz, max(hunk.context)) + 1):
            place = self._find(hunk, fuzz)
            if place is not None:
                return place
        return None

    def _find(self, hunk: Hunk, fuzz: int) -> Place | None:
        old = hunk.old
        guess = hunk.old_start - (1 if old else 0) + self._moved + self._grown
        if not old:
            return Place(guess, 0, self._moved) if self._frozen <= guess <= len(self.lines) else None
        before, after = hunk.context
        skip_start, skip_end = fuzz + before - max(before, after), fuzz + after - max(before, after)
        at_start, at_end = skip_start < 0 and hunk.old_start <= 1, skip_end < 0
        skip_start, skip_end = max(skip_start, 0), max(skip_end, 0)
        last = len(self.lines) - len(old)
        for at in _spiral(guess, 0, last):
            if (at_start and at != 0) or (at_end and at != last) or at < self._frozen:
                continue
            self._charge(20)
            if self._fits(old, at, skip_start, len(old) - skip_end):
                return Place(at, fuzz, self._moved + at - guess)
        return None

    def _fits(self, old: list[str], at: int, start: int, stop: int) -> bool:
        self._charge(stop - start)
        return self.lines[at + start : at + stop] == old[start:stop]

    def apply(self, hunk: Hunk, place: Place) -> None:
        """Change the lines; those that fuzz passed over stay as they are."""
        new: list[str] = []
        at = place.at
        for mark, text in hunk.lines:
            if mark == " ":
                new.append(self.lines[at])
            elif mark == "+":
                new.append(text)
            at += mark != "+"
        self.lines[place.at : at] = new
        self._moved = place.offset
        self._grown += len(new) - (at - place.at)
        self._frozen = place.at + len(new)


def _spiral(guess: int, first: int, last: int) -> Iterator[int]:
    """Return the numbers of a range, those next to `guess` first, the larger of two before the smaller."""
    for distance in range(max(abs(guess - first), abs(last - guess)) + 1):
        for at in (guess + distance, guess - distance)[: 2 if distance else 1]:
            if first <= at <= last:
                yield at
