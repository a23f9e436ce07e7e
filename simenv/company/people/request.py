"""Questions to people, mail that they read, and their responses."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """A question to somebody.

    Attributes:
        kind: e.g. ``gate``, ``shutdown``; matched by rules as its subject.
        asker: the principal who asks.
        text: the question in words.
    """

    kind: str
    asker: str
    text: str


class Answer(NamedTuple):
    """Somebody's answer.

    Attributes:
        yes: whether they approve.
        why: their reason, a sentence or empty.
        person: who answered: the person asked, or the one it was escalated to.
    """

    yes: bool
    why: str = ""
    person: str = ""


class Request(NamedTuple):
    """A mail or a question, as a policy sees it.

    Attributes:
        kind: ``mail`` or ``question``.
        sender: author of the mail or question.
        subject: subject line; the kind of a question.
        body: text.
        at_work: whether the person was at work when it arrived.
        name: its name in records.
    """

    kind: str
    sender: str
    subject: str
    body: str
    at_work: bool
    name: str
