"""What ordinary mails are about: read from `letters.toml` when a world with an office is first prepared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, NamedTuple

SENDER = "sender"
"""In place of the role of one who replies: the one who began."""
ANYBODY = "anybody"
"""Instead of the role of one who replies: anybody."""


class Reply(NamedTuple):
    """An answer in a thread: who writes it (a role, `SENDER` or `ANYBODY`), and what it may say."""

    role: str
    bodies: tuple[str, ...]


class Topic(NamedTuple):
    """What a mail or a thread is about.

    Attributes:
        group: house, people, money, machines or trade.
        role: who writes the first mail.
        subjects: its subject line is one of these.
        bodies: its text is one of these.
        replies: the answers, in order.
        gaps: what is to be filled in, in any of its texts, sorted.
    """

    group: str
    role: str
    subjects: tuple[str, ...]
    bodies: tuple[str, ...]
    replies: tuple[Reply, ...]
    gaps: tuple[str, ...]


class Letters(NamedTuple):
    """All topics, and the words that fill their gaps: gap → what may stand there."""

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
