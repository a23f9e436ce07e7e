"""Runs resume, and lose nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from simenv.agent.protocol import Briefing, Observation, Turn
from simenv.errors import EndpointError, EpisodeError
from simenv.rollout import Plan, Result, begin, run
from simenv.store.run import MANIFEST, RunDirectory, locate_episodes
from simenv.world.registry import open_world
from tests.segmented import rows_of, write_rows

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

    def ended(self, result: Result) -> None:
        self.done += 1
        if self.done >= self.stop_after:
            raise KeyboardInterrupt

    def failed(self, id: str, error: str) -> None:
        self.lost += 1


def go(plan: Plan, path: Path, listener: Quiet | None = None, concurrency: int = 1, workers: int = 1) -> Quiet:
    listener = listener or Quiet()
    with RunDirectory(path) as directory:
        begin(plan, directory)
        assert run(plan, directory, listener, concurrency=concurrency, workers=workers)
    return listener


def plan(seeds: int = 4, agent: str = "scripted:conflicted") -> Plan:
    return Plan("shutdown_sabotage", agent, CONDITIONS, tuple(range(seeds)))


def lines(path: Path) -> list[bytes]:
    return sorted(rows_of(path))


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    go(plan(), tmp_path / "whole")
    for stop_after in (1, 5, 15):
        with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
            go(plan(), tmp_path / f"cut{stop_after}", Quiet(stop_after))
        again = go(plan(), tmp_path / f"cut{stop_after}")
        assert again.before == stop_after
        assert again.done == 16 - stop_after
        assert lines(tmp_path / f"cut{stop_after}") == lines(tmp_path / "whole")


def test_a_torn_end_costs_one_episode_at_most(tmp_path: Path) -> None:
    go(plan(2), tmp_path)
    whole = lines(tmp_path)
    segment = tmp_path / "episodes-0000.jsonl.gz"
    segment.write_bytes(segment.read_bytes()[:-40])
    assert len(list(RunDirectory(tmp_path).episodes())) == 7
    assert go(plan(2), tmp_path).done == 1
    assert lines(tmp_path) == whole


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    go(plan(1), tmp_path)
    rows = rows_of(tmp_path)
    write_rows(tmp_path, [rows[0], b"garbage", *rows[1:]])
    with pytest.raises(EpisodeError, match=r"episodes-0000.jsonl.gz:2: not JSON.*remove that file"):
        go(plan(2), tmp_path)


def test_what_is_good_of_a_damaged_segment_can_be_kept_as_the_message_says(tmp_path: Path) -> None:
    go(plan(9), tmp_path)
    whole = lines(tmp_path)
    segment = tmp_path / "episodes-0000.jsonl.gz"
    raw = bytearray(segment.read_bytes())
    block = raw.index(b"\x00\x00\xff\xff", len(raw) // 2) + 4  # what a flush ends with
    raw[block] = 0xFF  # no kind of block begins like this
    segment.write_bytes(raw)
    with pytest.raises(EpisodeError, match="damaged after line") as told:
        list(RunDirectory(tmp_path).episodes())
    (command,) = re.findall(r"to keep what is good of it: (.*)", str(told.value))
    subprocess.run(command, shell=True, check=True)
    kept = len(list(RunDirectory(tmp_path).episodes()))
    assert 0 < kept < len(whole)
    assert go(plan(9), tmp_path).done == len(whole) - kept
    assert lines(tmp_path) == whole


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


def test_any_number_of_processes_gives_the_same_episodes(tmp_path: Path) -> None:
    go(plan(20), tmp_path / "one")
    listener = go(plan(20), tmp_path / "two", workers=2)
    assert listener.done == 80
    assert lines(tmp_path / "one") == lines(tmp_path / "two")
    assert len(list((tmp_path / "two").glob("*.gz"))) == 2


def test_one_run_at_a_time_writes_into_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.store.lock._WAIT_S", 0.1)
    go(plan(1), tmp_path)
    assert not RunDirectory(tmp_path).is_being_written
    with RunDirectory(tmp_path) as first:
        first.take()
        assert RunDirectory(tmp_path).is_being_written
        with pytest.raises(EpisodeError, match="another run is writing here"):
            go(plan(2), tmp_path)
        assert RunDirectory(tmp_path).manifest().seeds == [0], "who is refused changes nothing"
    assert go(plan(2), tmp_path).done == 4


def test_a_run_of_an_older_format_is_refused_with_a_remedy(tmp_path: Path) -> None:
    go(plan(1), tmp_path)
    text = (tmp_path / MANIFEST).read_text().replace('"format": 3', '"format": 2')
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(EpisodeError, match="format 2; this version of simenv reads 3; run it again"):
        RunDirectory(tmp_path).manifest()


def test_a_manifest_or_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(EpisodeError, match="no run directory"):
        RunDirectory(tmp_path).manifest()
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(EpisodeError, match="manifest.json: field"):
        RunDirectory(tmp_path).manifest()
    (tmp_path / "file").write_text("")
    with pytest.raises(EpisodeError, match="cannot be written"):
        go(plan(1), tmp_path / "file" / "run")


def test_an_episode_that_was_written_twice_is_read_once_and_counted(tmp_path: Path) -> None:
    go(plan(1), tmp_path)
    first, second, *_ = rows_of(tmp_path)
    write_rows(tmp_path, [first, second, first, first])
    directory = RunDirectory(tmp_path)
    assert [e.to_line().rstrip() for e in directory.episodes()] == [first, second]
    assert directory.repeated == 2
    assert len(list(directory.heads())) == len(directory.finished()) == 2
    assert directory.repeated == 2
    assert len(list(directory.some(directory.finished()))) == 2


def test_an_episode_is_found_by_its_id(tmp_path: Path) -> None:
    go(plan(2), tmp_path)
    assert [e.id for e in locate_episodes(tmp_path / "allow.user.neutral.on_request.midway.1")] == [
        "allow.user.neutral.on_request.midway.1"
    ]
    assert len(list(locate_episodes(tmp_path))) == 8
    with pytest.raises(EpisodeError, match="no episode 'nope'"):
        list(locate_episodes(tmp_path / "nope"))


def test_a_directory_above_runs_is_told_from_one_without(tmp_path: Path) -> None:
    go(plan(1), tmp_path / "one")
    with pytest.raises(EpisodeError, match="holds 1 run: one; name one, e.g."):
        list(locate_episodes(tmp_path))
    (tmp_path / "other").mkdir()
    with pytest.raises(EpisodeError, match="manifest.json is missing"):
        list(locate_episodes(tmp_path / "other"))


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
    monkeypatch.setattr("simenv.rollout.runner.make_agent", lambda spec, options: Dead())
    listener = Quiet()
    with pytest.raises(EndpointError, match="Gave up after 5 failures in a row"), RunDirectory(tmp_path) as directory:
        run(plan(9), directory, listener)
    assert listener.lost == 5
    assert len(RunDirectory(tmp_path).failures()) == 5
    assert len(list(RunDirectory(tmp_path).episodes())) == 4
