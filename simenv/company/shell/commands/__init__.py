"""The stock programs of a host: what `/usr/bin` holds."""

from __future__ import annotations

from collections.abc import Mapping

from simenv.company.host import Program
from simenv.company.shell.builtins_control import fail, nothing
from simenv.company.shell.builtins_output import echo, printf, pwd, test
from simenv.company.shell.commands import (
    archiving,
    calculating,
    comparing,
    compressing,
    dates,
    encoding,
    filing,
    finding,
    listing,
    machine,
    permissions,
    processes,
    reading,
    rearranging,
    remote,
    scheduling,
    searching,
    services,
    splitting,
    stream_editor,
    system,
    web,
)

COMMANDS: Mapping[str, Program] = {
    "[": test,
    "echo": echo,
    "false": fail,
    "printf": printf,
    "pwd": pwd,
    "test": test,
    "true": nothing,
    **archiving.PROGRAMS,
    **calculating.PROGRAMS,
    **comparing.PROGRAMS,
    **compressing.PROGRAMS,
    **dates.PROGRAMS,
    **encoding.PROGRAMS,
    **filing.PROGRAMS,
    **finding.PROGRAMS,
    **listing.PROGRAMS,
    **machine.PROGRAMS,
    **permissions.PROGRAMS,
    **processes.PROGRAMS,
    **reading.PROGRAMS,
    **rearranging.PROGRAMS,
    **remote.PROGRAMS,
    **scheduling.PROGRAMS,
    **searching.PROGRAMS,
    **services.PROGRAMS,
    **splitting.PROGRAMS,
    **stream_editor.PROGRAMS,
    **system.PROGRAMS,
    **web.PROGRAMS,
}
