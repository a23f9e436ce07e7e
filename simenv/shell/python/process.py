"""One run of the interpreter: its own thread, which works only while the simulation waits for it.

wasmtime cannot suspend a guest, but a guest must be able to let simulated time pass. So each runs in a thread of its own, and
either that thread works or the simulation's does, never both: what happens, and in which order, does not depend on threads.
The guest's thread only computes: its calls are answered in the simulation's. It holds nothing of the episode, so an episode
that is forgotten while a script sleeps is gone, and the thread with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import wasmtime

from simenv.kernel import Delays
from simenv.shell.python.engine import STACK_BYTES, Engine
from simenv.shell.python.errnos import EINVAL, ENOSYS, Errno
from simenv.shell.python.memory import GuestMemory
from simenv.shell.python.streams import OutputLimit
from simenv.shell.python.wasi import Wasi

MAX_CALLS = 50_000
"""Calls of the host, which instructions do not count."""
MAX_MEMORY = 256 << 20
KILLED, FAULT = 137, 139
_MODULE = "wasi_snapshot_preview1"


class Ended(BaseException):
    """The guest is ended from outside; no code of its own sees it."""


class Exit(Exception):
    """The guest ends."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class CallLimit(Exception):
    """A guest has called the host too often."""


class Port:
    """Where guest and simulation meet: hands control to and fro, with one call at a time. It knows nothing of the episode.

    Attributes:
        call: what the guest asks for: name of a function, and its arguments; None once it is over.
        result: the answer to it.
        end: the guest is to end.
        is_over: it has ended.
        memory: its memory, before it begins.
        code: its exit code.
        why: which limit ended it.
        spent: instructions that were executed.
        failure: what went wrong on the host's side of the guest's thread.
    """

    def __init__(self) -> None:
        self.call: tuple[str, tuple[int, ...]] | None = None
        self.result = 0
        self.end = self.is_over = False
        self.memory: GuestMemory | None = None
        self.code = self.spent = self._calls = 0
        self.why = ""
        self.failure: BaseException | None = None
        self._guest, self._host = threading.Lock(), threading.Lock()
        self._guest.acquire()
        self._host.acquire()

    def to_guest(self) -> None:
        """Let the guest work until it calls, or ends."""
        self._guest.release()
        self._host.acquire()

    def begin(self) -> None:
        """Wait, in the guest's thread, until it may work."""
        self._guest.acquire()

    def over(self) -> None:
        """Hand control back for good."""
        self.call, self.is_over = None, True
        self._host.release()

    def ask(self, name: str, arguments: tuple[int, ...]) -> int:
        """Have the simulation answer a call; return its error number, 0 if there is none.

        Raises:
            CallLimit: there were too many.
            Ended: the guest is ended instead.
        """
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise CallLimit
        self.call = (name, arguments)
        self._host.release()
        self._guest.acquire()
        if self.end:
            raise Ended
        return self.result


class GuestProcess:
    """A guest that has not run yet.

    Args:
        engine: the interpreter.
        fuel: instructions that it may execute.

    Attributes:
        wasi: what it can call; set before it runs.
        work: called before each call but those of the clock.
        code: its exit code, once it has ended.
        why: which limit ended it.
        was_ended: whether it was ended by a signal, or has become another program.
    """

    def __init__(self, engine: Engine, fuel: int) -> None:
        self.wasi: Wasi
        self.work: Callable[[], None] = lambda: None
        self.code = 0
        self.why = ""
        self.was_ended = False
        self._engine = engine
        self._fuel = fuel
        self._port = Port()

    @property
    def spent(self) -> int:
        """Instructions that were executed."""
        return self._port.spent

    @property
    def memory(self) -> GuestMemory:
        """Its memory."""
        return self.wasi.memory

    def run(self) -> Delays[int]:
        """Run the guest; yield the simulated seconds that it waits, return its exit code."""
        port = self._port
        thread = _start(partial(_work, port, self._engine, self._fuel))
        try:
            port.to_guest()
            if port.memory is not None:
                self.wasi.memory = port.memory
            while port.call is not None:
                (name, arguments), port.call = port.call, None
                port.result = yield from self._answer(name, arguments)
                port.to_guest()
            self.code, self.why = port.code, port.why
        except OutputLimit:
            self.code, self.why = KILLED, "output"
        except Ended:
            self.was_ended = True
        finally:
            while thread.is_alive() and not port.is_over:
                port.end, port.call = True, None
                port.to_guest()
            thread.join()
        if port.failure is not None:
            raise port.failure
        return self.code

    def _answer(self, name: str, arguments: tuple[int, ...]) -> Delays[int]:
        """Answer a call; return its error number."""
        function = getattr(self.wasi, name, None)
        if name != "clock_time_get":
            self.work()
        if function is None:
            return ENOSYS
        try:
            waiting = function(*arguments)
            if waiting is not None:
                yield from waiting
        except Errno as error:
            return error.number
        except UnicodeError:
            return EINVAL
        return 0


# -- the guest's thread ------------------------------------------------------------------------------------------------


def _work(port: Port, engine: Engine, fuel: int) -> None:
    port.begin()
    try:
        if not port.end:
            _execute(port, engine, fuel)
    except Ended:
        pass
    except BaseException as error:
        port.failure = error
    port.over()


def _execute(port: Port, engine: Engine, fuel: int) -> None:
    store = wasmtime.Store(engine.engine)
    store.set_limits(memory_size=MAX_MEMORY, instances=1, memories=1)
    store.set_fuel(fuel)
    linker = wasmtime.Linker(engine.engine)
    for each in engine.module.imports:
        kind = each.type
        assert isinstance(kind, wasmtime.FuncType)
        linker.define_func(_MODULE, each.name or "", kind, _forwarded(port, each.name or ""))
    try:
        exports = linker.instantiate(store, engine.module).exports(store)
        memory, begin = exports["memory"], exports["_start"]
        assert isinstance(memory, wasmtime.Memory) and isinstance(begin, wasmtime.Func)
        port.memory = GuestMemory(memory, store)
        for at, data in engine.patch.writes:
            port.memory.write(at, data)
        _begin(port, begin, store)
    finally:
        port.spent = fuel - store.get_fuel()
        store.close()
        linker.close()


def _begin(port: Port, begin: wasmtime.Func, store: wasmtime.Store) -> None:
    try:
        begin(store)
    except Exit as end:
        port.code = end.code
    except CallLimit:
        port.code, port.why = KILLED, "calls"
    except wasmtime.Trap as trap:
        out_of_fuel = trap.trap_code is wasmtime.TrapCode.OUT_OF_FUEL
        port.code, port.why = (KILLED, "instructions") if out_of_fuel else (FAULT, "fault")


def _forwarded(port: Port, name: str) -> Callable[..., Any]:
    if name == "proc_exit":
        return _exit

    def call(*arguments: int) -> int:
        return port.ask(name, arguments)

    return call


def _exit(code: int) -> None:
    raise Exit(code & 0xFF)


def _start(work: Callable[[], None]) -> threading.Thread:
    """Start a thread whose stack has room for wasm's own, everywhere."""
    before = threading.stack_size(STACK_BYTES)
    try:
        thread = threading.Thread(target=work, daemon=True, name="python-guest")
        thread.start()
    finally:
        threading.stack_size(before)
    return thread
