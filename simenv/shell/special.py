"""Special parameters of bash: what `$?`, `$RANDOM` and their like stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simenv.shell.state import Session

SPECIAL: Mapping[str, Callable[[Session], str | None]] = {
    "?": lambda shell: str(shell.last_code),
    "$": lambda shell: str(shell.main_pid()),
    "BASHPID": lambda shell: str(shell.process_id()),
    "BASH_SUBSHELL": lambda shell: str(shell.subshells),
    "LINENO": lambda shell: str(shell.line),
    "PIPESTATUS": lambda shell: str(_pipe_codes(shell)[0]),
    "FUNCNAME": lambda shell: shell.calls[-1] if shell.calls else None,
    "SHLVL": lambda shell: "1",
    "GROUPS": lambda shell: "1000",
    "OSTYPE": lambda shell: "linux-gnu",
    "MACHTYPE": lambda shell: "x86_64-pc-linux-gnu",
    "HOSTTYPE": lambda shell: "x86_64",
    "BASHOPTS": lambda shell: "",
    "OPTIND": lambda shell: "1",
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


def _pipe_codes(shell: Session) -> list[str]:
    return [str(code) for code in shell.pipe_codes or (shell.last_code,)]


ARRAYS: Mapping[str, Callable[[Session], list[str]]] = {
    "PIPESTATUS": _pipe_codes,
    "FUNCNAME": lambda shell: [*reversed(shell.calls), "main"] if shell.calls else [],
    "BASH_SOURCE": lambda shell: shell.scripts[::-1],
    "DIRSTACK": lambda shell: [shell.cwd, *reversed(shell.directories)],
    "BASH_VERSINFO": lambda shell: ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"],
}
"""Arrays that the shell itself keeps."""
