"""What one run may cost the real machine, and the streams that are charged for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simenv.machine.jobs import Pool
from simenv.shell.errors import BrokenPipe, Halt

MAX_COMMANDS = 10_000
MAX_WORK = 30_000_000
"""Characters that a run may read, write and match (a coarse measure of real time and memory)."""
MAX_DEPTH = 50
MAX_OUTPUT = 200_000
MAX_CAPTURE = 2_000_000
MAX_VALUE = 300_000
MAX_FILE = 4_000_000
LIMIT_CODE = 137
_PORTION_COMMANDS = 100
_PORTION_WORK = 10_000


class Budget:
    """What is left of the limits of a run; forks and children of the shell share it.

    All background jobs that a run starts, and those that they start, share one budget more. That of a background or
    scheduled job has the same limits, but it comes in portions out of a `pool`, which is finite over the episode.
    """

    SCRATCH = ("commands", "work", "_later_commands", "_later_work", "_pool", "_background")
    __slots__ = (*SCRATCH,)

    def __init__(self, pool: Pool | None = None) -> None:
        self.commands = MAX_COMMANDS if pool is None else 0
        self.work = MAX_WORK if pool is None else 0
        self._later_commands = MAX_COMMANDS - self.commands
        self._later_work = MAX_WORK - self.work
        self._pool = pool
        self._background: Budget | None = None

    def more_commands(self) -> None:
        """Get the next portion of commands: all that were there are spent, and one more.

        Raises:
            Halt: there is none.
        """
        pool = self._pool
        portion = 0 if pool is None else min(_PORTION_COMMANDS, self._later_commands, pool.commands)
        if pool is None or portion <= 0:
            raise Halt(LIMIT_CODE, "bash: too many commands; stopped")
        pool.commands -= portion
        self._later_commands -= portion
        self.commands += portion

    def _more_work(self) -> None:
        pool, lacking = self._pool, -self.work
        portion = 0 if pool is None else min(max(_PORTION_WORK, lacking), self._later_work, pool.work)
        if pool is None or portion < lacking:
            if pool is not None:
                pool.work -= min(pool.work, self._later_work)  # what failed would fail again
                self._pool = None
            raise Halt(LIMIT_CODE, "bash: too much work; stopped")
        pool.work -= portion
        self._later_work -= portion
        self.work += portion

    @property
    def work_left(self) -> int:
        """How much work the run can still do."""
        pool = self._pool
        return max(0, self.work + (0 if pool is None else min(self._later_work, pool.work)))

    def release(self) -> None:
        """Give back to the pool what is left of the last portions."""
        if self._pool is None:
            return
        commands, work = max(0, self.commands), max(0, self.work)
        self._pool.commands += commands
        self._later_commands += commands
        self._pool.work += work
        self._later_work += work
        self.commands = self.work = 0

    def charge(self, work: int) -> None:
        """Take `work` characters from the budget.

        Raises:
            Halt: it is used up.
        """
        self.work -= work
        if self.work < 0:
            self._more_work()

    def background(self, pool: Pool) -> Budget:
        """Return the budget of the jobs that the run leaves in the background, at the cost of `pool`."""
        if self._background is None:
            self._background = Budget(pool)
            self._background._background = self._background
        return self._background


class Sink:
    """Where output goes: text is collected up to a limit, the rest is dropped."""

    __slots__ = ("_budget", "cut", "parts", "room")

    def __init__(self, budget: Budget, room: int = MAX_CAPTURE) -> None:
        self._budget = budget
        self.parts: list[str] = []
        self.room = room
        self.cut = False

    def write(self, text: str) -> None:
        """Take text."""
        size = len(text)
        self._budget.charge(size)
        if size > self.room:
            text = text[: self.room]
            self.cut = True
            size = self.room
        self.room -= size
        self.parts.append(text)

    def text(self) -> str:
        """Return what was collected."""
        parts = self.parts
        return parts[0] if len(parts) == 1 else "".join(parts)


class Closed(Sink):
    """A descriptor that is closed: what is written there is lost."""

    __slots__ = ()

    def write(self, text: str) -> None:
        """Drop text."""
        self._budget.charge(len(text))


PIPE_BYTES = 65_536
"""What a pipe holds before its reader has to take something."""
_PIPE_WRITES = 1_000
"""How often a script writes, line by line, until its reader has had its turn."""


class Pipe(Sink):
    """Output into a pipe whose reader takes a known number of lines or characters, and then ends.

    A writer gets ahead of its reader by what a pipe holds. The pipeline runs one part after the other, so the writer is
    ended here, by what the reader will have taken, not by the reader.
    """

    __slots__ = ("_ahead", "_lines", "_writes")

    def __init__(self, budget: Budget, *, lines: int = 0, characters: int = 0) -> None:
        super().__init__(budget)
        self._lines = lines
        self._ahead = characters + PIPE_BYTES
        self._writes = _PIPE_WRITES

    def write(self, text: str) -> None:
        """Take text.

        Raises:
            BrokenPipe: the reader has gone.
        """
        super().write(text)
        if self._lines > 0:
            self._lines -= text.count("\n")
            return
        self._ahead -= len(text)
        self._writes -= 1
        if self._ahead < 0 or self._writes < 0:
            raise BrokenPipe


class Nowhere(Sink):
    """``/dev/null``."""

    __slots__ = ()

    def write(self, text: str) -> None:
        """Drop text."""
        self._budget.charge(len(text))


class Source:
    """Standard input: text that is read once, by the first reader."""

    __slots__ = ("_at", "_text", "_unneeded")

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._at = 0
        self._unneeded = 0

    def leave(self, unneeded: int) -> None:
        """Note that of what was read, this much was not needed: the reader would have ended before."""
        self._unneeded = unneeded

    @property
    def size(self) -> int:
        """How many characters there were."""
        return len(self._text)

    @property
    def left(self) -> int:
        """How many characters no reader needed."""
        return max(len(self._text) - self._at, self._unneeded)

    def rest(self) -> str:
        """Read all that is left."""
        text = self._text[self._at :] if self._at else self._text
        self._at = len(self._text)
        return text

    def line(self, end: str = "\n") -> str:
        """Read up to and including the next `end`, a character; empty at the end of the text."""
        return self.take(self._text.find(end, self._at) + 1 - self._at)

    def take(self, size: int) -> str:
        """Read `size` characters, or all that is left if it is not positive."""
        end = len(self._text) if size <= 0 else self._at + size
        text = self._text[self._at : end]
        self._at = min(end, len(self._text))
        return text


class Streams:
    """The streams of a command.

    Attributes:
        source: standard input.
        out: standard output.
        err: standard error.
        others: what is open under the descriptors from 3 on.
    """

    __slots__ = ("err", "others", "out", "source")

    def __init__(
        self, source: Source, out: Sink, err: Sink, others: Mapping[int, Source | Sink] = MappingProxyType({})
    ) -> None:
        self.source = source
        self.out = out
        self.err = err
        self.others = others

    def replaced(self, source: Source, out: Sink, err: Sink) -> Streams:
        """Return streams with these three, and the other descriptors."""
        return Streams(source, out, err, self.others)

    def take(self, other: Streams) -> None:
        """Be connected as `other` is from now on (``exec > file``)."""
        self.source, self.out, self.err, self.others = other.source, other.out, other.err, other.others

    def get(self, fd: int) -> Source | Sink | None:
        """Return what is open under a descriptor; None if nothing."""
        if fd > 2:
            return self.others.get(fd)
        return (self.source, self.out, self.err)[fd]

    def put(self, fd: int, stream: Source | Sink | None) -> None:
        """Open (or close, if None) a descriptor."""
        if fd > 2:
            others = {number: other for number, other in self.others.items() if number != fd}
            self.others = others if stream is None else {**others, fd: stream}
        elif fd == 0:
            self.source = stream if isinstance(stream, Source) else Source()
        elif isinstance(stream, Sink):
            setattr(self, "out" if fd == 1 else "err", stream)
