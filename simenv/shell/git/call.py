"""The command line of git."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simenv.machine.nodes import FileError
from simenv.shell.git.repository import GitFault, Repository, Tree, find_repository
from simenv.shell.invocation import Invocation


class Call:
    """One call of git: where it acts, and what it is given."""

    def __init__(self, inv: Invocation) -> None:
        self._inv = inv
        self._place = inv.cwd
        self._given: dict[str, str] = {}
        words = list(inv.argv[1:])
        while words and words[0][:1] == "-":
            word = words.pop(0)
            if word in ("-C", "-c") and words:
                value = words.pop(0)
                if word == "-C":
                    self._place = inv.path(value)
                else:
                    name, _, text = value.partition("=")
                    self._given[name.lower()] = text
            elif word == "--version":
                words = ["version"]
            elif word not in ("--no-pager", "-p", "--paginate"):
                raise GitFault(
                    f"unknown option: {word}\nusage: git [-C <path>] [-c <name>=<value>] <command> [<args>]", 129
                )
        self._name, self._words = (words[0], words[1:]) if words else ("help", [])

    @property
    def _repo(self) -> Repository:
        return find_repository(self._inv, self._place)

    def _flag(self, *names: str) -> bool:
        """Return whether one of these options is among the words, which are taken away."""
        found = any(word in names for word in self._words)
        self._words = [word for word in self._words if word not in names]
        return found

    def _value(self, *names: str) -> list[str]:
        """Return the values of an option: ``-m x``, ``-mx``, ``--message=x``."""
        values: list[str] = []
        rest: list[str] = []
        words = iter(self._words)
        for word in words:
            name = next((name for name in names if word.startswith(name)), "")
            if word in names:
                values.append(next(words, ""))
            elif name and name.startswith("--") and word.startswith(f"{name}="):
                values.append(word[len(name) + 1 :])
            elif name and not name.startswith("--"):
                values.append(word[len(name) :])
            else:
                rest.append(word)
        self._words = rest
        return values

    def _operands(self) -> list[str]:
        """Return what is left; an option that is not known ends the command."""
        dashes = self._words.index("--") if "--" in self._words else len(self._words)
        unknown = next((word for word in self._words[:dashes] if word[:1] == "-" and len(word) > 1), "")
        if unknown:
            raise GitFault(f"error: unknown option `{unknown.lstrip('-')}'\nusage: git {self._name} [<options>]", 129)
        return [word for at, word in enumerate(self._words) if at != dashes]

    def _path(self, operand: str) -> str:
        """Return an operand as an absolute path."""
        return self._inv.path(operand if operand[:1] == "/" else f"{self._place}/{operand}")

    def _inside(self, repo: Repository, operand: str) -> str:
        """Return an operand as a path from the top of the work tree; empty for the top itself."""
        path = self._path(operand)
        top = repo.top.rstrip("/")
        if path != repo.top and not path.startswith(top + "/"):
            raise GitFault(f"fatal: {operand}: '{operand}' is outside repository at '{repo.top}'")
        return path[len(top) + 1 :]

    def _chosen(self, repo: Repository, operand: str, names: Iterable[str]) -> list[str]:
        inside = self._inside(repo, operand)
        return [name for name in names if not inside or name == inside or name.startswith(inside + "/")]

    def _known(self, repo: Repository, operands: Sequence[str], tree: Tree) -> list[str]:
        """Return the files of a tree that operands name. Raises GitFault if one names none."""
        chosen: list[str] = []
        for operand in operands:
            found = self._chosen(repo, operand, tree)
            if not found:
                raise GitFault(f"error: pathspec '{operand}' did not match any file(s) known to git", 1)
            chosen += found
        return chosen

    def _read(self, path: str) -> str:
        try:
            return self._inv.shell.read_file(path)
        except FileError:
            return ""
