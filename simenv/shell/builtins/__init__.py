"""The commands that are part of the shell itself."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.machine.program import Program
from simenv.shell.builtins import control as builtins_control
from simenv.shell.builtins import jobs as builtins_jobs
from simenv.shell.builtins import output as builtins_output
from simenv.shell.builtins import variables as builtins_variables

BUILTINS: Mapping[str, Program] = {
    **builtins_control.PROGRAMS,
    **builtins_jobs.PROGRAMS,
    **builtins_output.PROGRAMS,
    **builtins_variables.PROGRAMS,
}
