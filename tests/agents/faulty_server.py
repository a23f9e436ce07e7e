"""A real OpenAI-compatible server that answers as scripted, faults included, and finds fault with bad requests itself."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Body = dict[str, Any]
Step = Callable[[Request, Body], ASGIApp]
"""What the server does with one request."""

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def call(tool: str, arguments: object, id: str | None = "c1") -> dict[str, Any]:
    """A tool call as it stands in an answer; arguments that are no text become JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": tool, "arguments": text}}


def answer(
    text: str | None = None,
    calls: Sequence[Mapping[str, Any]] = (),
    *,
    finish: str | None = None,
    usage: Mapping[str, Any] | None = USAGE,
    always_whole: bool = False,
    same_index: bool = False,
    ends_early: bool = False,
    **fields: Any,
) -> Step:
    """An answer, in pieces if pieces are asked for; `fields` are further ones of the message, such as `refusal`."""
    finish = finish or ("tool_calls" if calls else "stop")
    head = {"id": "x", "created": 0, "model": "m"}

    def pieces() -> Iterator[dict[str, Any]]:
        yield {"role": "assistant"}
        for name, value in {"content": text, **fields}.items():
            if isinstance(value, str):
                yield from ({name: value[at : at + 3]} for at in range(0, len(value), 3))
        for index, each in enumerate(calls):
            place = {"index": 0 if same_index else index}
            function = each["function"]
            yield {"tool_calls": [{**each, **place, "function": {"name": function["name"], "arguments": ""}}]}
            written = function["arguments"]
            for at in range(0, len(written), 5):
                yield {"tool_calls": [{**place, "function": {"arguments": written[at : at + 5]}}]}

    def events() -> Iterator[str]:
        def chunk(delta: Mapping[str, Any], stop: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": stop}
            return f"data: {json.dumps({**head, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"

        yield from map(chunk, pieces())
        if ends_early:
            return
        yield chunk({}, finish)
        if usage is not None:
            yield f"data: {json.dumps({**head, 'object': 'chat.completion.chunk', 'choices': [], 'usage': usage})}\n\n"
        yield "data: [DONE]\n\n"

    def step(_: Request, body: Body) -> Response:
        if body.get("stream") and not always_whole:
            return StreamingResponse(events(), media_type="text/event-stream")
        message = {"role": "assistant", "content": text, **fields, **({"tool_calls": list(calls)} if calls else {})}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage})

    return step


def refuse(status: int, message: str, *, code: str | None = None, param: str | None = None, **headers: str) -> Step:
    """An error in OpenAI's form; ``{key}`` in the message becomes the key that was sent."""

    def step(request: Request, _: Body) -> Response:
        said = message.replace("{key}", request.headers["authorization"].removeprefix("Bearer "))
        error = {"message": said, "type": "error", "code": code, "param": param}
        return JSONResponse(
            {"error": error}, status, {name.replace("_", "-"): value for name, value in headers.items()}
        )

    return step


def send(content: str, media: str = "text/html", status: int = 200) -> Step:
    """Whatever, as it is."""
    return lambda _request, _body: Response(content, status, media_type=media)


def hang(seconds: float = 3.0) -> Step:
    """Nothing for a while."""

    async def pieces() -> AsyncIterator[str]:
        await asyncio.sleep(seconds)
        yield ""

    return lambda _request, _body: StreamingResponse(pieces(), media_type="text/event-stream")


def cut_off() -> Step:
    """The beginning of an answer, then a closed connection."""

    def step(_: Request, body: Body) -> ASGIApp:
        stream = bool(body.get("stream"))
        media = b"text/event-stream" if stream else b"application/json"
        start = 'data: {"choices": [{"index": 0, "delta": {"content": "Hal' if stream else '{"choices": [{"mess'

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            headers = [(b"content-type", media), (b"content-length", b"1000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": start.encode(), "more_body": False})

        return app

    return step


class FaultyServer:
    """Takes one step of `steps` per request, then `otherwise`.

    Attributes:
        url: base URL, ending in ``/v1``.
        requests: the bodies received, in order.
        problems: what is wrong with the requests by the rules of the API.
    """

    def __init__(self, steps: Iterable[Step], otherwise: Step) -> None:
        self.steps = deque(steps)
        self.otherwise = otherwise
        self.requests: list[Body] = []
        self.problems: list[str] = []
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = await request.body()
        body = json.loads(raw)
        problems = list(problems_of(body)) if "messages" in body else []
        self.requests.append(body)
        self.problems += problems
        step = self.steps.popleft() if self.steps else self.otherwise
        app = refuse(400, "; ".join(problems))(request, body) if problems else step(request, body)

        async def receive_again() -> Message:
            nonlocal raw
            body, raw = raw, b""
            return {"type": "http.request", "body": body, "more_body": False} if body else await receive()

        await app(scope, receive_again, send)


def problems_of(body: Body) -> Iterator[str]:
    """Yield what OpenAI would refuse in the messages of a request."""
    waiting: list[str] = []
    for number, message in enumerate(body["messages"]):
        role, content = message["role"], message.get("content")
        if extra := set(message) - {"role", "content", "tool_calls", "tool_call_id"}:
            yield f"message {number}: unknown fields {extra}"
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                yield f"message {number}: {message['tool_call_id']!r} answers no call before it"
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            yield f"message {number}: calls without a result: {waiting}"
        waiting = [each["id"] for each in message.get("tool_calls", ())]
        if len(set(waiting)) < len(waiting) or not all(waiting):
            yield f"message {number}: ids of calls: {waiting}"
        if not isinstance(content, str) and not waiting:
            yield f"message {number}: no content"
        for each in message.get("tool_calls", ()):
            yield from _problems_of_call(each["function"], number)
    if waiting:
        yield f"calls without a result: {waiting}"


def _problems_of_call(function: Mapping[str, str], number: int) -> Iterator[str]:
    def no_number(name: str) -> None:
        raise ValueError(name)

    try:
        good = isinstance(json.loads(function["arguments"], parse_constant=no_number), dict)
    except ValueError:
        good = False
    if not good:
        yield f"message {number}: arguments are no JSON object: {function['arguments']!r}"
    name = function["name"]
    if not (0 < len(name) <= 64 and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()):
        yield f"message {number}: name {name!r}"


@contextmanager
def serving(*steps: Step, otherwise: Step | None = None) -> Iterator[FaultyServer]:
    """Serve under an address of its own; at the end no request may have been against the rules."""
    url, servers = _machine()
    server = FaultyServer(steps, otherwise or answer("Nothing more."))
    servers[str(len(servers))] = server
    server.url = f"{url}/{len(servers) - 1}/v1"
    yield server
    assert server.problems == []


@cache
def _machine() -> tuple[str, dict[str, FaultyServer]]:
    """Start one thread for all servers of this process; each has the first part of the path for itself."""
    servers: dict[str, FaultyServer] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await servers[scope["path"].split("/")[1]](scope, receive, send)

    listener = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named, or asyncio leaves Nagle on
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    machine = uvicorn.Server(uvicorn.Config(app, log_level=100, lifespan="off"))
    threading.Thread(target=machine.run, kwargs={"sockets": [listener]}, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", servers
