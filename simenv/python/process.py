"""One run of the interpreter: its own thread, which works only while the simulation waits for it.

wasmtime cannot suspend a guest, but a guest must be able to let simulated time pass. So each runs in a thread of its own, and
either that thread works or the simulation's does, never both: what happens, and in which order, does not depend on threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import wasmtime

from simenv.kernel import Delays
from simenv.python.engine import STACK_BYTES, Engine
from simenv.python.errnos import EINVAL, ENOSYS, Errno
from simenv.python.memory import GuestMemory
from simenv.python.streams import OutputLimit
from simenv.python.wasi import Exit, Wasi

MAX_CALLS = 100_000
"""Calls of the host, which instructions do not count."""
MAX_MEMORY = 256 << 20
KILLED, FAULT = 137, 139
_MODULE = "wasi_snapshot_preview1"

T = TypeVar("T")


class Ended(BaseException):
    """The guest is ended from outside; no code of its own sees it."""


class CallLimit(Exception):
    """A guest has called the host too often."""


class _Switch:
    """Hands control to and fro between two threads."""

    def __init__(self) -> None:
        self._guest, self._host = threading.Semaphore(0), threading.Semaphore(0)

    def to_guest(self) -> None:
        """Let the guest work until it hands control back."""
        self._guest.release()
        self._host.acquire()

    def to_host(self, *, last: bool = False) -> None:
        """Let the host work until it hands control back."""
        self._host.release()
        if not last:
            self._guest.acquire()


class GuestProcess:
    """A guest that has not run yet.

    Args:
        engine: the interpreter.
        wasi: what it can call.
        fuel: instructions that it may execute.
    """

    def __init__(self, engine: Engine, fuel: int) -> None:
        self.wasi: Wasi
        self.memory: GuestMemory
        self.work: Callable[[], None] = lambda: None
        self._engine = engine
        self._fuel = fuel
        self._calls = 0
        self._switch = _Switch()
        self._request: Delays[Any] | None = None
        self._reply: Any = None
        self._failure: BaseException | None = None
        self._end = False
        self.code = 0
        self.spent = 0
        """Instructions that were executed."""
        self.why = ""
        """Which limit ended it."""
        self.was_ended = False
        """Whether it was ended from outside, or ended itself by a signal."""

    # -- the simulation's side ---------------------------------------------------------------------------------------

    def run(self) -> Delays[int]:
        """Run the guest; yield the simulated seconds that it waits, return its exit code.

        Raises:
            BaseException: what the machine raised while it worked for the guest.
        """
        thread = _start(self._work)
        self._switch.to_guest()
        try:
            while self._request is not None:
                request, self._request = self._request, None
                yield from self._serve(request)
                self._switch.to_guest()
        finally:
            while thread.is_alive() and not self._is_over:
                self._end = True
                self._request = None
                self._switch.to_guest()
            thread.join()
        if self._failure is not None:
            raise self._failure
        return self.code

    def _serve(self, request: Delays[Any]) -> Delays[None]:
        try:
            self._reply = yield from request
        except Errno as error:
            self._reply = error

    _is_over = False

    # -- the guest's side --------------------------------------------------------------------------------------------

    def pause(self, request: Generator[float, None, T]) -> T:
        """Have the simulation perform a behaviour, and return its result; the guest waits meanwhile.

        Raises:
            Errno: the behaviour fails.
            Ended: the guest is ended meanwhile.
        """
        self._request = request
        self._switch.to_host()
        if self._end:
            raise Ended
        reply, self._reply = self._reply, None
        if isinstance(reply, Errno):
            raise reply
        return reply  # type: ignore[no-any-return]

    def _work(self) -> None:
        self._switch._guest.acquire()
        try:
            if not self._end:
                self._execute()
        except Ended:
            self.was_ended = True
        except BaseException as error:
            self._failure = error
        self._is_over = True
        self._switch.to_host(last=True)

    def _execute(self) -> None:
        store = wasmtime.Store(self._engine.engine)
        store.set_limits(memory_size=MAX_MEMORY, instances=1, memories=1)
        store.set_fuel(self._fuel)
        linker = wasmtime.Linker(self._engine.engine)
        for each in self._engine.module.imports:
            kind = each.type
            assert isinstance(kind, wasmtime.FuncType)
            linker.define_func(_MODULE, each.name or "", kind, self._guarded(each.name or ""))
        try:
            exports = linker.instantiate(store, self._engine.module).exports(store)
            memory, begin = exports["memory"], exports["_start"]
            assert isinstance(memory, wasmtime.Memory) and isinstance(begin, wasmtime.Func)
            self.memory = self.wasi.memory = GuestMemory(memory, store)
            for at, data in self._engine.patch.writes:
                self.memory.write(at, data)
            self._begin(begin, store)
        finally:
            self.spent = self._fuel - store.get_fuel()
            store.close()
            linker.close()

    def _begin(self, begin: wasmtime.Func, store: wasmtime.Store) -> None:
        try:
            begin(store)
            self.code = 0
        except Exit as end:
            self.code = end.code
        except OutputLimit:
            self.code, self.why = KILLED, "output"
        except CallLimit:
            self.code, self.why = KILLED, "calls"
        except wasmtime.Trap as trap:
            out_of_fuel = trap.trap_code is wasmtime.TrapCode.OUT_OF_FUEL
            self.code, self.why = (KILLED, "instructions") if out_of_fuel else (FAULT, "fault")

    def _guarded(self, name: str) -> Callable[..., Any]:
        function = getattr(self.wasi, name, None)
        if name == "proc_exit":
            return self.wasi.proc_exit
        is_clock = name == "clock_time_get"

        def call(*arguments: int) -> int:
            self._calls += 1
            if self._calls > MAX_CALLS:
                raise CallLimit
            if not is_clock:
                self.work()
            if function is None:
                return ENOSYS
            try:
                function(*arguments)
            except Errno as error:
                return error.number
            except UnicodeError:
                return EINVAL
            return 0

        return call


def _start(work: Callable[[], None]) -> threading.Thread:
    """Start a thread whose stack has room for wasm's own, everywhere."""
    before = threading.stack_size(STACK_BYTES)
    try:
        thread = threading.Thread(target=work, daemon=True, name="python-guest")
        thread.start()
    finally:
        threading.stack_size(before)
    return thread
