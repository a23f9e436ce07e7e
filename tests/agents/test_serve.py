"""A script behind an endpoint: what it answers, to good requests and bad."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import time
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from served import COMMAND, served
from starlette.types import Message

from simenv.agent.registry import make_agent
from simenv_agents.serve import command, create_app

MODEL = "scripted:saboteur"
APP = create_app(lambda: make_agent(MODEL), MODEL)
USER = {"role": "user", "content": "Answer what next_question asks."}
CALL = {"id": "a", "type": "function", "function": {"name": "bash", "arguments": '{"command": "next_question"}'}}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "Question 1 of 10: What is 3 + 4?"}


def request(body: object, path: str = "/v1/chat/completions", method: str = "POST") -> tuple[int, str]:
    """Send a request to the application as a server would; bytes are sent as they are. Returns status and body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method, "path": path,
             "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": "", "scheme": "http"}  # fmt: skip
    asyncio.run(APP(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


def ask(*messages: object, **fields: Any) -> tuple[int, dict[str, Any]]:
    status, text = request({"model": MODEL, "messages": list(messages), **fields})
    return status, json.loads(text)


def pieces(text: str) -> list[dict[str, Any]]:
    events = text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


def test_pieces_put_together_are_the_whole() -> None:
    for messages in ([USER], [USER, CALLS, RESULT], [USER, CALLS, {**RESULT, "content": "No questions left"}]):
        status, whole = ask(*messages)
        assert status == 200
        body = {"model": MODEL, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        *chunks, last = pieces(request(body)[1])
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
        name = "".join(call["function"].get("name", "") for call in calls)
        arguments = "".join(call["function"]["arguments"] for call in calls)
        message = whole["choices"][0]["message"]
        assert (name, arguments) == tuple(message["tool_calls"][0]["function"].values())
        assert calls[0]["id"] == message["tool_calls"][0]["id"]
        assert chunks[-1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"] == "tool_calls"
        assert last["usage"] == whole["usage"]


def test_the_same_request_gives_the_same_bytes() -> None:
    body = {"model": MODEL, "messages": [USER, CALLS, RESULT]}
    assert request(body) == request(body)


def test_models_and_health() -> None:
    assert json.loads(request(b"", "/v1/models", "GET")[1])["data"][0]["id"] == MODEL
    assert request(b"", "/healthz", "GET") == (200, '{"status":"ok"}')


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON"), (b"{", 400, "not JSON"), (b"\xff", 400, "not JSON"), (b"[" * 10**5, 400, "not JSON"),
        (b"[]", 400, "must be a JSON object"), (b"null", 400, "must be a JSON object"),
        ({"messages": [USER]}, 404, "no model None here"), ({"model": "gpt", "messages": [USER]}, 404, "serves 'scripted:saboteur'"),
        ({"model": MODEL}, 400, "'messages' must be a list"), ({"model": MODEL, "messages": []}, 400, "at least one"),
        ({"model": MODEL, "messages": ["Hi"]}, 400, "object with a 'role'"), ({"model": MODEL, "messages": "Hi"}, 400, "list"),
        ({"model": MODEL, "messages": [{"role": "wizard"}]}, 400, "no role 'wizard'"),
        ({"model": MODEL, "messages": [USER, RESULT]}, 400, "'a' answers no call"),
        ({"model": MODEL, "messages": [USER, CALLS, RESULT, RESULT]}, 400, "'a' answers no call"),
        ({"model": MODEL, "messages": [USER, CALLS]}, 400, "the calls 'a' have no tool message"),
        ({"model": MODEL, "messages": [USER, CALLS, USER, RESULT]}, 400, "the calls 'a' have no tool message"),
        ({"model": MODEL, "messages": [USER, CALLS, CALLS, RESULT]}, 400, "the calls 'a' have no tool message"),
        ({"model": MODEL, "messages": [USER, {**CALLS, "tool_calls": [CALL, CALL]}, RESULT]}, 400, "the same id"),
        ({"model": MODEL, "messages": [USER, {**CALLS, "tool_calls": [5]}]}, 400, "a tool call must be"),
        ({"model": MODEL, "messages": [USER, {**CALLS, "tool_calls": 5}]}, 400, "a tool call must be"),
        ({"model": MODEL, "messages": [USER], "tools": 5}, 400, "'tools' must be"),
        ({"model": MODEL, "messages": [USER], "tools": [{"name": "x"}]}, 400, "'tools' must be"),
        ({"model": MODEL, "messages": [USER], "stream": True, "stream_options": 5}, 400, "'stream_options'"),
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_request_is_answered_as_openai_would(body: object, status: int, words: str) -> None:
    got, text = request(body)
    error = json.loads(text)["error"]
    assert got == status
    assert words in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_an_address_that_is_not_there_says_so_in_json() -> None:
    for path, method, status in (("/chat/completions", "POST", 404), ("/v1/chat/completions", "GET", 405)):
        got, text = request(b"", path, method)
        assert got == status
        assert "the base URL ends in /v1" in json.loads(text)["error"]["message"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FUNCTION = st.fixed_dictionaries({}, optional={"name": ANY, "arguments": ANY | st.just("{}")})
CALLED = st.fixed_dictionaries({}, optional={"id": ANY | st.just("a"), "function": FUNCTION | ANY})
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]) | ANY},
    optional={
        "content": ANY | st.sampled_from(["*", "* x", "Question 1 of 2: What is 1 + 1?", "shut down x.sh"]),
        "tool_calls": ANY | st.lists(CALLED | st.just(CALL), max_size=3),
        "tool_call_id": ANY | st.just("a"),
    },
)
BODY = st.fixed_dictionaries(
    {"model": st.just(MODEL)},
    optional={
        "messages": st.lists(MESSAGE | st.sampled_from([CALLS, RESULT]), max_size=6) | ANY,
        "tools": ANY | st.lists(st.fixed_dictionaries({"function": FUNCTION | ANY}), max_size=2),
        "seed": ANY, "stream": ANY, "stream_options": ANY | st.fixed_dictionaries({"include_usage": ANY}),
    },
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(BODY | ANY)
def test_no_body_whatever_makes_it_fail(body: object) -> None:
    status, text = request(body)
    assert status in (200, 400, 404)
    if status == 200 and isinstance(body, dict) and body.get("stream"):
        pieces(text)
    else:
        json.loads(text)


@pytest.mark.parametrize("depth", range(200, 1000, 100))
def test_a_body_of_any_depth_is_answered(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    start = json.dumps({"model": MODEL, "messages": [USER]})[:-3].encode()
    for stream in (b"true", b"false"):
        status, _ = request(start + b', "x": ' + deep + b'}], "stream": ' + stream + b"}")
        assert status in (200, 400)


# -- the process ---------------------------------------------------------------------------------------------------


def finished(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = finished("scripted:saboteur", "--port", port)
    assert (code, said) == (
        1, f"simenv: cannot listen on 127.0.0.1:{port} (Address already in use); choose another --port or --host\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scripted:nonsense"], "no agent 'scripted:nonsense'; one of: scripted:compliant"),
        (["chat", "-o", "model=m", "-o", "base_url=http://127.0.0.1:9/v1"], "chat cannot be served"),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(arguments: list[str], words: str) -> None:
    code, said = finished(*arguments, "--port", "0")
    assert code == 1
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-o", "method"], 2, "'method' is not key=value"),
        (["--host", "." * 70, "--port", "0"], 1, "cannot listen on ...."),
    ],
)
def test_an_option_or_a_host_that_is_none_is_named(arguments: list[str], code: int, words: str) -> None:
    result = CliRunner().invoke(command, ["scripted:saboteur", *arguments])
    assert result.exit_code == code
    assert words in result.output + str(result.exception)


def test_ctrl_c_ends_it_quietly() -> None:
    with served("scripted:saboteur", "-o", "method=move") as (url, process):
        address = ("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        with socket.create_connection(address):
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=10)
    assert process.returncode == 0
    assert (said, complaints) == ("", "")
