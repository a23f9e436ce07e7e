"""Programs about what a machine has and how much of it is in use: free, lscpu, nproc, uptime, vmstat."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from simenv.machine.proc import CACHE_KB, MEMORY_KB, PROCESSORS, used_memory_kb
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_SHARED_KB = 10_000
_BUFFERS_KB = 160_000
_SCALES = {"b": 1 / 1024, "k": 1, "m": 1024, "g": 1024**2}
_WIDEST = 5
"""Characters of a size that is meant to be read by people."""
_VMSTAT = """\
procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
"""
_HELP = "\nUsage:\n free [options]\n\nFor more details see free(1)."


def free(inv: Invocation) -> int:
    """Print memory: ``-b -k -m -g -h``, ``-t`` with a total, ``-w`` with buffers of their own."""
    try:
        given, _ = inv.options(
            Spec("bkmghtwlv", "", "bytes:b kibi:k mebi:m gibi:g human:h total:t wide:w", permute=True)
        )
    except UsageFault as fault:
        raise UsageFault(f"{str(fault).splitlines()[0]}\n{_HELP}") from None
    used = used_memory_kb(len(inv.host.processes))
    unused = MEMORY_KB - used - CACHE_KB
    titles = ["total", "used", "free", "shared", "buff/cache", "available"]
    cells = [MEMORY_KB, used, unused, _SHARED_KB, CACHE_KB, MEMORY_KB - used]
    if "w" in given:
        titles[4:5], cells[4:5] = ["buffers", "cache"], [_BUFFERS_KB, CACHE_KB - _BUFFERS_KB]
    rows = {"Mem:": cells, "Swap:": [0, 0, 0]}
    if "t" in given:
        rows["Total:"] = [MEMORY_KB, used, unused]
    inv.out(" " * 8 + "".join(f"{title:>12}" for title in titles) + "\n")
    for name, row in rows.items():
        inv.out(f"{name:<8}" + "".join(f"{_size(cell, given):>12}" for cell in row) + "\n")
    return 0


def _size(kilobytes: int, given: Mapping[str, str]) -> str:
    if "h" in given:
        return _for_people(kilobytes)
    scale = next((_SCALES[letter] for letter in "bgmk" if letter in given), 1)
    return str(int(kilobytes / scale))


def _for_people(kilobytes: int) -> str:
    """Return a size in the largest unit needed, with one decimal if there is room for it.

    >>> _for_people(16316412), _for_people(8872), _for_people(0)
    ('15Gi', '8.7Mi', '0B')
    """
    if not kilobytes:
        return "0B"
    size = float(kilobytes)
    for unit in ("Ki", "Mi", "Gi"):
        for text in (f"{size:.1f}{unit}", f"{int(size)}{unit}"):
            if len(text) <= _WIDEST:
                return text
        size /= 1024
    return f"{int(size)}Ti"


def nproc(inv: Invocation) -> int:
    """Print how many processors there are."""
    inv.out(f"{PROCESSORS}\n")
    return 0


def lscpu(inv: Invocation) -> int:
    """Print what is known of the processors, as ``/proc/cpuinfo`` has it."""
    inv.options(Spec("abcJyBx", "", "all:a online:b offline:c json:J"))
    lines = (line.partition(":") for line in inv.shell.read_file("/proc/cpuinfo").splitlines())
    facts = {name.strip(): value.strip() for name, _, value in lines}
    last = PROCESSORS - 1
    cache_mib = int(facts["cache size"].split()[0]) // 1024
    rows = {
        "Architecture": "x86_64", "CPU op-mode(s)": "32-bit, 64-bit", "Address sizes": "46 bits physical, 48 bits virtual",
        "Byte Order": "Little Endian", "CPU(s)": PROCESSORS, "On-line CPU(s) list": f"0-{last}",
        "Vendor ID": facts["vendor_id"], "Model name": facts["model name"], "CPU family": facts["cpu family"],
        "Model": facts["model"], "Thread(s) per core": 1, "Core(s) per socket": facts["cpu cores"], "Socket(s)": 1,
        "Stepping": facts["stepping"], "BogoMIPS": facts["bogomips"], "Flags": facts["flags"],
        "L3 cache": f"{cache_mib} MiB (1 instance)", "NUMA node(s)": 1, "NUMA node0 CPU(s)": f"0-{last}",
    }  # fmt: skip
    width = max(map(len, rows)) + 2
    inv.out("".join(f"{name + ':':<{width}}{value}\n" for name, value in rows.items()))
    return 0


def uptime(inv: Invocation) -> int:
    """Print how long the machine has been on."""
    sim = inv.host.sim
    minutes = int(sim.now // 60)
    users = len({process.user for process in inv.host.processes.values()})
    inv.out(
        f" {sim.calendar.clock(sim.now)} up {minutes // 60:2d}:{minutes % 60:02d},  {users} users,"
        "  load average: 0.08, 0.03, 0.01\n"
    )
    return 0


def vmstat(inv: Invocation) -> Generator[float, None, int]:
    """Print memory and load, once or every DELAY seconds, COUNT times."""
    _, operands = inv.options(Spec("anwt"))
    for word in operands:
        if not word.isdecimal():
            raise UsageFault(f"vmstat: failed to parse argument: '{word}': Invalid argument")
    delay = int(operands[0][:6]) if operands else 0
    left = int(operands[1][:6]) if len(operands) > 1 else -1
    inv.out(_VMSTAT)
    while left:
        inv.shell.spend_command()
        unused = MEMORY_KB - CACHE_KB - used_memory_kb(len(inv.host.processes))
        cells = f" 0  0      0 {unused:6} {_BUFFERS_KB:6} {CACHE_KB - _BUFFERS_KB:6}"
        inv.out(f"{cells}    0    0     2    11   96  180  1  0 98  0  0\n")
        left -= 1
        if not delay:
            break
        if left:
            yield float(delay)
    return 0


PROGRAMS: Mapping[str, Program] = {"free": free, "lscpu": lscpu, "nproc": nproc, "uptime": uptime, "vmstat": vmstat}
