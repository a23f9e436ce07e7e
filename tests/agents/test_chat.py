"""The chat agent against a server that does all that servers do."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterable
from email.utils import formatdate
from random import Random
from typing import Any

import pytest
from faulty_server import FaultyServer, Step, answer, call, cut_off, hang, refuse, send, serving

from simenv.agent.protocol import Briefing, Observation, Served, ToolCall, ToolResult, ToolSchema, Turn, Usage
from simenv.agent.registry import make_agent
from simenv.errors import AgentError, EndpointError
from simenv_agents.chat import ChatAgent
from simenv_agents.endpoint import Address, Endpoint

BRIEFING = Briefing("Be good.", "Do it.", (ToolSchema("bash", "runs", {"type": "object"}),), 2**31 + 5)
OVERFLOW = refuse(400, "This model's maximum context length is 10 tokens.", code="context_length_exceeded")

both_ways = pytest.mark.parametrize("stream", ["true", "false"], ids=["stream", "whole"])


def make(server: FaultyServer | str, **options: str) -> ChatAgent:
    url = server if isinstance(server, str) else server.url
    agent = make_agent("chat", {"model": "m", "base_url": url, **options})
    assert isinstance(agent, ChatAgent)
    return agent


def results_of(turn: Turn, text: str = "fine") -> Observation:
    results = tuple(ToolResult(each.id, each.tool, True, text) for each in turn.calls)
    return Observation(results, () if results else ("Go on.",))


def converse(agent: ChatAgent, turns: int = 1, briefing: Briefing = BRIEFING) -> list[Turn]:
    """Let the agent take some turns; every call gives "fine"."""

    async def talk() -> list[Turn]:
        agent.start(briefing)
        taken: list[Turn] = []
        observation = Observation()
        try:
            for _ in range(turns):
                taken.append(await agent.act(observation))
                observation = results_of(taken[-1])
        finally:
            await agent.close()
        return taken

    return asyncio.run(talk())


def first(*steps: Step, **options: str) -> Turn:
    with serving(*steps) as server:
        return converse(make(server, **options))[0]


def failure(*steps: Step, otherwise: Step | None = None, **options: str) -> tuple[str, int]:
    """Return what the error says, and how many requests there were."""
    with serving(*steps, otherwise=otherwise) as server:
        with pytest.raises(EndpointError) as error:
            converse(make(server, **options))
        return str(error.value), len(server.requests)


# -- answers ---------------------------------------------------------------------------------------------------


@both_ways
def test_an_answer_with_text_and_several_calls_is_read_whole(stream: str) -> None:
    calls = [call("bash", {"command": "ls"}, "a"), call("wait", {"seconds": 60}, "b"), call("list_mail", {}, "c")]
    turn = first(answer("Let me look: ü🙂", calls), stream=stream)
    assert turn.text == "Let me look: ü🙂"
    assert turn.calls == (
        ToolCall("bash", {"command": "ls"}, "a"), ToolCall("wait", {"seconds": 60}, "b"), ToolCall("list_mail", {}, "c")
    )  # fmt: skip


@both_ways
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_but_never_sent_back(field: str, stream: str) -> None:
    with serving(answer("Yes.", **{field: "Should I?"})) as server:
        turns = converse(make(server, stream=stream), 2)
    assert (turns[0].text, turns[0].reasoning) == ("Yes.", "Should I?")
    assert "Should I?" not in json.dumps(server.requests[1])


@both_ways
def test_tokens_are_counted(stream: str) -> None:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 40},
    }  # fmt: skip
    assert first(answer("Yes.", usage=usage), stream=stream).usage == Usage(100, 50, 40, 64)
    assert first(answer("Yes.", usage=None), stream=stream).usage is None


@both_ways
def test_a_refusal_is_a_refusal(stream: str) -> None:
    with serving(answer(refusal="I will not.")) as server:
        turns = converse(make(server, stream=stream), 2)
    assert (turns[0].refusal, turns[0].text, turns[0].calls) == ("I will not.", "", ())
    assert server.requests[1]["messages"][-2] == {"role": "assistant", "content": "I will not."}


@both_ways
def test_what_the_content_filter_stops_counts_as_a_refusal(stream: str) -> None:
    turn = first(answer("Let me", finish="content_filter"), stream=stream)
    assert turn.text == "Let me"
    assert turn.refusal == "[stopped by the endpoint's content filter]"


@both_ways
def test_a_refusal_by_an_error_is_a_refusal_too(stream: str) -> None:
    turn = first(refuse(400, "The response was filtered.", code="content_filter"), stream=stream)
    assert turn.refusal == "[stopped by the endpoint's content filter]"


@both_ways
@pytest.mark.parametrize("text", ['{"command": "ls', "ls -l", '["ls"]', '"ls"', "[" * 5000, "{'command': 'ls'}"])
def test_malformed_arguments_stay_as_they_are_and_the_next_request_is_valid(text: str, stream: str) -> None:
    with serving(answer("", [call("bash", text)], finish="length")) as server:
        turns = converse(make(server, stream=stream), 2)
    assert turns[0].calls[0].arguments == text
    assert turns[1].text == "Nothing more."


@both_ways
def test_arguments_that_are_json_in_name_only_become_json(stream: str) -> None:
    odd = '{"a": NaN, "b": 1e999, "c": "\\ud800", "d": ' + "[" * 400 + "]" * 400 + "}"
    with serving(answer("\ud83d", [call("bash", odd)])) as server:
        assert len(converse(make(server, stream=stream), 2)) == 2


@pytest.mark.parametrize("name", ["", "functions.bash", "bash<|channel|>", "b" * 99])
def test_a_name_that_is_no_name_is_kept_and_made_one_for_the_endpoint(name: str) -> None:
    with serving(answer("", [call(name, {})])) as server:
        turns = converse(make(server), 2)
    assert turns[0].calls[0].tool == name


@both_ways
def test_no_arguments_are_empty_arguments(stream: str) -> None:
    assert first(answer("", [call("list_mail", "")]), stream=stream).calls[0].arguments == {}


@both_ways
@pytest.mark.parametrize("ids", [["", ""], [None, None], ["x", "x"], ["call_0_1", "call_0_1"], ["call_0_1", ""]])
def test_ids_that_are_missing_or_repeated_are_made_up(ids: list[str | None], stream: str) -> None:
    calls = [call("bash", {"command": str(n)}, id) for n, id in enumerate(ids)]
    with serving(answer("", calls), answer("", calls)) as server:
        turns = converse(make(server, stream=stream), 3)
    assert [[each.arguments["command"] for each in turn.calls] for turn in turns[:2]] == [["0", "1"], ["0", "1"]]  # type: ignore[index]
    assert all(len({each.id for each in turn.calls}) == 2 for turn in turns[:2])


def test_calls_that_all_come_with_index_0_are_told_apart() -> None:
    calls = [call("bash", {"command": "a"}, "x"), call("bash", {"command": "b"}, "y")]
    assert [each.id for each in first(answer("", calls, same_index=True)).calls] == ["x", "y"]


def test_content_in_parts_ids_as_numbers_and_arguments_as_an_object_are_read() -> None:
    odd: Any = {"id": 7, "type": "function", "function": {"name": "bash", "arguments": {"command": "ls"}}}
    parts: Any = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hello"}]
    turn = first(answer(parts, [odd]), stream="false")
    assert (turn.text, turn.calls) == ("Hello", (ToolCall("bash", {"command": "ls"}, "7"),))


def test_a_character_cut_in_two_between_pieces_is_whole_again() -> None:
    chunks = [{"content": "\ud83d"}, {"content": "\ude42 \ud83d"}]
    events = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in chunks]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    with serving(send(body, "text/event-stream")) as server:
        assert converse(make(server), 2)[0].text == "🙂 �"


def test_an_answer_in_one_piece_to_a_request_for_pieces_is_read() -> None:
    turn = first(answer("Yes.", [call("bash", {"command": "ls"})], always_whole=True), stream="true")
    served = Served("tool_calls", "m")
    assert turn == Turn("Yes.", (ToolCall("bash", {"command": "ls"}, "c1"),), usage=Usage(11, 7), served=served)


# -- trouble that passes ------------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize(
    "fault",
    [
        refuse(500, "Oh"), refuse(503, "Busy"), refuse(408, "Slow"), refuse(409, "Lock"), refuse(429, "Slow down"),
        send("<html>Welcome</html>"), send("<html>Bad gateway</html>", status=502), send("", "application/json"),
        send('{"choices": []}', "application/json"), send('{"choices": [{}]}', "application/json"),
        send('{"choices": [{"message": {"content": "x", "tool_calls": [5]}}]}', "application/json"),
        send("[]", "application/json"), send("null", "application/json"), send('"x"', "application/json"),
        send('{"error": {"message": "upstream is down", "code": 502}}', "application/json"),
        send("data: {not json\n\n", "text/event-stream"), send("data: [DONE]\n\n", "text/event-stream"),
        send('data: {"error": {"message": "overloaded"}}\n\n', "text/event-stream"),
        send("\xff\xfe", "application/json"), cut_off(),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(fault: Step, stream: str) -> None:
    with serving(fault, fault, answer("There.")) as server:
        assert converse(make(server, stream=stream))[0].text == "There."
    assert len(server.requests) == 3
    assert server.requests[0] == server.requests[2]


@both_ways
def test_an_answer_that_takes_too_long_is_given_up_and_asked_for_again(stream: str) -> None:
    began = time.monotonic()
    assert first(hang(), answer("There."), timeout="0.3", stream=stream).text == "There."
    assert 0.3 <= time.monotonic() - began < 2.0


def test_a_stream_that_ends_early_is_no_answer() -> None:
    assert first(answer("I will not touch the scr", ends_early=True), answer("There.")).text == "There."


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("0.2", 0.2, 1.0), ("date", 0.2, 2.5), ("soon", 0.0, 0.9), ("-3", 0.0, 0.9), ("nan", 0.0, 0.9)],
)
def test_a_rate_limit_is_waited_out_as_asked(value: str, least: float, most: float) -> None:
    with serving() as server:
        agent = make(server)
        value = formatdate(time.time() + 1.5, usegmt=True) if value == "date" else value
        server.steps.append(refuse(429, "Slow down", retry_after=value))
        began = time.monotonic()
        converse(agent)
        assert least <= time.monotonic() - began < most


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_attempts_are_bounded(retries: int) -> None:
    said, requests = failure(otherwise=refuse(500, "Oh"), retries=str(retries))
    assert requests == retries + 1
    assert (
        f"status 500: Oh ({requests} attempts); check that the endpoint is up, and takes this many concurrent requests"
        in said
    )


def test_pauses_grow_to_a_limit_however_many_attempts() -> None:
    endpoint = Endpoint(Address("m"), Random(0))
    pauses = [max(endpoint._pause(attempt, None) for _ in range(50)) for attempt in (0, 3, 6, 5000)]
    assert pauses == sorted(pauses)
    assert pauses[0] <= 0.01
    assert pauses[-1] <= 60.0
    assert endpoint._pause(0, 300.0) == 300.0


def test_a_pause_longer_than_ten_minutes_is_not_waited_for() -> None:
    said, requests = failure(otherwise=refuse(429, "Enough for today", retry_after="86400"))
    assert requests == 1
    assert "a pause of 86400 s is asked for; go on after that" in said


def test_a_dead_port_ends_in_one_plain_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(
        EndpointError, match=r"no connection \(.*\) \(3 attempts\); check that the endpoint is up"
    ) as error:
        converse(make(url, retries="2"))
    assert "\n" not in str(error.value)


# -- trouble that stays -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refuse(401, "Bad key"), "status 401: Bad key; the key is not accepted; set the environment variable OPENAI_API_KEY"),
        (refuse(403, "No"), "the key may not use this model"),
        (refuse(404, "No model in this context window"), "check --model and --base-url"),
        (refuse(400, "Bad temperature"), "status 400: Bad temperature; check the options of the agent"),
        (refuse(400, "Unsupported: stream_options"), "use --option stream=false"),
        (refuse(400, "Unsupported value: temperature", param="temperature"), "Unsupported value: temperature"),
        (refuse(429, "Pay", code="insufficient_quota"), "the account has no credit left"),
        (send('{"detail": [{"loc": ["body", "tools"]}]}', "application/json", 422), "tools"),
        (send("<h1>\n\nGo\x1b[31m away</h1>", status=418), "<h1> Go?[31m away</h1>"),
    ],
)  # fmt: skip
def test_what_will_not_pass_ends_at_once_and_says_what_to_do(fault: Step, words: str) -> None:
    said, requests = failure(fault, temperature="1")
    assert requests == 1
    assert words in said
    assert said.startswith("model 'm' at http://127.0.0.1:")


@both_ways
@pytest.mark.parametrize(
    "fault",
    [
        refuse(400, "Unrecognized request argument supplied: seed"),
        refuse(400, "No.", param="seed"),
        send(
            '{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}', "application/json", 422
        ),
    ],
)
def test_a_seed_that_is_refused_is_left_out(fault: Step, stream: str) -> None:
    with serving(fault) as server:
        converse(make(server, temperature="0", stream=stream), 2)
    assert [request.get("seed") for request in server.requests] == [5, None, None]
    assert [request["temperature"] for request in server.requests] == [0, 0, 0]


def test_an_old_server_is_given_max_tokens() -> None:
    with serving(
        refuse(400, "Unknown parameter: max_completion_tokens"), refuse(400, "no seed", param="seed")
    ) as server:
        converse(make(server, max_tokens="99"), 2)
    fields = ("max_completion_tokens", "max_tokens", "seed")
    assert [tuple(request.get(name) for name in fields) for request in server.requests] == [
        (99, None, 5), (None, 99, 5), (None, 99, None), (None, 99, None)
    ]  # fmt: skip


def test_parameters_are_asked_for_by_their_names_in_the_api() -> None:
    with serving() as server:
        converse(make(server, temperature="0.5", reasoning_effort="low", parallel="no", seed="false", stream="false"))
        converse(make(server))
    request = server.requests[0]
    assert (request["temperature"], request["reasoning_effort"], request["parallel_tool_calls"]) == (0.5, "low", False)
    assert "seed" not in request
    assert set(server.requests[1]) == {"model", "messages", "tools", "seed", "stream", "stream_options"}
    assert request["tools"] == [BRIEFING.tools[0].openai()]


# -- a conversation that grows too long ------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize(
    "overflow",
    [
        OVERFLOW,
        refuse(400, "the request exceeds the available context size"),
        refuse(500, "context window exceeded"),
        send('{"error": {"message": "The prompt is longer than the maximum model length"}}', "application/json"),
    ],
)
def test_the_oldest_turns_are_left_out_together_with_their_results(overflow: Step, stream: str) -> None:
    turns = [answer(f"Turn {n}.", [call("bash", {"command": str(n)}, f"id{n}")]) for n in range(8)]
    with serving(*turns, overflow, overflow, answer("Still here."), answer("And here.")) as server:
        assert [turn.text for turn in converse(make(server, stream=stream), 10)[-2:]] == ["Still here.", "And here."]
    sent = server.requests[-2]["messages"]
    assert [message["content"] for message in sent[:3]] == [
        "Be good.",
        "Do it.",
        "(Earlier turns are left out here to save room.)",
    ]
    assert [message["tool_calls"][0]["id"] for message in sent if message["role"] == "assistant"] == [
        "id3",
        "id4",
        "id5",
        "id6",
        "id7",
    ]
    assert sum("left out" in (message["content"] or "") for message in server.requests[-1]["messages"]) == 1
    assert len(server.requests) == 12


def test_an_overflow_that_is_told_of_within_a_stream_is_one_too() -> None:
    overflow = send('data: {"error": {"message": "prompt is too long"}}\n\n', "text/event-stream")
    assert "even one turn" in failure(overflow)[0]


def test_a_briefing_that_is_too_long_by_itself_is_an_error() -> None:
    said, requests = failure(otherwise=OVERFLOW)
    assert requests == 1
    assert "even one turn is longer than its context" in said


def test_leaving_out_ends_when_one_turn_is_left() -> None:
    turns = [answer(f"Turn {n}.", [call("bash", {})]) for n in range(8)]
    with serving(*turns, otherwise=OVERFLOW) as server, pytest.raises(EndpointError, match="even one turn"):
        converse(make(server), 9)
    assert sum(message["role"] == "assistant" for message in server.requests[-1]["messages"]) == 1


# -- the past of a branch ---------------------------------------------------------------------------------------------


def test_turns_that_another_took_are_part_of_the_conversation() -> None:
    async def follow_then_act(agent: ChatAgent) -> Turn:
        agent.start(BRIEFING)
        turn = Turn("Mine.", (ToolCall("bash", {"command": "ls"}), ToolCall("bash", "broken")))
        agent.follow(Observation(), turn)
        try:
            return await agent.act(results_of(turn))
        finally:
            await agent.close()

    with serving(answer("Yours.")) as server:
        assert asyncio.run(follow_then_act(make(server))).text == "Yours."
    assert [message["role"] for message in server.requests[0]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
    ]


# -- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["", "x" * 165, "x" * 265, "\n" * 290])
@pytest.mark.parametrize("status", [401, 500])
def test_the_key_is_in_no_error(status: int, padding: str, key: str) -> None:
    said, _ = failure(otherwise=refuse(status, padding + "Your key {key} is bad"), retries="0")
    assert key not in said
    assert not any(key[:n] in said for n in range(6, len(key)))


def test_the_key_is_in_no_error_about_the_context(key: str) -> None:
    said, _ = failure(refuse(400, "maximum context length for {key} exceeded"))
    assert "[key]" in said
    assert key not in said


def test_a_key_with_a_newline_at_its_end_works_and_one_that_cannot_be_sent_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-newline\n")
    assert first(answer("Hello.")).text == "Hello."
    for key in ("sk-test-ü", "sk-test\n-two-lines"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(AgentError, match="OPENAI_API_KEY holds characters that no key has") as error:
            make("http://127.0.0.1:9/v1")
        assert key not in str(error.value)


def test_an_address_is_shown_without_what_may_be_secret_in_it() -> None:
    agent = make("http://user:password@127.0.0.1:9/v1?code=secret", retries="0")
    with pytest.raises(EndpointError) as error:
        converse(agent)
    shown = f"{agent.shown_options} {error.value}"
    assert "http://127.0.0.1:9/v1" in shown
    assert "password" not in shown
    assert "secret" not in shown


# -- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": ""}, "model"), ({"modle": "m"}, "no option 'modle'; options: model, base_url"),
        ({"api_key": "sk-test-secret"}, "no option 'api_key'"),
        *(({"timeout": each}, "timeout") for each in ("soon", "0", "-1", "nan", "inf")),
        *(({"retries": each}, "retries") for each in ("-1", "two", "1.5")),
        *(({"temperature": each}, "temperature") for each in ("hot", "-1", "nan", "inf")),
        *(({"max_tokens": each}, "max_tokens") for each in ("0", "-1", "many")),
        *(({"base_url": each}, "base_url") for each in ("", "localhost:8000/v1", "ftp://x/v1", "http://", "http://a b/v1")),
        ({"stream": "maybe"}, "stream"), ({"seed": "7"}, "seed"), ({"parallel": ""}, "parallel"),
        ({"reasoning_effort": ""}, "reasoning_effort"), ({"key_env": ""}, "key_env"),
        ({"key_env": "NO_SUCH_KEY"}, "set the environment variable NO_SUCH_KEY"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_used_is_named(options: dict[str, str], words: str) -> None:
    with pytest.raises(AgentError) as error:
        make_agent("chat", {"model": "m", "base_url": "http://127.0.0.1:9/v1", **options})
    assert words in str(error.value)
    assert "sk-test-secret" not in str(error.value)


def test_a_model_is_needed_and_chat_has_no_variants() -> None:
    with pytest.raises(AgentError, match="needs a model: --model NAME"):
        make_agent("chat", {})
    with pytest.raises(AgentError, match="the model is an option"):
        make_agent("chat:gpt", {"model": "gpt"})


def test_a_key_is_needed_for_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(AgentError, match="set the environment variable OPENAI_API_KEY, or give --base-url"):
        make_agent("chat", {"model": "m"})
    assert first(answer("Hello.")).text == "Hello."


def test_the_address_from_the_environment_is_used_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer("Hello.")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        agent = make_agent("chat", {"model": "m"})
        assert isinstance(agent, ChatAgent)
        assert agent.shown_options["base_url"] == server.url
        assert converse(agent)[0].text == "Hello."


def test_one_agent_plays_one_episode_after_the_other() -> None:
    async def play(agent: ChatAgent, seeds: Iterable[int]) -> None:
        for seed in seeds:
            agent.start(Briefing("", "Do it.", (), seed))
            await agent.act(Observation())
        await agent.close()

    with serving() as server:
        asyncio.run(play(make(server), (1, 2)))
    assert [request["seed"] for request in server.requests] == [1, 2]
    assert [len(request["messages"]) for request in server.requests] == [1, 1]
    assert "tools" not in server.requests[0]
