"""Fails on words and names for which the field has its own (`make lint` runs it).

Texts that a subject reads are exempt: they are the English of the people who are supposed to have written them, and an
episode's bytes depend on them.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDERS = ("simenv", "agents", "analysis", "worlds", "tests", "docs")
SUFFIXES = {".css", ".html", ".jinja", ".js", ".md", ".py", ".toml", ".yaml"}

WORDS: Mapping[str, str] = {
    "anew": "again; 'begins anew': is reset",
    "whoever": "a noun: the caller, the writing process",
    r"go(es)? on where": "resumes",
    r"hand(s|ed|ing)? in": "submit",
    r"(lay|lays|laid) over": "apply to",
    "as dear": "cost: costs half as much",
    "so many": "a number: N, this many",
    "what comes of": "result, consequences",
    "kept answers?": "cached response",
    "how far it is": "progress",
    r"mend(s|ed|ing)?": "fix",
    r"(is|are|be|been|was|were) told of": "is notified of, knows",
    r"stand-ins?": "simulated agent, proxy; of a shutdown: backup",
    "how to do it again": "how to reproduce it",
    "prove it": "verify it",
}
"""Expression → what to write instead."""

NAMES: Mapping[str, str] = {
    "Atoms": "Placeholders",
    "Basket": "Buffer",
    "Crew": "EpisodeRunner",
    "Keeper": "EpisodeSink",
    "Kept": "CachedResponse",
    "Lane": "LearnerView",
    "Layers": "Safeguards",
    "Matter": "Request",
    "Prospect": "Lookahead",
    "Purse": "Budget",
    "STAND_IN": "DISCLAIMER",
    "Seat": "Foothold",
    "Shown": "AgentView",
    "Watcher": "ProgressListener",
    "Weighed": "ScoredPlan",
    "draw_blueprint": "build_blueprint",
    "exhibit": "evidence",
    "foresee": "lookahead",
    "prospect": "lookahead",
    "side_by_side": "run_concurrently",
    "stand_in": "disclaimer",
    "stand_ins": "simulated_agents",
    "to_atoms": "to_placeholders",
    "watcher": "listener",
}
"""Retired identifier → the one in its place."""

READ_BY_SUBJECTS = (
    "worlds/*/world.yaml",  # briefings, files, mails
    "worlds/*/scripts.py",  # what scripted agents write is part of their episodes
    "worlds/_template/*/world.yaml",
    "worlds/_template/*/scripts.py",
    "simenv/company/mail/office/*.toml",  # the mail of an office
    "simenv/tools/work.py",  # descriptions of tools
    "simenv/outcomes/threat_words.py",  # expressions that are looked for in mails
    "analysis/simenv_analysis/rates/messages/*.yaml",  # labelled messages
    "docs/tutorial.md",  # shows a world's briefing
)
"""Files whose text is a stimulus, or quotes one."""

QUOTED = (
    "There is nothing to hand in.",
    "[not done: the work has been handed in]",
    "handed in your work",
    "handed in other answers than those that you knew",
)
"""Lines that subjects read, within files that are otherwise checked."""

_WORD = re.compile("|".join(rf"\b(?P<w{n}>{word})\b" for n, word in enumerate(WORDS)), re.IGNORECASE)
_QUOTE = re.compile("|".join(map(re.escape, QUOTED)))
_BETTER = tuple(WORDS.values())


class Hit(NamedTuple):
    """One word or name that the field says differently."""

    file: Path
    line: int
    found: str
    better: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.found!r} → {self.better}"


def files() -> Iterator[Path]:
    """Yield the files to check, in order."""
    found = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    for path in sorted(found):
        relative = path.relative_to(ROOT)
        is_exempt = "vocabulary" in path.name or any(relative.match(pattern) for pattern in READ_BY_SUBJECTS)
        if path.suffix in SUFFIXES and path.is_file() and not is_exempt:
            yield path


def words_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, word and better word.

    >>> list(words_in("It is begun anew."))
    [(1, 'anew', "again; 'begins anew': is reset")]
    """
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _WORD.finditer(_QUOTE.sub("", line)):
            group = next(name for name, value in found.groupdict().items() if value is not None)
            yield number, found.group(), _BETTER[int(group[1:])]


def names_in(code: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, identifier and better identifier of Python code."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NAME and token.string in NAMES:
            yield token.start[0], token.string, NAMES[token.string]


def hits() -> list[Hit]:
    """Return all hits in the repository."""
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        names = names_in(text) if path.suffix == ".py" else ()
        found += [Hit(path, *hit) for hit in (*words_in(text), *names)]
    return found


if __name__ == "__main__":
    found = hits()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(f"{len(found)} words of our own; write the field's" if found else 0)
