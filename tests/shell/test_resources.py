"""free, lscpu, vmstat, pidof and nproc tell the same machine as /proc does, in the form of Debian's programs."""

from __future__ import annotations

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.shell import Shell

FREE = """\
               total        used        free      shared  buff/cache   available
Mem:            15Gi       1.0Gi        12Gi       9.8Mi       1.9Gi        14Gi
Swap:             0B          0B          0B
Total:          15Gi       1.0Gi        12Gi
"""
VMSTAT = """\
procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
"""


def run(script: str) -> str:
    return complete(Shell(make_host(), AGENT), script).output


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("free -ht", FREE),
        ("free | awk '/Mem/ {print $2, NF}'; awk '/MemTotal/ {print $2}' /proc/meminfo", "16316412 7\n16316412\n"),
        ("free -wb | awk '/Mem/ {print $2, NF}'", "16708005888 8\n"),
        ("free -z", "free: invalid option -- 'z'\n\nUsage:\n free [options]\n\nFor more details see free(1).\n"),
        ("nproc; lscpu | grep '^CPU(s)'; grep -c ^processor /proc/cpuinfo", "4\nCPU(s):              4\n4\n"),
        ("lscpu | grep 'Model name' | cut -d: -f2 | xargs", "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz\n"),
        ("vmstat | head -2; vmstat 5 3 | wc -l", f"{VMSTAT}5\n"),
        ("pidof atd cron; pidof -s /usr/sbin/cron; pidof nosuch; echo $?", "10 11\n11\n1\n"),
    ],
)
def test_output_is_that_of_the_program(script: str, output: str) -> None:
    assert run(script) == output


def test_vmstat_waits_between_its_lines_and_ends_although_nobody_counts() -> None:
    assert run("date +%s > a; vmstat 5 3 > /dev/null; echo $(($(date +%s) - $(cat a)))") == "10\n"
    assert run("vmstat 1 > /tmp/lines; echo still here") == "bash: too many commands; stopped\n"


def test_an_empty_value_is_replaced_if_the_pattern_matches_nothing_at_all() -> None:
    assert run('z=; echo "${z/*/R}|${z//*/R}|${z/a*/R}|${z/%*/R}|${z/#?/R}"') == "R|R||R|\n"
