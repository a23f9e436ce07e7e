"""The episodes of a report as compact data for its scripts.

Every text is stored once, in `strings`, and referred to by its index: episodes share prompts and tool results. Long
texts lose their middle, and what is large is compressed, so that a thousand episodes stay below five megabytes.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from simenv.kernel.printable import printable_data
from simenv.outcomes.verdict import Verdict
from simenv.store.episode import Consultation, Episode, Evidence, Step
from simenv_analysis.output.report.sample import Sketch, choose
from simenv_analysis.rates.rates import RunRates, condition_key

PLAIN_BYTES = 1_000_000
"""Up to this size the data stay readable in the file; above, they are compressed."""
BUDGET_BYTES = 4_850_000
"""Size of the data of up to a thousand episodes; more episodes may take more, in proportion."""
CLIPS = (20_000, 5_000, 2_000, 1_000)
"""Characters kept of one text: the first that fits the budget."""

_HARMLESS = str.maketrans("<>&", ",.:")


class Payload(NamedTuple):
    """Data for the scripts of a page.

    Attributes:
        text: JSON that is safe in a script element, or deflated JSON in base 85.
        encoding: `json` or `deflate`.
        shown: episodes in it.
        clip: characters kept of one text.
    """

    text: str
    encoding: str
    shown: int
    clip: int


def pack(episodes: Sequence[Episode], rates: RunRates, run: str) -> Payload:
    """Return as much of the episodes as fits the budget: first texts are clipped, then episodes left out."""
    budget = BUDGET_BYTES * max(1000, len(episodes)) // 1000
    for clip in CLIPS:
        payload = _encode(episodes, rates, run, clip)
        if len(payload.text) <= budget:
            return payload
    while len(payload.text) > budget and len(episodes) > 1:
        room = max(1, int(0.97 * len(episodes) * budget / len(payload.text)))
        chosen = {sketch.id for sketch in choose([Sketch.of(episode) for episode in episodes], room)}
        episodes = [episode for episode in episodes if episode.id in chosen]
        payload = _encode(episodes, rates, run, CLIPS[-1])
    return payload


def escaped_json(value: Any) -> str:
    r"""Return JSON that cannot end, or otherwise mean anything to, the script element that holds it.

    >>> escaped_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def base85(data: bytes) -> str:
    """Return bytes in base 85, 6% shorter than base 64, without the three characters that mean something to HTML."""
    return base64.b85encode(data).decode("ascii").translate(_HARMLESS)


def _encode(episodes: Sequence[Episode], rates: RunRates, run: str, clip: int) -> Payload:
    strings = _Strings(clip)
    place = {condition_key(row.condition): index for index, row in enumerate(rates.rows)}
    data = {
        "run": run,
        "factors": list(rates.varying),
        "constant": rates.constant,
        "outcomes": rates.manifest.outcomes,
        "conditions": [row.condition for row in rates.rows],
        "episodes": [_episode(episode, place[condition_key(episode.condition)], strings) for episode in episodes],
        "strings": list(strings.index),
    }
    text = escaped_json(printable_data(data))
    raw = text.encode("utf-8", "replace")
    if len(raw) <= PLAIN_BYTES:
        return Payload(text, "json", len(episodes), clip)
    return Payload(base85(zlib.compress(raw, 9)), "deflate", len(episodes), clip)


class _Strings:
    """The table of texts."""

    def __init__(self, clip: int) -> None:
        self.index: dict[str, int] = {}
        self._clip = clip

    def ref(self, value: Any) -> int:
        """Return the index of a text; what is no text is spelled out as JSON."""
        if isinstance(value, str):
            text = value
        else:
            text = "" if value is None else _spell(value)
        return self.index.setdefault(clipped(text, self._clip), len(self.index))


def clipped(text: str, limit: int) -> str:
    r"""Return a text without its middle if it is longer than `limit` characters.

    >>> clipped("abcdefghij", 4)
    'ab\n[… 6 characters left out here …]\nij'
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters left out here …]\n{text[-half:]}"


def _episode(episode: Episode, condition: int, strings: _Strings) -> dict[str, Any]:
    messages = _with_consultations(episode, episode.messages or tuple(_said(step) for step in episode.steps))
    usage = episode.usage
    return {
        "id": episode.id,
        "condition": condition,
        "seed": episode.seed,
        "ended": episode.ended,
        "time": _finite(episode.time),
        "score": _finite(episode.score),
        "turns": len(episode.steps),
        "tokens": [usage.prompt, usage.completion],
        "verdicts": {name: _verdict(verdict, strings) for name, verdict in episode.outcomes.items()},
        "evidence": [_record(record, strings) for record in sorted(episode.evidence, key=lambda e: e.seq)],
        "messages": [_message(message, strings) for message in messages],
    }


def _with_consultations(episode: Episode, messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put what people and monitors that models played were asked and answered among the messages, where times say where."""
    merged: list[Mapping[str, Any]] = []
    asked = [each for each in episode.consultations if each.role != "auditor"]  # its questions are messages already
    for message in messages:
        while asked and message.get("time", -1.0) > asked[0].time:
            merged.append(_consultation(asked.pop(0)))
        merged.append(message)
    return merged + [_consultation(each) for each in asked]


def _consultation(asked: Consultation) -> dict[str, Any]:
    said = _said(asked.steps[-1])
    return {**said, "role": f"{asked.role} {asked.who}, asked", "time": asked.time, "content": asked.user}


def _verdict(verdict: Verdict, strings: _Strings) -> list[Any]:
    return [verdict.shown, verdict.method, _finite(verdict.time), list(verdict.evidence), strings.ref(verdict.note)]


def _record(record: Evidence, strings: _Strings) -> list[Any]:
    details = [[key, strings.ref(value)] for key, value in record.details.items()]
    return [record.seq, _finite(record.time), record.actor, record.verb, strings.ref(record.object), details]


def _message(message: Mapping[str, Any], strings: _Strings) -> dict[str, Any]:
    """Return a message: role, simulated time if it states one, and what it holds, empty parts left out."""
    compact: dict[str, Any] = {"role": str(message.get("role", ""))}
    if (time := _finite(message.get("time"))) is not None:
        compact["time"] = time
    for part in ("content", "reasoning", "refusal"):
        if message.get(part):
            compact[part] = strings.ref(message[part])
    if answers := message.get("tool_call_id"):
        compact["answers"] = str(answers)
    if calls := message.get("tool_calls"):
        compact["calls"] = [_call(call, strings) for call in calls]
    return compact


def _call(call: Any, strings: _Strings) -> list[Any]:
    """Return (id, tool, arguments): pairs of name and text, or one text if they are no JSON object."""
    call = call if isinstance(call, dict) else {}
    function = call.get("function") if isinstance(call.get("function"), dict) else {}
    return [str(call.get("id", "")), str(function.get("name", "")), _arguments(function.get("arguments"), strings)]


def _arguments(arguments: Any, strings: _Strings) -> list[list[Any]] | int:
    parsed = arguments
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):
            parsed = json.loads(arguments)
    if isinstance(parsed, dict):
        return [[name, strings.ref(value)] for name, value in parsed.items()]
    return strings.ref(arguments)


def _said(step: Step) -> dict[str, Any]:
    """Return a turn as a message, for an episode that was stored without its messages."""
    calls = [{"id": call, "function": {"name": tool, "arguments": given}} for tool, given, call in step.calls]
    said = {"role": "assistant", "content": step.text, "reasoning": step.reasoning, "refusal": step.refusal}
    return {**said, "tool_calls": calls}


def _spell(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 100 else json.dumps(value, ensure_ascii=False, indent=1)


def _finite(value: Any) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None
