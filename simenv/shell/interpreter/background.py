"""Background jobs: commands started with ``&``, as SimPy processes of their own."""

from __future__ import annotations

from collections.abc import Generator

from simenv.kernel import Delays
from simenv.shell.budget import Source, Streams
from simenv.shell.errors import Halt, ShellSignal
from simenv.shell.interpreter.redirection import flush_files
from simenv.shell.parser import tree
from simenv.shell.running_shells import RunningShells
from simenv.shell.state import Session

_MAX_JOBS = 200
MAX_PROCESSES = 500
_LONGEST_POLL_S = 60.0


def start(shell: Session, node: tree.Background, streams: Streams) -> int:
    """Start a job; print its number and process as an interactive bash does."""
    if len(shell.running_jobs()) >= _MAX_JOBS or len(shell.host.processes) >= MAX_PROCESSES:
        raise Halt(254, "bash: fork: retry: Resource temporarily unavailable")
    shell.check_alive()
    host = shell.host
    text = node.text.strip()
    name = text.split()[0].rpartition("/")[2] if text.split() else "bash"
    process = host.start(name, shell.account.user, text[:500])
    number = max(shell.jobs, default=0) + 1
    shell.add_job(number, process.pid, text)
    if shell.interactive:
        streams.err.write(f"[{number}] {process.pid}\n")
    twin = shell.fork()
    twin.budget = shell.budget.background(host.scheduler.pool)
    twin.open_files = []
    twin.interactive = False
    body = node.body
    if isinstance(body, tree.Subshell):  # the job is that subshell: its traps are the job's
        twin.subshells += 1
        body = body.body
    host.sim.own(RunningShells).add(host.id, process.pid, twin)
    host.sim.process(host.sim.perform(_behave(twin, body, streams, process.pid, shell.statuses)))
    shell.last_code = 0
    return 0


def _behave(
    shell: Session, body: tree.Node, streams: Streams, pid: int, statuses: dict[int, int]
) -> Generator[float, None, int]:
    """Run the job; what it prints is seen as long as the command that started it is under way."""
    shell.pid = pid
    code = yield from supervise(shell, shell.contained(body, streams.replaced(Source(), streams.out, streams.err)), pid)
    if len(statuses) < MAX_PROCESSES:
        statuses[pid] = code
    return code


def supervise(shell: Session, behaviour: Delays[int], pid: int) -> Generator[float, None, int]:
    """Run a job in its own shell; it ends early when its process is killed or the host goes off."""
    host = shell.host
    shell.pid = pid
    try:
        while True:
            try:
                delay = next(behaviour)
            except StopIteration as stop:
                return int(stop.value)
            flush_files(shell)
            yield delay
            yield from _suspension(shell, pid)
            if pid not in host.processes:
                return 143
    except Halt as halt:
        return halt.code
    except (ShellSignal, RecursionError):
        return 1
    finally:
        behaviour.close()
        shell.budget.release()
        host.sim.own(RunningShells).drop(host.id, pid)
        host.exit(pid)


def _suspension(shell: Session, pid: int) -> Delays[None]:
    """Wait while the job is suspended, looking less and less often."""
    pause_s = 1.0
    while pid in shell.host.suspended:
        shell.spend_command()
        yield pause_s
        pause_s = min(2 * pause_s, _LONGEST_POLL_S)
