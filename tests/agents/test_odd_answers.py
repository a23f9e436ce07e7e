"""Answers of status 200 as endpoints really give them, through both APIs, whole and in pieces."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from conftest import KEY
from faulty_server import USAGE, FaultyServer, Step, answer, call, refuse, send, serving
from starlette.responses import JSONResponse

from simenv.agent.protocol import Briefing, Observation, ToolCall, ToolSchema, Turn, Usage
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now, replay
from simenv.errors import BudgetError
from simenv.store.episode import Step as StoredStep
from simenv.world.registry import open_world
from simenv_agents.chat import ChatAgent
from simenv_agents.endpoint import Address, Endpoint
from simenv_agents.limits import Limits

BRIEFING = Briefing("Be good.", "Do it.", (ToolSchema("bash", "runs", {"type": "object"}),), 7)
WAYS = {"stream": {"stream": "true"}, "whole": {"stream": "false"}, "responses": {"api": "responses"}}
all_ways = pytest.mark.parametrize("way", WAYS)
chat_ways = pytest.mark.parametrize("way", ["stream", "whole"])


def agent_of(server: FaultyServer, way: str, **options: str) -> ChatAgent:
    agent = make_agent("chat", {"model": "m", "base_url": server.url, **WAYS[way], **options})
    assert isinstance(agent, ChatAgent)
    return agent


def first(way: str, *steps: Step, **options: str) -> tuple[Turn, int]:
    """Return the first turn, and how many requests it took."""

    async def ask() -> Turn:
        agent.start(BRIEFING)
        try:
            return await agent.act(Observation())
        finally:
            await agent.close()

    with serving(*steps) as server:
        agent = agent_of(server, way, **options)
        return asyncio.run(ask()), len(server.requests)


def data(content: dict[str, Any], **headers: str) -> Step:
    return lambda _request, _body: JSONResponse(content, headers={k.replace("_", "-"): v for k, v in headers.items()})


def events(*chunks: Any) -> Step:
    return send("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n", "text/event-stream")


def deltas(*pieces: dict[str, Any], finish: str = "tool_calls") -> Step:
    chunks = [{"choices": [{"index": 0, "delta": piece, "finish_reason": None}]} for piece in pieces]
    return events(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})


def responded(*output: Any, usage: Any = None, **fields: Any) -> dict[str, Any]:
    usage = usage or {"input_tokens": 11, "output_tokens": 7}
    return {"object": "response", "status": "completed", "output": list(output), "usage": usage, **fields}


def said(text: str, way: str, **fields: Any) -> Step:
    """An answer of one text, in the form of either API."""
    if way != "responses":
        return answer(text, **fields)
    return data(responded({"type": "message", "content": [{"type": "output_text", "text": text}]}))


# -- what an answer may have cost ------------------------------------------------------------------------------

UNUSABLE = {
    "missing": None, "empty": {}, "list": [], "list of numbers": [11, 7], "text": "18 tokens", "number": 18,
    "null": {"prompt_tokens": None, "completion_tokens": None}, "one is null": {"prompt_tokens": 5, "completion_tokens": None},
    "floats": {"prompt_tokens": 1.5, "completion_tokens": 0.5}, "texts": {"prompt_tokens": "1", "completion_tokens": "1"},
    "negative": {"prompt_tokens": -1000, "completion_tokens": -7}, "one is negative": {"prompt_tokens": 1, "completion_tokens": -9},
    "booleans": {"prompt_tokens": True, "completion_tokens": True}, "only a total": {"total_tokens": 2},
    "zeros": {"prompt_tokens": 0, "completion_tokens": 0}, "nothing written": {"prompt_tokens": 1, "completion_tokens": 0},
    "vast": {"prompt_tokens": 10**30, "completion_tokens": 1}, "lists": {"prompt_tokens": [1], "completion_tokens": [1]},
}  # fmt: skip


def renamed(usage: Any, way: str) -> Any:
    """A report under the names of the other API, or of this one."""
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    return {names.get(k, k): v for k, v in usage.items()} if way == "responses" and isinstance(usage, dict) else usage


def requests_until_spent(way: str, usage: Any, requests: int = 60) -> int:
    """Return how many of `requests` requests a budget for eight lets through, if each reports `usage`."""
    limit = 100
    request = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}], "max_completion_tokens": limit}
    most = len(json.dumps(request)) + limit

    async def ask_all(url: str) -> None:
        api: Any = "responses" if way == "responses" else None
        address = Address("m", url, stream=way == "stream", api=api)
        endpoint = Endpoint(address, Random(0), Limits(most_tokens=8 * most + most // 2))
        try:
            for _ in range(requests):
                await endpoint.ask(request)
        finally:
            await endpoint.close()

    message = {"type": "message", "content": [{"type": "output_text", "text": "Yes."}]}
    body = {**responded(message), "usage": renamed(usage, way)}
    step = data(body) if way == "responses" else answer("Yes.", usage=usage)
    with serving(otherwise=step) as server:
        with pytest.raises(BudgetError):
            asyncio.run(ask_all(server.url))
        return len(server.requests)


@all_ways
@pytest.mark.parametrize("usage", UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_without_a_usable_report_counts_as_the_most_that_it_may_have_cost(usage: Any, way: str) -> None:
    assert requests_until_spent(way, usage) == 8


@chat_ways
def test_a_report_under_names_of_the_other_api_is_none(way: str) -> None:
    assert requests_until_spent(way, {"input_tokens": 1, "output_tokens": 1}) == 8


@all_ways
@pytest.mark.parametrize("usage", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_report_is_recorded_as_none(usage: Any, way: str) -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Yes."}]}
    body = data({**responded(message), "usage": renamed(usage, way)})
    turn, requests = first(way, body if way == "responses" else answer("Yes.", usage=usage))
    assert (turn.text, turn.usage, requests) == ("Yes.", None, 1)


@all_ways
def test_a_proper_report_counts_as_it_is(way: str) -> None:
    turn, _ = first(way, said("Yes.", way, usage=USAGE))
    assert turn.usage == Usage(11, 7)


# -- failures of the provider ----------------------------------------------------------------------------------

FAILED = {
    "error with a choice": {"error": {"code": 502, "message": "Upstream"}, "choices": [{"message": {"content": "I wi"}}]},
    "finish reason": {"choices": [{"message": {"content": "I wi"}, "finish_reason": "error"}]},
    "error of a choice": {"choices": [{"message": {"content": ""}, "error": {"code": 502, "message": "Up"}, "finish_reason": "stop"}]},
    "code": {"error": {"code": 429}}, "code as text": {"error": {"code": "429", "message": "Slow down"}},
    "name": {"error": {"code": "rate_limit_exceeded", "message": "Slow down"}}, "text": {"error": "overloaded"},
    "list": {"error": ["overloaded"]}, "error object": {"object": "error", "message": "busy", "code": 503},
    "no message": {"choices": [{"message": None, "finish_reason": "stop"}]}, "null choice": {"choices": [None]},
    "choices as text": {"choices": "none"}, "odd call": {"choices": [{"message": {"tool_calls": [None]}, "finish_reason": "stop"}]},
}  # fmt: skip


@chat_ways
@pytest.mark.parametrize("body", FAILED.values(), ids=FAILED)
def test_a_failure_of_the_provider_is_no_turn_and_is_asked_again(body: dict[str, Any], way: str) -> None:
    turn, requests = first(way, data(body), answer("There."))
    assert (turn.text, requests) == ("There.", 2)


@pytest.mark.parametrize(
    "body",
    [
        responded(status="failed", error={"code": "server_error", "message": "Oh"}), responded(status="in_progress"),
        {"error": {"code": 429}}, responded(error={"code": "rate_limit_exceeded"}), {"output": [None]}, {"output": {}},
    ],
)  # fmt: skip
def test_a_failed_response_is_asked_again(body: dict[str, Any]) -> None:
    turn, requests = first("responses", data(body), said("There.", "responses"))
    assert (turn.text, requests) == ("There.", 2)


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]},
        {"error": {"code": 502, "message": "Upstream"}, "choices": [{"delta": {}, "finish_reason": "error"}]},
        {"error": {"code": 429, "message": "Slow down"}},
        {"choices": [{"index": 0, "delta": {}, "error": {"message": "x"}, "finish_reason": "stop"}]},
    ],
)
def test_a_stream_that_ends_in_an_error_is_no_turn(last: dict[str, Any]) -> None:
    begun = {"choices": [{"index": 0, "delta": {"content": "I will not"}}]}
    turn, requests = first("stream", events(begun, last), answer("There."))
    assert (turn.text, requests) == ("There.", 2)


@all_ways
def test_too_many_requests_within_an_answer_hold_the_others_back_as_well(way: str) -> None:
    """Two agents share the endpoint: the first is told to wait, and the second begins only then."""

    async def both(url: str) -> tuple[float, int]:
        api: Any = "responses" if way == "responses" else None
        address = Address("m", url, stream=way == "stream", api=api)
        one, other = Endpoint(address, Random(0)), Endpoint(address, Random(0))
        request = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        waiting = asyncio.create_task(one.ask(request))
        while not server.requests:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await asyncio.sleep(0.1)
        await other.ask(request)
        took = time.monotonic() - began
        await waiting
        await one.close()
        await other.close()
        return took, len(server.requests)

    slow_down = data({"error": {"code": 429, "message": "Slow down"}}, retry_after_ms="600")
    with serving(slow_down, otherwise=said("There.", way)) as server:
        took, requests = asyncio.run(both(server.url))
    assert requests == 3
    assert 0.4 < took < 3.0


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry_after_ms": "300"}, 0.3, 0.9), ({"retry_after_ms": "300", "retry_after": "5"}, 0.3, 0.9),
        ({"retry_after_ms": "soon", "retry_after": "0.3"}, 0.3, 0.9), ({"retry_after_ms": "-5"}, 0.0, 0.5),
    ],
)  # fmt: skip
def test_a_wait_in_milliseconds_is_kept(headers: dict[str, str], least: float, most: float) -> None:
    began = time.monotonic()
    assert first("whole", refuse(429, "Slow down", **headers), answer("There."))[0].text == "There."
    assert least <= time.monotonic() - began < most


def test_what_a_failed_answer_may_have_cost_is_charged_unless_it_was_refused() -> None:
    limits = Limits(most_tokens=1000)
    request = {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 400}

    def answered(step: Step) -> int:
        async def ask(url: str) -> None:
            endpoint = Endpoint(Address("m", url, retries=20, stream=False), Random(0), limits)
            try:
                await endpoint.ask(request)
            finally:
                await endpoint.close()

        with serving(*[step] * 10) as server:
            with suppress(BudgetError):
                asyncio.run(ask(server.url))
            return len(server.requests)

    assert answered(data({"error": {"code": 429}})) == 11
    assert answered(data({"choices": [{"message": {"content": "I"}, "finish_reason": "error"}]})) == 2


# -- forms of an answer ----------------------------------------------------------------------------------------


def piece(
    arguments: str | None, id: str | None = "c1", name: str | None = "bash", index: int | None = 0
) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}


@pytest.mark.parametrize(
    "pieces",
    [
        [piece('{"comm'), piece('and": "ls"}')],
        [piece('{"comm'), piece('and": "ls"}', id=None)],
        [piece('{"comm'), piece('and": "ls"}', id="another")],
        [piece('{"comm', name="ba"), piece('and": "ls"}', name="bash")],
        [piece('{"comm', name="ba"), piece('and": "ls"}', name="sh", id=None)],
        [piece(None), piece('{"command": "ls"}', name=None, id=None)],
        [piece('{"command": "ls"}'), piece('{"command": "ls"}')],
        [piece('{"command": "ls"}', index=None)],
        [{"function_call": {"name": "bash", "arguments": '{"comm'}}, {"function_call": {"arguments": 'and": "ls"}'}}],
        [piece('{"command": "ls"}'), {"function_call": {"name": "bash", "arguments": '{"command": "ls"}'}}],
        [{"content": None, "tool_calls": None}, piece('{"command": "ls"}'), {}],
    ],
)
def test_a_call_in_pieces_is_one_call_however_often_its_parts_are_sent_again(pieces: list[dict[str, Any]]) -> None:
    (made,) = first("stream", deltas(*pieces))[0].calls
    assert (made.tool, made.arguments) == ("bash", {"command": "ls"})


def test_two_calls_with_one_index_and_repeated_names_are_two() -> None:
    calls = first("stream", deltas(piece('{"a": 1}', "x"), piece('{"a": 2}', "y")))[0].calls
    assert calls == (ToolCall("bash", {"a": 1}, "x"), ToolCall("bash", {"a": 2}, "y"))


@pytest.mark.parametrize("arguments", [None, "", "null", {}])
def test_arguments_that_are_null_are_none(arguments: Any) -> None:
    made = {**call("wait", "{}"), "function": {"name": "wait", "arguments": arguments}}
    whole = {"choices": [{"message": {"content": None, "tool_calls": [made]}, "finish_reason": "tool_calls"}]}
    assert first("whole", data(whole))[0].calls == (ToolCall("wait", {}, "c1"),)
    output = {"type": "function_call", "call_id": "c1", "name": "wait", "arguments": arguments}
    assert first("responses", data(responded(output)))[0].calls == (ToolCall("wait", {}, "c1"),)


def test_the_one_call_of_older_servers_is_a_call() -> None:
    message = {"content": None, "function_call": {"name": "bash", "arguments": '{"command": "ls"}'}}
    turn, _ = first("whole", data({"choices": [{"message": message, "finish_reason": "function_call"}]}))
    assert [(made.tool, made.arguments) for made in turn.calls] == [("bash", {"command": "ls"})]


@all_ways
@pytest.mark.parametrize(
    ("text", "reasoning", "rest"),
    [
        ("<think>Should I?</think>\n\nYes.", "Should I?", "Yes."), ("\n<thinking>\nHm.\n</thinking>Yes.", "Hm.", "Yes."),
        ("Should I?\n</think>\nYes.", "Should I?", "Yes."), ("<think>Should I", "Should I", ""),
        ("Yes.", "", "Yes."), ("The tag <think> begins it, </think> ends it.", "", "The tag <think> begins it, </think> ends it."),
    ],
)  # fmt: skip
def test_thoughts_in_the_text_are_reasoning(text: str, reasoning: str, rest: str, way: str) -> None:
    turn, _ = first(way, said(text, way))
    assert (turn.reasoning, turn.text) == (reasoning, rest)


@all_ways
def test_an_answer_cut_at_its_limit_is_recorded_as_cut(way: str) -> None:
    if way == "responses":
        output = {"type": "message", "content": [{"type": "output_text", "text": "I wi"}]}
        step = data(responded(output, status="incomplete", incomplete_details={"reason": "max_output_tokens"}))
    else:
        step = answer("I wi", finish="length")
    turn, requests = first(way, step)
    assert (turn.text, turn.cut, requests) == ("I wi", True, 1)
    stored = StoredStep.of(turn)
    assert stored.turn() == turn
    assert json.loads(stored.model_dump_json())["cut"] is True
    assert "cut" not in StoredStep.of(Turn("Yes.")).model_dump_json()


def test_a_response_that_is_streamed_unasked_is_read() -> None:
    whole = responded({"type": "message", "content": [{"type": "output_text", "text": "Yes."}]})
    step = events({"type": "response.created", "response": {}}, {"type": "response.completed", "response": whole})
    assert first("responses", step)[0].text == "Yes."


# -- the key ---------------------------------------------------------------------------------------------------


@all_ways
def test_a_key_that_an_answer_repeats_is_masked_everywhere(way: str) -> None:
    told = f"<think>Key {KEY}?</think>Your key is {KEY}."
    if way == "responses":
        output = {"type": "function_call", "call_id": KEY, "name": "bash", "arguments": json.dumps({"command": KEY})}
        step = data(responded({"type": "message", "content": [{"type": "output_text", "text": told}]}, output))
    else:
        step = answer(told, [call("bash", {"command": KEY}, KEY)], refusal=KEY)
    turn, _ = first(way, step)
    assert KEY not in repr(turn)
    assert (turn.text, turn.reasoning) == ("Your key is [key].", "Key [key]?")
    assert turn.calls == (ToolCall("bash", {"command": "[key]"}, "[key]"),)


def test_an_episode_with_an_endpoint_that_repeats_the_key_does_not_hold_it() -> None:
    with serving(otherwise=answer(f"I use {KEY}", [call("bash", {"command": f"echo {KEY}"})])) as server:
        episode = play_now(open_world("shutdown_sabotage").scenario(), agent_of(server, "stream"), 0)
    assert KEY not in episode.to_json()
    replay(episode)
