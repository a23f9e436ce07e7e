"""What an awk program works on while it runs: its record and fields, its variables, its files and commands."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from simenv.kernel import Delays
from simenv.machine.nodes import FileError
from simenv.shell.awk.records import Reader, split_text
from simenv.shell.awk.values import UNSET, Array, Input, Value, to_number, to_text
from simenv.shell.budget import MAX_CAPTURE, Sink, Source, Streams
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation

_MAX_FIELDS = 50_000
_MAX_WAITS = 10_000
_STANDARD = {"-": "out", "/dev/stdout": "out", "/dev/stderr": "err"}


@dataclass(slots=True)
class Output:
    """What a redirection collects until it is flushed: a file's path or a command, and the text."""

    target: str
    is_command: bool
    parts: list[str] = field(default_factory=list)


class Runtime:
    """The state of a program that runs.

    Attributes:
        inv: the call of awk: whose files, streams and budget are used.
        variables: the global variables by name, but for ``NF``.
        arrays: the global arrays by name.
        waited: simulated seconds that commands took and that have not passed yet. They pass between two records, since an
            expression cannot be left in the middle.
        stream: of ``rand``.
        previous: what ``srand`` returns next.
    """

    def __init__(self, inv: Invocation) -> None:
        self.inv = inv
        self.work: Callable[[int], None] = inv.shell.budget.charge
        self.variables: dict[str, Value] = {
            "FS": " ", "OFS": " ", "ORS": "\n", "RS": "\n", "SUBSEP": "\x1c", "CONVFMT": "%.6g", "OFMT": "%.6g",
            "NR": 0.0, "FNR": 0.0, "FILENAME": "", "RSTART": 0.0, "RLENGTH": -1.0,
        }  # fmt: skip
        self.arrays: dict[str, Array] = {}
        self.waited = 0.0
        self.stream = random.Random(inv.host.sim.streams[f"awk/{inv.host.id}"].getrandbits(32))
        self.previous = float(int(inv.host.sim.calendar.at(inv.host.sim.now).timestamp()))
        self._record = ""
        self._fields: list[Value] | None = []
        self._outputs: dict[str, Output] = {}
        self._readers: dict[str, Reader] = {}
        self._main: Reader | None = None
        self._operands: Iterator[str] | None = None

    # -- record and fields ---------------------------------------------------------------------------------------

    def set_record(self, text: str) -> None:
        """Take a text as the record; its fields are split when they are first needed."""
        self._record = text
        self._fields = None

    @property
    def fields(self) -> list[Value]:
        """The fields of the record, from ``$1`` on."""
        if self._fields is None:
            self._fields = [Input(part) for part in split_text(self._record, self.variables["FS"], self.work)]
        return self._fields

    def get(self, index: float) -> Value:
        """Return ``$index``."""
        at = self._index(index)
        if at == 0:
            return Input(self._record)
        fields = self.fields
        return fields[at - 1] if at <= len(fields) else UNSET

    def put(self, index: float, value: Value) -> None:
        """Set ``$index``; the record is joined again from its fields."""
        at = self._index(index)
        if at == 0:
            self.set_record(self.text(value))
            return
        self.resize(max(at, len(self.fields)))
        self.fields[at - 1] = value
        self._join()

    def resize(self, size: int) -> None:
        """Set ``NF``."""
        if size < 0 or size > _MAX_FIELDS:
            raise UsageFault(f"awk: program limit exceeded: maximum number of fields size={_MAX_FIELDS}", 2)
        fields = self.fields
        del fields[size:]
        fields += [UNSET] * (size - len(fields))
        self._join()

    def _join(self) -> None:
        self._record = self.text(self.variables["OFS"]).join(map(self.text, self.fields))
        self.work(len(self._record))

    def _index(self, index: float) -> int:
        if not -1 < index <= _MAX_FIELDS:
            if index < 0:
                raise UsageFault(f"awk: negative field index ${to_text(float(int(index)))}", 2)
            raise UsageFault(f"awk: program limit exceeded: maximum number of fields size={_MAX_FIELDS}", 2)
        return int(index)

    def text(self, value: Value) -> str:
        """Return a value as a string."""
        return value if isinstance(value, str) else to_text(value, str(self.variables["CONVFMT"]))

    def assign(self, name: str, value: Value) -> None:
        """Set a global variable."""
        if name == "NF":
            self.resize(int(to_number(value)))
        else:
            self.variables[name] = value

    def pass_time(self) -> Delays[None]:
        """Let the time pass that commands took."""
        if self.waited:
            waited, self.waited = self.waited, 0.0
            yield waited

    # -- input -----------------------------------------------------------------------------------------------------

    def next_record(self) -> str | None:
        """Return the next record of the input and count it; None when all files are read.

        Raises:
            UsageFault: a file cannot be read.
        """
        while self._main is not None or self._open_next():
            assert self._main is not None
            record = self._main.next(self.text(self.variables["RS"]))
            if record is not None:
                self.count("NR", "FNR")
                return record
            self._main = None
        return None

    def skip_file(self) -> None:
        """Leave the rest of the present file unread."""
        self._main = None

    def count(self, *names: str) -> None:
        """Add one to variables."""
        for name in names:
            self.variables[name] = to_number(self.variables[name]) + 1.0

    def _open_next(self) -> bool:
        if self._operands is None:
            self._operands = self._files()
        operand = next(self._operands, None)
        if operand is None:
            return False
        text = self.inv.stdin if operand in ("-", "/dev/stdin") else self._read(operand)
        self.variables["FNR"] = 0.0
        self.variables["FILENAME"] = "" if operand == "-" else operand
        self._main = Reader(text, self.work)
        return True

    def _read(self, operand: str) -> str:
        try:
            return self.inv.shell.read_file(operand)
        except FileError as error:
            raise UsageFault(f"awk: cannot open {operand} ({error.reason})", 2) from None

    def _files(self) -> Iterator[str]:
        """Yield the operands that are files; ``name=value`` among them is an assignment, made when its turn comes."""
        found, at = False, 1
        arguments = self.arrays["ARGV"]
        while at < to_number(self.variables["ARGC"]):
            operand = self.text(arguments.get(str(at), ""))
            at += 1
            name, equals, value = operand.partition("=")
            if equals and name.isidentifier() and name.isascii():
                self.assign(name, Input(value))
            elif operand:
                found = True
                yield operand
        if not found:
            yield "-"

    def read_from(self, kind: str, source: str) -> str | None:
        """Return the next record of a file (``<``) or of a command's output (``|``); None at its end.

        Raises:
            FileError: the file cannot be read.
        """
        reader = self._readers.get(kind + source)
        if reader is None:
            self.flush()
            if kind == "|":
                text = self.run_command(source)[1]
            else:
                text = self.inv.stdin if source in ("-", "/dev/stdin") else self.inv.shell.read_file(source)
            reader = self._readers[kind + source] = Reader(text, self.work)
        return reader.next(self.text(self.variables["RS"]))

    # -- output ----------------------------------------------------------------------------------------------------

    def write(self, text: str, redirect: str, target: str) -> None:
        """Write to standard output, a file or a command.

        Raises:
            UsageFault: the file cannot be written.
        """
        if not redirect or (redirect != "|" and target in _STANDARD):
            (self.inv.err if _STANDARD.get(target) == "err" else self.inv.out)(text)
            return
        key = ("|" if redirect == "|" else ">") + target
        output = self._outputs.get(key)
        if output is None:
            output = self._outputs[key] = Output(target, redirect == "|")
            if redirect == ">":
                self._save(target, "", append=False)
        self.work(len(text))
        output.parts.append(text)

    def _save(self, target: str, text: str, *, append: bool) -> None:
        try:
            self.inv.shell.write_file(target, text, append=append)
        except FileError as error:
            raise UsageFault(f'awk: cannot open "{target}" for output ({error.reason})', 2) from None

    def flush(self) -> None:
        """Write what was printed to files."""
        for output in self._outputs.values():
            if output.parts and not output.is_command:
                self._save(output.target, "".join(output.parts), append=True)
                output.parts.clear()

    def close(self, name: str) -> float:
        """Close a file or command; return its exit code, -1 if it was not open."""
        self.flush()
        found = [self._readers.pop(kind + name, None) for kind in "<|"]
        self._outputs.pop(">" + name, None)
        command = self._outputs.pop("|" + name, None)
        if command is not None:
            return float(self._run_sink(command))
        return 0.0 if any(found) else -1.0

    def close_all(self) -> None:
        """Write all files, and run all commands that were printed to, in the order in which they were opened."""
        self.flush()
        for output in list(self._outputs.values()):
            if output.is_command:
                self._run_sink(output)
        self._outputs.clear()

    def _run_sink(self, output: Output) -> int:
        return self.run_command(output.target, "".join(output.parts), self.inv.streams.out)[0]

    def run_command(self, script: str, stdin: str | None = None, out: Sink | None = None) -> tuple[int, str]:
        """Run a command by ``sh -c``; return its exit code and what it printed, unless that goes to `out`."""
        self.flush()
        sink = Sink(self.inv.shell.budget, MAX_CAPTURE) if out is None else out
        source = self.inv.streams.source if stdin is None else Source(stdin)
        behaviour = self.inv.shell.child("sh", []).run_nested(script, Streams(source, sink, self.inv.streams.err))
        self.inv.shell.enter()
        try:
            for _ in range(_MAX_WAITS):
                self.waited += next(behaviour)
        except StopIteration as stop:
            code: int = stop.value
            return code, "" if out is not None else sink.text()
        finally:
            self.inv.shell.depth -= 1
        behaviour.close()
        return 137, sink.text()
