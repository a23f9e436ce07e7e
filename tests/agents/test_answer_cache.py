"""A model's answer is paid for once: a rerun asks nothing, a replay needs no endpoint, and both give the same bytes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from faulty_server import refuse, serving
from hypothesis import given
from hypothesis import strategies as st
from served import served

from simenv.agent.protocol import Usage
from simenv.agent.registry import make_agent
from simenv.cli.main import main
from simenv.errors import AgentError
from simenv_agents.answer import Answer
from simenv_agents.answer_cache import AnswerCache, key_of
from simenv_agents.serve import create_app
from tests.segmented import rows_of


def run(out: Path, url: str, *options: str) -> Result:
    arguments = [
        "--agent",
        "chat",
        "--model",
        "scripted:saboteur",
        "--base-url",
        url,
        "--seeds",
        "0:6",
        "--out",
        str(out),
    ]
    return CliRunner().invoke(main, ["run", "shutdown_sabotage", *arguments, *(f"-o{option}" for option in options)])


def test_a_rerun_asks_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    cache = f"cache={tmp_path}/answers.sqlite"
    with served("scripted:saboteur") as (url, _):
        assert run(tmp_path / "plain", url).exit_code == 0
        assert run(tmp_path / "first", url, cache).exit_code == 0
    again = run(tmp_path / "again", url, cache)  # nobody serves any more
    assert again.exit_code == 0, again.output
    replayed = run(tmp_path / "replayed", url, cache, "cache_mode=replay")
    assert replayed.exit_code == 0, replayed.output
    rows = [sorted(rows_of(tmp_path / name)) for name in ("plain", "first", "again", "replayed")]
    assert rows[0] == rows[1] == rows[2] == rows[3]


def test_a_replay_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = f"cache={tmp_path}/answers.sqlite"
    with served("scripted:saboteur") as (url, _):
        assert run(tmp_path / "first", url, cache).exit_code == 0
    monkeypatch.delenv("OPENAI_API_KEY")
    assert run(tmp_path / "again", url, cache, "cache_mode=replay", "key_env=NO_SUCH_KEY").exit_code == 0


def test_what_was_answered_before_a_failure_is_not_asked_for_again(tmp_path: Path) -> None:
    app = create_app(lambda: make_agent("scripted:saboteur"), "scripted:saboteur")
    steps = [lambda _request, _body: at_root(app)] * 7 + [refuse(401, "no")]
    cache = f"cache={tmp_path}/answers.sqlite"
    with serving(*steps, otherwise=refuse(401, "no")) as server:
        assert run(tmp_path / "run", server.url, cache, "retries=0").exit_code == 1
        assert len(server.requests) >= 8
    kept = sqlite3.connect(tmp_path / "answers.sqlite").execute("SELECT count(*) FROM answers").fetchone()[0]
    assert kept == 7


def at_root(app: object) -> object:
    async def strip(scope, receive, send):  # type: ignore[no-untyped-def]
        await app({**scope, "path": scope["path"][scope["path"].index("/v1") :], "root_path": ""}, receive, send)  # type: ignore[operator]

    return strip


def test_a_replay_of_something_else_says_what_is_missing(tmp_path: Path) -> None:
    cache = f"cache={tmp_path}/answers.sqlite"
    with served("scripted:saboteur") as (url, _):
        assert run(tmp_path / "first", url, cache).exit_code == 0
    other = run(tmp_path / "other", url, cache, "cache_mode=replay", "temperature=0.5")
    assert other.exit_code == 1
    assert "the cache has no answer for turn 1" in other.output
    assert "Traceback" not in other.output


def test_a_refused_parameter_does_not_change_the_key(tmp_path: Path) -> None:
    app = create_app(lambda: make_agent("scripted:saboteur"), "scripted:saboteur")
    refusal = refuse(400, "seed is not supported", param="seed")

    def old(request, body):  # type: ignore[no-untyped-def]
        return refusal(request, body) if "seed" in body else at_root(app)

    cache = f"cache={tmp_path}/answers.sqlite"
    with serving(otherwise=old) as server:
        assert run(tmp_path / "first", server.url, cache).exit_code == 0
        url = server.url
    assert run(tmp_path / "again", url, cache, "cache_mode=replay").exit_code == 0


TEXT = st.text(max_size=30)


@given(
    st.builds(
        Answer,
        text=TEXT,
        reasoning=TEXT,
        refusal=TEXT,
        calls=st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=3),
        finish=TEXT,
        usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    )
)
def test_an_answer_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, answer: Answer) -> None:
    path = tmp_path_factory.mktemp("cache") / "a.sqlite"
    cache = AnswerCache(path, "read-write")
    cache.put("k", answer)
    cache.put("k", Answer("another"))
    cache.close()
    assert AnswerCache(path, "replay").get("k") == answer


def test_equal_requests_of_two_episodes_are_two_draws() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    keys = {key_of(request, "u", draw) for draw in ((0, 0), (0, 1), (1, 0))}
    assert len(keys | {key_of(request, "v", (0, 0)), key_of({**request, "temperature": 0}, "u", (0, 0))}) == 5
    assert key_of({"messages": request["messages"], "model": "m"}, "u", (0, 0)) in keys


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="no such file; a replay needs"):
        AnswerCache(tmp_path / "a.sqlite", "replay")
    (tmp_path / "b.sqlite").write_text("no database, but long enough to be taken for one" * 50)
    with pytest.raises(AgentError, match=r"b\.sqlite: cannot be used"):
        AnswerCache(tmp_path / "b.sqlite", "read-write")
    with pytest.raises(AgentError, match="cannot be used"):
        AnswerCache(tmp_path / "none" / "c.sqlite", "read-write")


@pytest.mark.parametrize(
    ("options", "words"), [({"cache_mode": "off"}, "not usable"), ({"cache_mode": "replay"}, "needs the file")]
)
def test_a_wrong_option_is_named(options: dict[str, str], words: str) -> None:
    with pytest.raises(AgentError, match=words):
        make_agent("chat", {"model": "m", "base_url": "http://127.0.0.1:9/v1", **options})
