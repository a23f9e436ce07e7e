"""A local OpenAI-compatible endpoint with a script behind it, to rehearse a pipeline without a key."""

from __future__ import annotations

import hashlib
import inspect
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from simenv.agent.protocol import Agent, Turn
from simenv.agent.registry import make_agent
from simenv.errors import AgentError, MissingExtra, SimenvError
from simenv_agents.conversation import BadRequestError, Conversation, read_conversation

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_PIECE = 24
"""Characters of text per piece of a streamed answer."""


@click.command("serve-agent")
@click.argument("agent")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option("--model-name", help="Name under which the model is served. [default: AGENT]")
@click.option("--option", "-o", multiple=True, metavar="KEY=VALUE", help="An option of the agent; may be repeated.")
def command(agent: str, host: str, port: int, model_name: str | None, option: Sequence[str]) -> None:
    """Serve a scripted AGENT at /v1/chat/completions, as if it were a model."""
    options: dict[str, str] = {}
    for pair in option:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{pair!r} is not key=value", param_hint="--option")
        options[key.replace("-", "_")] = value
    if inspect.iscoroutinefunction(make_agent(agent, options).act):
        raise AgentError(f"{agent} cannot be served: it is no script, it asks a model itself")
    app = create_app(lambda: make_agent(agent, options), model_name or agent)
    serve(app, host, port, f"serving {agent} at {{url}} (model {model_name or agent})")


def create_app(make: Callable[[], Agent], model: str) -> Starlette:
    """Return an ASGI application that answers as `model`.

    Each request is answered by a new agent, which is first shown the conversation in the request; nothing is kept between
    requests. The agent's seed is the request's `seed`, or else a hash of the first messages.

    Args:
        make: makes an agent whose `act` needs no event loop of its own.
        model: name of the model.

    Raises:
        MissingExtra: starlette is not installed.
    """
    try:
        from starlette.applications import Starlette  # noqa: PLC0415 - an extra
        from starlette.exceptions import HTTPException  # noqa: PLC0415
        from starlette.responses import JSONResponse, StreamingResponse  # noqa: PLC0415
        from starlette.routing import Route  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("starlette", "serve") from None

    async def models(_: Request) -> Response:
        return JSONResponse(
            {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "simenv"}]}
        )

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def complete(request: Request) -> Response:
        raw = await request.body()
        try:
            body = _read_body(raw, model)
            turn = _decide(make(), read_conversation(body))
            answer = _Reply(turn, model, body, hashlib.sha256(raw).hexdigest()[:24])
        except _NoModelError as error:
            return JSONResponse(_error(str(error), "model_not_found"), 404)
        except (BadRequestError, AgentError) as error:
            return JSONResponse(_error(str(error), "invalid_request"), 400)
        except RecursionError:
            return JSONResponse(_error("the body is nested too deep", "invalid_request"), 400)
        if body.get("stream"):
            return StreamingResponse(answer.events(), media_type="text/event-stream")
        return JSONResponse(answer.whole())

    async def elsewhere(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        what = f"no {request.method} {request.url.path} here; the base URL ends in /v1"
        return JSONResponse(_error(what, "not_found"), error.status_code, error.headers)

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
            Route("/healthz", healthy),
        ],
        exception_handlers={HTTPException: elsewhere},
    )


class _NoModelError(Exception):
    """The request is for another model."""


def _read_body(raw: bytes, model: str) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequestError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body must be a JSON object")
    if body.get("model") != model:
        raise _NoModelError(f"no model {body.get('model')!r} here; this server serves {model!r}")
    if not isinstance(body.get("stream_options") or {}, dict):
        raise BadRequestError("'stream_options' must be an object")
    return body


def _decide(agent: Agent, conversation: Conversation) -> Turn:
    try:
        agent.start(conversation.briefing)
        for observation, turn in conversation.past:
            agent.follow(observation, turn)
        turn_or_wait = agent.act(conversation.now)
    except (LookupError, ValueError) as error:  # a script reads what its own world writes, not just anything
        raise AgentError(f"{agent.name} cannot make sense of this conversation ({error})") from None
    if not isinstance(turn_or_wait, Turn):
        raise AgentError(f"{agent.name} cannot be served: it waits for something itself")
    return turn_or_wait


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


class _Reply:
    """A turn in the wire format, whole or in pieces."""

    def __init__(self, turn: Turn, model: str, body: dict[str, Any], id: str) -> None:
        self._turn = turn
        self._body = body
        self._head = {"id": f"chatcmpl-{id}", "created": 0, "model": model}
        number = sum(message.get("role") == "assistant" for message in body["messages"])
        self._calls = [
            {"id": call.id or f"call_{number}_{position}", "type": "function",
             "function": {"name": call.tool, "arguments": _arguments(call.arguments)}}
            for position, call in enumerate(turn.calls)
        ]  # fmt: skip
        self._finish = "tool_calls" if self._calls else "stop"
        self.usage = self._count()

    def _count(self) -> dict[str, int]:
        """Return token counts: a quarter of the characters, since a script has no tokenizer."""
        prompt = len(json.dumps([self._body["messages"], self._body.get("tools") or []])) // 4
        completion = (len(self._turn.text) + len(json.dumps(self._calls))) // 4
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def whole(self) -> dict[str, Any]:
        """Return the answer in one piece."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self._turn.text or None,
            "refusal": self._turn.refusal or None,
        }
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "finish_reason": self._finish, "logprobs": None}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": self.usage}

    def events(self) -> Iterator[str]:
        """Yield the answer as server-sent events."""
        yield self._event({"role": "assistant", "content": ""})
        text = self._turn.text
        for start in range(0, len(text), _PIECE):
            yield self._event({"content": text[start : start + _PIECE]})
        if self._turn.refusal:
            yield self._event({"refusal": self._turn.refusal})
        for index, call in enumerate(self._calls):
            function = call["function"]
            assert isinstance(function, dict)
            arguments = function["arguments"]
            opening = {**call, "index": index, "function": {"name": function["name"], "arguments": ""}}
            yield self._event({"tool_calls": [opening]})
            for start in range(0, len(arguments), _PIECE):
                piece = {"index": index, "function": {"arguments": arguments[start : start + _PIECE]}}
                yield self._event({"tool_calls": [piece]})
        yield self._event({}, self._finish)
        if (self._body.get("stream_options") or {}).get("include_usage"):
            yield _sse({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self.usage})
        yield "data: [DONE]\n\n"

    def _event(self, delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _sse({**self._head, "object": "chat.completion.chunk", "choices": [choice]})


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(dict(arguments))


def _sse(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def serve(app: Starlette, host: str, port: int, greeting: str) -> None:
    """Serve until interrupted; print `greeting`, with ``{url}`` filled in, once connections are accepted.

    Raises:
        SimenvError: the address cannot be used.
        MissingExtra: uvicorn is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("uvicorn", "serve") from None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, UnicodeError) as error:
        listener.close()
        cause = getattr(error, "strerror", None) or error
        raise SimenvError(f"cannot listen on {host}:{port} ({cause}); choose another --port or --host") from None
    name = f"[{host}]" if ":" in host else host
    try:
        click.echo(greeting.format(url=f"http://{name}:{listener.getsockname()[1]}/v1"))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()
