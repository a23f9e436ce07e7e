"""A bash session: what it remembers between runs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

from simenv.kernel import Delays
from simenv.machine.content.placeholders import expanded_size, has_placeholders, to_content, to_placeholders
from simenv.machine.content.rendering import shown
from simenv.machine.identity import Account
from simenv.machine.jobs import Pool
from simenv.shell.budget import MAX_OUTPUT, MAX_WORK, Budget, Sink, Source, Streams
from simenv.shell.builtins import BUILTINS
from simenv.shell.builtins.declaring import declaration
from simenv.shell.errors import ExitShell, Halt, ShellSignal
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.interpreter import endings, execute
from simenv.shell.interpreter.redirection import close, flush_files
from simenv.shell.interpreter.running import invoke, invoke_file, invoke_program
from simenv.shell.lookup import resolve
from simenv.shell.parser import tree
from simenv.shell.parser.parse import parse, parse_whole
from simenv.shell.result import Result
from simenv.shell.special import ARRAYS, SPECIAL
from simenv.shell.state import Reader, Resolution, Session, Settings
from simenv.shell.system import OperatingSystem

_BUILTIN_NAMES = frozenset(BUILTINS)
_MAX_HISTORY = 500


class Completed(NamedTuple):
    """The result of a run: what a terminal would show (both outputs, interleaved), and the exit code."""

    output: str
    code: int


def _only_command(node: tree.Node) -> tree.Command | None:
    """Return the command of a script that is one redirection and nothing else."""
    if isinstance(node, tree.Script) and len(node.items) == 1 and isinstance(line := node.items[0], tree.Line):
        node = line.body
    if isinstance(node, tree.Command) and not node.words and not node.assignments and len(node.redirects) == 1:
        return node
    return None


class Shell(Session):
    """One bash session of an account on a host: what it remembers, and the interpreter that runs scripts in it."""

    __slots__ = ()

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
        self.readers = {}
        self.pending = []
        if len(self.history) < _MAX_HISTORY:
            self.history.append(script)
        result: Result | ShellSignal
        try:
            result = execute.execute(self, parse(script), streams)
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
                code = yield from execute.drive(self, result)
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
        if self.open_files and self.alive():
            flush_files(self)
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
            code = yield from endings.settle(self, signal, streams)
            if isinstance(signal, ExitShell):
                self.options = Settings()
            return code
        except Halt as halt:
            return halt.code
        except ShellSignal:
            return 1

    def printed(self, text: str) -> str:
        """Return what a terminal shows of output: some of the bytes where it is not text."""
        if not has_placeholders(text):
            return text
        sim = self.host.sim
        while expanded_size(text, sim) > MAX_WORK:
            text = text[: len(text) // 2]
        return shown(to_content(text, sim))

    def resolve(self, name: str) -> Resolution | None:
        """Return what the command word `name` would run now; None if nothing."""
        return resolve(self, name, _BUILTIN_NAMES)

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
        twin.traps = {name: text for name, text in self.traps.items() if not text}
        return twin

    def elsewhere(self, host: OperatingSystem, account: Account, pid: int) -> Shell:
        """Return a new non-interactive shell of an account on another host, at the cost of this run."""
        twin = Shell(host, account, pid=pid)
        twin.interactive = False
        twin.budget = self.budget
        twin.depth = self.depth
        return twin

    def substitute(self, script: str, streams: Streams) -> Delays[str]:
        """Return the output of ``$(script)``, without its trailing newlines."""
        node = parse_whole(script)
        if (command := _only_command(node)) is not None:
            inner = yield from execute.only_redirect(self, command, streams)
            if inner is not None:
                return inner.rstrip("\n")
        sink = Sink(self.budget)
        captured = streams.replaced(streams.source, sink, streams.err)
        self.substituted = yield from execute.subshell(self, node, captured, substitution=True)
        return sink.text().replace("\0", "").rstrip("\n")

    def execute(self, node: tree.Node, streams: Streams) -> Result:
        """Execute a syntax tree in this shell."""
        return execute.execute(self, node, streams)

    def evaluate(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script in this very shell (``eval``, ``source``)."""
        self.enter()
        try:
            result = execute.execute(self, parse(script), streams)
            return result if isinstance(result, int) else (yield from result)
        finally:
            self.depth -= 1

    def invoke(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a function, a builtin, or a file found on PATH."""
        return invoke(self, argv, streams)

    def invoke_program(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a builtin or a file, functions passed over (``command name``)."""
        return invoke_program(self, argv, streams)

    def invoke_file(self, argv: Sequence[str], streams: Streams) -> Result:
        """Run a file found on PATH, functions and builtins passed over (``env name``, ``exec name``)."""
        return invoke_file(self, argv, streams)

    def contained(self, node: tree.Node, streams: Streams) -> Delays[int]:
        """Execute a syntax tree to its end: what interrupts it becomes a message and a code."""
        return endings.contained(self, node, streams)

    def run_nested(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script within a run of another shell (``bash script``).

        Raises:
            Halt: the run as a whole is over.
        """
        self.enter()
        inner = streams.replaced(streams.source, streams.out, streams.err)
        try:
            return (yield from endings.contained(self, parse(script), inner))
        finally:
            self.depth -= 1
            self.host.exit(self.own_pid)
            self.own_pid = 0
            if self.alive():
                close(self, inner, streams)

    def nested(self, script: str, streams: Streams) -> Delays[int]:
        """Run a script in a subshell."""
        return execute.subshell(self, parse_whole(script), streams)

    def open_pipe(self, script: str, streams: Streams, *, into: bool = False) -> Delays[str]:
        """Run the script of ``<(script)``; return the path under which its output can be read."""
        path = f"/dev/fd/{63 - len(self.pipes) - len(self.readers)}"
        sink = Sink(self.budget)
        if into:
            parse_whole(script)
            self.readers[path] = Reader(script, sink)
        else:
            yield from self.nested(script, streams.replaced(streams.source, sink, streams.err))
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
        special = SPECIAL.get(name)
        return special(self) if special is not None else super().parameter(name)

    def evaluated(self, text: str) -> int:
        """Return the value of an arithmetic expression. Raises ExpansionFault."""
        return evaluate(text, self)

    def declaration(self, name: str) -> str:
        """Return what ``declare -p name`` prints; empty if there is no such variable."""
        return declaration(self, name)

    def elements(self, name: str) -> list[str]:
        """Return the values of an array; some are kept by the shell itself."""
        kept = ARRAYS.get(name)
        return kept(self) if kept is not None and name not in self.arrays else super().elements(name)

    def get_value(self, name: str, index: str | None = None) -> str | None:
        """Return a variable, or an element of an array."""
        if name in ARRAYS and name not in self.arrays:
            values = self.elements(name)
            number = int(index or 0)
            return values[number] if -len(values) <= number < len(values) else None
        return super().get_value(name, index)
