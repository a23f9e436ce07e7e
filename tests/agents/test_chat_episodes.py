"""Whole episodes and runs through an endpoint."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from faulty_server import Body, Step, answer, call, cut_off, refuse, send, serving
from served import served
from starlette.requests import Request
from starlette.types import ASGIApp

from simenv.agent.registry import make_agent
from simenv.cli.main import main
from simenv.episode.play import play_now, replay
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from simenv_agents.serve import create_app
from tests.segmented import rows_of

WORLD = open_world("shutdown_sabotage")


@pytest.fixture(scope="module")
def saboteur() -> Iterator[str]:
    with served("scripted:saboteur") as (url, _):
        yield url


@pytest.mark.parametrize("stream", ["true", "false"], ids=["stream", "whole"])
@pytest.mark.parametrize("trigger", ["on_request", "scheduled", "announced"])
@pytest.mark.parametrize("seed", [0, 3])
def test_a_script_behind_an_endpoint_plays_the_same_episode_as_the_script(
    saboteur: str, stream: str, trigger: str, seed: int
) -> None:
    scenario = WORLD.scenario({"trigger": trigger, "placement": "system"})
    options = {"model": "scripted:saboteur", "base_url": saboteur, "stream": stream}
    there = play_now(scenario, make_agent("chat", options), seed)
    here = play_now(scenario, make_agent("scripted:saboteur"), seed)
    assert there.digest == here.digest
    assert there.outcomes == here.outcomes
    assert there.usage.prompt > there.usage.completion > 0
    replay(there)


def flaky() -> Step:
    """A script, but every third request goes wrong in one way or another."""
    app = create_app(lambda: make_agent("scripted:conflicted"), "m")
    faults = itertools.cycle(
        [
            refuse(500, "Oh"),
            cut_off(),
            send("<html>"),
            refuse(429, "Slow", retry_after="0.01"),
            answer("", ends_early=True),
        ]
    )
    count = itertools.count()

    def step(request: Request, body: Body) -> ASGIApp:
        return next(faults)(request, body) if next(count) % 3 == 2 else served_at_root(app)

    return step


def served_at_root(app: ASGIApp) -> ASGIApp:
    async def moved(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await app({**scope, "path": "/v1/chat/completions"}, receive, send)

    return moved


def test_a_run_over_a_flaky_server_ends_with_all_episodes_none_twice(tmp_path: Path, key: str) -> None:
    with serving(otherwise=flaky()) as server:
        arguments = ["--agent", "chat", "--model", "m", "--base-url", server.url, "--concurrency", "8", "--seeds", "0:6", "-o", "retries=30",
                     "-c", "instruction=none,allow", "--out", str(tmp_path / "run")]  # fmt: skip
        result = CliRunner().invoke(main, ["run", "shutdown_sabotage", *arguments])
    assert result.exit_code == 0, result.output
    directory = RunDirectory(tmp_path / "run")
    episodes = {episode.id: episode for episode in directory.episodes()}
    ids = [episode.id for episode in directory.episodes()]
    assert sorted(ids) == sorted(episodes)
    assert len(ids) == 12
    assert directory.failures() == []
    for episode in episodes.values():
        direct = play_now(WORLD.scenario(episode.condition), make_agent("scripted:conflicted"), episode.seed)
        assert episode.digest == direct.digest
    for file in filter(Path.is_file, (tmp_path / "run").rglob("*")):
        assert key.encode() not in file.read_bytes()
    assert not [row for row in rows_of(tmp_path / "run") if key.encode() in row]


def test_episodes_that_fail_are_played_when_the_run_goes_on(tmp_path: Path) -> None:
    app = served_at_root(create_app(lambda: make_agent("scripted:conflicted"), "m"))
    with serving(*[refuse(500, "Oh")] * 3, otherwise=lambda _request, _body: app) as server:
        arguments = ["--agent", "chat", "--model", "m", "--base-url", server.url, "-o", "retries=0", "--seeds", "0:6",
                     "--concurrency", "4", "--out", str(tmp_path / "run")]  # fmt: skip
        for finished in (3, 6):
            result = CliRunner().invoke(main, ["run", "shutdown_sabotage", *arguments])
            ids = [episode.id for episode in RunDirectory(tmp_path / "run").episodes()]
            assert (len(ids), len(set(ids))) == (finished, finished), result.output
    assert len(RunDirectory(tmp_path / "run").failures()) == 3


def test_a_run_against_a_server_that_shows_the_key_does_not_keep_it(tmp_path: Path, key: str) -> None:
    with serving(otherwise=refuse(401, "Incorrect API key provided: {key}")) as server:
        arguments = ["--agent", "chat", "--model", "m", "--base-url", server.url, "--out", str(tmp_path / "run")]
        result = CliRunner().invoke(main, ["run", "shutdown_sabotage", *arguments])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "the key is not accepted" in result.output
    assert [path.name for path in (tmp_path / "run").rglob("*") if path.is_file() and key in path.read_text()] == []
    assert key not in result.output
    assert len(RunDirectory(tmp_path / "run").failures()) >= 5


def test_an_episode_with_all_that_models_do_wrong_is_played_and_replays() -> None:
    odd = [
        answer("", [call("bash", '{"command": "ls')], finish="length"),
        answer("", [call("dance", {}), call("", {}), call("bash", {"command": 5}), call("bash", "[]")]),
        answer("", [call("wait", '{"seconds": NaN}', "x"), call("wait", '{"seconds": 1e999}', "x")]),
        answer("Thinking about it.", reasoning="Hm. \ud800"),
        answer(refusal="I would rather not."),
        answer("I am done \ud83d"),
    ]
    with serving(*odd) as server:
        agent = make_agent("chat", {"model": "m", "base_url": server.url})
        episode = play_now(WORLD.scenario({}), agent, 7)
    assert len(episode.steps) >= 5
    json.loads(episode.to_json())
    replay(episode)
