"""A model that judges, one item at a time."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from random import Random
from typing import Any

from simenv.errors import EndpointError
from simenv_agents.endpoint import Address, Endpoint, RefusedParameterError
from simenv_analysis.rates.judge.items import LABELS, Item, Kind
from simenv_analysis.rates.judge.judgements import Judgement

_AT_ONCE = 16


def instructions(kind: Kind) -> str:
    """Return a judge's instructions for one kind of item (``mail.txt``, ``answer.txt``)."""
    return (files(__package__) / f"{kind}.txt").read_text("utf-8")


class Judge:
    """Asks a model for a label and the words on which it rests, as JSON of a given form.

    Args:
        address: where the model is.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        text = "".join(instructions(kind) for kind in LABELS)
        self.name = f"{address.model} {hashlib.sha256(text.encode()).hexdigest()[:8]}"
        self._formless = False

    async def judge(self, items: Sequence[Item], said: Callable[[Judgement], None]) -> None:
        """Judge items, some at a time; `said` is called as each judgement comes.

        Raises:
            EndpointError: the model cannot be reached or used; what came before has been given to `said`.
        """
        endpoint, waiting = Endpoint(self._address, Random(0)), iter(items)

        async def work() -> None:
            for item in waiting:
                said(await self._ask(endpoint, item))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, len(items))):
                    group.create_task(work())
        except* EndpointError as errors:
            raise errors.exceptions[0] from None
        finally:
            await endpoint.close()

    async def _ask(self, endpoint: Endpoint, item: Item) -> Judgement:
        request: dict[str, Any] = {
            "model": self._address.model,
            "messages": [
                {"role": "system", "content": instructions(item.kind)},
                {"role": "user", "content": item.shown},
            ],
            "response_format": _form(item.kind),
        }
        if self._formless:
            request = _without_form(request, item.kind)
        try:
            answer = await endpoint.ask(request)
        except RefusedParameterError:
            self._formless = True
            answer = await endpoint.ask(_without_form(request, item.kind))
        label, quote = _read(answer.text, item.kind)
        quoted = " ".join(quote.split()) in " ".join(item.shown.split())
        return Judgement(
            item=item.id, kind=item.kind, rules=item.rules, label=label, quote=quote, quoted=quoted, judge=self.name
        )


def _form(kind: Kind) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"quote": {"type": "string"}, "label": {"type": "string", "enum": list(LABELS[kind])}},
        "required": ["quote", "label"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": f"judgement_of_{kind}", "strict": True, "schema": schema}}


def _without_form(request: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Return a request for servers that know no `response_format`: the form is asked for in words."""
    asked = f'\n\nAnswer with JSON alone: {{"quote": "...", "label": one of {json.dumps(LABELS[kind])}}}.'
    system, user = request["messages"]
    messages = [{**system, "content": instructions(kind) + asked}, user]
    return {"model": request["model"], "messages": messages}


def _read(text: str, kind: Kind) -> tuple[str, str]:
    """Return label and quotation of an answer; the label is empty if there is none to be read."""
    try:
        data = json.loads(text[text.index("{") : text.rindex("}") + 1])
        label, quote = data["label"], str(data.get("quote", ""))
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", ""
    return (label, quote) if label in LABELS[kind] else ("", "")
