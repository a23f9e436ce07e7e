"""Topics of ordinary mails, read from `letters.toml` when a world with an office is first prepared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, NamedTuple

SENDER = "sender"
"""Instead of the role of a replier: the sender of the first mail."""
ANYBODY = "anybody"
"""Instead of the role of a replier: anybody."""


class Reply(NamedTuple):
    """A reply in a thread: its author (a role, `SENDER` or `ANYBODY`), and its possible texts."""

    role: str
    bodies: tuple[str, ...]


class Topic(NamedTuple):
    """The topic of a mail or thread.

    Attributes:
        group: house, people, money, machines or trade.
        role: who writes the first mail.
        subjects: its subject line is one of these.
        bodies: its text is one of these.
        replies: the answers, in order.
        gaps: names of the gaps in its texts, sorted.
    """

    group: str
    role: str
    subjects: tuple[str, ...]
    bodies: tuple[str, ...]
    replies: tuple[Reply, ...]
    gaps: tuple[str, ...]


class Letters(NamedTuple):
    """All topics, and the words for their gaps: gap → candidates."""

    topics: tuple[Topic, ...]
    words: Mapping[str, tuple[str, ...]]


@cache
def letters() -> Letters:
    """Return what is in `letters.toml`."""
    document = tomllib.loads((files(__package__) / "letters.toml").read_text("utf-8"))
    topics = tuple(_read(topic) for topic in document["topic"])
    return Letters(topics, {gap: tuple(words) for gap, words in document["words"].items()})


def _read(topic: Mapping[str, Any]) -> Topic:
    replies = tuple(Reply(reply["from"], tuple(reply["body"])) for reply in topic.get("reply", ()))
    subjects, bodies = tuple(topic["subject"]), tuple(topic["body"])
    texts = [*subjects, *bodies, *(body for reply in replies for body in reply.bodies)]
    gaps = {gap for text in texts for _, gap, _, _ in Formatter().parse(text) if gap}
    return Topic(topic["group"], topic["from"], subjects, bodies, replies, tuple(sorted(gaps)))
