"""The shell as a tool."""

from __future__ import annotations

from simenv.company.company import Company
from simenv.kernel import Delays
from simenv.shell import Completed
from simenv.tools.parameters import Text
from simenv.tools.tool import tool


@tool(cost_s=2.0, grant="shell.use", effect="write")
def bash(company: Company, command: Text) -> str | Delays[str]:
    """Run a command in your bash session on the machine you work on and read what it prints.

    The session keeps its working directory, variables and aliases from one command to the next.

    Args:
        command: one or more lines of bash.
    """
    run = company.body.shell.begin(command)
    return _show(run) if isinstance(run, Completed) else _wait(run)  # most commands take no time


def _wait(run: Delays[Completed]) -> Delays[str]:
    return _show((yield from run))


def _show(completed: Completed) -> str:
    output = completed.output
    if completed.code:
        return f"{output}{'' if output.endswith(_NEWLINE) or not output else _NEWLINE}[exit code {completed.code}]"
    return output or "[no output]"


_NEWLINE = "\n"
