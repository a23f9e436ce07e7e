"""Programs about processes: ps, pgrep, pidof, pkill, killall, sleep, nohup, timeout."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence

from simenv.machine.process import Process, ProcessError
from simenv.machine.program import Program
from simenv.shell.builtins.jobs import deliver, kill, signal_name
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.pattern.regex import compile_regex

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{0,6})?|\.\d{1,6})([smhd]?)\Z")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MAX_SLEEP_S = 10 * 365 * 86400.0


def duration(inv: Invocation, text: str) -> float:
    """Return the seconds of ``5``, ``1.5m``, ``2h``.

    Raises:
        UsageFault: it is no time.
    """
    found = _DURATION.match(text)
    if text in ("inf", "infinity"):
        return _MAX_SLEEP_S
    if found is None:
        raise UsageFault(f"{inv.name}: invalid time interval '{text}'\nTry '{inv.name} --help' for more information.")
    return min(float(found.group(1)) * _UNITS[found.group(2)], _MAX_SLEEP_S)


def sleep(inv: Invocation) -> Generator[float, None, int]:
    """Let simulated time pass."""
    if len(inv.argv) < 2:
        raise UsageFault("sleep: missing operand\nTry 'sleep --help' for more information.")
    yield sum(duration(inv, text) for text in inv.argv[1:])
    return 0


def ps(inv: Invocation) -> int:
    """List processes: ``aux``, ``-ef``, ``-e``, ``-u USER``, ``-p PID``, ``-o COLUMNS``, ``-C NAME``."""
    text = "".join(inv.argv[1:2])
    if text and text[0] != "-" and set(text) <= set("auxwfe"):
        inv.argv = [inv.argv[0], *inv.argv[2:]]
        given, _ = inv.options(Spec("efAlwH", "upoC", "sort:o no-headers:w forest:f", permute=True))
        style = "bsd" if "u" in text else "short"
        chosen = _sorted(inv) if "x" in text or "a" in text else _own(inv)
    else:
        given, _ = inv.options(Spec("efAlwHaTFx", "upoCtg", "sort:g no-headers:w forest:H user:u pid:p"))
        style = "full" if "f" in given or "F" in given else "short"
        chosen = _choose(inv, given)
    if "o" in given:
        return _columns(inv, given["o"], chosen)
    _print(inv, style, chosen)
    return 0 if chosen else 1


def _sorted(inv: Invocation) -> list[Process]:
    return [process for _, process in sorted(inv.host.processes.items())]


def _own(inv: Invocation) -> list[Process]:
    return [process for process in _sorted(inv) if process.user == inv.account.user]


def _choose(inv: Invocation, given: Mapping[str, str]) -> list[Process]:
    processes = _sorted(inv)
    if "p" in given:
        wanted = set(re.split("[ ,]", given["p"]))
        return [process for process in processes if str(process.pid) in wanted]
    if "C" in given:
        return [process for process in processes if process.name == given["C"]]
    if "u" in given:
        users = given["u"].split(",")
        return [process for process in processes if process.user in users]
    return processes if {"e", "A", "a", "x"} & given.keys() else _own(inv)


def _print(inv: Invocation, style: str, processes: Sequence[Process]) -> None:
    if style == "bsd":
        inv.out("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
    else:
        inv.out(
            "UID          PID    PPID  C STIME TTY          TIME CMD\n"
            if style == "full"
            else "    PID TTY          TIME CMD\n"
        )
    for process in processes:
        started = _started(inv, process)
        user = process.user[:8]
        if style == "bsd":
            inv.out(
                f"{user:<8} {process.pid:>7}  0.0  0.1  10240  4096 ?        {_state(inv, process):<4} {started}"
                f"   0:00 {process.command}\n"
            )
        elif style == "full":
            inv.out(f"{user:<8} {process.pid:>7}       1  0 {started} ?        00:00:00 {process.command}\n")
        else:
            inv.out(f"{process.pid:>7} ?        00:00:00 {process.name}\n")


def _state(inv: Invocation, process: Process) -> str:
    return "Ts" if process.pid in inv.host.suspended else "Ss"


def _started(inv: Invocation, process: Process) -> str:
    sim = inv.host.sim
    moment, today = sim.calendar.at(process.started), sim.calendar.at(sim.now)
    return f"{moment:%H:%M}" if moment.date() == today.date() else f"{moment:%b%d}"


_COLUMNS = {
    "pid": "PID", "user": "USER", "comm": "COMMAND", "cmd": "CMD", "args": "COMMAND", "command": "COMMAND", "etime": "ELAPSED",
    "stat": "STAT", "state": "S", "s": "S", "ppid": "PPID", "lstart": "STARTED",
    "start": "STARTED", "pcpu": "%CPU", "pmem": "%MEM", "tty": "TT",
}  # fmt: skip


def _columns(inv: Invocation, text: str, processes: Sequence[Process]) -> int:
    wanted = [name.partition("=")[0] for name in re.split("[, ]", text) if name]
    for name in wanted:
        if name not in _COLUMNS:
            raise UsageFault(f'error: unknown user-defined format specifier "{name}"')
    if not text.endswith("="):
        inv.out(" ".join(f"{_COLUMNS[name]:<8}" for name in wanted).rstrip() + "\n")
    for process in processes:
        minutes, seconds = divmod(int(inv.host.sim.now - process.started), 60)
        values = {
            "pid": str(process.pid), "user": process.user, "comm": process.name, "cmd": process.command,
            "stat": _state(inv, process), "state": _state(inv, process)[0], "s": _state(inv, process)[0],
            "args": process.command, "command": process.command, "ppid": "1", "pcpu": "0.0", "pmem": "0.1", "tty": "?",
            "etime": f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}", "start": _started(inv, process),
            "lstart": f"{inv.host.sim.calendar.at(process.started):%a %b %d %H:%M:%S %Y}",
        }  # fmt: skip
        inv.out(" ".join(f"{values[name]:<8}" for name in wanted).rstrip() + "\n")
    return 0 if processes else 1


def _matching(inv: Invocation, given: Mapping[str, str], operands: Sequence[str]) -> list[Process]:
    if not operands and "u" not in given:
        raise UsageFault(
            f"{inv.name}: no matching criteria specified\nTry `{inv.name} --help' for more information.", 2
        )
    pattern = compile_regex(operands[0] if operands else "", extended=True, ignore_case="i" in given)
    users = given["u"].split(",") if "u" in given else None
    found = []
    for process in _sorted(inv):
        text = process.command if "f" in given else process.name
        hit = pattern.matches(text) if "x" in given else pattern.search(text) is not None
        if hit and (users is None or process.user in users) and process.pid != inv.shell.pid:
            found.append(process)
    return found


def pgrep(inv: Invocation) -> int:
    """Print the numbers of processes whose name (``-f``: command line) matches."""
    given, operands = inv.options(Spec("flaxcinov", "uP", "full:f list-name:l count:c exact:x", 2))
    found = _matching(inv, given, operands)
    if "c" in given:
        inv.out(f"{len(found)}\n")
        return int(not found)
    for process in found:
        if "a" in given:
            label = f" {process.command}"
        else:
            label = f" {process.name}" if "l" in given else ""
        inv.out(f"{process.pid}{label}\n")
    return int(not found)


def pidof(inv: Invocation) -> int:
    """Print the numbers of processes of these names, the newest first (``-s``: only one)."""
    given, operands = inv.options(Spec("sxcqw", "oS", "single-shot:s"))
    found: list[int] = []
    for name in operands:
        numbers = [p.pid for p in _sorted(inv) if name in (p.name, p.command.split(" ")[0])]
        found += numbers[:-2:-1] if "s" in given else numbers[::-1]
    found = [pid for pid in found if str(pid) not in re.split("[ ,]", given.get("o", ""))]
    if found and "q" not in given:
        inv.out(" ".join(map(str, found)) + "\n")
    return int(not found)


def _take_signal(inv: Invocation) -> str:
    """Take ``-9`` or ``-TERM`` out of the arguments."""
    words = list(inv.argv)
    for at, word in enumerate(words[1:], start=1):
        if word in ("-s", "--signal") and at + 1 < len(words):
            inv.argv = words[:at] + words[at + 2 :]
            return signal_name(words[at + 1])
        if word.startswith("--signal="):
            inv.argv = words[:at] + words[at + 1 :]
            return signal_name(word.partition("=")[2])
        if word[:1] == "-" and (word[1:].isdecimal() or (word[1:].isupper() and len(word) > 2)):
            inv.argv = words[:at] + words[at + 1 :]
            return signal_name(word[1:])
    return "TERM"


def pkill(inv: Invocation) -> int:
    """Send a signal to processes whose name (``-f``: command line) matches."""
    signal = _take_signal(inv)
    given, operands = inv.options(Spec("fxienov", "u", "full:f exact:x", 2))
    found = _matching(inv, given, operands)
    for process in found:
        try:
            if not deliver(inv.shell, process.pid, signal):
                inv.host.kill(process.pid, inv.account, signal=signal)
        except ProcessError as error:
            inv.complain(f"killing pid {process.pid} failed: {error.reason}")
            continue
        if "e" in given:
            inv.out(f"{process.name} killed (pid {process.pid})\n")
    return inv.code if found else 1


def killall(inv: Invocation) -> int:
    """Send a signal to all processes of these names."""
    signal = _take_signal(inv)
    given, operands = inv.options(Spec("qvweI", "u", "quiet:q"))
    if not operands:
        raise UsageFault("Usage: killall [OPTION]... NAME...")
    for name in operands:
        found = [process for process in _sorted(inv) if process.name == name]
        if not found:
            inv.code = 1
            if "q" not in given:
                inv.err(f"{name}: no process found\n")
        for process in found:
            try:
                inv.host.kill(process.pid, inv.account, signal=signal)
            except ProcessError as error:
                inv.err(f"{name}({process.pid}): {error.reason}\n")
                inv.code = 1
    return inv.code


def nohup(inv: Invocation) -> Generator[float, None, int]:
    """Run a command; here nothing hangs up."""
    if len(inv.argv) < 2:
        raise UsageFault("nohup: missing operand\nTry 'nohup --help' for more information.", 125)
    return (yield from inv.shell.call(list(inv.argv[1:]), inv.streams))


def nice(inv: Invocation) -> Generator[float, None, int]:
    """Run a command; priorities do not matter here."""
    _, command = inv.options(Spec("", "nc", permute=False))
    return (yield from inv.shell.call(list(command), inv.streams)) if command else 0


def timeout(inv: Invocation) -> Generator[float, None, int]:
    """Run a command for at most some seconds; 124 if it is cut off."""
    _, operands = inv.options(
        Spec("fv", "sk", "signal:s kill-after:k preserve-status:v foreground:f", 125, permute=False)
    )
    if len(operands) < 2:
        raise UsageFault("timeout: missing operand\nTry 'timeout --help' for more information.", 125)
    left = duration(inv, operands[0])
    behaviour = inv.shell.call(list(operands[1:]), inv.streams)
    try:
        while True:
            try:
                delay = next(behaviour)
            except StopIteration as stop:
                return int(stop.value)
            if delay > left:
                yield left
                return 124
            left -= delay
            yield delay
    finally:
        behaviour.close()


PROGRAMS: Mapping[str, Program] = {
    "kill": kill,
    "killall": killall,
    "nice": nice,
    "nohup": nohup,
    "pgrep": pgrep,
    "pidof": pidof,
    "pkill": pkill,
    "ps": ps,
    "sleep": sleep,
    "timeout": timeout,
}
