"""Commands that a guest starts: they run when somebody waits for them, and in the background if nobody does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.shell.budget import Sink, Source, Streams
from simenv.shell.interpreter.background import MAX_PROCESSES, supervise
from simenv.shell.invocation import Invocation
from simenv.shell.lookup import find_file
from simenv.shell.python.content import Translator
from simenv.shell.python.errnos import EAGAIN, EINVAL, ENOENT, Errno, errno_of
from simenv.shell.state import Session

_ENOEXEC = 8
_NO_ROOM = 254
_SHELL = "/bin/sh"
_FIRST_POLL_S, _LONGEST_POLL_S = 0.01, 1.0
_TEXT_EXPECTED = ("#!", "\x7fELF")


@dataclass
class Child:
    """A command of a guest.

    Attributes:
        argv: its words.
        shell: the session in which it runs.
        stdin: its standard input.
        pid: process number, once it runs in the background.
        code: exit code, once it has ended.
        merged: both outputs are one.
        streams: its standard streams.
    """

    argv: Sequence[str]
    shell: Session
    stdin: str = ""
    pid: int = 0
    code: int | None = None
    merged: bool = False
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        """Make streams that are paid from the session's budget."""
        budget = self.shell.budget
        out = Sink(budget)
        self.streams = Streams(Source(self.stdin), out, out if self.merged else Sink(budget))


class Children:
    """The commands of one guest.

    Args:
        call: the call of the interpreter.
        translator: between the guest's bytes and the shell's text.
    """

    def __init__(self, call: Invocation, translator: Translator) -> None:
        self._call = call
        self._translator = translator
        self._known: dict[int, Child] = {}

    def prepare(self, argv: Sequence[str], cwd: str, env: Mapping[str, str], *, is_script: bool, merged: bool) -> int:
        """Return the number of a command that has not begun.

        Raises:
            Errno: there is no such program, or the account may not run it.
        """
        shell = self._call.shell.fork()
        shell.cwd, shell.interactive, shell.functions, shell.aliases = cwd, False, {}, {}
        shell.account = self._call.account
        shell.variables = {**env, "PWD": cwd}
        shell.variables.setdefault("PATH", self._call.host.plan.path)
        shell.exported = set(env)
        words = [_SHELL, "-c", *argv] if is_script else list(argv)
        if not is_script:
            _check_program(shell, words)
        self._known[len(self._known) + 1] = Child(words, shell, merged=merged)
        return len(self._known)

    def _child(self, number: int) -> Child:
        child = self._known.get(number)
        if child is None:
            raise Errno(EINVAL)
        return child

    def feed(self, number: int, data: bytes) -> None:
        """Give a command that has not begun its standard input."""
        child = self._child(number)
        child.stdin = self._translator.to_shell(data)
        child.connect()

    def wait(self, number: int, limit_s: float | None) -> Delays[Sequence[bytes | str | int]]:
        """Run a command to its end, or wait for it; the limit closes what has not begun in the background."""
        child = self._child(number)
        if child.code is None and not child.pid:
            yield from self._run(child, limit_s)
        elif child.code is None:
            yield from self._await_end(child, limit_s)
        return self._report(child)

    def _run(self, child: Child, limit_s: float | None) -> Delays[None]:
        behaviour = child.shell.call(child.argv, child.streams)
        left_s = float("inf") if limit_s is None else limit_s
        try:
            while True:
                try:
                    delay_s = next(behaviour)
                except StopIteration as stop:
                    child.code = int(stop.value)
                    return
                yield min(delay_s, left_s)
                if delay_s > left_s:
                    return
                left_s -= delay_s
        finally:
            behaviour.close()

    def _await_end(self, child: Child, limit_s: float | None) -> Delays[None]:
        poll_s, left_s = 0.0, float("inf") if limit_s is None else limit_s
        while child.code is None and child.pid in self._call.host.processes and left_s > 0:
            self._call.shell.spend_command()
            yield min(poll_s, left_s)
            left_s -= poll_s
            poll_s = min(max(_FIRST_POLL_S, 2 * poll_s), _LONGEST_POLL_S)

    def poll(self, number: int) -> Delays[Sequence[bytes | str | int]]:
        """Start a command if it has not begun, let what takes no time happen, and report."""
        child = self._child(number)
        if child.code is None:
            self.launch(number)
            yield 0.0
        return self._report(child)

    def _report(self, child: Child) -> Sequence[bytes | str | int]:
        code = child.code
        if code is None and child.pid and child.pid not in self._call.host.processes:
            code = child.code = 143
        printed = []
        for sink in (child.streams.out, child.streams.err):
            printed.append(self._translator.from_shell(sink.text()))
            sink.parts.clear()
        return ["" if code is None else code, *printed]

    def launch(self, number: int) -> int:
        """Start a command in the background, if it has not begun; return its process."""
        child = self._child(number)
        if child.pid or child.code is not None:
            return child.pid
        host, shell = self._call.host, child.shell
        if len(host.processes) >= MAX_PROCESSES:
            raise Errno(EAGAIN)
        name = child.argv[0].rpartition("/")[2]
        shell.budget = self._call.shell.budget.background(host.scheduler.pool)
        shell.open_files = []
        child.connect()
        child.pid = host.start(name, self._call.account.user, " ".join(child.argv)[:500]).pid
        host.sim.process(host.sim.perform(supervise(shell, _noted(child), child.pid)))
        return child.pid

    def launch_all(self) -> None:
        """Start all that nobody has waited for."""
        for number, child in self._known.items():
            if child.code is None and not child.pid:
                try:
                    self.launch(number)
                except Errno:  # the machine has no room for another process
                    child.code = _NO_ROOM

    def replace(self, number: int) -> Delays[int]:
        """Run a command in the place of the guest, with its streams; return its exit code."""
        child = self._child(number)
        return (yield from child.shell.call(child.argv, self._call.streams))


def _noted(child: Child) -> Delays[int]:
    child.code = yield from child.shell.call(child.argv, child.streams)
    return child.code


def _check_program(shell: Session, argv: Sequence[str]) -> None:
    if not argv or not argv[0]:
        raise Errno(ENOENT)
    try:
        found = find_file(shell, argv[0])
    except FileError as error:
        raise Errno(errno_of(error.reason)) from None
    if found is None:
        raise Errno(ENOENT)
    node = found[1]
    if not node.program and not str(node.content).startswith(_TEXT_EXPECTED):
        raise Errno(_ENOEXEC)
