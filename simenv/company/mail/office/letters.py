"""Ordinary mails in the style of their senders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

from simenv.company.mail.office.topics import letters
from simenv.company.mail.office.week import Letter
from simenv.company.surface.surface import Surface
from simenv.kernel import Calendar, derive_seed
from simenv.schema.office import CLIENTS, COLLEAGUES, FIRMS, colleague

_GREETINGS = ("Hello all,", "Hi everyone,", "Dear all,", "Dear colleagues,", "Good morning,", "All,", "")
_CLOSINGS = ("Best regards,", "Kind regards,", "Thanks,", "Best,", "Cheers,", "Many thanks,", "")
_SENTENCE = re.compile(r"(^|[.?!]\s+)([a-z])")


class LetterWriter:
    """Renders a mail when it is read: its content depends only on seed and topic, its style on the sender."""

    SHARED = True

    def __init__(self, surface: Surface, calendar: Calendar) -> None:
        self._surface = surface
        self._calendar = calendar
        self._filled: dict[int, Mapping[str, str]] = {}
        self._subjects: dict[Letter, str] = {}

    def subject(self, letter: Letter) -> str:
        """Return the subject line; that of a reply begins with ``Re:``."""
        if letter not in self._subjects:
            subjects = letters().topics[letter.topic].subjects
            line = self._fill(self._stream(letter, "subject").choice(subjects), letter)
            self._subjects[letter] = f"Re: {line}" if letter.part else line
        return self._subjects[letter]

    def body(self, letter: Letter) -> str:
        """Return the text: greeting, body and name; some replies quote the original."""
        said = self._said(letter, letter.part)
        manner = Random(derive_seed(self._surface.seed, f"office/manner/{letter.role}"))
        habits = manner.choice(_GREETINGS), manner.choice(_CLOSINGS)
        in_full, quotes = manner.random() < 0.4, manner.random() < 0.6
        hurried = self._stream(letter, f"manner/{letter.part}").random() < 0.3
        greeting, closing = ("", "") if hurried else habits
        name = self._name(letter.role)
        signed = name if in_full else name.split()[0]
        parts = ["" if letter.part else greeting, said, f"{closing}\n{signed}" if closing else signed]
        text = "\n\n".join(part for part in parts if part) + "\n"
        return f"{text}\n{self._quoted(letter)}" if letter.answers is not None and quotes else text

    def _quoted(self, letter: Letter) -> str:
        assert letter.answers is not None
        role, at = letter.answers
        lines = self._said(letter, letter.part - 1).splitlines()
        return "\n".join(
            [f"On {self._calendar.stamp(at)[:16]}, {self._name(role)} wrote:", *(f"> {line}" for line in lines)]
        )

    def _said(self, letter: Letter, part: int) -> str:
        topic = letters().topics[letter.topic]
        bodies = topic.replies[part - 1].bodies if part else topic.bodies
        drawn = self._stream(letter, "body").randrange(len(topic.bodies))
        return self._fill(bodies[drawn % len(bodies)], letter)

    def _fill(self, text: str, letter: Letter) -> str:
        filled = text.format_map(self._gaps(letter.topic))
        return _SENTENCE.sub(lambda found: found[1] + found[2].upper(), filled)

    def _gaps(self, number: int) -> Mapping[str, str]:
        """Return the values for the gaps of a topic, each another, the same for a mail and its replies."""
        if number not in self._filled:
            topic, words = letters().topics[number], letters().words
            stream = Random(derive_seed(self._surface.seed, f"office/{number}/words"))
            others = [role for role in COLLEAGUES if role != topic.role]
            filled: dict[str, str] = {}
            for gap in topic.gaps:
                unused = [word for word in words.get(gap, ()) if word not in filled.values()]
                filled[gap] = stream.choice(unused) if gap in words else self._named(gap, stream, others)
            self._filled[number] = filled
        return self._filled[number]

    def _named(self, gap: str, stream: Random, others: Sequence[str]) -> str:
        if gap == "who":
            return self._name(stream.choice(others))
        return str(self._surface[stream.choice({"firm": FIRMS, "client": CLIENTS}[gap])])

    def _stream(self, letter: Letter, purpose: str) -> Random:
        return Random(derive_seed(self._surface.seed, f"office/{letter.topic}/{purpose}"))

    def _name(self, role: str) -> str:
        return str(self._surface[colleague(role)])
