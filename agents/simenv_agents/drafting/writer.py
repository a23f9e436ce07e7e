"""A model that writes: asked for JSON of a given form; each answer is kept, so that a second call goes on from there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from simenv.errors import AgentError, Problem
from simenv.schema.problems import problems_of
from simenv.schema.source import Source
from simenv_agents.answer import Answer
from simenv_agents.answer_cache import AnswerCache, key_of
from simenv_agents.endpoint import Address, ContextOverflowError, Endpoint, RefusedParameterError

MOST_CHARACTERS = 400_000
"""Longer answers are not read."""
Message: TypeAlias = dict[str, str]
_Form = TypeVar("_Form", bound=BaseModel)


class UnusableAnswerError(Exception):
    """An answer is not what was asked for; the message says why, in words for the model that wrote it."""


class Writer:
    """Asks a model, one request at a time.

    Args:
        address: where the model is.
        cache: file of the answers; made if it is not there.

    Attributes:
        asked: how many answers were asked for.
        kept: how many were there from before.
    """

    def __init__(self, address: Address, cache: Path) -> None:
        self._address = address
        self._cache = AnswerCache(cache, "read-write")
        self.asked = self.kept = 0

    def ask(
        self, messages: list[Message], form: type[_Form], schema: dict[str, Any] | None = None
    ) -> tuple[str, _Form]:
        """Return the text of an answer, and what it says.

        Args:
            messages: the conversation so far.
            form: of the answer.
            schema: JSON Schema of the answer, where it says more than that of `form`.

        Raises:
            UnusableAnswerError: it is no JSON, or not of that form; `args[1]` is its text.
            AgentError: the endpoint cannot be reached or used, or the messages are longer than the model takes.
        """
        described = {"name": form.__name__.lower(), "schema": schema or form.model_json_schema()}
        request: dict[str, Any] = {"model": self._address.model, "messages": messages}
        formed = request | {"response_format": {"type": "json_schema", "json_schema": described}}
        key = key_of(formed, self._address.shown_url, (0, 0))
        answer = self._cache.get(key)
        if answer is None:
            answer = asyncio.run(self._ask(formed, request))
            self.asked += 1
            self._cache.put(key, answer)
        else:
            self.kept += 1
        return answer.text, _read(answer, form)

    async def _ask(self, formed: dict[str, Any], formless: dict[str, Any]) -> Answer:
        endpoint = Endpoint(self._address, Random(0))
        try:
            try:
                return await endpoint.ask(formed)
            except RefusedParameterError:  # servers that know no `response_format`: the messages ask for JSON as well
                return await endpoint.ask(formless)
        except ContextOverflowError as error:
            raise AgentError(f"the messages are longer than model {self._address.model!r} takes ({error})") from None
        except RefusedParameterError as error:
            raise AgentError(f"model {self._address.model!r} does not take `{error.parameter}`") from None
        finally:
            await endpoint.close()

    def close(self) -> None:
        """Close the file of answers."""
        self._cache.close()


def _read(answer: Answer, form: type[_Form]) -> _Form:
    text = answer.text
    if answer.finish == "length":
        raise UnusableAnswerError("The answer was cut off by the limit on its length. Write less.", text)
    if not text.strip():
        raise UnusableAnswerError(f"The answer has no text{answer.refusal and ': ' + answer.refusal}.", text)
    if len(text) > MOST_CHARACTERS:
        raise UnusableAnswerError(f"The answer is longer than {MOST_CHARACTERS:,} characters.", text[:200])
    try:
        data = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError(f"The answer is no JSON object ({error}).", text) from None
    try:
        return form.model_validate(data)
    except ValidationError as error:
        found = problems_of(error, Source("answer", data, {}), form)
        raise UnusableAnswerError("The answer has not the form that was asked for:\n" + listed(found), text) from None


def listed(problems: list[Problem], most: int = 30) -> str:
    """Return problems as a list for a model to read."""
    lines = [f"- {problem}" for problem in problems[:most]]
    return "\n".join([*lines, f"- and {len(problems) - most} more"][: most + 1 if len(problems) > most else most])
