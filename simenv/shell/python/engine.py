"""The interpreter, once it is there."""

from __future__ import annotations

from typing import NamedTuple

import wasmtime

from simenv.shell.python.errnos import Patch
from simenv.shell.python.library import Library

STACK_BYTES = 16 << 20
"""Stack of a thread in which a guest runs."""
WASM_STACK_BYTES = 2 << 20
"""What of it the guest may use; wasmtime takes no more."""


class Engine(NamedTuple):
    """What all guests of this process share; it is never changed.

    Attributes:
        engine: wasmtime's.
        module: the compiled interpreter.
        patch: what is written into each guest's memory before it starts.
        library: the standard library, and the guest's boot code.
    """

    engine: wasmtime.Engine
    module: wasmtime.Module
    patch: Patch
    library: Library
