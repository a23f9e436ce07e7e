"""What Ctrl-C and SIGTERM do to a command, from its first import on: it ends without a traceback.

While a run plays episodes, `simenv.rollout.run` takes over: the first one drains, the second one stops.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Command:
    """Whether this process is a command, and whether it was told to end."""

    is_expecting = False
    heard = 0


def expect_interrupts() -> None:
    """Leave quietly if interrupted while modules are imported, where this process is the command `simenv`."""
    called = sys.argv[0].replace("\\", "/").rpartition("/")[2] if sys.argv else ""
    if called in ("simenv", "simenv.exe", "-m", "__main__.py"):
        _Command.is_expecting = True
        sys.unraisablehook = _unraisable
        _listen(_leave)


def raise_interrupts() -> None:
    """From here on an interrupt is a KeyboardInterrupt, so that what is open is closed."""
    if _Command.is_expecting:
        _listen(_raise)


def end(status: int = 0) -> int:
    """Ignore interrupts, since the command ends anyway; return its exit status."""
    if _Command.is_expecting:
        _listen(signal.SIG_IGN)
    return 128 + _Command.heard if _Command.heard else status


def _listen(handler: Any) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN or handler is signal.SIG_IGN:  # as under `nohup`
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    os.write(2, b"simenv: interrupted\n")
    os._exit(128 + number)


def _raise(number: int, _: object) -> None:
    if _Command.heard:
        _leave(number, None)
    _Command.heard = number
    raise KeyboardInterrupt


def _unraisable(what: Any) -> None:
    """Leave if an interrupt came where Python cannot raise it, in a destructor say, and would print it instead."""
    if issubclass(what.exc_type, KeyboardInterrupt):
        _leave(_Command.heard or signal.SIGINT, None)
    sys.__unraisablehook__(what)
