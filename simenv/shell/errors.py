"""What interrupts a script. None of these leaves `Shell.run`.

ShellSignal
├── SyntaxFault      the text is no script, or reaches for what is not supported
├── ExpansionFault   an expansion that fails (``set -u``, ``${x:?}``, bad arithmetic)
├── UsageFault       a program was called with arguments it does not take
├── Halt             the host is off, the session was killed, or a limit is reached
├── BrokenPipe       output into a pipe that nobody reads any more
├── ExitShell        ``exit``
└── LeaveLoop, ReturnFunction   ``break``, ``continue``, ``return``
"""

from __future__ import annotations


class ShellSignal(Exception):
    """Base of everything that interrupts a script."""


class SyntaxFault(ShellSignal):
    """A script that cannot be parsed.

    Args:
        construct: kind of syntax that was found.
        text: where it stands.
        supported: it is a plain mistake; False if real bash would have understood it.
    """

    def __init__(self, construct: str, text: str, *, supported: bool = True) -> None:
        super().__init__(text)
        self.construct = construct
        self.text = text
        self.supported = supported


class ExpansionFault(ShellSignal):
    """An expansion that ends the line, or (`fatal`) the script; the message is what bash prints after ``bash: ``."""

    def __init__(self, message: str, code: int = 1, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.fatal = fatal


class UsageFault(ShellSignal):
    """A call that a program refuses; the message is what it prints."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Halt(ShellSignal):
    """The script is over at once; `code` is what the shell returns."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code


class BrokenPipe(ShellSignal):
    """A process writes into a pipe whose reader has gone (SIGPIPE): it ends with code 141."""

    code = 141


class ExitShell(ShellSignal):
    """``exit code``."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ReturnFunction(ShellSignal):
    """``return code``."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LeaveLoop(ShellSignal):
    """``break levels`` or (`again`) ``continue levels``."""

    def __init__(self, levels: int, *, again: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.again = again
