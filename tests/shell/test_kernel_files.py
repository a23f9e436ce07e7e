"""What the kernel shows as files: `/proc`, and devices without end."""

from __future__ import annotations

import pytest
from simulated_host import ADMIN, complete, make_host

from simenv.shell import Shell


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("tr '\\0' ' ' < /proc/20/cmdline; cat /proc/20/comm", "python3 train.py train\n"),
        ("grep -E '^(Name|State|PPid)' /proc/20/status", "Name:\ttrain\nState:\tS (sleeping)\nPPid:\t1\n"),
        ("kill -STOP 20; grep State /proc/20/status; kill 20; cat /proc/20/status 2>&1", "State:\tT (stopped)\ncat: /proc/20/status: No such file or directory\n"),
        ("for p in /proc/[0-9]*; do cat $p/comm; done", "systemd\natd\ncron\ntrain\n"),
        ("sleep 90 & cat /proc/$!/cmdline | tr '\\0' ' '", "sleep 90 "),
        ("cut -d' ' -f1 /proc/uptime; sleep 30; cut -d' ' -f1 /proc/uptime", "0.00\n30.00\n"),
        ("grep -c ^processor /proc/cpuinfo; nproc; awk '/MemTotal/{print $2}' /proc/meminfo; free | awk '/Mem/{print $2}'", "4\n4\n16316412\n16316412\n"),
        ("cat /proc/sys/kernel/hostname; ls /proc/sys/kernel | head -1", "workstation\nhostname\n"),
        ("cat /proc/1/environ 2>&1; find /proc -maxdepth 1 -name '1*' | sort | tr '\\n' ' '", "cat: /proc/1/environ: Permission denied\n/proc/1 /proc/10 /proc/11 "),
        ("echo 1 > /proc/uptime; rm -r /proc/20 2>/dev/null; ls -d /proc/20", "bash: /proc/uptime: Operation not permitted\n/proc/20\n"),
    ],
)  # fmt: skip
def test_proc_shows_what_runs(run, script: str, output: str) -> None:
    done = run(script)
    assert done.output.replace("[1] 21\n", "") == output


def test_root_cannot_write_what_the_kernel_shows_either() -> None:
    done = complete(
        Shell(make_host(), ADMIN), "sudo bash -c 'echo 0 > /proc/20/status; rm -rf /proc/20; chmod 777 /proc/20'"
    )
    assert done.code != 0
    assert complete(Shell(make_host(), ADMIN), "cat /proc/20/comm").output == "train\n"


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("head -c 16 /dev/urandom | xxd -p | tr -d '\\n' | wc -c", "32\n"),
        ("head -c 10 /dev/zero | od -An -tx1", " 00 00 00 00 00 00 00 00 00 00\n"),
        ("tr -dc 'a-f0-9' < /dev/urandom | head -c 12 | grep -cE '^[a-f0-9]{12}$'", "1\n"),
        ("cat /dev/urandom | tr -dc A-Z | fold -w 5 | head -n 2 | grep -cE '^[A-Z]{5}$'", "2\n"),
        ("od -An -N4 -tu4 /dev/urandom | wc -w", "1\n"),
        ("a=$(head -c 8 /dev/random | xxd -p); b=$(head -c 8 /dev/random | xxd -p); [ $a != $b ] && echo differ", "differ\n"),
        ("head -c 3M /dev/zero > z; stat -c %s z; dd if=/dev/urandom of=r bs=1k count=2 2>/dev/null; stat -c %s r", "3145728\n2048\n"),
        ("echo x > /dev/full; echo $?; echo y > /dev/null; cat /dev/null; [ -c /dev/zero ] && echo c", "bash: /dev/full: No space left on device\n1\nc\n"),
    ],
)  # fmt: skip
def test_devices_give_without_end(run, script: str, output: str) -> None:
    assert run(script).output == output


def test_random_bytes_are_those_of_the_episode(run) -> None:
    twin = Shell(make_host(), ADMIN)
    assert run("head -c 20 /dev/urandom | base64").output == complete(twin, "head -c 20 /dev/urandom | base64").output
