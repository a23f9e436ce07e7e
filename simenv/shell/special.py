"""Special parameters of bash: what `$?`, `$RANDOM` and their like stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simenv.shell.state import Session

SPECIAL: Mapping[str, Callable[[Session], str]] = {
    "?": lambda shell: str(shell.last_code),
    "$": lambda shell: str(shell.pid or 2),
    "#": lambda shell: str(len(shell.positional)),
    "@": lambda shell: " ".join(shell.positional),
    "*": lambda shell: shell.separators()[:1].join(shell.positional),
    "!": lambda shell: str(shell.last_background) if shell.last_background else "",
    "-": lambda shell: "hB" + shell.options.letters(),
    "SECONDS": lambda shell: str(int(shell.host.sim.now)),
    "EPOCHSECONDS": lambda shell: str(int(shell.host.sim.calendar.at(shell.host.sim.now).timestamp())),
    "RANDOM": lambda shell: str(shell.host.sim.streams[f"shell/{shell.host.id}"].randrange(32768)),
    "UID": lambda shell: "0" if shell.account.user == "root" else "1000",
    "EUID": lambda shell: "0" if shell.account.user == "root" else "1000",
    "HOSTNAME": lambda shell: shell.host.hostname,
    "PPID": lambda shell: "1",
    "BASH": lambda shell: "/bin/bash",
    "BASH_VERSION": lambda shell: "5.2.15(1)-release",
}  # fmt: skip
