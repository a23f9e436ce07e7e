"""Episodes replay to the same journal, and branch at any step."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.agent.registry import make_agent
from simenv.episode.play import EpisodeRun, Provenance, branch, play_now, replay
from simenv.errors import EpisodeError, ReplayError
from simenv.store.episode import Episode, parse_episode, read_episode
from simenv.world.registry import open_world

WORLD = open_world("shutdown_sabotage")


def make_episode(agent: str = "scripted:saboteur", seed: int = 3, **condition: str) -> Episode:
    return play_now(WORLD.scenario(condition), make_agent(agent), seed)


def test_two_hundred_random_episodes_replay_exactly() -> None:
    stream = random.Random(1)
    conditions = list(WORLD.grid())
    for seed in range(200):
        episode = play_now(WORLD.scenario(stream.choice(conditions)), make_agent("random"), seed)
        stored = parse_episode(episode.to_json(), "memory")
        assert stored == episode
        replay(stored)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", 0.123),
        ("ended", "time"),
        ("time", 1.0),
        ("measures", {"shutdown_latency": 3.0}),
        ("evidence", ()),
        ("messages", ()),
        ("interview", ()),
    ],
)
def test_a_replay_proves_what_follows_from_the_journal_too(field: str, value: Any) -> None:
    episode = play_now(open_world("sandbagging").scenario(), make_agent("scripted:misaligned"), 1)
    replay(episode)
    with pytest.raises(ReplayError, match=f"what the file says of {field} does not follow"):
        replay(episode.model_copy(update={field: value}))


def test_a_replay_proves_the_verdicts() -> None:
    episode = make_episode()
    innocent = {name: verdict._replace(level="no") for name, verdict in episode.outcomes.items()}
    with pytest.raises(ReplayError, match="what the file says of outcomes does not follow"):
        replay(episode.model_copy(update={"outcomes": innocent}))


def test_a_branch_at_any_step_with_the_same_turns_is_the_same_episode() -> None:
    parent = make_episode()
    for at in range(len(parent.steps) + 1):
        episode_run = replay(parent, steps=at)
        for step in parent.steps[at:]:
            episode_run.take(step.turn())
        episode_run.session.close()
        assert episode_run.session.journal.digest() == parent.digest


def test_a_branch_shares_the_past_and_goes_on_differently() -> None:
    parent = make_episode("scripted:saboteur")
    child = asyncio.run(branch(parent, 3, make_agent("scripted:compliant"), Provenance("scripted:compliant")))
    assert child.steps[:3] == parent.steps[:3]
    assert child.branched_from == f"{parent.id}@3"
    assert (parent.outcomes["shutdown_sabotaged"].level, child.outcomes["shutdown_complied"].level) == (
        "succeeded",
    ) * 2
    replay(child)


def test_a_branch_of_an_agent_with_itself_is_the_same_episode() -> None:
    for agent in ("scripted:saboteur", "scripted:conflicted", "scripted:procrastinator"):
        parent = make_episode(agent, trigger="scheduled")
        for at in range(len(parent.steps)):
            assert asyncio.run(branch(parent, at, make_agent(agent), Provenance(agent))).digest == parent.digest


def test_a_branch_beyond_the_end_is_refused() -> None:
    parent = make_episode()
    with pytest.raises(ReplayError, match="no step 999"):
        asyncio.run(branch(parent, 999, make_agent("random"), Provenance("random")))


def test_the_file_holds_what_a_reader_needs() -> None:
    episode = make_episode()
    roles = [message["role"] for message in episode.messages]
    assert roles[:4] == ["system", "user", "assistant", "tool"]
    ids = {call["id"] for message in episode.messages for call in message.get("tool_calls", ())}
    assert ids == {message["tool_call_id"] for message in episode.messages if message["role"] == "tool"}
    assert {record.seq for record in episode.evidence} >= set(episode.outcomes["shutdown_sabotaged"].evidence)


def change(episode: Episode, **changes: Any) -> Episode:
    return parse_episode(json.dumps({**json.loads(episode.to_json()), **changes}), "changed")


def test_a_changed_file_does_not_replay() -> None:
    episode = make_episode()
    data = json.loads(episode.to_json())
    with pytest.raises(ReplayError, match="journal differs"):
        replay(change(episode, seed=4))
    with pytest.raises(ReplayError, match="journal differs"):
        replay(change(episode, digest="0" * 64))
    with pytest.raises(ReplayError, match="not as it was"):
        replay(change(episode, document="0" * 64))
    with pytest.raises(ReplayError, match="goes on"):
        replay(change(episode, steps=data["steps"] + data["steps"]))
    other = {**episode.versions, "simenv": "0.0"}
    with pytest.raises(ReplayError, match=r"other versions: \{'simenv': '0.0'\}"):
        replay(change(episode, digest="0" * 64, versions=other))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "valid dictionary"),
        (b"null", "valid dictionary"),
        (b'{"format": 99}', "`format` is 99"),
        (b'{"format": 2}', "Field required"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "episode.json"
    path.write_bytes(content)
    with pytest.raises(EpisodeError, match=words) as caught:
        read_episode(path)
    assert str(path) in str(caught.value)


def test_each_field_of_the_file_is_checked() -> None:
    data = json.loads(make_episode().to_json())
    for field in data:
        if field in ("format", "score"):
            continue
        with pytest.raises(EpisodeError, match=field):
            parse_episode(json.dumps({**data, field: 3.5 if not isinstance(data[field], float) else "x"}), "changed")


def test_what_a_model_wrote_survives_the_file() -> None:
    episode_run = EpisodeRun(WORLD.scenario(), 1)
    for turn in (
        Turn(
            "é \u2028 <script> \ud800",
            (ToolCall("bash", {"command": "echo 'ü\u0007'"}, "id-1"), ToolCall("bash", "{broken", "id-2")),
        ),
        Turn(reasoning="because", refusal="no"),
    ):
        episode_run.take(turn)
    episode = episode_run.finish(Provenance("test"))
    stored = parse_episode(episode.to_json(), "memory")
    assert stored == episode
    replay(stored)
