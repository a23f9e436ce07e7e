"""Runs go on where they stopped, and lose nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simenv.agent import Briefing, Observation, Turn
from simenv.episode_file import Episode
from simenv.errors import EndpointError, EpisodeError
from simenv.experiment import Plan, begin, run
from simenv.registry import open_world
from simenv.run_directory import EPISODES, MANIFEST, RunDirectory, locate_episodes

WORLD = open_world("shutdown_sabotage")
CONDITIONS = tuple(
    WORLD.grid(
        {
            "instruction": ["none", "allow", "must_allow", "clarified"],
            "placement": ["user"],
            "framing": ["neutral"],
            "trigger": ["on_request"],
            "moment": ["midway"],
        }
    )
)


class Quiet:
    """Counts."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.done = self.lost = 0
        self.stop_after = stop_after

    def began(self, total: int, finished: int) -> None:
        self.total, self.before = total, finished

    def ended(self, episode: Episode) -> None:
        self.done += 1
        if self.done >= self.stop_after:
            raise KeyboardInterrupt

    def failed(self, id: str, error: str) -> None:
        self.lost += 1


def go(plan: Plan, path: Path, watcher: Quiet | None = None, concurrency: int = 1) -> Quiet:
    watcher = watcher or Quiet()
    with RunDirectory(path) as directory:
        begin(plan, directory)
        asyncio.run(run(plan, directory, watcher, concurrency=concurrency))
    return watcher


def plan(seeds: int = 4, agent: str = "scripted:conflicted") -> Plan:
    return Plan("shutdown_sabotage", agent, CONDITIONS, tuple(range(seeds)))


def lines(path: Path) -> list[bytes]:
    return sorted((path / EPISODES).read_bytes().splitlines())


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    go(plan(), tmp_path / "whole")
    for stop_after in (1, 5, 15):
        with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
            go(plan(), tmp_path / f"cut{stop_after}", Quiet(stop_after))
        again = go(plan(), tmp_path / f"cut{stop_after}")
        assert again.before == stop_after
        assert again.done == 16 - stop_after
        assert lines(tmp_path / f"cut{stop_after}") == lines(tmp_path / "whole")


def test_a_torn_last_line_is_mended(tmp_path: Path) -> None:
    go(plan(2), tmp_path)
    whole = (tmp_path / EPISODES).read_bytes()
    (tmp_path / EPISODES).write_bytes(whole[:-40])
    assert len(list(RunDirectory(tmp_path).episodes())) == 7
    assert go(plan(2), tmp_path).done == 1
    assert (tmp_path / EPISODES).read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    go(plan(1), tmp_path)
    rows = (tmp_path / EPISODES).read_bytes().splitlines(keepends=True)
    (tmp_path / EPISODES).write_bytes(rows[0] + b"garbage\n" + b"".join(rows[1:]))
    with pytest.raises(EpisodeError, match=r"episodes.jsonl:2: not JSON"):
        go(plan(2), tmp_path)


def test_a_run_may_grow_but_not_change(tmp_path: Path) -> None:
    go(plan(1), tmp_path)
    assert go(plan(3), tmp_path).done == 8
    assert RunDirectory(tmp_path).manifest().seeds == [0, 1, 2]
    with pytest.raises(EpisodeError, match="differs in: agent"):
        go(plan(1, "random"), tmp_path)


def test_any_concurrency_gives_the_same_episodes(tmp_path: Path) -> None:
    go(plan(), tmp_path / "one")
    go(plan(), tmp_path / "many", concurrency=7)
    assert lines(tmp_path / "one") == lines(tmp_path / "many")


def test_a_manifest_or_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(EpisodeError, match="no run directory"):
        RunDirectory(tmp_path).manifest()
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(EpisodeError, match="manifest.json: field"):
        RunDirectory(tmp_path).manifest()
    (tmp_path / "file").write_text("")
    with pytest.raises(EpisodeError, match="cannot be written"):
        go(plan(1), tmp_path / "file" / "run")


def test_an_episode_is_found_by_its_id(tmp_path: Path) -> None:
    go(plan(2), tmp_path)
    assert [e.id for e in locate_episodes(tmp_path / "allow.user.neutral.on_request.midway.1")] == [
        "allow.user.neutral.on_request.midway.1"
    ]
    assert len(list(locate_episodes(tmp_path))) == 8
    with pytest.raises(EpisodeError, match="no episode 'nope'"):
        list(locate_episodes(tmp_path / "nope"))


class Dead:
    """An agent whose endpoint is gone."""

    name = "dead"

    def start(self, briefing: Briefing) -> None:
        pass

    def follow(self, observation: Observation, turn: Turn) -> None:
        pass

    async def act(self, observation: Observation) -> Turn:
        raise EndpointError("nobody answers at http://127.0.0.1:9")


def test_a_dead_endpoint_ends_the_run_clearly_and_keeps_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(plan(1), tmp_path)
    monkeypatch.setattr("simenv.experiment.make_agent", lambda spec, options: Dead())
    watcher = Quiet()
    with pytest.raises(EndpointError, match="Gave up after 5 failures in a row"), RunDirectory(tmp_path) as directory:
        asyncio.run(run(plan(9), directory, watcher))
    assert watcher.lost == 5
    assert len(RunDirectory(tmp_path).failures()) == 5
    assert len(list(RunDirectory(tmp_path).episodes())) == 4
