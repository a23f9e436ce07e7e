"""The commands that are part of the shell itself."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.machine.program import Program
from simenv.shell.builtins import control, declaring, jobs, output, variables

BUILTINS: Mapping[str, Program] = {
    **control.PROGRAMS,
    **declaring.PROGRAMS,
    **jobs.PROGRAMS,
    **output.PROGRAMS,
    **variables.PROGRAMS,
}
