"""A script reaches nothing of the machine that runs the simulation, and none takes more than a bounded amount of work."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from python_host import AGENT, drive, make_host, run

from simenv.shell import Shell

SECRET = "the-real-environment"
MARK = Path("/tmp/simenv-escape-mark")
ATTEMPTS = {
    "real file": "print(open('/etc/hostname').read())",
    "real proc": "print(open('/proc/self/environ').read())",
    "proc maps": "print(open('/proc/self/maps').read())",
    "parent environment": "import os; print(dict(os.environ))",
    "dot dot": "print(open('../../../../../../../../etc/hostname').read())",
    "byte path": "print(open(b'/proc/1/cmdline', 'rb').read())",
    "absolute write": f"open('{MARK}', 'w').write('x')",
    "write through dots": f"open('/tmp/../..{MARK}', 'w').write('x')",
    "symlink": f"import os; os.symlink('/proc/self', 'p'); print(os.listdir('p')); open('{MARK}','w')",
    "hard link": "import os; os.link('/etc/shadow', 'x')",
    "dir fd": "import os; fd = os.open('/', os.O_RDONLY); print(os.listdir(fd)); print(os.open('etc/hostname', 0, dir_fd=fd))",
    "null in path": "open('/etc/host\\0name')",
    "long path": "open('/' + 'a/' * 5000)",
    "surrogate path": "open('/\\udcff')",
    "embedded library": "import os; print(os.listdir('/.py')); print(open('/.py/local/lib/python312.zip', 'rb').read(4))",
    "module source": "import json; print(json.__file__); open(json.__file__, 'w').write('x')",
    "boot channel": "print(open('/dev/.boot', 'rb').read())",
    "channel by number": "import os\nfor n in range(3, 64):\n    try: os.write(n, b'5:hello'); print(n, os.read(n, 100))\n    except OSError: pass",
    "channel garbage": "import os\nfor n in range(3, 16):\n    for b in (b'', b'9', b'99999999999:x', b'4:kill', b'-1:x', b'8:__init__', b'8:errnomap1:01:01:01:0', b'3:\\xff\\xff\\xff'):\n        try: os.write(n, b); os.read(n, 9)\n        except OSError: pass",
    "internal request": "import os\nfor n in range(3, 16):\n    try: os.write(n, b'6:before'); print(os.read(n, 99)); os.write(n, b'9:__class__'); print(os.read(n, 99))\n    except OSError: pass",
    "ctypes": "import ctypes; print(ctypes.CDLL(None).system(b'id'))",
    "cffi": "import _cffi_backend",
    "mmap": "import mmap; print(mmap.mmap(-1, 4096))",
    "socket out": "import socket; socket.create_connection(('1.1.1.1', 53), 2).send(b'x'); print('REACHED')",
    "socket local": "import socket; socket.create_connection(('127.0.0.1', PORT), 2).send(b'x'); print('REACHED')",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT)); print('REACHED')",
    "raw socket module": "import _socket; s = _socket.socket(); s.connect(('127.0.0.1', PORT)); print('REACHED')",
    "unix socket": "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock'); print('REACHED')",
    "dns": "import socket; print(socket.gethostbyname('localhost.localdomain.example')); print('REACHED')",
    "urllib file": "import urllib.request; print(urllib.request.urlopen('file:///etc/hostname').read())",
    "urllib http": "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:PORT/').read())",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', PORT)); print('REACHED')",
    "fork": "import os; print(os.fork())",
    "exec": f"import os; os.execv('/usr/bin/touch', ['touch', '{MARK}'])",
    "system": f"import os; os.system('touch {MARK}')",
    "posix_spawn": f"import os; os.posix_spawn('/bin/touch', ['touch', '{MARK}'], {{}})",
    "fork_exec": "import _posixsubprocess; _posixsubprocess.fork_exec([b'id'], [b'/usr/bin/id'])",
    "multiprocessing": "import multiprocessing as m; p = m.Process(target=print); p.start(); p.join()",
    "kill parent": "import os; os.kill(os.getppid(), 9)",
    "kill by real number": "import os; os.kill(REALPID, 9)",
    "wall clock": "import time; print(time.time())",
    "monotonic": "import time; print(time.monotonic())",
    "process time": "import time; print(time.process_time(), time.perf_counter())",
    "system random": "import random; print(random.SystemRandom().random())",
    "urandom": "import os; print(os.urandom(8), open('/dev/urandom', 'rb').read(8))",
    "hash seed": "print(hash('x'), id(object()))",
    "gc walk": "import gc; print([o for o in gc.get_objects() if 'wasmtime' in str(type(o))])",
    "frames": "import sys; f = sys._getframe()\nwhile f: print(sorted(f.f_globals)[:99]); f = f.f_back",
    "subclasses": "print([c for c in object.__subclasses__() if 'simenv' in c.__module__ or 'wasmtime' in c.__module__])",
    "meta path": "import sys; print(sys.meta_path, sys.path_hooks, sys.path_importer_cache.keys())",
    "import host": "import simenv",
    "import wasmtime": "import wasmtime",
    "bad code object": "def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([100, 255, 83, 0] * 50)); f()",
    "bad pickle": "import pickle; print(pickle.loads(b\"cos\\nsystem\\n(S'id'\\ntR.\"))",
    "ctypes-free memory": "import sys; m = memoryview(bytearray(8)); print(m.cast('B')[0:10**9].tobytes())",
    "sqlite extension": "import sqlite3; c = sqlite3.connect('/etc/hostname'); c.enable_load_extension(True); c.load_extension('x')",
    "shell file": "import subprocess; print(subprocess.run('cat /etc/hostname /proc/self/environ; env', shell=True, capture_output=True).stdout)",
}  # fmt: skip


@pytest.mark.parametrize("name", list(ATTEMPTS))
def test_an_attempt_reaches_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMENV_TEST_SECRET", SECRET)
    MARK.unlink(missing_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        code = ATTEMPTS[name].replace("PORT", str(server.getsockname()[1])).replace("REALPID", str(os.getpid()))
        host = make_host()
        first = run(code, host)
        with pytest.raises(TimeoutError):
            server.accept()
    assert not MARK.exists()
    for told in (SECRET, socket.gethostname(), str(Path.home() / "."), "REACHED", "safeloadai", "_bindings"):
        assert told not in first.output
    assert run(code, make_host()).output == first.output, "something of an episode is not from its seed"
    assert run("print('still here')", host).output == "still here\n" or not host.up


BOUNDED = {
    "endless loop": "while True: pass",
    "endless output": "while True: print('x' * 1000)",
    "memory": "x = []\nwhile True: x.append('x' * 10_000_000)",
    "doubling": "x = 'a'\nwhile True: x += x",
    "recursion in C": "x = []\nfor _ in range(100_000): x = [x]\nprint(repr(x))",
    "big number": "print(9 ** 9 ** 9)",
    "regular expression": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "many files": "import itertools\nfor i in itertools.count(): open(f'f{i}', 'w').write('x')",
    "one big file": "f = open('f', 'w')\nwhile True: f.write('x' * 1_000_000)",
    "many sleeps": "import time\nwhile True: time.sleep(1)",
    "many commands": "import os\nwhile True: os.system('true')",
    "nested scripts": "import subprocess, sys; subprocess.run([sys.executable, '-c', open('/dev/stdin').read() or 'pass'])",
    "a script that runs itself": "import os; open('s.py', 'w').write('import os; os.system(\"python3 s.py\")'); os.system('python3 s.py')",
    "popen bomb": "import subprocess\nwhile True: subprocess.Popen(['sleep', '1000']).pid",
    "urandom": "f = open('/dev/zero', 'rb')\nx = b''\nwhile True: x += f.read(10_000_000)",
    "endless stat": "import os\nwhile True: os.stat('.')",
    "exception loop": "while True:\n    try: raise BaseException\n    except BaseException: pass",
    "hidden handlers": "import sys\ndef f(*a):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\nsys.excepthook = f\nf()",
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOUNDED))
def test_a_script_ends_within_a_bounded_amount_of_work(name: str) -> None:
    begun = time.monotonic()
    host = make_host()
    done = run(BOUNDED[name], host)
    assert len(done.output) <= 210_000
    assert time.monotonic() - begun < 120
    assert drive(Shell(host, AGENT), "echo on").output == "on\n"


def test_the_limit_of_instructions_is_met_at_the_same_place_every_time() -> None:
    code = "i = 0\nwhile True:\n    i += 1\n    if i % 100_000 == 0: print(i, flush=True)"
    done = run(code)
    assert done.code == 137
    assert done.output.endswith("Killed\n")
    assert run(code) == done
