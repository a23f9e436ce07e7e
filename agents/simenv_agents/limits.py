"""The line to one model: what all agents of a process that use it share, and what may go over it.

At once: no more than `Limits.at_once` requests, and fewer after the endpoint pushed back. A minute: requests and tokens, by
token buckets. In all: tokens and money, of which the most that a request can cost is set aside before it is sent and settled
when it is answered, so that a budget is never exceeded.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from openai import AsyncOpenAI

from simenv.agent.protocol import Usage
from simenv.errors import BudgetError

_FIRST_AT_ONCE = 16
_DECREASE = 0.7
_INCREASE = 0.02
_BYTES_PER_TOKEN = 4
"""A guess for requests that are not answered yet; a budget reckons with one byte a token, which is the most there can be."""
_USUAL_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What may go to a model.

    Attributes:
        at_once: most requests under way at the same time.
        requests_per_minute: none if 0.
        tokens_per_minute: of requests and answers; none if 0.
        most_tokens: in all, from the start of the process; none if 0.
        most_usd: money in all, likewise; none if 0.
        price_in: US dollars for a million tokens of requests.
        price_out: US dollars for a million tokens of answers.
    """

    at_once: int = 1024
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    most_tokens: int = 0
    most_usd: float = 0.0
    price_in: float | None = None
    price_out: float | None = None

    def cost(self, usage: Usage) -> float:
        """Return what tokens cost, in US dollars; 0 without prices."""
        return usage.cost(self.price_in or 0.0, self.price_out or 0.0)

    @property
    def has_budget(self) -> bool:
        """Whether tokens or money are limited in all."""
        return self.most_tokens > 0 or self.most_usd > 0


UNLIMITED = Limits()


class ConcurrencyLimit:
    """Lets a number of requests through at once, which grows with each answer and shrinks when the endpoint pushes back."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(min(most, _FIRST_AT_ONCE))
        self._has_shrunk = False
        self._shrunk_at = -math.inf
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        return int(self._limit)

    async def enter(self) -> None:
        """Wait for a place, in order of arrival."""
        if self._inside < self.limit and not self._waiting:
            self._inside += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
        self._let_in()

    def answered(self) -> None:
        """The endpoint took a request: let more in, twice as many a round until it first pushed back, then a fiftieth more."""
        self._limit = min(float(self._most), self._limit + (_INCREASE if self._has_shrunk else 1.0))
        self._let_in()

    def pushed_back(self, sent_at: float, now: float) -> None:
        """The endpoint refused a request for being too many: let fewer in, once for all that were under way together."""
        if sent_at >= self._shrunk_at:
            self._has_shrunk, self._shrunk_at = True, now
            self._limit = max(1.0, self._limit * _DECREASE)

    def _let_in(self) -> None:
        while self._waiting and self._inside < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._inside += 1
                place.set_result(None)


class TokenBucket:
    """So much a minute, with a minute's worth to begin with; a single larger amount waits for a full bucket."""

    def __init__(self, per_minute: float) -> None:
        self._per_minute = per_minute
        self._level = per_minute
        self._at = asyncio.get_running_loop().time()
        self._turn = asyncio.Lock()

    async def take(self, amount: float) -> None:
        """Wait until so much is there, in order of arrival, and take it."""
        async with self._turn:
            while (lacking := min(amount, self._per_minute) - self._refilled()) > 0:
                await asyncio.sleep(lacking * 60.0 / self._per_minute)
            self._level -= amount

    def correct(self, by: float) -> None:
        """Take so much more after all, or give it back if it is negative."""
        self._level = min(self._per_minute, self._refilled() - by)

    def _refilled(self) -> float:
        now = asyncio.get_running_loop().time()
        self._level = min(self._per_minute, self._level + (now - self._at) * self._per_minute / 60.0)
        self._at = now
        return self._level


class Budget:
    """An amount that is never exceeded: the most that something can cost is set aside before it is begun."""

    def __init__(self, most: float, unit: str) -> None:
        self._most = most
        self._unit = unit
        self._aside = 0.0
        self._changed = asyncio.Event()
        self.spent = 0.0

    async def set_aside(self, amount: float) -> None:
        """Set an amount aside, waiting for what is under way if it might leave enough.

        Raises:
            BudgetError: it will not.
        """
        while self.spent + self._aside + amount > self._most:
            if not self._aside:
                raise BudgetError(
                    f"the budget of {self._most:g} {self._unit} is used up: {self.spent:.6g} spent, and the next request may "
                    f"cost up to {amount:.6g}; what is finished is kept, and the run goes on with a larger one"
                )
            self._changed.clear()
            await self._changed.wait()
        self._aside += amount

    def settle(self, aside: float, spent: float) -> None:
        """Put back what was set aside, and take out what it cost."""
        self._aside = max(0.0, self._aside - aside)
        if self._aside < 1e-12:
            self._aside = 0.0
        self.spent += spent
        self._changed.set()


class Reservation:
    """One request in flight. The sender reports its result; without a report it counts at its maximal cost."""

    def __init__(self, line: RateLimiter, most: Usage, guess: float) -> None:
        self._limiter = line
        self._most = most
        self._guess = guess
        self._sent_at = asyncio.get_running_loop().time()
        self.cost = most

    def answered(self, usage: Usage | None) -> None:
        """It was answered; with its tokens, if the endpoint reported them."""
        self._limiter.gate.answered()
        if usage is not None:
            self.cost = usage
            if self._limiter.tokens is not None:
                self._limiter.tokens.correct(usage.prompt + usage.completion - self._guess)

    def refused(self) -> None:
        """It was refused, which costs nothing."""
        self.cost = Usage()
        if self._limiter.tokens is not None:
            self._limiter.tokens.correct(-self._guess)

    def pushed_back(self, wait_s: float | None) -> None:
        """The endpoint says that requests are too many: send fewer, and none for as long as it asks."""
        now = asyncio.get_running_loop().time()
        self._limiter.gate.pushed_back(self._sent_at, now)
        self._limiter.hold(now + (wait_s or 0.0))


class RateLimiter:
    """The line to one model: connections, and what may go over them."""

    def __init__(self, limits: Limits, connect: Callable[[], AsyncOpenAI]) -> None:
        self.limits = limits
        self.gate = ConcurrencyLimit(limits.at_once)
        self.requests = TokenBucket(limits.requests_per_minute) if limits.requests_per_minute else None
        self.tokens = TokenBucket(limits.tokens_per_minute) if limits.tokens_per_minute else None
        self.token_budget = Budget(limits.most_tokens, "tokens") if limits.most_tokens else None
        self.money_budget = Budget(limits.most_usd, "US dollars") if limits.most_usd else None
        self._connect = connect
        self._client: AsyncOpenAI | None = None
        self._users = 0
        self._open_at = -math.inf

    @property
    def client(self) -> AsyncOpenAI:
        """The connections, made when they are first needed."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def join(self) -> None:
        """Count one more user."""
        self._users += 1

    async def leave(self) -> None:
        """Count one user less; the last one closes the connections. What was spent stays spent."""
        self._users -= 1
        if not self._users and self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def hold(self, until: float) -> None:
        """Let nothing begin before a time of the event loop's clock."""
        self._open_at = max(self._open_at, until)

    @asynccontextmanager
    async def reservation(self, request: Mapping[str, Any]) -> AsyncIterator[Reservation]:
        """Wait until a request may go, and account for it.

        Raises:
            BudgetError: the budget does not reach.
        """
        most, guess = self._reckon(request)
        await self._set_aside(most)
        reservation: Reservation | None = None
        try:
            if self.requests is not None:
                await self.requests.take(1.0)
            if self.tokens is not None:
                await self.tokens.take(guess)
            await self.gate.enter()
            try:
                await self._wait_until_open()
                reservation = Reservation(self, most, guess)
                yield reservation
            finally:
                self.gate.leave()
        finally:
            self._settle(most, reservation.cost if reservation is not None else Usage())

    async def _wait_until_open(self) -> None:
        loop = asyncio.get_running_loop()
        while (wait_s := self._open_at - loop.time()) > 0:
            await asyncio.sleep(wait_s)

    def _reckon(self, request: Mapping[str, Any]) -> tuple[Usage, float]:
        """Return the most tokens that a request can take, and a guess at how many it will."""
        if not self.limits.has_budget and self.tokens is None:
            return Usage(), 0.0
        size = len(json.dumps(request, ensure_ascii=False).encode())
        answer = request.get("max_completion_tokens", request.get("max_tokens"))
        return Usage(size, answer or 0), size / _BYTES_PER_TOKEN + (answer or _USUAL_ANSWER)

    async def _set_aside(self, most: Usage) -> None:
        if self.token_budget is not None:
            await self.token_budget.set_aside(most.prompt + most.completion)
        if self.money_budget is not None:
            try:
                await self.money_budget.set_aside(self.limits.cost(most))
            except BaseException:
                if self.token_budget is not None:
                    self.token_budget.settle(most.prompt + most.completion, 0.0)
                raise

    def _settle(self, most: Usage, cost: Usage) -> None:
        if self.token_budget is not None:
            self.token_budget.settle(most.prompt + most.completion, cost.prompt + cost.completion)
        if self.money_budget is not None:
            self.money_budget.settle(self.limits.cost(most), self.limits.cost(cost))


_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, RateLimiter]] = WeakKeyDictionary()
"""The lines of each event loop: an endpoint counts what a whole process sends, so the process has to count it together."""


def join_limiter(key: Hashable, limits: Limits, connect: Callable[[], AsyncOpenAI]) -> RateLimiter:
    """Join this event loop's line under a key, which is opened with `connect`; to be left with `RateLimiter.leave`."""
    lines = _LIMITERS.setdefault(asyncio.get_running_loop(), {})
    line = lines.setdefault((key, limits), RateLimiter(limits, connect))
    line.join()
    return line
