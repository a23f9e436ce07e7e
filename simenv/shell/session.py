"""A bash session: what it remembers between runs."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simenv.kernel import Delays
from simenv.machine.content.placeholders import has_placeholders, to_content, to_placeholders
from simenv.machine.content.rendering import shown
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.nodes import IS_DIR, NOT_DIR, READ, FileError, Node, normal
from simenv.shell.budget import LIMIT_CODE, MAX_DEPTH, MAX_FILE, MAX_OUTPUT, Budget, Sink, Source, Streams
from simenv.shell.errors import ExitShell, Halt, ShellSignal, SyntaxFault
from simenv.shell.interpreter import execute as interpret
from simenv.shell.interpreter.running import invoke_file
from simenv.shell.lookup import Definition, Resolution, resolve
from simenv.shell.parser import tree as ast
from simenv.shell.parser.heredocs import extract
from simenv.shell.parser.parse import MAX_SCRIPT, parse
from simenv.shell.variables import Variables

if TYPE_CHECKING:
    from simenv.machine.jobs import Pool

_FULL = "No space left on device"
_MAX_HISTORY = 500
_OFF_CODE = 143


class Completed(NamedTuple):
    """The result of a run: what a terminal would show (both outputs, interleaved), and the exit code."""

    output: str
    code: int


def _unfinished(script: str) -> list[str]:
    """Return the delimiters of here-documents that end with the script."""
    found: list[str] = []
    if "<<" in script and len(script) <= MAX_SCRIPT:
        extract(script, found)
    return found


class Settings:
    """What ``set`` switches."""

    __slots__ = ("errexit", "noglob", "nounset", "pipefail", "xtrace")

    def __init__(self) -> None:
        self.errexit = self.nounset = self.xtrace = self.pipefail = self.noglob = False

    def letters(self) -> str:
        """Return the letters of the options that are on, as in ``$-``."""
        named = (("e", self.errexit), ("f", self.noglob), ("u", self.nounset), ("x", self.xtrace))
        return "".join(letter for letter, is_on in named if is_on)

    def copy(self) -> Settings:
        """Return the same settings, to be changed apart."""
        twin = Settings()
        for name in Settings.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin


class _Flushable(Protocol):
    parts: list[str]

    def flush(self) -> None: ...


class BackgroundJob(NamedTuple):
    """A command started with ``&``: its process and its text."""

    pid: int
    text: str


class Shell(Variables):
    """One bash session of an account on a host.

    Attributes:
        host: the machine.
        account: who acts.
        cwd: working directory.
        aliases: definitions by name; used in interactive sessions only.
        functions: (body, record of the definition) by name.
        last_code: ``$?``.
        pid: process of the session on the host; 0 if none stands for it. If it is killed, a script stops.
    """

    __slots__ = (
        "account", "aliases", "cwd", "depth", "directories", "functions", "history", "host", "interactive", "jobs",
        "last_background", "last_code", "loops", "mask", "name", "open_files", "options", "pid", "pipes",
        "positional", "sourced", "substituted", "suppressed", "traps",
    )  # fmt: skip

    def __init__(
        self,
        host: Host,
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
        self.functions: dict[str, tuple[ast.Node, int]] = {}
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

    # -- running -------------------------------------------------------------------------------------------------

    def run(self, script: str, stdin: str = "", *, pool: Pool | None = None) -> Delays[Completed]:
        """Run a script; yield the simulated seconds that it waits, return what it printed and its exit code.

        Nothing that a script contains raises out of this: mistakes and limits are messages and codes.

        Args:
            script: what to run.
            stdin: standard input.
            pool: what the run is paid from, if it is a job.
        """
        run = self.begin(script, stdin, pool=pool)
        return run if isinstance(run, Completed) else (yield from run)

    def begin(self, script: str, stdin: str = "", *, pool: Pool | None = None) -> Completed | Delays[Completed]:
        """Run a script as `run` does, and return its result at once if it takes no time."""
        budget = self.budget = Budget(pool)
        sink = Sink(budget, MAX_OUTPUT)
        streams = Streams(Source(to_placeholders(stdin, self.host.sim)), sink, sink)
        self.open_files = []
        self.pipes = {}
        self.depth = 0
        self.loops = self.suppressed = 0
        if len(self.history) < _MAX_HISTORY:
            self.history.append(script)
        result: interpret.Result | ShellSignal
        try:
            for delimiter in _unfinished(script):
                sink.write(f"bash: warning: here-document delimited by end-of-file (wanted `{delimiter}')\n")
            result = interpret.execute(self, parse(script), streams)
        except ShellSignal as signal:
            result = signal
        except RecursionError:
            result = self._give_up(sink)
        return self._complete(result, sink) if isinstance(result, int) else self._go_on(result, streams, sink)

    def _go_on(
        self, result: Generator[float, None, int] | ShellSignal, streams: Streams, sink: Sink
    ) -> Delays[Completed]:
        try:
            if isinstance(result, ShellSignal):
                code = yield from self._stop(result, streams)
            else:
                code = yield from interpret.drive(self, result)
        except ShellSignal as signal:
            code = yield from self._stop(signal, streams)
        except RecursionError:
            code = self._give_up(sink)
        return self._complete(code, sink)

    @staticmethod
    def _give_up(sink: Sink) -> int:
        sink.write("bash: maximum nesting level exceeded; stopped\n")
        return 2

    def _complete(self, result: int, sink: Sink) -> Completed:
        self.budget.release()
        self.last_code = result
        text = sink.text()
        if not text.isascii():
            text = self.printed(text)
        if sink.cut:
            text += f"\n[output truncated after {MAX_OUTPUT} characters]\n"
        return Completed(text, result)

    def _stop(self, signal: ShellSignal, streams: Streams) -> Delays[int]:
        if isinstance(signal, Halt):
            budget = self.budget
            budget.work = max(budget.work, 1000)
            if str(signal):
                streams.err.write(f"{signal}\n")
            return signal.code
        try:
            code = yield from interpret.settle(self, signal, streams)
            if isinstance(signal, ExitShell):
                self.options = Settings()
            return code
        except Halt as halt:
            return halt.code
        except ShellSignal:
            return 1

    def printed(self, text: str) -> str:
        """Return what a terminal shows of output: some of the bytes where it is not text."""
        return shown(to_content(text, self.host.sim)) if has_placeholders(text) else text

    def resolve(self, name: str) -> Resolution | None:
        """Return what the command word `name` would run now; None if nothing."""
        return resolve(self, name, interpret.BUILTIN_NAMES)

    def alive(self) -> bool:
        """Return whether the host is on and the session has not been killed."""
        return self.host.up and (not self.pid or self.pid in self.host.processes)

    def check_alive(self) -> None:
        """Stop the script if the host is off or the session was killed.

        Raises:
            Halt: so it is.
        """
        if not self.alive():
            raise Halt(_OFF_CODE)

    def fork(self) -> Shell:
        """Return a copy that shares the host and the budget: a subshell."""
        twin: Shell = Shell.__new__(Shell)
        for slot in Shell.__slots__:
            setattr(twin, slot, getattr(self, slot))
        twin.take_variables(self)
        twin.aliases = dict(self.aliases)
        twin.functions = dict(self.functions)
        twin.positional = list(self.positional)
        twin.options = self.options.copy()
        twin.traps = {}
        twin.directories = list(self.directories)
        return twin

    def child(self, name: str, arguments: list[str], account: Account | None = None) -> Shell:
        """Return a new shell that inherits exported variables only: ``bash script``."""
        twin = Shell(self.host, account or self.account, cwd=self.cwd, env=self.env, pid=self.pid)
        twin.name = name
        twin.positional = arguments
        twin.interactive = False
        twin.budget = self.budget
        twin.open_files = self.open_files
        twin.pipes = self.pipes
        twin.depth = self.depth
        twin.mask = self.mask
        return twin

    def elsewhere(self, host: Host, account: Account, pid: int) -> Shell:
        """Return a new non-interactive shell of an account on another host, at the cost of this run."""
        twin = Shell(host, account, pid=pid)
        twin.interactive = False
        twin.budget = self.budget
        twin.depth = self.depth
        return twin

    def substitute(self, script: str, streams: Streams) -> Delays[str]:
        """Return the output of ``$(script)``, without its trailing newlines."""
        node = parse(script)
        if isinstance(node, ast.Command) and not node.words and not node.assignments and len(node.redirects) == 1:
            inner = yield from interpret.only_redirect(self, node, streams)
            if inner is not None:
                return inner.rstrip("\n")
        sink = Sink(self.budget)
        self.substituted = yield from interpret.subshell(self, node, Streams(streams.source, sink, streams.err))
        return sink.text().rstrip("\n").replace("\0", "")

    def execute(self, node: ast.Node, streams: Streams) -> interpret.Result:
        """Execute a syntax tree in this shell."""
        return interpret.execute(self, node, streams)

    def finish(self, node: ast.Node, streams: Streams) -> Delays[int]:
        """Execute a syntax tree in this shell, taking its time."""
        return interpret.run(self, node, streams)

    def contained(self, node: ast.Node, streams: Streams) -> Delays[int]:
        """Execute a syntax tree to its end: what interrupts it becomes a message and a code."""
        return interpret.contained(self, node, streams)

    def run_nested(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script within a run of another shell (``bash script``).

        Raises:
            Halt: the run as a whole is over.
        """
        self.enter()
        try:
            return (yield from interpret.contained(self, parse(script), streams))
        except SyntaxFault as fault:
            return interpret.report_syntax(self, fault, streams)
        finally:
            self.depth -= 1

    def note(self, verb: str, subject: str, **details: str | bool) -> int:
        """Write a record about this session's host (object ``host:subject``); return its `seq`."""
        host = self.host
        return host.sim.record(self.account.principal, verb, f"{host.id}:{subject}", **details)

    def enter(self) -> None:
        """Go one level deeper: a function, a substitution, a child shell. Pair with ``depth -= 1``."""
        if self.depth >= MAX_DEPTH:
            raise Halt(LIMIT_CODE, f"bash: maximum nesting level exceeded ({MAX_DEPTH}); stopped")
        self.depth += 1

    def spend_command(self) -> None:
        """Count one command against the limit. Raises Halt when it is reached."""
        interpret.spend(self)

    def call(self, argv: list[str], streams: Streams) -> Delays[int]:
        """Run a program found on PATH, as another program does (``sudo``, ``xargs``, ``find -exec``)."""
        self.spend_command()
        self.check_alive()
        result = invoke_file(self, argv, streams)
        return result if isinstance(result, int) else (yield from result)

    def add_job(self, number: int, pid: int, text: str) -> None:
        """Remember a background job."""
        self.jobs[number] = BackgroundJob(pid, text)
        self.last_background = pid

    def open_pipe(self, script: str, streams: Streams) -> Delays[str]:
        """Run the script of ``<(script)``; return the path under which its output can be read."""
        sink = Sink(self.budget)
        yield from interpret.subshell(self, parse(script), Streams(streams.source, sink, streams.err))
        path = f"/dev/fd/{63 - len(self.pipes)}"
        self.pipes[path] = sink.text()
        return path

    def parameter(self, name: str) -> str | None:
        """Return a variable or special parameter; None if it is not set."""
        value = self.variables.get(name)
        if value is not None:
            return value
        if name.isdecimal():
            number = int(name[:6])
            return self.name if not number else self.positional[number - 1] if number <= len(self.positional) else None
        special = interpret.SPECIAL.get(name)
        return special(self) if special is not None else super().parameter(name)

    # -- files ---------------------------------------------------------------------------------------------------

    def node(self, operand: str) -> Node | None:
        """Return the node that a path leads to, if the account can reach it; journals nothing."""
        try:
            return self.host.files.find(normal(operand, self.cwd), self.account)
        except FileError:
            return None

    def exists(self, operand: str) -> bool:
        """Return whether a path leads to something, or is itself a link."""
        return self.node(operand) is not None or self.host.files.get(normal(operand, self.cwd)) is not None

    def is_directory(self, operand: str) -> bool:
        """Return whether a path leads to a directory."""
        node = self.node(operand)
        return node is not None and node.kind == "dir"

    def read_file(self, operand: str) -> str:
        """Return the content of a file. Raises FileError."""
        if operand == "/dev/null":
            return ""
        if self.pipes and operand in self.pipes:
            return self.pipes[operand]
        text = self.host.files.read(normal(operand, self.cwd), self.account)
        if operand[-1:] == "/":
            raise FileError(operand, NOT_DIR)
        self.budget.charge(len(text))
        return text if text.isascii() else to_placeholders(text, self.host.sim)

    def write_file(self, operand: str, text: str, *, append: bool = False) -> None:
        """Write (or extend) a file. Raises FileError; so it does when the disk is full."""
        if operand == "/dev/null":
            return
        if not operand:
            raise FileError(operand, "No such file or directory")
        if operand[-1:] == "/":
            raise FileError(operand, IS_DIR)
        self.check_alive()
        path = normal(operand, self.cwd)
        size = len(text)
        if append and (node := self.node(operand)) is not None and node.kind == "file":
            size += len(str(node.content))
        if size > MAX_FILE:
            raise FileError(operand, _FULL)
        self.budget.charge(size)
        if not text.isascii():
            text = to_content(text, self.host.sim)
        self.host.files.write(path, text, self.account, append=append, mode=0o666 & ~self.mask)

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
