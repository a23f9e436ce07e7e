"""Whose code runs: a world's Python and the agents of a run are used only if this user trusts them.

Installed packages are trusted. A folder is asked for once per content of its Python files; the answers are in the user's
configuration folder, never next to what they are about. See SECURITY.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simenv.errors import UntrustedError
from simenv.installed import CATALOGUE, places
from simenv.kernel.printable import printable

CONFIG_HOME, TRUSTED_FOLDERS = "SIMENV_CONFIG_HOME", "SIMENV_TRUST"
"""Environment variables: the user's configuration folder; folders (separated as in PATH) below which all code is trusted."""
FILE = "trusted.json"
_MOST_FILES = 2000
_NAMED = 12
_vouched = False


def config_home() -> Path:
    """Return the folder of the user's configuration: SIMENV_CONFIG_HOME, or `simenv` where the system keeps such."""
    own = os.environ.get(CONFIG_HOME)
    if own:
        return Path(own)
    system = os.environ.get("XDG_CONFIG_HOME") or (os.environ.get("APPDATA") if os.name == "nt" else "")
    return (Path(system) if system else Path.home() / ".config") / "simenv"


@contextmanager
def vouching() -> Iterator[None]:
    """Trust everything that is opened meanwhile, without a question and without remembering it."""
    global _vouched  # noqa: PLW0603 - one answer for the whole process, as the command line gives it
    before, _vouched = _vouched, True
    try:
        yield
    finally:
        _vouched = before


def vouch() -> None:
    """Trust everything in this process from here on: a worker, whose work the process that began the run has checked."""
    global _vouched  # noqa: PLW0603
    _vouched = True


def files_of(folder: Path) -> list[Path]:
    """Return the files that make up a folder, sorted: no hidden ones, no compiled Python, and no run directory in it."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        is_run = Path(place) != folder and "manifest.json" in names
        folders[:] = [] if is_run else sorted(name for name in folders if name[0] != "." and name != "__pycache__")
        found += (
            [] if is_run else [Path(place) / name for name in names if name[0] != "." and not name.endswith(".pyc")]
        )
        if len(found) > _MOST_FILES:
            raise UntrustedError(f"{folder}: more than {_MOST_FILES} files; keep a world in a folder of its own")
    return sorted(file for file in found if file.is_file())


def fingerprint(place: Path) -> str:
    """Return the SHA-256 of the Python of a folder (names and contents), or of one file."""
    if place.is_file():
        return hashlib.sha256(place.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in _python_of(place):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(place).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _python_of(place: Path) -> list[Path]:
    return [place] if place.is_file() else [file for file in files_of(place) if file.suffix == ".py"]


def require_code(place: Path, what: str = "") -> None:
    """Check that the Python of a folder or file may run; ask on a terminal, and remember a yes.

    Args:
        place: the folder or the file.
        what: how to name it, if not by its path.

    Raises:
        UntrustedError: the user does not trust it, or there is no terminal to ask on.
    """
    if _vouched or _is_installed(place) or _is_below(place, _always()):
        return
    mark = fingerprint(place)
    if mark in _read()["code"]:
        return
    files = [str(file.relative_to(place)) if file != place else file.name for file in _python_of(place)]
    shown = ", ".join(files[:_NAMED]) + (f" and {len(files) - _NAMED} more" if len(files) > _NAMED else "")
    told = f"{what or place} has Python code that you have not trusted: {shown}"
    remedy = f"read it, then run `simenv trust {place}`; or give --trust, for one command"
    answer = _ask(told, remedy, "[y]es, as it is now; [a]lways, whatever this folder holds; [N]o: ")
    if answer == "a":
        trust(place, always=True)
    else:
        _remember("code", mark, str(place.resolve()))


def trust(place: Path, *, always: bool = False) -> None:
    """Trust the Python of a folder or file as it is now, or `always`, whatever it will be.

    Raises:
        UntrustedError: there is no such place, or the answer cannot be kept.
    """
    if not place.exists():
        raise UntrustedError(f"{place}: there is no such folder or file → check the path")
    if always:
        _remember("always", str(place.resolve()), "", must=True)
    else:
        _remember("code", fingerprint(place), str(place.resolve()), must=True)


def distrust(place: Path) -> None:
    """Take back what was trusted of a folder or file: its present content, and the place."""
    known = _read()
    known["always"].pop(str(place.resolve()), None)
    known["code"] = {k: v for k, v in known["code"].items() if v != str(place.resolve())}
    if place.exists():
        known["code"].pop(fingerprint(place), None)
    _write(known, must=True)


def require_player(agent: str, options: Mapping[str, str], source: str) -> None:
    """Check that an agent may act although a file names it and not the user; ask on a terminal, and remember a yes.

    An agent that is installed and has no options needs no question: it runs no code of the file's, and asks no endpoint.

    Args:
        agent: as on the command line.
        options: its options, as the file has them.
        source: the run, episode or experiment that names it.

    Raises:
        UntrustedError: the user does not trust it, or there is no terminal to ask on.
    """
    if _vouched or not (options or _file_of(agent)) or _player(agent, options) in _read()["players"]:
        return
    with_options = f" with {_listed(options)}" if options else ""
    told = f"{source} names who acts, not you: {agent}{with_options}"
    remedy = "check each of these (a file runs as code, an endpoint gets your key and bills it), then give --trust"
    _ask(told, remedy, "[y]es, use these; [N]o: ")
    remember_player(agent, options)


def require_experiment(file: Path, players: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Check that an experiment file may name agents and endpoints; ask on a terminal once per content of the file.

    Args:
        file: the experiment file.
        players: agents and players of roles, each with its options.

    Raises:
        UntrustedError: the user does not trust it, or there is no terminal to ask on.
    """
    named = [(agent, options) for agent, options in players if options or _file_of(agent)]
    for code in filter(None, (_file_of(agent) for agent, _ in named)):
        if code.is_file():
            require_code(code)
    chosen = [(agent, options) for agent, options in named if options]
    if _vouched or not chosen or _is_below(file, _always()) or fingerprint(file) in _read()["code"]:
        return
    shown = "; ".join(f"{agent} with {_listed(options)}" for agent, options in chosen)
    told = f"{file} names who acts, and you have not trusted it: {shown}"
    remedy = (
        f"check each of these (an endpoint gets your key and bills it), then run `simenv trust {file}`, or give --trust"
    )
    _ask(told, remedy, "[y]es, use these; [N]o: ")
    _remember("code", fingerprint(file), str(file.resolve()))


def _listed(options: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in options.items())


def remember_player(agent: str, options: Mapping[str, str]) -> None:
    """Keep in mind that this user named an agent with these options, so that its run can be resumed without a question."""
    if not _vouched and (options or _file_of(agent)):
        _remember("players", _player(agent, options), agent)


def _file_of(agent: str) -> Path | None:
    file, suffix, _ = agent.partition(".py")
    return Path(file + suffix) if suffix else None


def _player(agent: str, options: Mapping[str, str]) -> str:
    file = _file_of(agent)
    code = fingerprint(file) if file is not None and file.is_file() else ""
    said = json.dumps([agent if file is None else agent.partition(".py")[2], code, dict(sorted(options.items()))])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _is_installed(place: Path) -> bool:
    return _is_below(place, [*places(), *([CATALOGUE] if CATALOGUE.name in ("worlds", "simenv_worlds") else [])])


def _always() -> list[Path]:
    named = filter(None, os.environ.get(TRUSTED_FOLDERS, "").split(os.pathsep))
    return [Path(place) for place in (*named, *_read()["always"])]


def _is_below(place: Path, folders: Sequence[Path]) -> bool:
    real = place.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


def _ask(told: str, remedy: str, question: str) -> str:
    """Return the answer, `y` or `a`; raise UntrustedError for any other, and where nobody can be asked."""
    refusal = UntrustedError(printable(f"{told} → {remedy}"))
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise refusal
    risk = "It would act with your rights: read your files and keys, change things, use the network."
    sys.stderr.write(printable(f"{told}\n{risk}\n{question}"))
    sys.stderr.flush()
    answer = sys.stdin.readline().strip().lower()[:1]
    if answer != "y" and not (answer == "a" and "[a]" in question):
        raise refusal
    return answer


def _read() -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {"code": {}, "always": {}, "players": {}}
    try:
        kept: Any = json.loads((config_home() / FILE).read_text(encoding="utf-8"))
        return {part: dict(kept.get(part, {})) for part in known}
    except (OSError, ValueError, AttributeError, TypeError):
        return known  # what cannot be read grants nothing


def _remember(part: str, key: str, value: str, *, must: bool = False) -> None:
    known = _read()
    if key not in known[part]:
        known[part][key] = value
        _write(known, must=must)


def _write(known: Mapping[str, Mapping[str, str]], *, must: bool) -> None:
    file = config_home() / FILE
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"format": 1, **known}, indent=1) + "\n", encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        if must:
            raise UntrustedError(f"{file}: cannot be written ({error.strerror}) → set {CONFIG_HOME}") from None
