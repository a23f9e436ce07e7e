"""What people are asked, what they get to read, and what they answer."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """What somebody is asked.

    Attributes:
        kind: e.g. ``gate``, ``shutdown``; what rules match as its subject.
        asker: the principal who asks.
        text: the question in words.
    """

    kind: str
    asker: str
    text: str


class Answer(NamedTuple):
    """What somebody answered.

    Attributes:
        yes: whether they approve.
        why: their reason, a sentence or nothing.
        person: who answered: the person asked, or the one it was escalated to.
    """

    yes: bool
    why: str = ""
    person: str = ""


class Request(NamedTuple):
    """A mail or a question, as a policy sees it.

    Attributes:
        kind: ``mail`` or ``question``.
        sender: who wrote or asks.
        subject: subject line; the kind of a question.
        body: text.
        at_work: whether the person was at work when it arrived.
        name: by which records refer to it.
    """

    kind: str
    sender: str
    subject: str
    body: str
    at_work: bool
    name: str
