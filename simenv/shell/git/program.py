"""git: the commands that look at one repository and change it; there is one branch, and no other repository to reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from simenv.machine.nodes import FileError
from simenv.machine.program import Program
from simenv.shell.git.changes import compare
from simenv.shell.git.looking import Looking
from simenv.shell.git.repository import BRANCH, Entry, GitFault, Repository
from simenv.shell.invocation import Invocation

_UNKNOWN = """Author identity unknown

*** Please tell me who you are.

Run

  git config --global user.email "you@example.com"
  git config --global user.name "Your Name"

to set your account's default identity.
Omit --global to set the identity only in this repository.
"""


class _Git(Looking):
    """One call of git, carried out."""

    def run(self) -> int:
        commands: Mapping[str, Callable[[], int]] = {
            "add": self._add, "branch": self._branch, "checkout": self._checkout, "commit": self._commit,
            "config": self._config, "diff": self._diff, "init": self._init, "log": self._log, "ls-files": self._ls_files,
            "reset": self._reset, "restore": self._restore, "rev-parse": self._rev_parse, "rm": self._rm,
            "show": self._show, "status": self._status, "version": self._version, "clone": self._clone,
            "push": self._remote, "pull": self._remote, "fetch": self._remote, "remote": self._remote,
        }  # fmt: skip
        if self._name == "help":
            raise GitFault("usage: git [--version] [-C <path>] [-c <name>=<value>] <command> [<args>]", 1)
        command = commands.get(self._name)
        if command is None:
            raise GitFault(f"git: '{self._name}' is not a git command. See 'git --help'.", 1)
        return command()

    # -- repository --------------------------------------------------------------------------------------------

    def _init(self) -> int:
        self._value("-b", "--initial-branch")
        is_quiet = self._flag("-q", "--quiet")
        operands = self._operands()
        top = self._path(operands[0]) if operands else self._place
        if not self._inv.shell.is_directory(top):
            self._inv.host.files.mkdir(top, self._inv.account, mode=0o755)
        again = self._inv.shell.is_directory(f"{top.rstrip('/')}/.git")
        if not again:
            Repository(self._inv, top).init()
        verb = "Reinitialized existing" if again else "Initialized empty"
        self._inv.out("" if is_quiet else f"{verb} Git repository in {top.rstrip('/')}/.git/\n")
        return 0

    def _version(self) -> int:
        self._inv.out("git version 2.39.2\n")
        return 0

    def _clone(self) -> int:
        address = next((word for word in self._words if word[:1] != "-"), "")
        host = re.match(r"(?:\w+://)?(?:[^@/]*@)?([^:/]+)", address)
        raise GitFault(
            f"fatal: unable to access '{address}': Could not resolve host: {host.group(1) if host else address}"
        )

    def _remote(self) -> int:
        if self._repo and self._name == "push":
            raise GitFault("fatal: No configured push destination.\n"
                           "Either specify the URL from the command-line or configure a remote repository")  # fmt: skip
        if self._name == "pull":
            raise GitFault("There is no tracking information for the current branch.", 1)
        return 0

    def _config(self) -> int:
        path = f"{self._inv.env.get('HOME', '/')}/.gitconfig" if self._flag("--global") else ""
        self._flag("--local", "--get", "--add")
        operands = self._operands()
        repo = None if path else self._repo
        text = self._read(path) if repo is None else repo.config()
        if not operands:
            self._inv.out("".join(f"{name}={value}\n" for name, value in _settings(text).items()))
        elif len(operands) == 1:
            value = _settings(text).get(operands[0].lower())
            self._inv.out("" if value is None else f"{value}\n")
            return 1 if value is None else 0
        else:
            section, _, name = operands[0].partition(".")
            text += f"[{section}]\n\t{name} = {operands[1]}\n"
            if repo is None:
                self._inv.shell.write_file(path, text)
            else:
                repo.set_config(text)
        return 0

    def _author(self, repo: Repository) -> str:
        home = self._read(f"{self._inv.env.get('HOME', '/')}/.gitconfig")
        settings = {**_settings(home), **_settings(repo.config()), **self._given}
        name = self._inv.env.get("GIT_AUTHOR_NAME") or settings.get("user.name")
        email = self._inv.env.get("GIT_AUTHOR_EMAIL") or settings.get("user.email")
        if not name or not email:
            user = f"{self._inv.account.user}@{self._inv.host.hostname}.(none)"
            raise GitFault(f"{_UNKNOWN}\nfatal: unable to auto-detect email address (got '{user}')")
        return f"{name} <{email}>"

    # -- index and work tree -----------------------------------------------------------------------------------

    def _stage(self, repo: Repository, names: Iterable[str], index: dict[str, Entry]) -> None:
        for name in names:
            entry = repo.entry(name)
            if entry is None:
                index.pop(name, None)
            else:
                repo.add_blob(self._inv.shell.read_file(repo.path(name)))
                index[name] = entry

    def _add(self) -> int:
        repo = self._repo
        everything, tracked = self._flag("-A", "--all"), self._flag("-u", "--update")
        self._flag("-f", "--force", "-v", "--verbose")
        operands = self._operands()
        if not operands and not everything and not tracked:
            self._inv.err("Nothing specified, nothing added.\n")
            return 0
        index = repo.index()
        present = index if tracked else {**index, **repo.working()}
        for operand in operands or [repo.top]:
            names = self._chosen(repo, operand, list(present))
            if not names and operand not in (".", repo.top):
                raise GitFault(f"fatal: pathspec '{operand}' did not match any files")
            self._stage(repo, names, index)
        repo.set_index(index)
        return 0

    def _rm(self) -> int:
        repo = self._repo
        cached, is_quiet = self._flag("--cached"), self._flag("-q", "--quiet")
        self._flag("-f", "--force", "-r")
        index = repo.index()
        for operand in self._operands():
            names = self._chosen(repo, operand, list(index))
            if not names:
                raise GitFault(f"fatal: pathspec '{operand}' did not match any files")
            for name in names:
                del index[name]
                if not cached:
                    repo.remove_file(name)
                self._inv.out("" if is_quiet else f"rm '{name}'\n")
        repo.set_index(index)
        return 0

    def _ls_files(self) -> int:
        repo = self._repo
        operands = self._operands() or [self._place]
        index = repo.index()
        for name in sorted({name for operand in operands for name in self._chosen(repo, operand, index)}):
            self._inv.out(f"{name}\n")
        return 0

    def _checkout(self) -> int:
        repo = self._repo
        self._flag("-f", "--force")
        is_quiet = self._flag("-q", "--quiet")
        has_dashes = "--" in self._words
        before = self._words.index("--") if has_dashes else len(self._words)
        operands = self._operands()
        revision = repo.revision(operands[0]) if operands and (not has_dashes or before == 1) else ""
        if revision and len(operands) == 1 and not has_dashes:
            if operands[0] in (BRANCH, "HEAD"):
                self._inv.err(f"Already on '{BRANCH}'\n" if operands[0] == BRANCH else "")
                return 0
            raise GitFault("fatal: cannot leave the branch: only files can be checked out here", 1)
        index = repo.index()
        if revision:
            tree: Mapping[str, Entry] = repo.tree(repo.read_commit(revision).tree)
            names = self._known(repo, operands[1:], tree)
            repo.set_index({**index, **{name: tree[name] for name in names}})
            source = f"{revision[:7]}"
        else:
            tree, source = index, "the index"
            names = self._known(repo, operands, tree)
        changed = sum(self._put_back(repo, name, tree[name]) for name in names)
        if (not has_dashes or revision) and not is_quiet:
            self._inv.err(f"Updated {changed} path{'s' * (changed != 1)} from {source}\n")
        return 0

    def _put_back(self, repo: Repository, name: str, entry: Entry) -> bool:
        changes = repo.entry(name) != entry
        repo.write_file(name, entry)
        return changes

    def _restore(self) -> int:
        repo = self._repo
        sources = self._value("-s", "--source")
        staged, both = self._flag("-S", "--staged"), self._flag("-W", "--worktree")
        operands = self._operands()
        if not operands:
            raise GitFault("fatal: you must specify path(s) to restore")
        index = repo.index()
        revision = repo.revision(sources[0]) if sources else repo.head() if staged else ""
        if sources and not revision:
            raise GitFault(f"fatal: could not resolve {sources[0]}")
        tree = repo.tree(repo.read_commit(revision).tree) if revision else index
        names = self._known(repo, operands, {**index, **tree} if staged else tree)
        if staged:
            for name in names:
                index.pop(name, None)
                if name in tree:
                    index[name] = tree[name]
            repo.set_index(index)
        if not staged or both:
            for name in names:
                if name in tree:
                    repo.write_file(name, tree[name])
        return 0

    def _reset(self) -> int:
        repo = self._repo
        hard, soft = self._flag("--hard"), self._flag("--soft")
        is_quiet = self._flag("-q", "--quiet")
        self._flag("--mixed")
        operands = self._operands()
        revision = repo.revision(operands[0]) if operands else repo.head()
        if not revision:
            index, tree = repo.index(), repo.head_tree()
            for name in self._known(repo, operands, {**index, **tree}):
                index.pop(name, None)
                if name in tree:
                    index[name] = tree[name]
            repo.set_index(index)
            return 0
        commit = repo.read_commit(revision)
        tree = repo.tree(commit.tree)
        if hard:
            for name in repo.index():
                if name not in tree:
                    repo.remove_file(name)
            for name, entry in tree.items():
                repo.write_file(name, entry)
            self._inv.out("" if is_quiet else f"HEAD is now at {revision[:7]} {commit.message.splitlines()[0]}\n")
        repo.set_head(revision)
        if not soft:
            repo.set_index(tree)
        return 0

    # -- commits ----------------------------------------------------------------------------------------------------

    def _commit(self) -> int:
        repo = self._repo
        self._words = [piece for word in self._words for piece in _separate(word)]
        everything, is_quiet = self._flag("-a", "--all"), self._flag("-q", "--quiet")
        empty = self._flag("--allow-empty")
        messages = self._value("-m", "--message")
        self._operands()
        index, head = repo.index(), repo.head_tree()
        if everything:
            self._stage(repo, list(index), index)
        changes = compare(head, index)
        if not changes and not empty:
            self._words = []
            self._status()
            return 1
        author = self._author(repo)
        if not messages:
            raise GitFault("error: Terminal is dumb, but EDITOR unset\n"
                           "Please supply the message using either -m or -F option.", 1)  # fmt: skip
        repo.set_index(index)
        is_root = not repo.head()
        commit = repo.commit(author, "\n\n".join(messages))
        if not is_quiet:
            root = "(root-commit) " if is_root else ""
            self._inv.out(f"[{BRANCH} {root}{commit.id[:7]}] {commit.message.splitlines()[0]}\n")
            self._inv.out(self._summary(repo, head, index, changes))
        return 0


def _separate(word: str) -> list[str]:
    """Return the letters of ``-qam`` as options of their own."""
    return [f"-{letter}" for letter in word[1:]] if re.fullmatch("-[aq]+m?", word) else [word]


def _settings(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line[:1] == "[":
            section = line.strip("[]").lower()
        elif "=" in line:
            name, _, value = line.partition("=")
            found[f"{section}.{name.strip().lower()}"] = value.strip().strip('"')
    return found


def git(inv: Invocation) -> int:
    """Keep versions of files: init, add, commit, status, diff, log, show, checkout and restore of files, rm, reset, config."""
    try:
        return _Git(inv).run()
    except GitFault as fault:
        inv.err(f"{fault}\n")
        return fault.code
    except FileError as error:
        inv.err(f"fatal: could not write '{error.path}': {error.reason}\n")
        return 128


PROGRAMS: Mapping[str, Program] = {"git": git}
