"""Scripts in the manner of current models print, return and leave what they do under CPython 3.12 on Linux.

What CPython does is recorded; `snippets.py` says how.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from python_host import AGENT, drive, make_host
from snippets import FILES, RECORDED, last_line, snippets

from simenv.machine.content.rendering import rendered_bytes
from simenv.machine.nodes import Node
from simenv.shell import Shell

FOLDER = "/home/agent/w"
DIFFERENT = {
    "math_trig": "exp(1) has another last digit in the C library",
    "memory_error": "a 32-bit interpreter refuses such a size before it looks for memory",
    "sys_facts": "sys.maxsize is that of a 32-bit interpreter",
}
"""Snippets whose result differs, and why."""


@cache
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def run_snippet(source: str) -> dict[str, Any]:
    nodes = {f"{FOLDER}/{name}": Node("file", "agent", "agent", mode, text) for name, (text, mode) in FILES.items()}
    nodes[f"{FOLDER}/s.py"] = Node("file", "agent", "agent", 0o644, source)
    nodes |= {path: Node("dir", "agent", "agent", 0o755) for path in (FOLDER, f"{FOLDER}/src")}
    host = make_host(nodes)
    done = drive(Shell(host, AGENT), f"cd {FOLDER}; python3 s.py </dev/null 2>/tmp/err")
    files = {}
    for path in host.files.paths():
        node = host.files.get(path)
        if (
            path.startswith(FOLDER + "/")
            and node.kind == "file"
            and not path.endswith("/s.py")
            and "__pycache__" not in path
        ):
            files[path[len(FOLDER) + 1 :]] = [
                f"{node.mode:o}",
                rendered_bytes(str(node.content), 0, 1 << 30).decode("latin-1"),
            ]
    error = host.files.get("/tmp/err")
    return {"out": done.output, "err": last_line(str(error.content)), "code": done.code, "files": files}


@pytest.mark.parametrize("name", list(snippets()))
def test_a_snippet_is_as_under_cpython(name: str) -> None:
    if name in DIFFERENT:
        pytest.xfail(DIFFERENT[name])
    assert run_snippet(snippets()[name]) == recorded()[name]


def test_the_list_of_differences_is_short() -> None:
    assert len(snippets()) >= 200
    assert len(DIFFERENT) <= 0.02 * len(snippets())
