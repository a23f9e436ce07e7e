"""Compiling the boot code, once: by the interpreter itself, on a machine that holds nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime

from simenv.errors import SimenvError
from simenv.kernel import Simulation
from simenv.kernel.calendar import Calendar
from simenv.machine.host import Host
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import SYSTEM, Directory, Identity
from simenv.machine.nodes import Image
from simenv.shell import Invocation, Shell
from simenv.shell.budget import Budget, Sink, Source, Streams
from simenv.shell.python.engine import Engine
from simenv.shell.python.library import Library, pack, unpack
from simenv.shell.python.program import Interpreter
from simenv.shell.python.unpack import compiled_path, standard_library, with_head

_COMPILE = """
import marshal, sys
data, at, out = sys.stdin.buffer.read(), 0, []
parts = []
while at < len(data):
    colon = data.index(b":", at); size = int(data[at:colon])
    parts.append(data[colon + 1 : colon + 1 + size]); at = colon + 1 + size
for path, source in zip(parts[::2], parts[1::2]):
    code = marshal.dumps(compile(source, path.decode(), "exec", optimize=0)).hex()
    out.append("%d:%s" % (len(code), code))
print("".join(out), end="")
"""


def packed_library(bare: Engine, image: bytes, sources: Mapping[str, str]) -> bytes:
    """Return the standard library and the boot code, compiled and packed.

    Args:
        bare: the interpreter without its library.
        image: the memory of a fresh guest, which holds the library's archive.
        sources: path in the guest → source, of the boot code.
    """
    files = standard_library(image)
    engine = bare._replace(library=Library.unpacked(_packed(files)))
    any_module = next(iter(files.values()))
    printed = _run(engine, pack(itertools.chain.from_iterable(sources.items())).decode())
    for (path, source), compiled in zip(sources.items(), unpack(printed), strict=True):
        files[compiled_path(path)] = with_head(bytes.fromhex(compiled.decode()), any_module)
        files[path] = source.encode()
    return _packed(files)


def _packed(files: Mapping[str, bytes]) -> bytes:
    return pack(itertools.chain.from_iterable(sorted(files.items())))


def _run(engine: Engine, stdin: str) -> bytes:
    sim = Simulation(Calendar(datetime(2023, 10, 2)), 0)
    plan = HostPlan("blank", "blank", Image({}), {}, {}, {}, {}, "/usr/bin")
    host = Host(plan, sim, {}, lambda *ignored: iter(()), Identity(Directory((), {}), sim))  # type: ignore[arg-type]
    shell = Shell(host, SYSTEM, cwd="/")
    shell.budget = budget = Budget()
    out, err = Sink(budget), Sink(budget)
    call = Invocation(["python3", "-S", "-c", _COMPILE], shell, Streams(Source(stdin), out, err))
    behaviour = Interpreter(call, engine, boots=False).run()
    code = next(behaviour, None)
    if code is not None or err.text():
        raise SimenvError(f"Python could not be prepared: {err.text()[-500:]}")
    return out.text().encode()
