"""What a bash session is: its host, its account, and all that it remembers between commands."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import ClassVar, NamedTuple, Protocol, Self

from simenv.kernel import Delays
from simenv.kernel.parts import View, declared, plain
from simenv.machine.content.placeholders import expanded_size, to_content, to_placeholders
from simenv.machine.identity import Account
from simenv.machine.nodes import IS_DIR, NO_SPACE, NOT_DIR, READ, FileError, Node, normal
from simenv.shell.budget import LIMIT_CODE, MAX_DEPTH, MAX_FILE, Sink, Streams
from simenv.shell.devices import DEVICES, read_device, write_device
from simenv.shell.errors import Halt
from simenv.shell.parser import tree
from simenv.shell.result import Result
from simenv.shell.system import OperatingSystem
from simenv.shell.variables import Variables

_OFF_CODE = 143
_MAX_WORDS = 2_000
"""Characters of a call that its record keeps."""


class Resolution(NamedTuple):
    """What a command word would run.

    Attributes:
        kind: ``alias``, ``function``, ``builtin`` or ``file``.
        path: path of the file; else empty.
        record: `seq` of the journal record that made it; -1 if it came with the world.
    """

    kind: str
    path: str
    record: int


class Definition(NamedTuple):
    """A function or alias of the session, and the record of its definition."""

    text: str
    record: int


class Settings:
    """What ``set`` and ``shopt`` switch."""

    LETTERS: ClassVar[Mapping[str, str]] = {
        "a": "allexport", "C": "noclobber", "e": "errexit", "E": "errtrace", "f": "noglob", "n": "noexec",
        "T": "functrace", "u": "nounset", "v": "verbose", "x": "xtrace",
    }  # fmt: skip
    SHOPT: ClassVar[tuple[str, ...]] = (
        "dotglob", "extglob", "failglob", "globstar", "inherit_errexit", "lastpipe", "nocaseglob", "nocasematch",
        "nullglob",
    )  # fmt: skip
    STATE = (*LETTERS.values(), "pipefail", *SHOPT)
    __slots__ = (*STATE,)

    errexit: bool
    noclobber: bool
    noglob: bool
    nounset: bool
    pipefail: bool
    xtrace: bool
    verbose: bool
    noexec: bool
    allexport: bool
    errtrace: bool
    functrace: bool
    dotglob: bool
    extglob: bool
    failglob: bool
    globstar: bool
    inherit_errexit: bool
    lastpipe: bool
    nocaseglob: bool
    nocasematch: bool
    nullglob: bool

    def __init__(self) -> None:
        for name in Settings.STATE:
            setattr(self, name, False)

    @property
    def reads_on(self) -> bool:
        """Whether lines are shown, or not run."""
        return self.verbose or self.noexec

    def letters(self) -> str:
        """Return the letters of the options that are on, as in ``$-``."""
        shown = [letter for letter, name in Settings.LETTERS.items() if getattr(self, name)]
        return "".join(sorted([*shown, "h", "B"], key="aefhnuvxBCET".index))

    def copy(self) -> Settings:
        """Return the same settings, to be changed apart."""
        twin = Settings()
        for name in Settings.STATE:
            setattr(twin, name, getattr(self, name))
        return twin


class _Flushable(Protocol):
    parts: list[str]
    place: str

    def flush(self) -> None: ...


class Reader(NamedTuple):
    """The script of ``>(script)``, and what was written for it."""

    script: str
    sink: Sink


class BackgroundJob(NamedTuple):
    """A command started with ``&``: its process and its text."""

    pid: int
    text: str


class Session(Variables):
    """One bash session of an account on a host, as programs and the parts of the interpreter see it.

    `simenv.shell.session.Shell` adds the interpreter; so the interpreter's parts need not know each other.

    Attributes:
        host: the machine.
        account: who acts.
        cwd: working directory.
        aliases: definitions by name; used in interactive sessions only.
        functions: (body, record of the definition) by name.
        last_code: ``$?``.
        pipe_codes: the codes of the last pipeline; None if it was a single command, whose code is `last_code`.
        line: number of the line that runs, ``$LINENO``.
        statuses: pid → code of the background jobs that have ended.
        pending: signals that have come and whose traps are to run after the present command.
        own_pid: process of this shell alone, if it has asked for its number; else 0.
        ended_by: code of this shell after a signal to itself alone.
        from_text: the script was given as an argument, not as a file.
        readers: path → script of ``>(script)``, run when the command that writes there has ended.
        calls: names of the functions that are under way.
        scripts: paths of the files that are under way (``source``).
        option_at: where in an argument `getopts` is.
        main: the shell whose number is ``$$``: this one, or the one that it is a subshell of.
        subshells: how deep in subshells this one is.
        pid: process of the session on the host; 0 if none stands for it. If it is killed, a script stops.
    """

    STATE = (
        "cwd",
        "last_code",
        "mask",
        "aliases",
        "functions",
        "traps",
        "options",
        "positional",
        "directories",
        "jobs",
        "last_background",
        "name",
        "interactive",
        "pid",
        "account",
        "statuses",
    )
    SCRATCH = (
        "depth", "loops", "open_files", "pipes", "sourced", "substituted", "suppressed", "history", "pipe_codes", "line",
        "readers", "pending", "own_pid", "ended_by", "from_text", "calls", "scripts", "option_at", "subshells", "main",
    )  # fmt: skip
    FIXED = ("host",)
    __slots__ = (*STATE, *SCRATCH, *FIXED)

    def __init__(
        self,
        host: OperatingSystem,
        account: Account,
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        pid: int = 0,
    ) -> None:
        home = host.home(account.user)
        self.host = host
        self.account = account
        self.cwd = cwd or home
        variables = {
            "HOME": home,
            "USER": account.user,
            "LOGNAME": account.user,
            "SHELL": "/bin/bash",
            "PATH": host.plan.path,
            "PWD": self.cwd,
            "LANG": "C.UTF-8",
            **(env or {}),
        }
        super().__init__(variables)
        self.aliases: dict[str, Definition] = {}
        self.functions: dict[str, tuple[tree.Function, int]] = {}
        self.last_code = 0
        self.pid = pid
        self.interactive = True
        self.name = "bash"
        self.positional: list[str] = []
        self.options = Settings()
        self.history: list[str] = []
        self.jobs: dict[int, BackgroundJob] = {}
        self.directories: list[str] = []
        self.last_background = 0
        self.traps: dict[str, str] = {}
        self.mask = 0o022
        self.open_files: list[_Flushable] = []
        self.pipes: dict[str, str] = {}
        self.sourced = 0
        self.depth = 0
        self.loops = 0
        self.suppressed = 0
        self.substituted = 0
        self.pipe_codes: tuple[int, ...] | None = None
        self.line = 1
        self.readers: dict[str, Reader] = {}
        self.pending: list[str] = []
        self.own_pid = 0
        self.ended_by: int | None = None
        self.from_text = True
        self.calls: list[str] = []
        self.scripts: list[str] = []
        self.option_at = 0
        self.subshells = 0
        self.main: Session = self
        self.statuses: dict[int, int] = {}

    def state(self, view: View) -> object:
        """Return what later commands depend on; the history is left out, of which only `history` itself tells."""
        aliases = sorted((name, alias.text, view.by_agent(alias.record)) for name, alias in self.aliases.items())
        functions = sorted((name, repr(body), view.by_agent(made)) for name, (body, made) in self.functions.items())
        names = [name for name, kind in declared(type(self)).items() if kind == "STATE"]
        others = [plain(getattr(self, name), view) for name in names if name not in ("aliases", "functions")]
        return aliases, functions, others

    # -- what an interpreter adds --------------------------------------------------------------------------------

    @abstractmethod
    def execute(self, node: tree.Node, streams: Streams) -> Result:
        """Execute a syntax tree in this session."""

    @abstractmethod
    def contained(self, node: tree.Node, streams: Streams) -> Delays[int]:
        """Execute a syntax tree to its end: what interrupts it becomes a message and a code."""

    @abstractmethod
    def evaluate(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script in this very session (``eval``, ``source``)."""

    @abstractmethod
    def run_nested(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script within a run of another session (``bash script``).

        Raises:
            Halt: the run as a whole is over.
        """

    @abstractmethod
    def declaration(self, name: str) -> str:
        """Return what ``declare -p name`` prints; empty if there is no such variable."""

    @abstractmethod
    def nested(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script in a subshell."""

    @abstractmethod
    def substitute(self, script: str, streams: Streams) -> Delays[str]:
        """Return the output of ``$(script)``, without its trailing newlines."""

    @abstractmethod
    def open_pipe(self, script: str, streams: Streams, *, into: bool = False) -> Delays[str]:
        """Run the script of ``<(script)``; return the path under which its output can be read.

        That of ``>(script)`` (`into`) is run when the command has ended that is to write to the path.
        """

    @abstractmethod
    def resolve(self, name: str) -> Resolution | None:
        """Return what the command word `name` would run now; None if nothing."""

    @abstractmethod
    def invoke(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a function, a builtin, or a file found on PATH."""

    @abstractmethod
    def invoke_program(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a builtin or a file, functions passed over (``command name``)."""

    @abstractmethod
    def invoke_file(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a file found on PATH, functions and builtins passed over (``env name``, ``exec name``)."""

    @abstractmethod
    def child(self, name: str, arguments: list[str], account: Account | None = None) -> Self:
        """Return a new session that inherits exported variables only: ``bash script``."""

    @abstractmethod
    def elsewhere(self, host: OperatingSystem, account: Account, pid: int) -> Self:
        """Return a new non-interactive session of an account on another host, at the cost of this run."""

    # -- the session itself --------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Return whether the host is on and the session has not been killed."""
        processes = self.host.processes
        return (
            self.host.up
            and (not self.pid or self.pid in processes)
            and (not self.own_pid or self.own_pid in processes)
            and (not self.main.own_pid or self.main.own_pid in processes)
        )

    def main_pid(self) -> int:
        """Return ``$$``."""
        return self.main.process_id()

    def process_id(self) -> int:
        """Return ``$BASHPID``: a shell inside a session gets a process of its own when it asks for its number."""
        if not self.own_pid and (self.subshells or not self.interactive):
            self.own_pid = self.host.start("bash", self.account.user, "bash").pid
        return self.own_pid or self.pid or 2

    def is_strict(self) -> bool:
        """Return whether a variable that is not set is an error (``set -u``)."""
        return self.options.nounset

    def watched(self) -> bool:
        """Return whether something is to be done before or after each command."""
        return self.options.xtrace or bool(self.traps)

    def check_alive(self) -> None:
        """Stop the script if the host is off or the session was killed.

        Raises:
            Halt: so it is.
        """
        if not self.alive():
            raise Halt(_OFF_CODE)

    def fork(self) -> Self:
        """Return a copy that shares the host and the budget: a subshell."""
        twin = type(self).__new__(type(self))
        for slot in Session.__slots__:
            setattr(twin, slot, getattr(self, slot))
        twin.take_variables(self)
        twin.aliases = dict(self.aliases)
        twin.functions = dict(self.functions)
        twin.positional = list(self.positional)
        twin.options = self.options.copy()
        twin.traps = {name: text for name, text in self.traps.items() if not text}
        if self.options.errtrace and "ERR" in self.traps:
            twin.traps["ERR"] = self.traps["ERR"]
        twin.directories = list(self.directories)
        twin.jobs = dict(self.jobs)
        twin.statuses = dict(self.statuses)
        twin.own_pid = 0
        twin.pending = []
        twin.readers = {}
        twin.calls = list(self.calls)
        twin.subshells = self.subshells + 1
        return twin

    def note(self, verb: str, subject: str, **details: str | bool) -> int:
        """Write a record about this session's host (object ``host:subject``); return its `seq`."""
        host = self.host
        return host.sim.record(self.account.principal, verb, f"{host.id}:{subject}", **details)

    def note_call(self, verb: str, program: str, argv: Sequence[str], **details: str | int | bool) -> int:
        """Write a record about a call: its words, each quoted where it has to be, and the directory that it was made in."""
        host = self.host
        words = " ".join(map(quote, argv))[:_MAX_WORDS]
        subject = f"{host.id}:{program[:200]}"
        return host.sim.record(self.account.principal, verb, subject, command=words, cwd=self.cwd, **details)

    def enter(self) -> None:
        """Go one level deeper: a function, a substitution, a child shell. Pair with ``depth -= 1``."""
        if self.depth >= MAX_DEPTH:
            raise Halt(LIMIT_CODE, f"bash: maximum nesting level exceeded ({MAX_DEPTH}); stopped")
        self.depth += 1

    def spend_command(self) -> None:
        """Count one command against the limit. Raises Halt when it is reached."""
        budget = self.budget
        budget.commands -= 1
        if budget.commands < 0:
            budget.more_commands()

    def call(self, argv: Sequence[str], streams: Streams) -> Delays[int]:
        """Run a program found on PATH, as another program does (``sudo``, ``xargs``, ``find -exec``)."""
        self.spend_command()
        self.check_alive()
        result = self.invoke_file(argv, streams)
        return result if isinstance(result, int) else (yield from result)

    def add_job(self, number: int, pid: int, text: str) -> None:
        """Remember a background job."""
        self.jobs[number] = BackgroundJob(pid, text)
        self.last_background = pid

    def running_jobs(self) -> list[tuple[int, BackgroundJob]]:
        """Return the jobs that still run, and forget the others."""
        alive = {number: job for number, job in self.jobs.items() if job.pid in self.host.processes}
        self.jobs.clear()
        self.jobs.update(alive)
        return sorted(alive.items())

    # -- files ---------------------------------------------------------------------------------------------------

    def node(self, operand: str) -> Node | None:
        """Return the node that a path leads to, if the account can reach it; journals nothing."""
        if self.open_files:
            self._flush(operand)
        try:
            return self.host.files.find(normal(operand, self.cwd), self.account)
        except FileError:
            return None

    def _flush(self, operand: str) -> None:
        """Write what commands have sent to a file so far: somebody looks at it."""
        path = normal(operand, self.cwd)
        for sink in self.open_files:
            if sink.parts and sink.place == path:
                sink.flush()

    def exists(self, operand: str) -> bool:
        """Return whether a path leads to something, or is itself a link."""
        return self.node(operand) is not None or self.host.files.get(normal(operand, self.cwd)) is not None

    def is_directory(self, operand: str) -> bool:
        """Return whether a path leads to a directory."""
        node = self.node(operand)
        return node is not None and node.kind == "dir"

    def read_file(self, operand: str) -> str:
        """Return the content of a file. Raises FileError."""
        if operand in DEVICES:
            return to_placeholders(read_device(self.host.sim, operand), self.host.sim)
        if self.pipes and operand in self.pipes:
            return self.pipes[operand]
        if self.open_files:
            self._flush(operand)
        text = self.host.files.read(normal(operand, self.cwd), self.account)
        if operand[-1:] == "/":
            raise FileError(operand, NOT_DIR)
        self.budget.charge(len(text))
        return text if text.isascii() else to_placeholders(text, self.host.sim)

    def write_file(self, operand: str, text: str, *, append: bool = False) -> None:
        """Write (or extend) a file. Raises FileError; so it does when the disk is full."""
        if operand in DEVICES:
            write_device(operand)
            return
        if not operand:
            raise FileError(operand, "No such file or directory")
        if operand[-1:] == "/":
            raise FileError(operand, IS_DIR)
        self.check_alive()
        if operand in self.readers:
            self.readers[operand].sink.write(text)
            return
        path = normal(operand, self.cwd)
        size = len(text)
        if append and (node := self.node(operand)) is not None and node.kind == "file":
            size += node.characters
        if size > MAX_FILE:
            raise FileError(operand, NO_SPACE)
        self.host.files.write(path, self.content_of(text), self.account, append=append, mode=0o666 & ~self.mask)

    def content_of(self, text: str) -> str:
        """Return what a text of the shell stands for, as content, at the cost of its size."""
        sim = self.host.sim
        self.budget.charge(expanded_size(text, sim))
        return text if text.isascii() else to_content(text, sim)

    def check_writable(self, operand: str) -> int:
        """Return the size of the file (-1: it is new); writes nothing. Raises FileError if it may not be written."""
        self.check_alive()
        files = self.host.files
        files.check_write(normal(operand, self.cwd), self.account)
        node = files.get(files.resolve(normal(operand, self.cwd)))
        return -1 if node is None else node.bytes

    def may_read(self, operand: str) -> bool:
        """Return whether a path can be read."""
        node = self.node(operand)
        return node is not None and self.host.files.may(self.account, node, READ)
