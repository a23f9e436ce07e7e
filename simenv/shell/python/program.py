"""`python3`: one run of the interpreter on a simulated machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from simenv.kernel import Delays
from simenv.kernel.streams import derive_seed
from simenv.machine.nodes import normal
from simenv.shell.invocation import Invocation
from simenv.shell.python.children import Children
from simenv.shell.python.clock import GuestClock
from simenv.shell.python.content import Translator
from simenv.shell.python.engine import Engine
from simenv.shell.python.files import GuestFiles
from simenv.shell.python.library import SITE
from simenv.shell.python.opened import OpenFiles
from simenv.shell.python.process import KILLED, GuestProcess
from simenv.shell.python.requests import Requests
from simenv.shell.python.streams import GuestStreams
from simenv.shell.python.wasi import Wasi

MAX_FUEL = 8_000_000_000
"""Instructions of one run; starting takes some 180 million."""
FUEL_PER_WORK = 2_000
"""Instructions that count as much as one character of the shell's work."""
_HOME = "/usr"
_WITH_ARGUMENT = "WX"
_ENDING = "cm"
_DROPPED = "EIsS"
"""Flags that would skip the boot code."""
_TERMINATED = 143


def arguments(argv: Sequence[str], cwd: str) -> tuple[list[str], str]:
    """Return the arguments that the guest gets, and the script's name as it was given (empty: no script).

    The C library begins in ``/``, so a script is named by its absolute path; flags that would skip the boot code are dropped.

    >>> arguments(["python3", "-Iu", "x.py", "-c"], "/srv")
    (['python3', '-u', '/srv/x.py', '-c'], 'x.py')
    """
    out, at = [argv[0]], 1
    while at < len(argv) and argv[at][:1] == "-" and argv[at] != "-":
        word = argv[at]
        at += 1
        kept, ends, takes = _flags(word)
        if kept:
            out.append(kept)
        if takes and at < len(argv):
            out.append(argv[at])
            at += 1
        if ends:
            return [*out, *argv[at:]], ""
    rest = list(argv[at:])
    if not rest or rest[0] == "-":
        return [*out, *rest], ""
    return [*out, normal(rest[0], cwd), *rest[1:]], rest[0]


def _flags(word: str) -> tuple[str, bool, bool]:
    """Return what is kept of a group of flags, whether the options end with it, and whether it takes the next word."""
    if word.startswith("--"):
        return word, False, word == "--check-hash-based-pycs"
    kept = "-"
    for at, flag in enumerate(word[1:], start=1):
        if flag in _ENDING:
            return kept + word[at:], True, at + 1 == len(word)
        if flag in _WITH_ARGUMENT:
            return kept + word[at:], False, at + 1 == len(word)
        kept += flag if flag not in _DROPPED else ""
    return kept if kept != "-" else "", False, False


class Interpreter:
    """What one run needs, put together.

    Args:
        call: the call of ``python3``.
        engine: the interpreter.
        boots: whether the boot code runs; not while it is being made.
    """

    def __init__(self, call: Invocation, engine: Engine, *, boots: bool = True) -> None:
        self._call = call
        self._translator = Translator(call.host.sim)
        self._files = GuestFiles(call, engine.library)
        self._opened = OpenFiles(self._files, self._translator)
        self._streams = GuestStreams(call, self._translator)
        self._children = Children(call, self._translator)
        self._started = self._start_process()
        sim = call.host.sim
        self._clock = GuestClock(lambda: sim.now, self._files.epoch_s, self._sleep)
        self._guest = GuestProcess(engine, min(MAX_FUEL, call.shell.budget.work_left * FUEL_PER_WORK))
        argv, script = arguments(call.argv, call.cwd)
        requests = Requests(call, self._files, self._guest, self._children, self._pid, script)
        requests.before = self._opened.flush_all
        self._guest.work = self._clock.worked
        self._guest.wasi = Wasi(
            self._files,
            self._opened,
            self._streams,
            self._clock,
            sim.streams[f"python/{call.host.id}"] if boots else Random(0),
            call.shell.budget,
            [word.encode("utf-8", "surrogateescape") for word in (argv if boots else call.argv)],
            _environment(call.env, sim.streams.seed, boots=boots),
            requests.answer,
            call.shell.mask,
        )

    def _start_process(self) -> bool:
        """Give the guest a process, unless the shell's own job is this very command; return whether it is a new one."""
        call, host = self._call, self._call.host
        job = host.processes.get(call.shell.pid)
        if job is not None and job.name == call.name:
            self._pid = job.pid
            return False
        self._pid = host.start(call.name, call.account.user, " ".join(call.argv)[:500]).pid
        return True

    def run(self) -> Delays[int]:
        """Run the guest to its end; yield the simulated seconds that pass, return its exit code."""
        call = self._call
        behaviour = self._guest.run()
        try:
            code = yield from self._supervised(behaviour)
            if self._clock.debt_s:
                yield self._clock.debt_s
            self._opened.flush_all()
            self._children.launch_all()
        finally:
            behaviour.close()
            if self._started:
                call.host.exit(self._pid)
            self._streams.flush()
        call.shell.budget.charge(self._guest.spent // FUEL_PER_WORK)
        return code

    def _supervised(self, behaviour: Delays[int]) -> Delays[int]:
        """Run the guest while its process lives."""
        call = self._call
        while True:
            try:
                delay_s = next(behaviour)
            except StopIteration as stop:
                return self._ended(int(stop.value))
            self._streams.flush()
            self._children.launch_all()
            yield delay_s
            if self._pid not in call.host.processes:
                call.shell.check_alive()
                return _TERMINATED

    def _ended(self, code: int) -> int:
        if code == KILLED and not self._guest.was_ended:
            self._call.shell.note("python.stopped", self._call.name, why=self._guest.why)
            self._streams.flush()
            self._call.err("Killed\n")
        return code

    def _sleep(self, delay_s: float) -> Delays[None]:
        self._call.shell.spend_command()
        yield delay_s


def _environment(env: Mapping[str, str], seed: int, *, boots: bool) -> list[bytes]:
    """Return the guest's environment; what it must not see of this the boot code takes out again."""
    variables = dict(env)
    variables["PYTHONHOME"] = _HOME
    if boots:
        own = variables.get("PYTHONPATH", "")
        variables["PYTHONPATH"] = f"{SITE}:{own}" if own else SITE
        if "PYTHONHASHSEED" not in variables:
            variables["PYTHONHASHSEED"] = str(derive_seed(seed, "python/hash") % (1 << 32))
            variables["_PYTHONHASHSEED"] = "1"
    return [f"{name}={value}".encode("utf-8", "surrogateescape") for name, value in variables.items()]
