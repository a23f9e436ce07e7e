"""Python inside simulated machines: a real CPython 3.12, as WebAssembly, all of whose calls are answered by the simulation.

program     one run, put together                     process    its thread, and how it waits
loading     the compiled interpreter, made once       library    its standard library
wasi        the calls that a guest can make           requests   what WASI has no call for
files       paths       opened    open files          content    bytes, and content of machines
children    commands that a guest starts              guest/     the boot code, which runs inside

Nothing of wasmtime is loaded before a script runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from simenv.kernel import Delays
from simenv.machine.program import Program
from simenv.shell import Invocation

VERSION = "3.12.0"


def python(call: Invocation) -> Delays[int]:
    """Run ``python3``; yield the simulated seconds that pass, return its exit code."""
    if call.argv[1:2] in (["-V"], ["--version"], ["-VV"]):
        call.out(f"Python {VERSION}\n")
        return 0
    from simenv.shell.python.loading import interpreter  # noqa: PLC0415 - 30 MB of machine code that most episodes do without
    from simenv.shell.python.program import Interpreter  # noqa: PLC0415

    return (yield from Interpreter(call, interpreter()).run())


PROGRAMS: Mapping[str, Program] = {"python": python, "python3": python, "python3.12": python}
"""Programs of a machine that has Python."""
