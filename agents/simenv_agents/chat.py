"""A language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from simenv.agent.protocol import Briefing, Observation, Turn
from simenv.agent.tools_told import drops_tools
from simenv.agent.transcript import Message, Transcript
from simenv.episode.clean import clean_turn
from simenv.errors import AgentError, EndpointError
from simenv_agents.answer import Answer, parse_arguments
from simenv_agents.answer_cache import MODES, AnswerCache, Mode, key_of
from simenv_agents.endpoint import Address, ContextOverflowError, Endpoint, RefusedParameterError
from simenv_agents.limits import UNLIMITED, Limits
from simenv_agents.text_protocol import as_text, instructions, read_calls

_KEPT_FIELDS = ("role", "content", "tool_calls", "tool_call_id")
_LEFT_OUT = "(Earlier turns are left out here to save room.)"
_SHRINK = 4
_OLDER_NAMES = {"max_completion_tokens": "max_tokens"}
"""Parameters for which older servers have another name."""

_WARNED_OF: set[Address] = set()
"""Endpoints of which this process has said that they drop the tools."""

_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters of each request; None: left to the endpoint."""

    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    parallel: bool | None = None
    seed: bool = True
    tools: Literal["text"] | None = None
    """How tools are offered: natively, or as text in the messages."""

    def parameters(self, seed: int) -> dict[str, Any]:
        """Return the parameters that are set, by their names in the API."""
        named = {
            "temperature": self.temperature,
            "max_completion_tokens": self.max_tokens,
            "reasoning_effort": self.reasoning_effort,
            "parallel_tool_calls": self.parallel,
            "seed": seed % 2**31 if self.seed else None,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """Where answers are kept; None: nowhere."""

    file: Path | None = None
    mode: Mode = "read-write"


class ChatAgent:
    """Plays an episode through Chat Completions with native tool calls.

    What the model writes is taken as it is: arguments that do not parse go to the simulator, which answers with an error
    that the model reads. When the context overflows, the oldest turns are left out of the requests, each together with all
    its results.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        settings: Settings,
        kept: CachedResponse = CachedResponse(),
        limits: Limits = UNLIMITED,
    ) -> None:
        self.name = name
        self.shown_options = _show(address, settings)
        self._address = address
        self._settings = settings
        self._kept = kept
        self._allowance = limits
        self._endpoint: Endpoint | None = None
        self._cache: AnswerCache | None = None

    def start(self, briefing: Briefing) -> None:
        """Begin a conversation."""
        if self._cache is None and self._kept.file is not None:
            self._cache = AnswerCache(self._kept.file, self._kept.mode)
        if self._endpoint is None and self._kept.mode != "replay":
            self._endpoint = Endpoint(self._address, Random(briefing.seed), self._allowance)
        self._seed = briefing.seed
        self._briefing = briefing
        self._transcript = Transcript(briefing)
        self._as_text = self._settings.tools == "text"
        self._told = instructions(briefing.tools) if self._as_text and briefing.tools else ""
        self._tools = [] if self._as_text else [schema.openai() for schema in briefing.tools]
        self._parameters = self._settings.parameters(briefing.seed)
        self._briefing_size = len(self._transcript.messages)
        self._left_out = 0
        self._turns = 0

    def follow(self, observation: Observation, turn: Turn) -> None:
        """Take a turn into the conversation that another took."""
        self._transcript.add_observation(observation)
        self._transcript.add_turn(turn)
        self._turns += 1

    async def act(self, observation: Observation) -> Turn:
        """Ask the model for its next turn.

        Raises:
            EndpointError: the model cannot be reached or used.
        """
        self._transcript.add_observation(observation)
        turn = clean_turn(await self._ask())
        if self._turns == 0:
            self._check_tools(turn)
        self._transcript.add_turn(turn)
        self._turns += 1
        return turn

    def _check_tools(self, first: Turn) -> None:
        """Say so, once a process, if the endpoint drops the tools: the run continues, and its figures say so too."""
        if first.usage is None or self._address in _WARNED_OF or not drops_tools(self._briefing, first.usage.prompt):
            return
        _WARNED_OF.add(self._address)
        print(
            f"simenv: model {self._address.model!r}: the endpoint counted {first.usage.prompt} tokens in the first request, "
            "too few for the tools: it drops them; use another endpoint, or -o tools=text",
            file=sys.stderr,
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._endpoint is not None:
            await self._endpoint.close()
            self._endpoint = None
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    async def _ask(self) -> Turn:
        """Return the cached response to the conversation, or request one and cache it."""
        if self._cache is None:
            return (await self._ask_endpoint()).turn(self._turns)
        key = self._key()
        answer = self._cache.get(key)
        if answer is None:
            answer = await self._ask_endpoint()
            self._cache.put(key, answer)
        return answer.turn(self._turns)

    def _key(self) -> str:
        """Return the key of the next answer: of the whole conversation, whatever an endpoint then does not take of it."""
        messages = self._sent(self._transcript.messages)
        request = {"model": self._address.model, "messages": messages, "tools": self._tools}
        parameters = self._settings.parameters(self._seed)
        if self._address.api is not None:
            parameters["api"] = self._address.api
        return key_of({**request, **parameters}, self._address.shown_url, (self._seed, self._turns))

    async def _ask_endpoint(self) -> Answer:
        if self._endpoint is None:
            raise EndpointError(
                f"model {self._address.model!r}: the cache has no answer for turn {self._turns + 1}; "
                "the world, the options or simenv have changed since; run without cache_mode=replay"
            )
        while True:
            request = {"model": self._address.model, "messages": self._messages(), **self._parameters}
            if self._tools:
                request["tools"] = self._tools
            try:
                answer = await self._endpoint.ask(request)
                return _with_calls_of_text(answer) if self._as_text else answer
            except ContextOverflowError as error:
                self._leave_out_more(error)
            except RefusedParameterError as error:
                self._do_without(error.parameter)

    def _messages(self) -> list[Message]:
        """Return the conversation as the endpoint takes it, without the turns left out."""
        messages = self._transcript.messages
        kept = messages[self._briefing_size :]
        if self._left_out:
            starts = [index for index, message in enumerate(kept) if message["role"] == "assistant"]
            kept = [{"role": "user", "content": _LEFT_OUT}, *kept[starts[self._left_out] :]]
        return self._sent([*messages[: self._briefing_size], *kept])

    def _sent(self, messages: Sequence[Message]) -> list[Message]:
        sent = [_as_sent(message) for message in messages]
        return as_text(sent, self._told) if self._as_text else sent

    def _leave_out_more(self, error: ContextOverflowError) -> None:
        turns = sum(message["role"] == "assistant" for message in self._transcript.messages)
        remaining = turns - self._left_out
        if remaining <= 1:
            raise EndpointError(f"model {self._address.model!r}: even one turn is longer than its context ({error})")
        self._left_out += max(1, remaining // _SHRINK)

    def _do_without(self, parameter: str) -> None:
        """Drop a parameter that the endpoint refuses, or use its older name."""
        value = self._parameters.pop(parameter)
        if parameter in _OLDER_NAMES:
            self._parameters[_OLDER_NAMES[parameter]] = value


def _with_calls_of_text(answer: Answer) -> Answer:
    text, calls = read_calls(answer.text)
    return replace(answer, text=text, calls=[["", tool, arguments] for tool, arguments in calls]) if calls else answer


def _as_sent(message: Message) -> Message:
    """Return a message with the fields of the API alone, and calls that it takes whatever the model wrote."""
    sent = {name: message[name] for name in _KEPT_FIELDS if name in message}
    if "tool_calls" in sent:
        sent["tool_calls"] = [_valid_call(call) for call in sent["tool_calls"]]
        sent["content"] = sent["content"] or None
    elif not sent["content"]:
        sent["content"] = message.get("refusal", "")
    return sent


def _valid_call(call: Mapping[str, Any]) -> dict[str, Any]:
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    if isinstance(parse_arguments(arguments), str):
        arguments = json.dumps({"not_a_json_object": arguments})
    name = _NOT_IN_A_NAME.sub("_", name)[:64] or "unnamed"
    return {**call, "function": {"name": name, "arguments": arguments or "{}"}}


def _show(address: Address, settings: Settings) -> dict[str, str]:
    """Return the options as the run directory keeps them: no secret is among them."""
    shown = {"model": address.model, "base_url": address.shown_url, "stream": str(address.stream).lower()}
    shown |= {"api": address.api} if address.api is not None else {}
    chosen = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    shown |= {name: str(value).lower() for name, value in chosen.items() if value is not None}
    return {name: value for name, value in shown.items() if value}


def _yes(text: str) -> bool:
    if text.lower() not in ("true", "false", "yes", "no", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "yes", "1")


def _named(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("printable text")
    return text


def _mode(text: str) -> Mode:
    if text not in MODES:
        raise ValueError(f"one of {', '.join(MODES)}")
    return text


def _either(usual: str, other: str) -> Callable[[str], str | None]:
    """Return what reads one of two words; the usual one is None."""

    def read(text: str) -> str | None:
        if text not in (usual, other):
            raise ValueError(f"{usual} or {other}")
        return other if text == other else None

    return read


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]\S*", text):
        raise ValueError("a URL such as http://localhost:8000/v1")
    return text


def _number(low: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with suppress(ValueError):
            if low <= (value := float(text)) < math.inf:
                return value
        raise ValueError("a number above 0" if low else "a number, not below 0")

    return read


def _count(low: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        with suppress(ValueError):
            if (value := int(text)) >= low:
                return value
        raise ValueError(f"a whole number, not below {low}")

    return read


_OPTIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "model": ("model", _named),
    "base_url": ("base_url", _url),
    "key_env": ("key_env", _named),
    "timeout": ("timeout_s", _number(0.001)),
    "retries": ("retries", _count(0)),
    "stream": ("stream", _yes),
    "temperature": ("temperature", _number(0.0)),
    "max_tokens": ("max_tokens", _count(1)),
    "reasoning_effort": ("reasoning_effort", _named),
    "parallel": ("parallel", _yes),
    "seed": ("seed", _yes),
    "tools": ("tools", _either("native", "text")),
    "api": ("api", _either("chat", "responses")),
    "cache": ("file", lambda text: Path(_named(text))),
    "cache_mode": ("mode", _mode),
    "rpm": ("requests_per_minute", _number(0.000001)),
    "tpm": ("tokens_per_minute", _number(0.000001)),
    "budget_tokens": ("most_tokens", _count(1)),
    "budget_usd": ("most_usd", _number(0.000001)),
    "price_in": ("price_in", _number(0.0)),
    "price_out": ("price_out", _number(0.0)),
}
"""Option → its field (of `Address`, `Settings`, `CachedResponse` or `Limits`), and what parses it (raises ValueError)."""


def make(name: str, **options: str) -> ChatAgent:
    """Make an agent that asks a model behind an OpenAI-compatible endpoint (options: see docs/models.md).

    Raises:
        AgentError: an option is unknown or unusable, or no key is set.
    """
    if name != "chat":
        raise AgentError(f"no agent {name!r}; `chat` has no variants, the model is an option: --model NAME")
    if os.environ.get("OPENAI_BASE_URL"):
        options.setdefault("base_url", os.environ["OPENAI_BASE_URL"])
    values: dict[str, Any] = {}
    for option, text in options.items():
        if option not in _OPTIONS:
            raise AgentError(f"chat has no option {option!r}; options: {', '.join(_OPTIONS)}")
        field, read = _OPTIONS[option]
        try:
            values[field] = read(text)
        except ValueError as wanted:
            raise AgentError(f"chat: option {option}={text!r} is not usable; write {wanted}") from None
    if not values.get("model"):
        raise AgentError("chat needs a model: --model NAME")
    address, settings, kept, limits = (_fill(form, values) for form in (Address, Settings, CachedResponse, Limits))
    _check_budget(limits, settings)
    if kept.mode == "replay" and kept.file is None:
        raise AgentError("chat: cache_mode=replay needs the file: -o cache=FILE")
    if kept.mode != "replay":
        address.key()
    return ChatAgent(name, address, settings, kept, limits)


def _fill(form: type[Any], values: Mapping[str, Any]) -> Any:
    return form(**{name: value for name, value in values.items() if name in form.__dataclass_fields__})


def _check_budget(limits: Limits, settings: Settings) -> None:
    """Refuse a budget of which nobody can say whether the next request keeps to it."""
    if limits.most_usd and (limits.price_in is None or limits.price_out is None):
        raise AgentError("chat: budget_usd needs the prices of a million tokens: -o price_in=… -o price_out=…")
    if limits.has_budget and settings.max_tokens is None:
        raise AgentError(
            "chat: a budget needs the greatest length of an answer, to set aside what it may cost: -o max_tokens=…"
        )
