"""git status, diff, log, show, branch and rev-parse."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from simenv.machine.content.placeholders import has_placeholders
from simenv.shell.commands.reading import lines_of
from simenv.shell.git.call import Call
from simenv.shell.git.changes import collapsed, compare, conclusion, hunks, stat, total
from simenv.shell.git.repository import BRANCH, Commit, Entry, GitFault, Repository, Tree


class Looking(Call):
    """The commands that change nothing."""

    def _status(self) -> int:
        repo = self._repo
        is_short = self._flag("-s", "--short", "--porcelain", "-sb")
        self._operands()
        index, head = repo.index(), repo.head_tree()
        working = repo.working()
        staged, unstaged = compare(head, index), compare(index, {n: e for n, e in working.items() if n in index})
        untracked = collapsed([name for name in working if name not in index], index)
        if is_short:
            marks = {name: f"{staged.get(name, ' ')}{unstaged.get(name, ' ')}" for name in sorted({*staged, *unstaged})}
            self._inv.out("".join(f"{mark} {name}\n" for name, mark in marks.items()))
            self._inv.out("".join(f"?? {name}\n" for name in untracked))
            return 0
        self._inv.out(f"On branch {BRANCH}\n" + ("" if repo.head() else "\nNo commits yet\n\n"))
        self._section("Changes to be committed:", ["restore --staged <file>..." if repo.head() else "rm --cached <file>..."],
                      ["to unstage"], staged)  # fmt: skip
        removed = "/rm" if "D" in unstaged.values() else ""
        self._section("Changes not staged for commit:", [f"add{removed} <file>...", "restore <file>..."],
                      ["to update what will be committed", "to discard changes in working directory"], unstaged)  # fmt: skip
        self._section("Untracked files:", ["add <file>..."], ["to include in what will be committed"],
                      dict.fromkeys(untracked, ""))  # fmt: skip
        self._inv.out(conclusion(repo, staged, unstaged, untracked))
        return 0

    def _section(self, title: str, commands: list[str], purposes: list[str], names: Mapping[str, str]) -> None:
        if not names:
            return
        words = {"A": "new file:   ", "M": "modified:   ", "D": "deleted:    ", "": ""}
        hints = "".join(f'  (use "git {c}" {p})\n' for c, p in zip(commands, purposes, strict=True))
        files = "".join(f"\t{words[mark]}{name}\n" for name, mark in sorted(names.items()))
        self._inv.out(f"{title}\n{hints}{files}\n")

    def _diff(self) -> int:
        repo = self._repo
        cached = self._flag("--cached", "--staged")
        style = self._style()
        operands = self._operands()
        revisions = [revision for word in operands[:2] if (revision := repo.revision(word))]
        index = repo.index()
        old: Mapping[str, Entry] = repo.tree(repo.read_commit(revisions[0]).tree) if revisions else index
        if cached:
            old, new = (old if revisions else repo.head_tree()), index
        elif len(revisions) > 1:
            new = repo.tree(repo.read_commit(revisions[1]).tree)
        else:
            new = repo.working(among={**old, **index})
        paths = operands[len(revisions) :]
        names = {n for path in paths for n in self._chosen(repo, path, {**old, **new})} if paths else {*old, *new}
        self._show_changes(repo, old, new, sorted(names), style)
        return 0

    def _style(self) -> str:
        if self._flag("--stat"):
            return "stat"
        if self._flag("--name-only"):
            return "names"
        return "marks" if self._flag("--name-status") else "patch"

    def _show_changes(self, repo: Repository, old: Tree, new: Tree, names: Sequence[str], style: str) -> None:
        changes = compare(old, new)
        names = [name for name in names if name in changes]
        counts: dict[str, tuple[int, int]] = {}
        for name in names:
            if style == "names":
                self._inv.out(f"{name}\n")
            elif style == "marks":
                self._inv.out(f"{changes[name]}\t{name}\n")
            else:
                text = self._patch(repo, name, old.get(name), new.get(name))
                body = lines_of(text.partition("\n@@")[2])
                counts[name] = (sum(line[0] == "+" for line in body), sum(line[0] == "-" for line in body))
                self._inv.out(text if style == "patch" else "")
        if style == "stat" and counts:
            self._inv.out(stat(counts))

    def _patch(self, repo: Repository, name: str, old: Entry | None, new: Entry | None) -> str:
        before = "" if old is None else repo.object(old.blob)
        after = "" if new is None else repo.object(new.blob) or self._read(repo.path(name))
        head = f"diff --git a/{name} b/{name}\n"
        if old is None and new is not None:
            head += f"new file mode {new.mode}\n"
        elif new is None and old is not None:
            head += f"deleted file mode {old.mode}\n"
        elif old and new and old.mode != new.mode:
            head += f"old mode {old.mode}\nnew mode {new.mode}\n"
        ids = ("0000000" if old is None else old.blob[:7], "0000000" if new is None else new.blob[:7])
        if ids[0] == ids[1]:
            return head
        head += f"index {ids[0]}..{ids[1]}" + (f" {old.mode}\n" if old and new and old.mode == new.mode else "\n")
        names = ("/dev/null" if old is None else f"a/{name}", "/dev/null" if new is None else f"b/{name}")
        if has_placeholders(before) or has_placeholders(after):
            return f"{head}Binary files {names[0]} and {names[1]} differ\n"
        return head + hunks(self._inv, lines_of(before), lines_of(after), names)

    def _log(self) -> int:
        repo = self._repo
        template = (self._value("--format", "--pretty") or [""])[-1].removeprefix("format:").removeprefix("tformat:")
        if self._flag("--oneline"):
            template = "%h %s"
        template = {"oneline": "%H %s", "medium": ""}.get(template, template)
        one_line, patches = bool(template), self._flag("-p", "--patch", "-u")
        style = "stat" if self._flag("--stat") else "patch" if patches else ""
        self._flag("--all", "--graph", "--decorate", "--no-decorate")
        self._words = [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in self._words]
        counts = self._value("-n", "--max-count")
        operands = self._operands()
        start = repo.revision(operands[0]) if operands else repo.head()
        if not repo.head():
            raise GitFault(f"fatal: your current branch '{BRANCH}' does not have any commits yet")
        paths = operands[1:] if operands and start else operands
        left = int(counts[-1]) if counts and counts[-1].isdecimal() else -1
        is_first = True
        for commit in repo.history(start or repo.head()):
            if left == 0:
                break
            old, new = self._around(repo, commit)
            if paths and not any(self._chosen(repo, path, compare(old, new)) for path in paths):
                continue
            left -= 1
            self._inv.out("" if is_first or one_line else "\n")
            self._inv.out(f"{self._filled(template, commit)}\n" if one_line else self._headline(commit))
            if style:
                self._inv.out("" if one_line else "\n")
                self._show_changes(repo, old, new, sorted({*old, *new}), style)
            is_first = False
        return 0

    def _around(self, repo: Repository, commit: Commit) -> tuple[dict[str, Entry], dict[str, Entry]]:
        old = repo.tree(repo.read_commit(commit.parent).tree) if commit.parent else {}
        return old, repo.tree(commit.tree)

    def _filled(self, template: str, commit: Commit) -> str:
        """Return a line of ``git log --format``."""
        name, _, email = commit.author.rstrip(">").partition(" <")
        values = {"H": commit.id, "h": commit.id[:7], "s": commit.message.splitlines()[0], "an": name, "cn": name,
                  "ae": email, "ce": email, "at": str(commit.time_s), "ct": str(commit.time_s), "n": "\n", "%": "%",
                  "ad": self._date(commit), "cd": self._date(commit), "B": commit.message}  # fmt: skip
        return re.sub("%([ac][nedt]|[HhsnB%])", lambda found: values[found.group(1)], template)

    def _date(self, commit: Commit) -> str:
        moment = datetime.fromtimestamp(commit.time_s, UTC).astimezone(self._inv.host.sim.calendar.timezone)
        return f"{moment:%a %b} {moment.day} {moment:%H:%M:%S %Y %z}"

    def _headline(self, commit: Commit) -> str:
        message = "".join(f"    {line}\n" for line in commit.message.splitlines())
        return f"commit {commit.id}\nAuthor: {commit.author}\nDate:   {self._date(commit)}\n\n{message}"

    def _show(self) -> int:
        repo = self._repo
        style = self._style()
        target = (self._operands() or ["HEAD"])[0]
        revision, colon, path = target.partition(":")
        found = repo.revision(revision or "HEAD")
        if not found:
            raise GitFault(f"fatal: ambiguous argument '{target}': unknown revision or path not in the working tree.")
        commit = repo.read_commit(found)
        if colon:
            entry = repo.tree(commit.tree).get(path.removeprefix("./"))
            if entry is None:
                raise GitFault(f"fatal: path '{path}' does not exist in '{revision}'")
            self._inv.out(repo.object(entry.blob))
            return 0
        old, new = self._around(repo, commit)
        self._inv.out(self._headline(commit) + "\n")
        self._show_changes(repo, old, new, sorted({*old, *new}), style)
        return 0

    def _branch(self) -> int:
        repo = self._repo
        if self._flag("--show-current"):
            self._inv.out(f"{BRANCH}\n")
            return 0
        self._flag("-a", "--all", "-v", "--list")
        if self._operands():
            raise GitFault("fatal: there is one branch here, and no other can be made")
        self._inv.out(f"* {BRANCH}\n" if repo.head() else "")
        return 0

    def _rev_parse(self) -> int:
        repo = self._repo
        is_short = self._flag("--short")
        for word in self._words:
            answers = {"--show-toplevel": repo.top, "--is-inside-work-tree": "true", "--git-dir": ".git"}
            found = BRANCH if "--abbrev-ref" in self._words else repo.revision(word)[: 7 if is_short else None]
            if word == "--abbrev-ref":
                continue
            if not answers.get(word, found):
                raise GitFault(f"fatal: ambiguous argument '{word}': unknown revision or path not in the working tree.")
            self._inv.out(f"{answers.get(word, found)}\n")
        return 0

    def _summary(self, repo: Repository, old: Tree, new: Tree, changes: Mapping[str, str]) -> str:
        counts = {}
        for name in changes:
            body = lines_of(self._patch(repo, name, old.get(name), new.get(name)).partition("\n@@")[2])
            counts[name] = (sum(line[0] == "+" for line in body), sum(line[0] == "-" for line in body))
        lines = [total(counts)]
        for name, mark in sorted(changes.items()):
            if mark in "AD":
                lines.append(
                    f" {'create' if mark == 'A' else 'delete'} mode {(new if mark == 'A' else old)[name].mode} {name}\n"
                )
        return "".join(lines)
