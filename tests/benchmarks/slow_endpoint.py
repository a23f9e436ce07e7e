"""An endpoint that answers every request after 200 ms, as a process of its own: `python slow_endpoint.py PORT`."""

from __future__ import annotations

import asyncio
import json
import sys

import uvicorn
from starlette.types import Receive, Scope, Send

_CALL = {"id": "c", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls"}'}}
TURNS = 8
"""After this many calls, the answer is a word, which ends an episode soon."""


def _answer(message: dict[str, object], finish: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
    head = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
    return json.dumps({**head, "choices": [choice], "usage": usage}).encode()


_ANSWERS = (_answer({"content": None, "tool_calls": [_CALL]}, "tool_calls"), _answer({"content": "Done."}, "stop"))


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the request, wait, answer."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await asyncio.sleep(0.2)
    answer = _ANSWERS[body.count(b'"tool_call_id"') >= TURNS]
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", lifespan="off")
