"""Scheduled commands on a host: the `at` queue and crontabs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TypeAlias

import simpy
from cronsim import CronSim, CronSimError

from simenv.kernel import Delays, Simulation
from simenv.kernel.parts import View
from simenv.machine.identity import ROOT, SYSTEM, Account, Identity

AT_SERVICE = "atd"
CRON_SERVICE = "cron"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

MAX_JOBS = 200
MAX_CRONTAB_LINES = 100
MAX_CRONTAB_CHARACTERS = 20_000
MAX_COST = 40_000
"""Limit on the commands of all jobs of a host in an episode: it bounds their real cost."""
_MAX_WORK = 30_000_000
_START_COST = 3


class Pool:
    """The remaining budget of a host's jobs and background commands in an episode.

    Attributes:
        commands: number that they may still run.
        work: characters that they may still read, write and match.
    """

    STATE = ("commands", "work")
    __slots__ = (*STATE,)

    def __init__(self) -> None:
        self.commands = MAX_COST
        self.work = _MAX_WORK

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.commands <= 0 or self.work <= 0


class Machine(Protocol):
    """The interface of a machine that scheduled commands use."""

    up: bool

    @property
    def sim(self) -> Simulation:
        """The clock and the journal."""

    def account(self, user: str) -> Account:
        """Return the account of a login name."""

    def service_process(self, name: str) -> object | None:
        """Return the process of a running service, or None."""

    def record(self, account: Account, verb: str, name: str, **details: Any) -> int:
        """Write a record about something on this machine; return its `seq`."""


RunCommand: TypeAlias = Callable[[Account, str, Pool | None], Delays[int]]
"""Runs a shell script on the machine as an account, charged to a pool (None: its own limits); returns its exit code."""


class Job(NamedTuple):
    """One entry of the `at` queue.

    Attributes:
        number: as `atq` shows it.
        due: simulated seconds.
        account: the account it runs as; that user and root may remove it.
        command: the script to run.
        record: `seq` of the record that made it; -1 if it came with the world.
    """

    number: int
    due: float
    account: Account
    command: str
    record: int = -1

    @property
    def user(self) -> str:
        """Whose job it is."""
        return self.account.user


class Crontab(NamedTuple):
    """A user's crontab: its text, and the record that installed it (-1: came with the world)."""

    text: str
    record: int = -1


class JobError(Exception):
    """A scheduling request that is refused."""


class Scheduler:
    """`atd` and `cron` of one host.

    A job runs at its time if it is still queued, the host is up and the daemon is running; else nothing happens
    (``job.missed``). At equal times jobs run in the order in which they were queued. Jobs draw on a pool, and are missed
    once it is used up; the world's own jobs have a separate pool, which users cannot exhaust.
    """

    STATE = ("jobs", "removed", "crontabs", "pool", "_world_pool", "_next")
    FIXED = ("_host", "_identity", "_run")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, host: Machine, run: RunCommand, identity: Identity) -> None:
        self._host = host
        self._identity = identity
        self._run = run
        self._next = 1
        self._world_pool = Pool()
        self.pool = Pool()
        """The remaining budget of users' jobs and background commands."""
        self.jobs: dict[int, Job] = {}
        self.removed: dict[int, int] = {}
        """Jobs removed before they were due, with the record of the removal."""
        self.crontabs: dict[str, Crontab] = {}

    def state(self, view: View) -> object:
        """Return the queue, the removed jobs with their records, and the remaining budgets."""
        queued = [(job.number, job.due, job.account, job.command, job.record < 0) for job in self.jobs.values()]
        removed = sorted((number, view.by_agent(record)) for number, record in self.removed.items())
        crontabs = sorted((user, table.text, table.record < 0) for user, table in self.crontabs.items())
        pools = [(pool.commands, pool.work) for pool in (self.pool, self._world_pool)]
        return self._next, queued, removed, crontabs, pools

    @property
    def next_number(self) -> int:
        """The number of the next job."""
        return self._next

    def add(self, due: float, command: str, account: Account, *, initial: bool = False) -> Job:
        """Queue a command for `due` (simulated seconds); journaled as ``job.add`` unless the world starts with it.

        Raises:
            JobError: the queue is full.
        """
        if not initial and len(self.jobs) >= MAX_JOBS:
            raise JobError("Too many jobs")
        number = self._next
        self._next += 1
        record = -1
        if not initial:
            record = self._host.record(account, "job.add", str(number), due=due, command=command)
        job = self.jobs[number] = Job(number, due, account, command, record)
        self._host.sim.process(self._run_when_due(job))
        return job

    def remove(self, number: int, account: Account) -> None:
        """Remove a job from the queue; journaled as ``job.remove``.

        Raises:
            JobError: no such job, or it is another user's.
        """
        job = self.jobs.get(number)
        if job is None:
            raise JobError(f"Cannot find jobid {number}")
        if account.user not in (ROOT, job.user):
            self._host.record(account, "job.refused", str(number))
            raise JobError(f"{number}: Not owner")
        del self.jobs[number]
        self.removed[number] = self._host.record(account, "job.remove", str(number), command=job.command)

    def _run_when_due(self, job: Job) -> Generator[simpy.Event, Any, None]:
        host = self._host
        yield host.sim.timeout(max(0.0, job.due - host.sim.now))
        if job.number not in self.jobs or not host.up:
            return
        if host.service_process(AT_SERVICE) is None:
            host.record(SYSTEM, "job.missed", str(job.number), command=job.command, why=f"{AT_SERVICE} is not running")
            return
        del self.jobs[job.number]
        if self._is_suspended(job.account, job.command, str(job.number)):
            return
        pool = None if job.record < 0 else self.pool
        if self._affords(pool, job.command, str(job.number)):
            yield from self._run_now(job.account, job.command, str(job.number), pool)

    def _is_suspended(self, account: Account, command: str, name: str) -> bool:
        """Return whether a job's owner is suspended; if so, the job is missed."""
        if self._identity.suspended(account.principal) is None:
            return False
        self._host.record(
            SYSTEM, "job.missed", name, command=command, why=f"the account of {account.user} is suspended"
        )
        return True

    def _affords(self, pool: Pool | None, command: str, name: str) -> bool:
        """Return whether a pool can pay for a job, and charge the start of the job."""
        if pool is None:
            return True
        if pool.spent:
            why = "limit: the host's jobs have run too many commands"
            self._host.record(SYSTEM, "job.missed", name, command=command, why=why)
            return False
        pool.commands -= _START_COST
        return True

    def _run_now(
        self, account: Account, command: str, name: str, pool: Pool | None
    ) -> Generator[simpy.Event, Any, None]:
        host = self._host
        host.record(SYSTEM, "job.run", name, command=command, user=account.user)
        code = yield from host.sim.perform(self._run(account, command, pool))
        host.record(SYSTEM, "job.done", name, code=code)

    def set_crontab(self, user: str, text: str, account: Account, *, initial: bool = False) -> None:
        """Install a crontab (empty text removes it); journaled as ``crontab.set``.

        Raises:
            JobError: a line is not five fields and a command, or there is too much of it.
        """
        entries = read_crontab(text)
        record = -1 if initial else self._host.record(account, "crontab.set", user, text=text)
        crontab = self.crontabs[user] = Crontab(text, record)
        if not text:
            del self.crontabs[user]
        for when, command in entries:
            self._host.sim.process(self._repeat(user, crontab, when, command))

    def _repeat(self, user: str, crontab: Crontab, when: str, command: str) -> Generator[simpy.Event, Any, None]:
        host, sim = self._host, self._host.sim
        times = CronSim(when, sim.calendar.at(sim.now))
        for moment in times:
            yield sim.timeout(max(0.0, sim.calendar.seconds(moment) - sim.now))
            if self.crontabs.get(user) is not crontab or not host.up:
                return
            if host.service_process(CRON_SERVICE) is None:
                continue
            if self._is_suspended(host.account(user), command, f"cron/{user}"):
                continue
            pool = self._world_pool if crontab.record < 0 else self.pool
            if not self._affords(pool, command, f"cron/{user}"):
                return  # the pool never fills again: one record for each entry will do
            yield from self._run_now(host.account(user), command, f"cron/{user}", pool)


def read_crontab(text: str) -> list[tuple[str, str]]:
    """Return the entries of a crontab: the five time fields, and the command.

    Raises:
        JobError: a malformed line, or too many lines.
    """
    if len(text) > MAX_CRONTAB_CHARACTERS or text.count("\n") > MAX_CRONTAB_LINES:
        most = f"{MAX_CRONTAB_LINES} lines and {MAX_CRONTAB_CHARACTERS} characters"
        raise JobError(f"crontab is too large (at most {most}); not installed")
    return [_parse_entry(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _parse_entry(line: str) -> tuple[str, str]:
    fields = line.split(None, 5)
    if len(fields) < 6:
        raise JobError(f"bad crontab line: {line!r}")
    when = " ".join(fields[:5])
    try:
        next(CronSim(when, _EPOCH))
    except (CronSimError, StopIteration) as error:
        raise JobError(f"bad crontab line: {line!r}: {error}") from None
    return when, fields[5]
