"""Other wordings of a world's passages, written by a model: a nuisance factor, each wording checked for unchanged stakes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict

from simenv.errors import SimenvError
from simenv_agents.drafting.writer import Message, UnusableAnswerError, Writer

_SHORTEST = 40
"""Characters of a passage that is worth another wording."""
_MOST_CHARACTERS = 60_000
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_FIXED = re.compile(
    r"`[^`\n]+`|\S+@\S+|(?<![\w/])~?/[\w./-]+|\b[\w-]+\.(?:sh|py|csv|md|txt|log|yaml|json)\b|\d+(?:[.:,]\d+)*"
)
"""What keeps its form in any wording: what stands in back ticks, addresses, paths, names of files, numbers and times."""
_LONGEST, _TERSEST = 3.0, 0.3
"""Length of a wording, as a share of the passage's."""
_LEVEL = re.compile(r"[a-z][a-z0-9_]{0,39}")
Passages = Mapping[str, str]
"""Place, such as ``mail.request.body`` → text."""


class Wordings(BaseModel):
    """What the model writes: level → place → the passage in that wording."""

    model_config = ConfigDict(extra="forbid")
    levels: dict[str, dict[str, str]]


class Comparison(BaseModel):
    """What the model says of two wordings of one passage."""

    model_config = ConfigDict(extra="ignore")
    same: bool
    difference: str = ""


@dataclass
class Varied:
    """The wordings so far.

    Attributes:
        levels: level → place → the wording, as far as it is good.
        faults: (level, place) → what is wrong with it.
        rounds: how often the model was asked for wordings.
    """

    levels: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    rounds: int = 0


def passages_of(document: Mapping[str, Any], only: str = "*") -> dict[str, str]:
    """Return the passages of a world that a model may reword: its parameters, its briefing, its mails.

    Args:
        document: of the world.
        only: pattern of places, `*` and `?` as in file names.

    Raises:
        SimenvError: there is none, or they are too many for one request.
    """
    briefing = document["agent"].get("briefing") or {}
    mails = document.get("mail") or {}
    found = {f"parameters.{key}": text for key, text in (document.get("parameters") or {}).items()}
    found |= {
        f"agent.briefing.{part}.{key}": text for part, keys in briefing.items() for key, text in (keys or {}).items()
    }
    found |= {f"mail.{key}.body": mail.get("body") for key, mail in mails.items()}
    chosen = {
        place: text
        for place, text in found.items()
        if isinstance(text, str) and fnmatchcase(place, only) and len(_PLACEHOLDER.sub("", text).strip()) >= _SHORTEST
    }
    if not chosen:
        raise SimenvError(f"no passage of at least {_SHORTEST} characters fits {only!r}; they are: {', '.join(found)}")
    if sum(map(len, chosen.values())) > _MOST_CHARACTERS:
        raise SimenvError(
            f"{len(chosen)} passages are more than {_MOST_CHARACTERS:,} characters; choose with --only, e.g. 'mail.*'"
        )
    return chosen


def markers_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words by which a world's facts, its secret and its decision are known, which any wording must keep."""
    facts = {**(document.get("facts") or {}), **((document.get("learner") or {}).get("facts") or {})}
    found = [fact.get("marker") for fact in facts.values() if isinstance(fact, Mapping)]
    leverage = document.get("leverage") or {}
    found += [*leverage.get("secret", ()), *leverage.get("decision", ())]
    return tuple(dict.fromkeys(marker for marker in found if isinstance(marker, str)))


def vary_wording(
    passages: Passages, markers: tuple[str, ...], writer: Writer, levels: int, rounds: int
) -> Iterator[Varied]:
    """Let a model reword passages; yield the wordings so far after each round. What is wrong at the end is in no level.

    Args:
        passages: what to reword.
        markers: words that must stay where they are found.
        writer: the model.
        levels: how many wordings of each.
        rounds: how often at most the model is asked.

    Raises:
        AgentError: the model cannot be reached or used.
    """
    task = (files("simenv_agents.drafting") / "vary.txt").read_text("utf-8").replace("{levels}", str(levels))
    opening: list[Message] = [
        {"role": "system", "content": task},
        {"role": "user", "content": json.dumps(passages, ensure_ascii=False, indent=1)},
    ]
    state, messages = Varied(), opening
    for _ in range(rounds):
        state.rounds += 1
        try:
            text, wordings = writer.ask(messages, Wordings)
        except UnusableAnswerError as error:
            said, text = str(error.args[0]), str(error.args[1])
            state.faults = {("", ""): said}
        else:
            _take(state, wordings, passages, markers, levels)
            _compare(state, passages, writer)
            said = "\n".join(f"- {level}, {place}: {fault}" for (level, place), fault in state.faults.items())
        yield state
        if not state.faults:
            return
        asked = f"These passages cannot be used:\n\n{said}\n\nAnswer again, with the same levels and all places."
        messages = [*opening, {"role": "assistant", "content": text or "(nothing)"}, {"role": "user", "content": asked}]


def _take(state: Varied, wordings: Wordings, passages: Passages, markers: tuple[str, ...], levels: int) -> None:
    """Keep the wordings that are good by their form; what was good before stays."""
    state.faults = {}
    names = [name for name in wordings.levels if _LEVEL.fullmatch(name) and name != AS_WRITTEN]
    for name in [*state.levels, *(name for name in names if name not in state.levels)][:levels]:
        good = state.levels.setdefault(name, {})
        for place, text in passages.items():
            if place in good:
                continue
            other = wordings.levels.get(name, {}).get(place)
            fault = "it is missing" if other is None else fault_of(text, other, markers)
            if fault:
                state.faults[name, place] = fault
            elif other is not None:
                good[place] = other
    if len(state.levels) < levels:
        state.faults["", ""] = f"there are {len(state.levels)} levels with a name that can be used, and not {levels}"


def fault_of(text: str, other: str, markers: tuple[str, ...] = ()) -> str:
    """Return what makes a wording unusable, in words for who wrote it; empty if its form is right.

    >>> fault_of("Shut down {{ host }} at 17:00, please.", "Please shut {{ host }} down at 18:00.")
    'it loses 17:00, and adds 18:00'
    """
    if not all(c in "\n\t" or c.isprintable() for c in other):
        return "it holds control characters"
    if _placeholders(text) != _placeholders(other):
        return f"its placeholders must be exactly {', '.join(_placeholders(text).elements()) or 'none'}"
    if " ".join(text.split()) == " ".join(other.split()):
        return "it is the same wording"
    before, after = (Counter(_FIXED.findall(_PLACEHOLDER.sub(" ", each))) for each in (text, other))
    lost, added = set(before) - set(after), set(after) - set(before)
    changes = [f"{verb} {', '.join(sorted(words))}" for verb, words in (("loses", lost), ("adds", added)) if words]
    if changes:
        return f"it {', and '.join(changes)}"
    missing = [marker for marker in markers if marker.lower() in text.lower() and marker.lower() not in other.lower()]
    if missing:
        return f"these words must stay as they are: {'; '.join(missing)}"
    if not _TERSEST * len(text) <= len(other) <= _LONGEST * len(text):
        return f"it is {len(other)} characters long, for {len(text)} of the passage"
    return ""


def _placeholders(text: str) -> Counter[str]:
    return Counter(" ".join(found.split()) for found in _PLACEHOLDER.findall(text))


def _compare(state: Varied, passages: Passages, writer: Writer) -> None:
    """Take out the wordings that tell a reader something else."""
    task = (files("simenv_agents.drafting") / "stakes.txt").read_text("utf-8")
    for level, good in state.levels.items():
        for place, other in list(good.items()):
            shown = json.dumps({"first": passages[place], "second": other}, ensure_ascii=False, indent=1)
            messages: list[Message] = [{"role": "system", "content": task}, {"role": "user", "content": shown}]
            try:
                _, said = writer.ask(messages, Comparison)
                fault = "" if said.same else f"it says something else: {said.difference[:300] or 'no word of what'}"
            except UnusableAnswerError:
                fault = "nobody could say whether it says the same"
            if fault:
                del good[place]
                state.faults[level, place] = fault


AS_WRITTEN = "as_written"
"""The default level of a factor of wordings."""


def factor_of(varied: Varied, model: str) -> dict[str, Any]:
    """Return the factor that a world gets: a merge patch for each level in which something is reworded."""
    levels: dict[str, Any] = {AS_WRITTEN: {}}
    for level, good in varied.levels.items():
        if good:
            levels[level] = _nested(good)
    question = f"Does it matter how the passages are worded? The other wordings are by {model}."
    return {"kind": "nuisance", "question": question, "levels": levels}


def _nested(places: Passages) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for place, text in places.items():
        *path, last = place.split(".")
        inner = patch
        for key in path:
            inner = inner.setdefault(key, {})
        inner[last] = text
    return patch
