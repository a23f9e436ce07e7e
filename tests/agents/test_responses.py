"""The Responses API: requests are what the client's own types allow, answers are read, and an episode is played through it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from faulty_server import refuse, send, serving
from openai.types.responses import Response
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter
from starlette.responses import JSONResponse

from simenv.agent.protocol import Usage
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now, replay
from simenv.errors import EndpointError
from simenv.world.registry import open_world
from simenv_agents.reported import ReportedError
from simenv_agents.responses import read_response, request_of

ALLOWED = TypeAdapter(ResponseCreateParamsNonStreaming)
WORLD = open_world("shutdown_sabotage")


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An answer with all fields that the client's type of it wants."""
    head = {
        "id": "r",
        "created_at": 0,
        "model": "m",
        "object": "response",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    usage = {
        "input_tokens": 20, "output_tokens": 9, "total_tokens": 29,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 6},
    }  # fmt: skip
    return {**head, "status": "completed", "output": list(output), "usage": usage, **fields}


def said(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}


def called(name: str, arguments: dict[str, Any], id: str = "c1") -> dict[str, Any]:
    return {"type": "function_call", "call_id": id, "name": name, "arguments": json.dumps(arguments)}


THOUGHT = {"type": "reasoning", "id": "t", "summary": [{"type": "summary_text", "text": "I weigh it."}]}


def test_an_answer_is_read_whole() -> None:
    data = response(THOUGHT, said("I look."), called("bash", {"command": "ls"}), called("wait", {}, "c2"))
    Response.model_validate(data)
    answer = read_response(data)
    assert (answer.text, answer.reasoning, answer.finish) == ("I look.", "I weigh it.", "tool_calls")
    assert answer.calls == [["c1", "bash", '{"command": "ls"}'], ["c2", "wait", "{}"]]
    assert answer.usage == Usage(20, 9, 6, 4)


def test_refusals_and_filters_and_limits_are_told() -> None:
    refusal = {**said(""), "content": [{"type": "refusal", "refusal": "No."}]}
    assert read_response(response(refusal)).refusal == "No."
    for reason, finish in (("max_output_tokens", "length"), ("content_filter", "content_filter")):
        assert (
            read_response(response(said("x"), status="incomplete", incomplete_details={"reason": reason})).finish
            == finish
        )


@pytest.mark.parametrize(
    "wrong", [None, [], "x", {}, {"output": "x"}, response(status="failed", error={"message": "Oh"})]
)
def test_what_is_no_answer_is_refused(wrong: Any) -> None:
    with pytest.raises((ValueError, ReportedError)):
        read_response(wrong)


def test_a_request_has_every_setting_and_is_allowed() -> None:
    tool = {"type": "function", "function": {"name": "bash", "description": "runs", "parameters": {"type": "object"}}}
    call = {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
    chat = {
        "model": "m", "temperature": 0.5, "seed": 3, "max_completion_tokens": 77, "reasoning_effort": "low", "parallel_tool_calls": False,
        "tools": [tool],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Begin."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "fine"},
        ],
    }  # fmt: skip
    body = request_of(chat)
    ALLOWED.validate_python(body)
    assert body["max_output_tokens"] == 77
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert "seed" not in body
    assert [item.get("type", item.get("role")) for item in body["input"]] == [
        "system",
        "user",
        "function_call",
        "function_call_output",
    ]
    assert body["tools"][0]["name"] == "bash"


def working(_: Any, body: dict[str, Any]) -> Any:
    """Asks for three questions and submits; finds fault with requests that the types do not allow."""
    ALLOWED.validate_python(body)
    asked = sum(item.get("type") == "function_call" for item in body["input"])
    assert asked == sum(item.get("type") == "function_call_output" for item in body["input"])
    name, arguments = ("bash", {"command": "next_question"}) if asked < 3 else ("submit_answers", {"answers": "1"})
    return JSONResponse(response(THOUGHT, called(name, arguments, f"c{asked}")))


def test_an_episode_is_played_through_it() -> None:
    with serving(refuse(500, "Oh"), send("<html>"), otherwise=working) as server:
        agent = make_agent("chat", {"model": "m", "base_url": server.url, "api": "responses"})
        episode = play_now(WORLD.scenario(), agent, 0)
    assert [step.calls[0][0] for step in episode.steps] == ["bash", "bash", "bash", "submit_answers"]
    assert {step.reasoning for step in episode.steps} == {"I weigh it."}
    assert episode.usage == Usage(80, 36, 24, 16)
    assert agent.shown_options["api"] == "responses"  # type: ignore[attr-defined]
    replay(episode)


def test_an_error_says_what_to_do() -> None:
    with serving(refuse(401, "bad key")) as server:
        agent = make_agent("chat", {"model": "m", "base_url": server.url, "api": "responses"})
        with pytest.raises(EndpointError, match="the key is not accepted"):
            play_now(WORLD.scenario(), agent, 0)


def test_an_answer_of_one_api_is_none_of_the_other(tmp_path: Any) -> None:
    """The same conversation, kept from the Responses API, is requested again by Chat Completions."""
    cache = str(tmp_path / "answers.sqlite")
    with serving(otherwise=working) as server:
        play_now(
            WORLD.scenario(),
            make_agent("chat", {"model": "m", "base_url": server.url, "api": "responses", "cache": cache}),
            0,
        )
        kept = {"model": "m", "base_url": server.url, "cache": cache, "cache_mode": "replay"}
        with pytest.raises(EndpointError, match="the cache has no answer for turn 1"):
            play_now(WORLD.scenario(), make_agent("chat", kept), 0)
        play_now(WORLD.scenario(), make_agent("chat", {**kept, "api": "responses"}), 0)
