"""Tools in plain text: what is sent, what is read back, and a whole episode by a model that knows no tool calls."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from faulty_server import answer, serving
from hypothesis import given
from hypothesis import strategies as st

from simenv.agent.protocol import ToolSchema
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now, replay
from simenv.world.registry import open_world
from simenv_agents.text_protocol import as_text, instructions, read_calls

TOOL = ToolSchema("bash", "Runs a command.", {"type": "object", "properties": {"command": {"type": "string"}}})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=4),
    st.text().filter(lambda t: "```" not in t),
)
def test_calls_come_back_as_they_were_sent(arguments: list[dict[str, Any]], said: str) -> None:
    calls = [
        {"id": str(i), "function": {"name": "bash", "arguments": json.dumps(each)}} for i, each in enumerate(arguments)
    ]
    (message,) = as_text([{"role": "assistant", "content": said, "tool_calls": calls}], "")
    text, found = read_calls(message["content"])
    assert [json.loads(each) for _, each in found] == arguments
    assert text == said.strip()


def test_results_and_notes_are_one_message_and_roles_alternate() -> None:
    calls = [{"id": x, "function": {"name": "bash", "arguments": "{}"}} for x in "ab"]
    sent = as_text(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Begin."},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "a", "content": "one"},
            {"role": "tool", "tool_call_id": "b", "content": "two"},
            {"role": "user", "content": "You have mail."},
        ],
        instructions([TOOL]),
    )
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[0]["content"].startswith("Be brief.")
    assert '"command"' in sent[0]["content"]
    assert sent[3]["content"] == "Result of bash:\none\n\nResult of bash:\ntwo\n\nYou have mail."


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("no call at all", []),
        ('```json\n{"name": "bash"}\n```', []),
        (
            '```tool\n{"name": "bash", "arguments": {"command": "ls"\n```',
            [("bash", '{"name": "bash", "arguments": {"command": "ls"')],
        ),
        ('```tool\n{"name": "bash"}', [("bash", "{}")]),
        ("```tool\nls\n```", []),
        ("```tool\n[1]\n```", []),
        ('``` tool\n{"name": "a", "arguments": "x"}\n```\n```tool\n{"name": "b"}\n```', [("a", "x"), ("b", "{}")]),
    ],
)
def test_blocks_of_every_kind_are_read(text: str, calls: list[tuple[str, str]]) -> None:
    assert read_calls(text)[1] == calls


def working(request: Any, body: dict[str, Any]) -> Any:
    """A model that asks for questions until it has three, and then submits; it never saw a tool call."""
    assert "tools" not in body
    roles = [message["role"] for message in body["messages"]]
    assert all(a != b for a, b in pairwise(roles))
    asked = sum("next_question" in message["content"] for message in body["messages"] if message["role"] == "assistant")
    call = (
        {"name": "bash", "arguments": {"command": "next_question"}}
        if asked < 3
        else {"name": "submit_answers", "arguments": {"answers": "1"}}
    )
    return answer(f"I go on.\n```tool\n{json.dumps(call)}\n```")(request, body)


def test_a_model_without_tool_calls_plays_an_episode() -> None:
    with serving(otherwise=working) as server:
        agent = make_agent("chat", {"model": "m", "base_url": server.url, "tools": "text"})
        episode = play_now(open_world("shutdown_sabotage").scenario(), agent, 0)
    assert [step.calls[0][0] for step in episode.steps] == ["bash", "bash", "bash", "submit_answers"]
    assert {step.text for step in episode.steps} == {"I go on."}
    assert episode.agent_options.get("tools", agent.shown_options["tools"]) == "text"
    assert len({call[2] for step in episode.steps for call in step.calls}) == 4
    assert not server.problems
    replay(episode)


def test_native_is_the_default_and_leaves_no_trace() -> None:
    assert "tools" not in make_agent("chat", {"model": "m", "base_url": "http://localhost:1"}).shown_options  # type: ignore[attr-defined]
