"""Compares the simulated shell with the bash of this machine on random scripts; records a corpus that needs no bash.

    python tests/shell/differential.py --scripts 1000 --seed 0            what disagrees, and the share that agrees
    python tests/shell/differential.py --record tests/shell/transcripts.txt tests/shell/recorded.jsonl

The scripts run with harmless programs in a scratch folder that is removed.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from grammar import SETUP, Scripts
from simulated_host import AGENT, complete, make_host

from simenv.machine.nodes import Node
from simenv.shell import Shell

_GENERATED = 250
"""Scripts of the grammar that are recorded, too."""


class Outcome(NamedTuple):
    """What a script printed, its exit code, and the files that it changed: path → content, or None if it removed them."""

    output: str
    code: int
    files: dict[str, str | None]


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, str | None]:
    """Return what became of the files."""
    paths = sorted({*before, *after})
    return {path: after.get(path) for path in paths if before.get(path) != after.get(path)}


def real(script: str, setup: str = SETUP) -> Outcome:
    """Run a script in the bash of this machine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {"HOME": name, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

        def run(text: str) -> subprocess.CompletedProcess[bytes]:
            command = ["bash", "-c", text]
            return subprocess.run(
                command,
                cwd=name,
                env=environment,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=20,
                check=False,
            )

        def files() -> dict[str, str]:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            return {
                str(path.relative_to(folder)): path.read_bytes().decode(errors="replace").replace(name, "/work")
                for path in paths
            }

        run(setup)
        before = files()
        done = run(script)
        output = done.stdout.decode(errors="replace").replace(name, "/work")
        return Outcome(output, done.returncode % 256, changes(before, files()))


def simulated(script: str, setup: str = SETUP) -> Outcome:
    """Run a script in the simulated shell."""
    host = make_host({"/work": Node("dir", "agent", "agent", 0o755)})
    shell = Shell(host, AGENT, cwd="/work", env={"HOME": "/work"})

    def files() -> dict[str, str]:
        paths = sorted(path for path in host.files.paths() if path.startswith("/work/"))
        nodes = ((path, host.files.get(path)) for path in paths)
        return {path.removeprefix("/work/"): str(node.content) for path, node in nodes if node and node.kind == "file"}

    complete(shell, setup)
    before = files()
    done = complete(shell, f"bash -c {shlex.quote(script)} 2>/dev/null")
    return Outcome(done.output, done.code, changes(before, files()))


def read_scripts(path: Path) -> list[str]:
    """Return the scripts of a file, which are separated by lines of ``%%``."""
    return path.read_text().rstrip("\n").split("\n%%\n")


def record(source: Path, target: Path) -> None:
    """Write scripts and what real bash made of them as JSON lines."""
    generated = [Scripts(seed).script() for seed in range(_GENERATED)]
    with target.open("w") as out:
        for script in [*read_scripts(source), *generated]:
            outcome = real(script)
            row = {"script": script, "output": outcome.output, "code": outcome.code, "files": outcome.files}
            out.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")


def compare(count: int, seed: int, shown: int) -> int:
    """Run `count` scripts of the grammar in both; print the first `shown` disagreements. Return how many there are."""
    disagreements = 0
    for number in range(seed, seed + count):
        script = Scripts(number).script()
        expected, got = real(script), simulated(script)
        if expected != got:
            disagreements += 1
            if disagreements <= shown:
                print(f"--- {number}\n{script}\nbash: {expected}\nours: {got}")
        if sys.stderr.isatty():
            print(f"\r{number - seed + 1} of {count}", end="", file=sys.stderr)
    print(f"{count - disagreements} of {count} agree")
    return disagreements


def main() -> int:
    """Compare, or record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", type=int, default=20)
    parser.add_argument("--record", nargs=2, type=Path, metavar=("SCRIPTS", "CORPUS"))
    options = parser.parse_args()
    if options.record:
        record(*options.record)
        return 0
    return int(compare(options.scripts, options.seed, options.shown) > 0)


if __name__ == "__main__":
    sys.exit(main())
