"""OpenAI's Responses API: a Chat Completions request in its form, and its answers read back.

Nothing is stored at the endpoint (`store: false`), so each request has the whole conversation, as with Chat Completions.
Reasoning is asked for as a summary, and kept in the episode; it is not sent back.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Any

from simenv_agents.answer import Answer, arguments_text, set_thought_apart
from simenv_agents.reported import ReportedError, error_of, raise_reported
from simenv_agents.usage import RESPONSES, read_usage

PATH = "/responses"
_LAST = ("response.completed", "response.incomplete", "response.failed")
_SAME = ("model", "temperature", "parallel_tool_calls")


def request_of(chat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Chat Completions request as one of the Responses API. A seed is left out: there is none."""
    body: dict[str, Any] = {name: chat[name] for name in _SAME if name in chat}
    body |= {"input": [item for message in chat["messages"] for item in _items(message)], "store": False}
    limit = chat.get("max_completion_tokens", chat.get("max_tokens"))
    if limit is not None:
        body["max_output_tokens"] = limit
    if "reasoning_effort" in chat:
        body["reasoning"] = {"effort": chat["reasoning_effort"], "summary": "auto"}
    if chat.get("tools"):
        body["tools"] = [{"type": "function", "strict": False, **tool["function"]} for tool in chat["tools"]]
    if "response_format" in chat:
        wanted = chat["response_format"]
        body["text"] = {"format": {"type": wanted["type"], **wanted.get("json_schema", {})}}
    return body


def _items(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    role, text = message["role"], message.get("content") or ""
    if role == "tool":
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": text}]
    said = [{"role": role, "content": text}] if text or not message.get("tool_calls") else []
    calls = [
        {"type": "function_call", "call_id": call["id"], **{k: call["function"][k] for k in ("name", "arguments")}}
        for call in message.get("tool_calls", ())
    ]
    return [*said, *calls]


def read_response(data: Any) -> Answer:
    """Read an answer.

    Raises:
        ReportedError: it reports an error.
        ValueError: it is no answer, or not a finished one.
    """
    raise_reported(data)
    if not isinstance(data, dict) or not isinstance(data.get("output"), list):
        raise ValueError(f"no output in the answer: {data}")
    if data.get("status") in ("failed", "cancelled", "queued", "in_progress"):
        raise ReportedError(f"the answer has the status {data['status']}")
    answer = Answer(finish="stop")
    answer.name_source(data)
    for item in data["output"]:
        _read_item(answer, item)
    why = (data.get("incomplete_details") or {}).get("reason")
    answer.finish = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(str(why), answer.finish)
    answer.usage = read_usage(data.get("usage"), RESPONSES, wrote=answer.has_begun)
    set_thought_apart(answer)
    return answer


async def read_events(events: AsyncIterable[Any]) -> Answer:
    """Read an answer of a server that streams it unasked: the last event holds all of it.

    Raises:
        ReportedError: an event reports an error.
        ValueError: the stream ends before the answer does.
    """
    whole: Any = None
    async for event in events:
        if event.get("type") == "error":
            raise error_of(event.get("error") or event, wrote=True)
        whole = event.get("response") if event.get("type") in _LAST else whole
    if whole is None:
        raise ValueError("the stream ended before the answer did")
    return read_response(whole)


def _read_item(answer: Answer, item: Mapping[str, Any]) -> None:
    kind = item.get("type")
    if kind == "message":
        for part in item.get("content") or ():
            answer.text += str(part.get("text") or "") if part.get("type") == "output_text" else ""
            answer.refusal += str(part.get("refusal") or "") if part.get("type") == "refusal" else ""
    elif kind == "function_call":
        text = arguments_text(item.get("arguments"))
        answer.calls.append([str(item.get("call_id") or ""), str(item.get("name") or ""), text])
        answer.finish = "tool_calls"
    elif kind == "reasoning":
        parts = [*(item.get("summary") or ()), *(item.get("content") or ())]
        thought = "\n\n".join(str(part.get("text") or "") for part in parts)
        answer.reasoning = "\n\n".join(filter(None, (answer.reasoning, thought)))
