"""``/proc``: what the kernel tells of itself and of the processes, as files that nobody stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from simenv.kernel import Simulation
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import ROOT
from simenv.machine.nodes import Node
from simenv.machine.numbers import user_number
from simenv.machine.process import Process

PROCESSORS = 4
MEMORY_KB = 16_316_412
CACHE_KB = 2_000_000
KERNEL = "6.1.0-18-amd64"
KERNEL_BUILD = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"
PROCESSOR = "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz"
_FLAGS = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx lm"
_RESIDENT_KB = 4_096


def used_memory_kb(processes: int) -> int:
    """Return how much memory a machine uses: some for the system, and some for each process."""
    return min(900_000 + 45_000 * processes, MEMORY_KB // 2)


class Machine(Protocol):
    """What the kernel knows; `simenv.machine.host.Host` is one."""

    plan: HostPlan
    sim: Simulation
    processes: dict[int, Process]
    suspended: dict[int, int]

    @property
    def hostname(self) -> str:
        """The name that people and `hostname` use."""

    @property
    def next_pid(self) -> int:
        """The number that the next process gets."""

    def home(self, user: str) -> str:
        """Return the home directory of a login name."""


class ProcFiles:
    """The files below ``/proc`` of a machine, made when somebody looks at them."""

    FIXED = ("_host",)
    __slots__ = (*FIXED,)

    def __init__(self, host: Machine) -> None:
        self._host = host

    def get(self, path: str) -> Node | None:
        """Return what is at a path below ``/proc``; None if nothing is."""
        names = path.split("/")[2:]
        if len(names) == 1 and names[0] in _SYSTEM:
            return _file(_SYSTEM[names[0]](self._host))
        if names[0] == "sys":
            return self._setting("/".join(names[1:]))
        process = self._process(names[0])
        if process is None or len(names) > 2:
            return None
        if len(names) == 1:
            return _directory(process.user)
        return self._of_process(process, names[1])

    def names(self, directory: str) -> tuple[str, ...]:
        """Return the sorted names in a directory below ``/proc``, or in it."""
        names = directory.split("/")[2:]
        if not names:
            return tuple(sorted([*_SYSTEM, "self", "sys", *map(str, self._host.processes)]))
        if names[0] == "sys":
            below = "/".join(names[1:])
            inner = (
                name.removeprefix(below).lstrip("/").partition("/")[0] for name in _SETTINGS if name.startswith(below)
            )
            return tuple(sorted({name for name in inner if name}))
        return tuple(sorted((*_PROCESS, "environ", "exe"))) if len(names) == 1 and self._process(names[0]) else ()

    def _process(self, name: str) -> Process | None:
        """Return the process of a number; that of ``self`` is whichever looks, so it is a new one."""
        if name == "self":
            return Process(self._host.next_pid, "cat", ROOT, "cat", self._host.sim.now)
        return self._host.processes.get(int(name)) if name.isdecimal() and len(name) < 8 else None

    def _setting(self, name: str) -> Node | None:
        if name in _SETTINGS:
            return _file(f"{_SETTINGS[name](self._host)}\n")
        is_above = not name or any(setting.startswith(f"{name}/") for setting in _SETTINGS)
        return _directory(ROOT) if is_above else None

    def _of_process(self, process: Process, name: str) -> Node | None:
        if name == "environ":
            home = self._host.home(process.user)
            text = f"HOME={home}\0LOGNAME={process.user}\0PATH={self._host.plan.path}\0USER={process.user}\0"
            return Node("file", process.user, process.user, 0o400, text, immutable=True)
        if name == "exe":
            return Node("link", process.user, process.user, 0o777, process.command.split(" ")[0])
        return _file(_PROCESS[name](self._host, process)) if name in _PROCESS else None


def _file(text: str) -> Node:
    return Node("file", ROOT, ROOT, 0o444, text, immutable=True)  # the kernel refuses writers, root among them


def _directory(user: str) -> Node:
    return Node("dir", user, user, 0o555, immutable=True)


def _memory(host: Machine) -> str:
    used = used_memory_kb(len(host.processes))
    rows = {
        "MemTotal": MEMORY_KB, "MemFree": MEMORY_KB - used - CACHE_KB, "MemAvailable": MEMORY_KB - used, "Buffers": 160_000,
        "Cached": CACHE_KB - 160_000, "SwapCached": 0, "SwapTotal": 0, "SwapFree": 0, "Shmem": 10_000,
    }  # fmt: skip
    return "".join(f"{name + ':':<15} {value:>8} kB\n" for name, value in rows.items())


def _processors(host: Machine) -> str:
    return "".join(
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: {PROCESSOR}\n"
        f"stepping\t: 7\ncpu MHz\t\t: 2900.000\ncache size\t: 22528 KB\nphysical id\t: 0\nsiblings\t: {PROCESSORS}\n"
        f"core id\t\t: {number}\ncpu cores\t: {PROCESSORS}\nflags\t\t: {_FLAGS}\nbogomips\t: 5800.00\n\n"
        for number in range(PROCESSORS)
    )


def _uptime(host: Machine) -> str:
    return f"{host.sim.now:.2f} {host.sim.now * PROCESSORS * 0.98:.2f}\n"


def _load(host: Machine) -> str:
    return f"0.08 0.03 0.01 1/{len(host.processes) + 90} {host.next_pid - 1}\n"


def mounts(host: Machine) -> str:
    """Return what is mounted, as ``/proc/mounts`` lists it."""
    return (
        "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n"
        "udev /dev devtmpfs rw,nosuid,relatime,mode=755 0 0\n/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0\n"
        "tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime,mode=755 0 0\n"
    )


_SYSTEM: Mapping[str, Callable[[Machine], str]] = {
    "cmdline": lambda host: f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=/dev/sda1 ro quiet\n",
    "cpuinfo": _processors,
    "filesystems": lambda host: "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n",
    "loadavg": _load,
    "meminfo": _memory,
    "mounts": mounts,
    "uptime": _uptime,
    "version": lambda host: f"Linux version {KERNEL} (debian-kernel@lists.debian.org) (gcc-12 12.2.0) {KERNEL_BUILD}\n",
}
_SETTINGS: Mapping[str, Callable[[Machine], str]] = {
    "fs/file-max": lambda host: "9223372036854775807",
    "kernel/hostname": lambda host: host.hostname,
    "kernel/osrelease": lambda host: KERNEL,
    "kernel/ostype": lambda host: "Linux",
    "kernel/pid_max": lambda host: "4194304",
    "net/ipv4/ip_forward": lambda host: "0",
    "vm/overcommit_memory": lambda host: "0",
    "vm/swappiness": lambda host: "60",
}


def _state(host: Machine, process: Process) -> str:
    return "T (stopped)" if process.pid in host.suspended else "S (sleeping)"


def _status(host: Machine, process: Process) -> str:
    number = user_number(host.plan, process.user)
    ids = f"{number}\t{number}\t{number}\t{number}"
    return (
        f"Name:\t{process.name[:15]}\nUmask:\t0022\nState:\t{_state(host, process)}\n"
        f"Tgid:\t{process.pid}\nPid:\t{process.pid}\n"
        f"PPid:\t{0 if process.pid == 1 else 1}\nTracerPid:\t0\nUid:\t{ids}\nGid:\t{ids}\nFDSize:\t64\n"
        f"VmSize:\t   10240 kB\nVmRSS:\t    {_RESIDENT_KB} kB\nThreads:\t1\nSigQ:\t0/63456\n"
    )


def _stat(host: Machine, process: Process) -> str:
    parent = 0 if process.pid == 1 else 1
    started = int(process.started * 100)
    return (
        f"{process.pid} ({process.name[:15]}) {_state(host, process)[0]} {parent} {process.pid} {process.pid} 0 -1 "
        + (f"4194560 0 0 0 0 1 0 0 0 20 0 1 0 {started} 10485760 {_RESIDENT_KB // 4}\n")
    )


_PROCESS: Mapping[str, Callable[[Machine, Process], str]] = {
    "cmdline": lambda host, process: "".join(f"{word}\0" for word in process.command.split(" ")),
    "comm": lambda host, process: f"{process.name[:15]}\n",
    "stat": _stat,
    "status": _status,
}
