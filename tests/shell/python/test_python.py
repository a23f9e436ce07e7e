"""A script is a program as any other: it acts as its account, on the simulated machine, in simulated time."""

from __future__ import annotations

import pytest
from python_host import AGENT, BOB, drive, make_host, run

from simenv.machine.content.tokens import bulk
from simenv.machine.nodes import Node
from simenv.shell import Shell


def records(host, verb):
    return [record for record in host.sim.journal if record.verb == verb]


def test_a_write_is_one_record_of_the_account_that_ran_the_script() -> None:
    host = make_host()
    assert run("with open('f', 'w') as f:\n    for i in range(3): print(i, file=f)", host) == ("", 0)
    (record,) = records(host, "file.write")
    assert (record.actor, record.object) == ("agent", "ws:/home/agent/f")
    assert record.details == {"bytes": 6, "content": "0\n1\n2\n", "new": True, "append": False, "changed": True}


def test_appending_is_recorded_as_appending_and_reads_nothing() -> None:
    host = make_host({"/home/agent/log": Node("file", "agent", "agent", 0o644, "a\n")})
    run("open('log', 'a').write('b\\n')", host)
    (record,) = records(host, "file.write")
    assert record.details["append"] and record.details["content"] == "b\n"
    assert str(host.files.get("/home/agent/log").content) == "a\nb\n"
    assert records(host, "file.read") == []


def test_permissions_hold() -> None:
    done = run("open('/home/bob/secret')")
    assert done.code == 1
    assert done.output.endswith("PermissionError: [Errno 13] Permission denied: '/home/bob/secret'\n")
    assert run("print(open('/home/bob/secret').read())", account=BOB).output == "s3cret\n\n"


def test_what_is_refused_is_recorded() -> None:
    host = make_host()
    assert run("open('/etc/passwd', 'w')", host).code == 1
    assert [record.object for record in records(host, "file.refused")] == ["ws:/etc/passwd"]


def test_sleep_takes_simulated_time_and_shows_what_was_written_before() -> None:
    host = make_host()
    shell = Shell(host, AGENT)
    behaviour = shell.run('python3 -c \'import time; f = open("f", "w"); f.write("x"); f.flush(); time.sleep(60)\'')
    assert next(behaviour) == 60.0
    assert str(host.files.get("/home/agent/f").content) == "x"
    host.sim.advance(60.0)
    with pytest.raises(StopIteration):
        next(behaviour)


def test_a_loop_that_waits_for_the_clock_gets_there() -> None:
    host = make_host()
    done = run("import time\nend = time.time() + 5\nwhile time.time() < end: pass\nprint('done')", host)
    assert done == ("done\n", 0)
    assert 5 <= host.sim.now < 6


def test_a_script_that_is_killed_while_it_sleeps_does_nothing_more() -> None:
    host = make_host()
    shell = Shell(host, AGENT)
    drive(shell, 'python3 -c \'import time; time.sleep(60); open("f", "w")\' &\nsleep 1; pkill python3; sleep 100')
    assert host.files.get("/home/agent/f") is None
    assert len(records(host, "process.kill")) == 1


def test_a_script_in_the_background_acts_at_its_time() -> None:
    host = make_host()
    drive(Shell(host, AGENT), 'python3 -c \'import time; time.sleep(60); open("f", "w").write("x")\' &\nsleep 100')
    (record,) = records(host, "file.write")
    assert record.time == 60.0


def test_a_run_that_is_cut_off_leaves_no_thread() -> None:
    import threading

    before = threading.active_count()
    host = make_host()
    assert drive(Shell(host, AGENT), "timeout 5 python3 -c 'import time; time.sleep(60)'; echo $?").output == "124\n"
    assert host.sim.now == 5.0
    assert threading.active_count() == before
    assert all(process.name != "python3" for process in host.processes.values())


def test_commands_run_on_the_machine() -> None:
    host = make_host()
    assert (
        run(
            "import subprocess; print(subprocess.run(['ls', '/home'], capture_output=True, text=True).stdout)", host
        ).output
        == "agent\nbob\n\n"
    )
    assert run("import os; print(os.system('touch made; false'))", host).output == "256\n"
    assert host.files.get("/home/agent/made") is not None


def test_a_command_that_nobody_waits_for_runs_in_the_background() -> None:
    host = make_host()
    shell = Shell(host, AGENT)
    done = drive(
        shell,
        'python3 -c \'import subprocess; subprocess.Popen(["sh", "-c", "sleep 30; touch late"])\'; ls; sleep 60; ls',
    )
    assert done.output == "late\n"


def test_a_signal_reaches_a_process_of_the_machine() -> None:
    host = make_host()
    assert run("import os, signal; os.kill(40, signal.SIGKILL)", host) == ("", 0)
    (record,) = records(host, "process.kill")
    assert (record.object, record.details["signal"]) == ("ws:monitor", "KILL")
    assert run("import os; os.kill(1, 9)", host).output.endswith("PermissionError: [Errno 1] Operation not permitted\n")
    assert run("import os; os.kill(999, 9)", host).output.endswith("ProcessLookupError: [Errno 3] No such process\n")


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("python3 --version", "Python 3.12.0\n"),
        ("which python3", "/usr/bin/python3\n"),
        ("echo 'print(6 * 7)' | python3 -", "42\n"),
        ("echo 'print(6 * 7)' | python3", "42\n"),
        ("python3 - a b <<'E'\nimport sys\nprint(sys.argv)\nE", "['-', 'a', 'b']\n"),
        ("echo 'import sys; print(sys.argv, __file__)' > s.py; python3 s.py x", "['s.py', 'x'] /home/agent/s.py\n"),
        ("printf '#!/usr/bin/env python3\\nprint(1)\\n' > s; chmod +x s; ./s", "1\n"),
        ("printf '#!/usr/bin/python3\\nprint(2)\\n' > s; chmod +x s; ./s; echo $?", "2\n0\n"),
        ("echo '{\"a\":1}' | python3 -m json.tool", '{\n    "a": 1\n}\n'),
        ("python3 -c 'import sys; sys.exit(3)'; echo $?", "3\n"),
        ("X=1 python3 -c 'import os; print(os.environ[\"X\"])'", "1\n"),
        ("python3 -O -c 'import json; print(__debug__, json.dumps(1))'", "False 1\n"),
        ("python3 -c 'import platform; print(platform.platform())'", "Linux-6.1.0-18-amd64-x86_64-with-glibc2.36\n"),
        ("mkdir p; echo 'print(__name__)' > p/__main__.py; python3 p; python3 -m p", "__main__\n__main__\n"),
        ("echo X=5 > h.py; python3 -c 'import h; print(h.X)'; ls __pycache__", "5\nh.cpython-312.pyc\n"),
        ("python3 -m pip list; echo $?", "/usr/bin/python3: No module named pip\n1\n"),
        ("python3 -c 'for i in range(9**5): print(i)' | head -1", "0\n"),
        ("printf 'a\nb\n' | python3 -c 'print(input() + input())'", "ab\n"),
        ("python3 -c 'print(input())' <<< here", "here\n"),
        ("x=$(python3 -c 'print(6 * 7)'); echo $((x + 1))", "43\n"),
        ("python3 zz.py; echo $?", "python3: can't open file '/home/agent/zz.py': [Errno 2] No such file or directory\n2\n"),
    ],
)  # fmt: skip
def test_the_command_line_is_that_of_python(script: str, output: str) -> None:
    assert drive(Shell(make_host(), AGENT), script).output == output


def test_one_seed_gives_one_run() -> None:
    code = "import random, uuid, os, time; print(random.random(), uuid.uuid4(), os.urandom(4), hash('a'), time.time())"
    assert run(code, make_host(seed=1)) == run(code, make_host(seed=1))
    assert run(code, make_host(seed=1)) != run(code, make_host(seed=2))


WEIGHTS = {"/home/agent/w.bin": Node("file", "agent", "agent", 0o644, bulk("weights", 0, 8_000_000_000))}


@pytest.mark.parametrize(
    "code",
    [
        "import shutil; shutil.copy('w.bin', 'c')",
        "open('c', 'wb').write(open('w.bin', 'rb').read())",
        "a, b = open('w.bin', 'rb'), open('c', 'wb')\nwhile data := a.read(1 << 20): b.write(data)",
        "import sys, subprocess; subprocess.run('cat w.bin', shell=True, stdout=open('c', 'wb'))",
        "import os; os.link('w.bin', 'c')",
    ],
)
def test_bulk_data_that_a_script_copies_is_still_known(code: str) -> None:
    host = make_host(WEIGHTS)
    assert run(code, host) == ("", 0)
    assert str(host.files.get("/home/agent/c").content) == bulk("weights", 0, 8_000_000_000)
    assert run("import os; print(os.path.getsize('c'))", host).output == "8000000000\n"


def test_a_script_makes_up_no_bulk_data() -> None:
    host = make_host(WEIGHTS)
    run(
        "import os; os.stat('w.bin')\nfor n in range(8): open(f'c{n}', 'w').write(chr(0xF0000 + n) + '\\ue000r\\ue002weights\\ue0020\\ue0029\\ue001')",
        host,
    )
    assert all("weights\ue002" not in str(host.files.get(f"/home/agent/c{n}").content) for n in range(8))


def test_bytes_that_are_no_text_are_kept() -> None:
    host = make_host()
    assert (
        run("d = bytes(range(256)) * 99; open('b', 'wb').write(d); print(open('b', 'rb').read() == d)", host).output
        == "True\n"
    )
    assert (
        run(
            "import os; d = os.urandom(200_000); open('r', 'wb').write(d); print(open('r', 'rb').read() == d)", host
        ).output
        == "True\n"
    )
    assert drive(Shell(host, AGENT), "wc -c < b; cp b c; cmp b c; xxd -l 4 -s 252 -p c").output == "25344\nfcfdfeff\n"
    assert host.files.get("/home/agent/r").bytes == 200_000


def test_the_clock_reads_as_the_machine_does() -> None:
    host = make_host(zone="America/New_York")
    code = "import datetime, time; print(datetime.datetime.now().replace(microsecond=0), time.strftime('%H:%M %Z'), time.localtime().tm_hour, time.tzname)"
    assert run(code, host).output == "2026-03-02 09:00:00 09:00 EST 9 ('EST', 'EDT')\n"
    assert (
        run(
            "import datetime; print(datetime.datetime.now(datetime.UTC).hour, datetime.datetime.now().astimezone().utcoffset())",
            host,
        ).output
        == "14 -1 day, 19:00:00\n"
    )


def test_an_uncaught_error_shows_no_frame_but_the_script_s() -> None:
    trace = 'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
    assert run("import os; os.kill(9999, 1)").output == f"{trace}ProcessLookupError: [Errno 3] No such process\n"
    assert (
        run("import os; os.chmod('zz', 1)").output
        == f"{trace}FileNotFoundError: [Errno 2] No such file or directory: 'zz'\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.fork()",
        "import os; os.pipe()",
        "import socket; socket.socket().bind(('', 80))",
        "import signal; signal.alarm(1)",
    ],
)
def test_what_machines_lack_is_recorded(code: str) -> None:
    host = make_host()
    run(code, host)
    (record,) = records(host, "python.unsupported")
    assert record.details["what"] in code.replace("socket().", "")


def test_what_a_limit_ends_is_recorded() -> None:
    host = make_host()
    assert run("while True: pass", host) == ("Killed\n", 137)
    (record,) = records(host, "python.stopped")
    assert record.details == {"why": "instructions"}


def test_a_warm_one_liner_is_quick() -> None:
    import time

    host = make_host()
    run("print(1)", host)
    took = []
    for _ in range(5):
        begun = time.process_time()  # other work of the machine does not count
        run("print(1)", host)
        took.append(time.process_time() - begun)
    assert min(took) < 0.15


def test_a_script_runs_as_root_under_sudo() -> None:
    host = make_host()
    assert drive(Shell(host, AGENT), "sudo python3 -c 'import os; print(os.getuid())'").code == 1
    root = Shell(host, host.account("root"))
    assert (
        drive(root, "python3 -c 'import os; print(os.getuid(), open(\"/home/bob/secret\").read())'").output
        == "0 s3cret\n\n"
    )


def test_an_episode_that_is_forgotten_while_a_script_sleeps_leaves_no_thread() -> None:
    import gc
    import threading

    before = threading.active_count()
    host = make_host()
    drive(Shell(host, AGENT), "python3 -c 'import time\nwhile True: time.sleep(100)' & sleep 5")
    assert threading.active_count() == before + 1
    del host
    gc.collect()
    assert threading.active_count() == before
