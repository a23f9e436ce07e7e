"""Scripts as current models write them, and what CPython 3.12 on Linux makes of them.

``python tests/shell/python/snippets.py PYTHON`` records that: it runs each with a real interpreter, as a user without rights, in
``/home/agent/w``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
RECORDED = HERE / "snippets.json"
FOLDER = Path("/home/agent/w")
_LOG = "2026-03-01 INFO started\n2026-03-01 ERROR disk full\n2026-03-01 WARN slow\n2026-03-02 ERROR disk full\n2026-03-01 INFO started\n"
FILES = {
    "notes.txt": ("one\ntwo\nthree\n", 0o644),
    "data.json": ('{"name": "demo", "items": [{"id": 1}, {"id": 2}]}\n', 0o644),
    "data.csv": ("name,qty,price\napple,3,1.5\npear,2,2.25\napple,1,1.5\n", 0o644),
    "config.ini": ("[main]\nname = demo\nenabled = true\nport = 8080\n", 0o644),
    "app.log": (_LOG, 0o644),
    "run.sh": ("#!/bin/bash\necho run\nexit 1\n", 0o755),
    "src/main.py": ("print('main', __name__)\n", 0o644),
    "src/util.py": ("def double(x):\n    return 2 * x\n", 0o644),
}


class Made(NamedTuple):
    """What a script prints (of standard error the last line), its exit code, and the files that it leaves: path → mode, content."""

    out: str
    err: str
    code: int
    files: dict[str, list[str]]


def snippets() -> dict[str, str]:
    parts = re.split(r"^### (\w+)\n", (HERE / "snippets.txt").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _record(python: str, source: str) -> Made:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, (text, mode) in {**FILES, "s.py": (source, 0o644)}.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    subprocess.run(["chown", "-R", "1000:1000", str(FOLDER)], check=True)
    env = {
        "HOME": "/home/agent",
        "PATH": f"{Path(python).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "USER": "agent",
        "LOGNAME": "agent",
    }
    env |= {"LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"]} if "LD_LIBRARY_PATH" in os.environ else {}
    done = subprocess.run(
        [python, "s.py"],
        cwd=FOLDER,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        user=1000,
        group=1000,
        extra_groups=[],
        timeout=60,
    )
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    files = {}
    for path in sorted(FOLDER.rglob("*")):
        name = str(path.relative_to(FOLDER))
        if path.is_file() and name != "s.py" and "__pycache__" not in name:
            files[name] = [f"{path.lstat().st_mode & 0o777:o}", path.read_bytes().decode("latin-1")]
    out = done.stdout.decode().replace(python, "/usr/bin/python3")
    return Made(out, last_line(done.stderr.decode()), code, files)


def main(python: str) -> None:
    os.umask(0o022)
    made = {name: _record(python, source) for name, source in snippets().items()}
    rows = [f"{json.dumps(name)}: {json.dumps(each._asdict(), ensure_ascii=False)}" for name, each in made.items()]
    RECORDED.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
