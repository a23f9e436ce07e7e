"""Builtins about jobs and history: jobs, wait, kill, history."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from simenv.machine.identity import ROOT
from simenv.machine.process import ProcessError
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.running_shells import RunningShells
from simenv.shell.signals import SIGNALS
from simenv.shell.state import Session

_POLL_S = 1.0
_UNTRAPPED = frozenset(("KILL", "STOP"))


def jobs(inv: Invocation) -> int:
    """List the background jobs."""
    found = inv.shell.running_jobs()
    for number, job in found:
        mark = "+" if number == found[-1][0] else "-"
        state = "Stopped" if job.pid in inv.host.suspended else "Running"
        inv.out(f"[{number}]{mark}  {state:<24}{job.text} &\n")
    return 0


def wait(inv: Invocation) -> Generator[float, None, int]:
    """Wait until background jobs have ended."""
    shell = inv.shell
    wanted = [_pid(inv, word) for word in inv.argv[1:]] or [job.pid for job in shell.jobs.values()]
    own = {job.pid for job in shell.jobs.values()} | shell.statuses.keys()
    code = 0
    for pid in wanted:
        if pid not in own:
            raise UsageFault(f"bash: wait: pid {pid} is not a child of this shell", 127)
        while pid in shell.host.processes:
            shell.spend_command()
            yield _POLL_S
            if shell.pending:
                return _number_of(shell.pending[0]) + 128
        code = _status(shell, pid)
    return code if len(inv.argv) > 1 else 0


def _status(shell: Session, pid: int) -> int:
    """Return the code of a background job that has ended: its own, or that of the signal that ended it."""
    record = shell.host.ended.get(pid)
    if record is None:
        return shell.statuses.get(pid, 0)
    return 128 + _number_of(str(shell.host.sim.journal[record].details.get("signal", "TERM")))


def _number_of(signal: str) -> int:
    return next((number for number, name in SIGNALS.items() if name == signal), 0)


def _pid(inv: Invocation, word: str) -> int:
    if word.startswith("%"):
        number = word[1:]
        if number in ("", "+", "%") and inv.shell.jobs:
            return inv.shell.jobs[max(inv.shell.jobs)].pid
        job = inv.shell.jobs.get(int(number[:6])) if number.isdecimal() else None
        if job is None:
            raise UsageFault(f"bash: {inv.argv[0]}: {word}: no such job")
        return job.pid
    if not word.removeprefix("-").isdecimal():
        raise UsageFault(f"bash: {inv.argv[0]}: {word}: arguments must be process or job IDs")
    return int(word[:12])


def kill(inv: Invocation) -> int:
    """Send a signal to processes."""
    words = list(inv.argv[1:])
    signal = "TERM"
    if words[:1] == ["-l"] and len(words) > 1:
        inv.out("".join(SIGNALS.get(int(word[:6]) & 127, "") + "\n" for word in words[1:] if word.isdecimal()))
        return 0
    if words and words[0] == "-l":
        inv.out(" ".join(f"{number}) SIG{name}" for number, name in SIGNALS.items()) + "\n")
        return 0
    if words and words[0] in ("-s", "-n") and len(words) > 1:
        signal, words = signal_name(words[1]), words[2:]
    elif words and words[0].startswith("-") and words[0] != "--":
        signal, words = signal_name(words[0][1:]), words[1:]
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise UsageFault(
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]", 2
        )
    for word in words:
        _kill(inv, word, signal)
    return inv.code


def _kill(inv: Invocation, word: str, signal: str) -> None:
    pid = abs(_pid(inv, word))
    shell = _addressed(inv.shell, pid)
    if shell is None and deliver(inv.shell, pid, signal):
        return
    if shell is not None and signal in shell.traps and signal not in _UNTRAPPED:
        if shell.traps[signal]:
            shell.pending.append(signal)
        return
    if shell is not None and not (shell.interactive and not shell.subshells):
        shell.ended_by = 128 + _number_of(signal)
    try:
        inv.host.kill(pid, inv.account, signal=signal)
    except ProcessError as error:
        inv.err(f"bash: kill: ({word}) - {error.reason}\n")
        inv.code = 1


def _addressed(shell: Session, pid: int) -> Session | None:
    """Return the shell that a pid is the number of: this one, that of ``$$``, or one in the background that has traps."""
    for one in (shell, shell.main):
        if pid == one.own_pid or (one.interactive and not one.subshells and pid == (one.pid or 2)):
            return one
    return None


def deliver(shell: Session, pid: int, signal: str) -> bool:
    """Give a signal to a background shell that traps it; return whether there is one that does.

    A user's signals reach their own processes alone; root's reach all.
    """
    job = shell.host.sim.own(RunningShells).get(shell.host.id, pid)
    if job is None or signal in _UNTRAPPED or signal not in job.traps:
        return False
    if shell.account.user not in (ROOT, job.account.user):
        return False
    if job.traps[signal]:
        job.pending.append(signal)
    return True


def signal_name(text: str) -> str:
    """Return the name of a signal given by name or number, without ``SIG``.

    Raises:
        UsageFault: there is no such signal.
    """
    if text.isdecimal():
        name = SIGNALS.get(int(text[:6]), "0" if text == "0" else "")
    else:
        name = text.upper().removeprefix("SIG")
        name = name if name in SIGNALS.values() or name == "0" else ""
    if not name:
        raise UsageFault(f"bash: kill: {text}: invalid signal specification")
    return name


def history(inv: Invocation) -> int:
    """Print what the session ran; ``-c`` forgets it."""
    if "-c" in inv.argv[1:]:
        inv.shell.history.clear()
        return 0
    entries = list(enumerate(inv.shell.history, start=1))
    count = inv.argv[1] if len(inv.argv) > 1 else ""
    shown = entries[-int(count[:6]) :] if count.isdecimal() and int(count[:6]) else entries
    inv.out("".join(f"{number:5d}  {line}\n" for number, line in shown))
    return 0


PROGRAMS: Mapping[str, Program] = {
    "bg": jobs,
    "fg": wait,
    "history": history,
    "jobs": jobs,
    "kill": kill,
    "wait": wait,
}
