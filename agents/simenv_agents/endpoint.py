"""A model endpoint: one request at a time, retried in this one place."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal
from urllib.parse import urlsplit

import openai
from openai import AsyncOpenAI, AsyncStream

from simenv.errors import AgentError, EndpointError, MissingKeyError
from simenv_agents import responses
from simenv_agents.answer import Answer, read_completion, read_stream
from simenv_agents.limits import UNLIMITED, Limits, RateLimiter, join_limiter
from simenv_agents.reported import ReportedError, error_of, retry_after

_PATH = "/chat/completions"
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 60.0
_LONGEST_ASKED_S = 600.0
_SHORTEST_KEY = 6
"""Shorter ones are words such as ``none``."""
_TOO_MANY = 429
_TRANSIENT = (408, 409, 425, 429)
_NO_OVERFLOW = (401, 403, 404, 429)
_OVERFLOW_WORDS = (
    "context_length",
    "context length",
    "context size",
    "context window",
    "maximum context",
    "maximum model length",
    "maximum number of tokens",
    "too many tokens",
    "prompt is too long",
)
_REPLACEABLE = ("seed", "max_completion_tokens", "response_format")
_REFUSED = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra", re.I
)
_REMEDIES = {
    401: "the key is not accepted; set the environment variable {key_env}",
    403: "the key may not use this model; check the account",
    404: "no such model or address; check --model and --base-url",
}


class ContextOverflowError(Exception):
    """The messages are longer than the model's context."""


class RefusedParameterError(Exception):
    """The endpoint does not take a parameter that can be replaced or left out; `parameter` names it."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


class _TransientError(Exception):
    """Trying again may help.

    Attributes:
        is_free: the endpoint refused the request, which costs nothing.
        too_many: it refuses requests for being too many.
        wait_s: how long it asked to wait, if it did.
    """

    def __init__(
        self, what: str, *, is_free: bool = False, too_many: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(what)
        self.is_free = is_free
        self.too_many = too_many
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is, and how patient to be.

    Attributes:
        model: name of the model.
        base_url: of the API, ending in ``/v1`` as a rule; empty: OpenAI's.
        key_env: name of the environment variable with the key.
        timeout_s: how long one answer may take.
        retries: how often a request is sent again.
        stream: ask for the answer piece by piece.
        api: ``responses`` for the Responses API, always in one piece; None for Chat Completions.
    """

    model: str
    base_url: str = ""
    key_env: str = "OPENAI_API_KEY"
    timeout_s: float = 600.0
    retries: int = 6
    stream: bool = True
    api: Literal["responses"] | None = None

    def key(self) -> str:
        """Return the key.

        Raises:
            MissingKeyError: there is none, and OpenAI's own endpoint is meant or a variable was chosen.
            AgentError: it cannot be sent.
        """
        key = os.environ.get(self.key_env, "").strip()
        if not key and (not self.base_url or self.key_env != "OPENAI_API_KEY"):
            raise MissingKeyError(
                f"set the environment variable {self.key_env}, or give --base-url for an endpoint without a key"
            )
        if not (key.isascii() and key.isprintable()):
            raise AgentError(f"the environment variable {self.key_env} holds characters that no key has; set it again")
        return key or "none"

    @property
    def shown_url(self) -> str:
        """The base URL without what may be secret in it: user, password and query."""
        if not self.base_url:
            return ""
        parts = urlsplit(self.base_url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


class Endpoint:
    """Sends requests to one address; used within one event loop, then closed.

    Args:
        address: where to.
        jitter: decides how long pauses are.
        limits: what may go there from all endpoints of this event loop with the same address and limits together.
    """

    def __init__(self, address: Address, jitter: Random, limits: Limits = UNLIMITED) -> None:
        self.address = address
        self._key = address.key()
        self._jitter = jitter
        self._allowance = limits
        self._limiter: RateLimiter | None = None

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """Send a Chat Completions request and return the answer.

        Raises:
            ContextOverflowError: the messages are too long.
            RefusedParameterError: a parameter of the request is not taken.
            BudgetError: the request may cost more than is left.
            EndpointError: any other failure that retries did not resolve; the message never holds the key.
        """
        if self._limiter is None:
            self._limiter = join_limiter(self.address, self._allowance, self._connect)
        for attempt in range(self.address.retries + 1):
            try:
                return await self._send(self._limiter, request)
            except _TransientError as error:
                problem = error
            if problem.wait_s is not None and problem.wait_s > _LONGEST_ASKED_S:
                raise self._error(f"{problem}, and a pause of {problem.wait_s:.0f} s is asked for", "go on after that")
            if attempt < self.address.retries:
                await asyncio.sleep(self._pause(attempt, problem.wait_s))
        tried = f"{self.address.retries + 1} attempts"
        raise self._error(
            f"{problem} ({tried})", "check that the endpoint is up, and takes this many concurrent requests"
        )

    def _connect(self) -> AsyncOpenAI:
        url, limit = self.address.base_url or None, self.address.timeout_s
        return AsyncOpenAI(api_key=self._key, base_url=url, timeout=limit, max_retries=0)

    async def _send(self, line: RateLimiter, request: Mapping[str, Any]) -> Answer:
        async with line.reservation(request) as reservation:
            try:
                answer = await self._try_to_send(line.client, request)
            except _TransientError as error:
                if error.too_many:
                    reservation.pushed_back(error.wait_s)
                if error.is_free:
                    reservation.refused()
                raise
            except (ContextOverflowError, RefusedParameterError, EndpointError):
                reservation.refused()
                raise
            reservation.answered(answer.usage)
            return self._without_secrets(answer)

    async def _try_to_send(self, client: AsyncOpenAI, request: Mapping[str, Any]) -> Answer:
        try:
            async with asyncio.timeout(self.address.timeout_s):
                return await self._exchange(client, dict(request))
        except (TimeoutError, openai.APITimeoutError):
            raise _TransientError(f"no answer within {self.address.timeout_s:g} s") from None
        except openai.APIConnectionError as error:
            cause = self._tidy(str(error.__cause__ or error)) or type(error.__cause__).__name__
            raise _TransientError(f"no connection ({cause})") from None
        except ReportedError as error:
            if error.code == "content_filter":  # some servers refuse by an error: that is the model's behaviour too
                return Answer(finish="content_filter")
            raise self._classify(error, request) from None
        except Exception as error:  # a body that is no answer fails in the client in many ways
            text = self._tidy(str(error))
            if _tells_of_overflow(text):
                raise ContextOverflowError(text) from None
            raise _TransientError(f"unusable answer ({type(error).__name__}: {text})") from None

    async def _exchange(self, client: AsyncOpenAI, request: Mapping[str, Any]) -> Answer:
        """Send a request and read its answer, both as plain data: endpoints deviate from the client's types in many ways."""
        is_responses = self.address.api == "responses"
        body = responses.request_of(request) if is_responses else dict(request)
        if self.address.stream and not is_responses:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        path, kind = responses.PATH if is_responses else _PATH, AsyncStream[object]
        try:
            stream = await client.post(path, body=body, cast_to=object, stream=True, stream_cls=kind)
        except openai.APIStatusError as error:
            raise _reported_status(error) from None
        answer = Answer()
        async with stream:
            try:
                return await self._read(stream, answer)
            except openai.APIError as error:
                if isinstance(error, openai.APIConnectionError):
                    raise
                reported = error_of(error.body or str(error), wrote=answer.has_begun)
            except ReportedError as error:
                reported = error
        reported.wait_s = retry_after(stream.response.headers)
        raise reported

    async def _read(self, stream: AsyncStream[object], answer: Answer) -> Answer:
        """Read an answer in the form in which it came, which need not be the one that was requested."""
        kind = stream.response.headers.get("content-type", "")
        is_responses = self.address.api == "responses"
        requested = self.address.stream and not is_responses
        if "event-stream" in kind or (requested and "json" not in kind):
            return await (responses.read_events(stream) if is_responses else read_stream(stream, answer))
        data = json.loads(await stream.response.aread())
        return responses.read_response(data) if is_responses else read_completion(data)

    def _classify(self, error: ReportedError, request: Mapping[str, Any]) -> Exception:
        """Return what to raise for an error that the endpoint reported."""
        status, said = error.status, str(error)
        text = self._tidy(said)
        what = f"status {status}: {text}" if status else f"error in the answer: {text}"
        if error.code == "context_length_exceeded" or (status not in _NO_OVERFLOW and _tells_of_overflow(said)):
            return ContextOverflowError(text)
        if error.code == "insufficient_quota":
            return self._error(what, "the account has no credit left")
        if 400 <= status < 500 and status not in _TRANSIENT:
            refused = [name for name in _REPLACEABLE if name in request and _refuses(error, said, name)]
            if status in (400, 422) and refused:
                return RefusedParameterError(refused[0])
            remedy = _REMEDIES.get(status, "check the options of the agent").format(key_env=self.address.key_env)
            return self._error(what, "use --option stream=false" if "stream_options" in said else remedy)
        return _TransientError(what, is_free=error.is_free, too_many=status == _TOO_MANY, wait_s=error.wait_s)

    def _error(self, what: str, remedy: str) -> EndpointError:
        where = self.address.shown_url or "OpenAI"
        return EndpointError(f"model {self.address.model!r} at {where}: {what}; {remedy}")

    def _tidy(self, text: str) -> str:
        """Return the beginning of a text from outside as one printable line without the key."""
        line = " ".join(self._masked(text).split())
        return "".join(c if c.isprintable() else "?" for c in line[:300])

    def _masked(self, text: str) -> str:
        """Return a text with the key masked."""
        if len(self._key) <= _SHORTEST_KEY:
            return text
        return text.replace(self._key, "[key]").replace(json.dumps(self._key)[1:-1], "[key]")

    def _without_secrets(self, answer: Answer) -> Answer:
        """Return an answer with the key masked: an answer is kept and published, whatever a server echoes."""
        text, reasoning, refusal = map(self._masked, (answer.text, answer.reasoning, answer.refusal))
        calls = [[self._masked(part) for part in call] for call in answer.calls]
        return replace(answer, text=text, reasoning=reasoning, refusal=refusal, calls=calls)

    def _pause(self, attempt: int, asked_s: float | None) -> float:
        """Return seconds to wait: as long as the endpoint asked, else exponentially longer with full jitter."""
        if asked_s is not None:
            return asked_s
        return self._jitter.uniform(0.0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempt, 20)))

    async def close(self) -> None:
        """Leave the line."""
        line, self._limiter = self._limiter, None
        if line is not None:
            await line.leave()


def _reported_status(error: openai.APIStatusError) -> ReportedError:
    """Return the error of a status, with what the endpoint said wherever it said it."""
    body = error.body
    told = body.get("message") if isinstance(body, Mapping) else None
    said = str(error.message) if body is None else f"{error.message} {body}"
    said = told if isinstance(told, str) else said
    reported = ReportedError(said, error.status_code, str(error.code or ""), str(error.param or ""), is_free=True)
    reported.wait_s = retry_after(error.response.headers)
    return reported


def _tells_of_overflow(text: str) -> bool:
    return any(words in text.lower() for words in _OVERFLOW_WORDS)


def _refuses(error: ReportedError, said: str, parameter: str) -> bool:
    named = re.search(rf"\b{parameter}\b", said)
    return error.parameter == parameter or (named is not None and _REFUSED.search(said) is not None)
