"""The stock programs of a host: what `/usr/bin` holds."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.machine.program import Program
from simenv.shell.awk import program as awk
from simenv.shell.builtins.control import fail, nothing
from simenv.shell.builtins.output import echo, printf, pwd, test
from simenv.shell.commands import (
    archiving,
    calculating,
    comparing,
    compressing,
    dates,
    dumping,
    encoding,
    filing,
    filtering,
    finding,
    listing,
    machine,
    patching,
    permissions,
    placing,
    processes,
    reading,
    rearranging,
    resources,
    running,
    scheduling,
    searching,
    services,
    splitting,
    stream_editor,
    system,
    touching,
)
from simenv.shell.editors import ed, ex
from simenv.shell.git import program as git
from simenv.shell.jq import program as jq

COMMANDS: Mapping[str, Program] = {
    "[": test,
    "echo": echo,
    "false": fail,
    "printf": printf,
    "pwd": pwd,
    "test": test,
    "true": nothing,
    **archiving.PROGRAMS,
    **awk.PROGRAMS,
    **calculating.PROGRAMS,
    **comparing.PROGRAMS,
    **compressing.PROGRAMS,
    **dates.PROGRAMS,
    **dumping.PROGRAMS,
    **encoding.PROGRAMS,
    **ed.PROGRAMS,
    **ex.PROGRAMS,
    **filing.PROGRAMS,
    **filtering.PROGRAMS,
    **git.PROGRAMS,
    **finding.PROGRAMS,
    **jq.PROGRAMS,
    **listing.PROGRAMS,
    **machine.PROGRAMS,
    **patching.PROGRAMS,
    **permissions.PROGRAMS,
    **placing.PROGRAMS,
    **processes.PROGRAMS,
    **reading.PROGRAMS,
    **rearranging.PROGRAMS,
    **resources.PROGRAMS,
    **running.PROGRAMS,
    **scheduling.PROGRAMS,
    **searching.PROGRAMS,
    **services.PROGRAMS,
    **splitting.PROGRAMS,
    **stream_editor.PROGRAMS,
    **system.PROGRAMS,
    **touching.PROGRAMS,
}
