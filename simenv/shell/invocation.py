"""One call of a program: its arguments, its streams, and the session that it runs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simenv.machine.content.placeholders import to_placeholders
from simenv.machine.identity import Account
from simenv.machine.nodes import FileError, Node, normal
from simenv.shell.budget import Streams
from simenv.shell.options import Options, Spec, parse_options
from simenv.shell.state import Session
from simenv.shell.system import OperatingSystem


@dataclass(slots=True)
class Invocation:
    """What a program gets.

    Attributes:
        argv: `argv[0]` is the name that it was called by.
        shell: the session; hence host, account, directory and environment.
        streams: the standard streams; programs read `stdin` and call `out` and `err`.
        account: who acts: the session's account, unless ``sudo`` changed it.
        code: exit code so far; `complain` sets it.
    """

    argv: Sequence[str]
    shell: Session
    streams: Streams
    code: int = 0
    _stdin: str | None = field(default=None, repr=False)

    @property
    def stdin(self) -> str:
        """All of standard input; reading it consumes it for all that share it."""
        if self._stdin is None:
            self._stdin = self.streams.source.rest()
            self.shell.budget.charge(len(self._stdin))
        return self._stdin

    @property
    def name(self) -> str:
        """The name by which messages call the program."""
        return self.argv[0].rpartition("/")[2]

    @property
    def host(self) -> OperatingSystem:
        """The machine."""
        return self.shell.host

    @property
    def account(self) -> Account:
        """Who acts."""
        return self.shell.account

    @property
    def cwd(self) -> str:
        """The working directory."""
        return self.shell.cwd

    @property
    def env(self) -> Mapping[str, str]:
        """The exported variables."""
        return self.shell.env

    def out(self, text: str) -> None:
        """Write to standard output."""
        self.streams.out.write(text)

    def err(self, text: str) -> None:
        """Write to standard error."""
        self.streams.err.write(text)

    def options(self, spec: Spec) -> Options:
        """Return the options and operands.

        Raises:
            UsageFault: they do not fit `spec`.
        """
        return parse_options(self.argv, spec)

    def path(self, operand: str) -> str:
        """Return an operand as an absolute, normal path."""
        return normal(operand, self.shell.cwd)

    def complain(self, message: str, code: int = 1) -> int:
        """Write ``name: message`` to standard error; remember and return the code."""
        self.streams.err.write(f"{self.name}: {message}\n")
        self.code = code
        return code

    def fail(self, code: int) -> None:
        """Journal that the call was in vain: it failed, or had nothing to act on."""
        self.shell.note_call("shell.failed", self.name, self.argv, code=code)

    def read(self, operand: str) -> str | None:
        """Return the content of a file (``-``: standard input), or complain and return None."""
        if operand in ("-", "/dev/stdin"):
            return self.stdin
        try:
            return self.shell.read_file(operand)
        except FileError as error:
            self.complain(f"{operand}: {error.reason}")
            return None

    def content(self, text: str) -> str:
        """Return what a text of the shell stands for, as content: bulk data in it becomes tokens again."""
        return self.shell.content_of(text)

    def placeholders(self, content: str) -> str:
        """Return a content as the shell sees it."""
        self.shell.budget.charge(len(content))
        return to_placeholders(content, self.host.sim)

    def inputs(self, operands: Sequence[str]) -> list[tuple[str, str]]:
        """Return (name, content) of each operand that can be read, or of standard input if there are none."""
        if not operands:
            return [("-", self.stdin)]
        read = ((operand, self.read(operand)) for operand in operands)
        return [(operand, text) for operand, text in read if text is not None]

    def find(self, operand: str) -> Node | None:
        """Return the node that an operand leads to, or complain and return None."""
        try:
            return self.host.files.find(self.path(operand), self.account)
        except FileError as error:
            self.complain(f"{operand}: {error.reason}")
            return None

    def write(self, operand: str, text: str, *, append: bool = False) -> bool:
        """Write a file; complain and return False if that is refused."""
        try:
            self.shell.write_file(operand, text, append=append)
        except FileError as error:
            self.complain(f"{operand}: {error.reason}")
            return False
        return True
