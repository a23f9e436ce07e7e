"""What never returns fails its own episode, is named, and the run goes on."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from simenv.agent.registry import make_agent
from simenv.cli.main import main
from simenv.episode.guard import guarded, interrupting
from simenv.episode.play import play_now, replay
from simenv.errors import OverrunError, ReplayError
from simenv.kernel import simulation
from simenv.rollout import Plan, begin, plan_of, run
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from tests.patched import patched_world
from tests.rollout.test_runs import Quiet

pytestmark = pytest.mark.timeout(20)

NEVER_RETURNS = {
    "a loop": "while True: pass",
    "a loop that catches errors": "\n        while True:\n            try: sum(range(1000))\n            except Exception: pass",
    "a loop that catches everything": "\n        while True:\n            try: sum(range(1000))\n            except BaseException: pass",
    "loops in loops that catch everything": (
        "\n        while True:\n            try:\n                while True:\n                    try: sum(range(100))\n"
        "                    except BaseException: pass\n            except BaseException: pass"
    ),
    "a loop that suppresses everything": (
        "\n        import contextlib\n        while True:\n            with contextlib.suppress(BaseException): sum(range(1000))"
    ),
    "sleep in a loop that catches everything": (
        "\n        import time\n        while True:\n            try: time.sleep(1e6)\n            except BaseException: pass"
    ),
    "sleep": "import time; time.sleep(1e6)",
    "a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "a pattern": "import re; re.match('(a*)*b', 'a' * 40)",
}


def world_that(folder: Path, act: str, when: str = "company.sim.streams.seed == 1") -> Path:
    """A world in which `start` acts so under some seeds."""
    place = patched_world(folder, {}).folder
    code = (place / "processes.py").read_text()
    opening = '    """Open the question service."""\n'
    assert opening in code
    (place / "processes.py").write_text(code.replace(opening, f"{opening}    if {when}:\n        {act}\n"))
    return place


def go(world: Path, out: Path, *, workers: int = 1, longest_s: float = 1.0, agent: str = "scripted:aligned") -> Quiet:
    folder = open_world(str(world))
    conditions = (folder.scenario().condition,)
    plan = Plan(str(world), agent, conditions, tuple(range(4)), computing_s=longest_s)
    listener = Quiet()
    with RunDirectory(out) as directory:
        begin(plan, directory)
        assert run(plan, directory, listener, workers=workers)
    return listener


@pytest.mark.parametrize("act", NEVER_RETURNS.values(), ids=list(NEVER_RETURNS))
@pytest.mark.parametrize("workers", [1, 2])
def test_the_worlds_code_is_interrupted_and_named(tmp_path: Path, act: str, workers: int) -> None:
    world = world_that(tmp_path, act)
    listener = go(world, tmp_path / "run", workers=workers)
    assert (listener.done, listener.lost) == (3, 1)
    (failure,) = RunDirectory(tmp_path / "run").failures()
    assert failure["id"].endswith("1")
    assert "interrupted after 1 s" in failure["error"]
    assert f"{world / 'processes.py'}:" in failure["error"]


def test_the_other_episodes_have_the_bytes_that_they_have_alone(tmp_path: Path) -> None:
    stuck = world_that(tmp_path, "while True: pass")
    go(stuck, tmp_path / "run")
    go(stuck, tmp_path / "again", longest_s=2.0)
    first, again = (
        {each.id: each.to_line() for each in RunDirectory(tmp_path / d).episodes()} for d in ("run", "again")
    )
    assert first == again
    assert len(first) == 3


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("act", ["[][0]", "raise ValueError('no')"])
def test_a_worlds_error_fails_its_own_episode(tmp_path: Path, act: str, workers: int) -> None:
    world = world_that(tmp_path, act)
    listener = go(world, tmp_path / "run", workers=workers, longest_s=60.0)
    assert (listener.done, listener.lost) == (3, 1)
    (failure,) = RunDirectory(tmp_path / "run").failures()
    assert failure["id"].endswith("1")
    assert f"{world / 'processes.py'}:" in failure["error"]


def test_a_world_that_fails_in_every_episode_ends_the_run(tmp_path: Path) -> None:
    world = world_that(tmp_path, "[][0]", "True")
    result = CliRunner().invoke(main, ["run", str(world), "--seeds", "0:50", "--out", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert re.search("Gave up after [0-9]+ failures in a row", result.output)
    assert "processes.py:" in result.output
    assert "Traceback" not in result.output


def test_an_agents_code_is_interrupted_and_named(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "class Mine:\n    name = 'mine'\n    def __init__(self, spec): pass\n    def start(self, briefing): pass\n"
        "    def act(self, observation):\n        while True: pass\n\nmake = Mine\n"
    )
    listener = go(patched_world(tmp_path, {}).folder, tmp_path / "run", agent=str(script), longest_s=0.5)
    assert listener.lost == 4
    assert f"{script}:6" in RunDirectory(tmp_path / "run").failures()[0]["error"]


def test_events_without_end_fail_their_episode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_EVENTS", 50_000)
    tick = "\n        def tick():\n            while True: yield company.sim.timeout(1e-6)\n        company.sim.process(tick())"
    listener = go(world_that(tmp_path, tick), tmp_path / "run", longest_s=60.0)
    assert (listener.done, listener.lost) == (3, 1)
    assert "events by second" in RunDirectory(tmp_path / "run").failures()[0]["error"]


def test_check_is_interrupted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.episode.guard.LONGEST_S", 0.5)
    result = CliRunner().invoke(main, ["check", str(world_that(tmp_path, "while True: pass", "True"))])
    assert result.exit_code == 1
    assert "processes.py:" in result.output


ELSEWHERE: dict[str, list[str]] = {
    "replay": ["replay", "{episode}"],
    "show": ["show", "--journal", "{episode}"],
    "branch": ["branch", "{episode}", "--at", "1", "--agent", "scripted:aligned"],
    "branch at the start": ["branch", "{episode}", "--at", "0", "--agent", "scripted:aligned"],
    "lens": ["lens", "{episode}", "--draws", "1", "--agent", "scripted:aligned"],
    "assure": ["assure", "{world}", "--depth", "1"],
    "convergence": ["convergence", "{world}", "--depth", "1", "--goals", "10"],
    "paths": ["paths", "{world}"],
    "roc": ["roc", "{world}", "--seeds", "0:2"],
}


@pytest.mark.parametrize("command", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_every_command_that_runs_a_world_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """A world that returns while its episode is played, and never again."""
    monkeypatch.setattr("simenv.episode.guard.LONGEST_S", 0.5)
    stuck = tmp_path / "stuck"
    world = world_that(tmp_path, "while True: pass", f"__import__('os').path.exists({str(stuck)!r})")
    episode = play_now(open_world(str(world)).scenario(), make_agent("scripted:aligned"), 1)
    file = tmp_path / "episode.json"
    file.write_text(episode.model_copy(update={"world": str(world)}).to_json())
    stuck.touch()
    result = CliRunner().invoke(main, [part.format(episode=file, world=world) for part in command])
    assert result.exit_code in (1, 2), result.output
    assert "interrupted after 0.5 s" in result.output
    assert f"{world / 'processes.py'}:" in result.output.replace("\n", "")


def test_a_resumed_run_keeps_its_limit(tmp_path: Path) -> None:
    go(world_that(tmp_path, "while True: pass"), tmp_path / "run", longest_s=0.7)
    directory = RunDirectory(tmp_path / "run")
    assert plan_of(directory.manifest()).computing_s == 0.7
    go(tmp_path / "shutdown_sabotage", tmp_path / "run", longest_s=0.4)
    assert plan_of(directory.manifest()).computing_s == 0.4
    assert "interrupted after 0.4 s" in directory.failures()[-1]["error"]


def test_waiting_is_not_computing() -> None:
    async def wait() -> str:
        for _ in range(4):
            await asyncio.sleep(0.15)
        return "done"

    assert asyncio.run(guarded(wait(), 0.3)) == "done"


def test_pauses_between_do_not_renew_the_limit() -> None:
    async def compute() -> None:
        while True:
            time.sleep(0.1)
            await asyncio.sleep(0)

    began = time.monotonic()
    with pytest.raises(OverrunError):
        asyncio.run(guarded(compute(), 0.3))
    assert time.monotonic() - began < 5.0


def test_who_catches_the_interruption_and_ends_has_failed_all_the_same() -> None:
    with pytest.raises(OverrunError, match="interrupted after 0.1 s"), interrupting(0.1, 0.1), suppress(BaseException):
        time.sleep(5.0)


def test_who_catches_the_interruption_and_waits_has_failed_all_the_same() -> None:
    async def stay() -> None:
        for _ in range(100):
            try:
                time.sleep(5.0)
            except BaseException:
                await asyncio.sleep(0)

    with pytest.raises(OverrunError, match="interrupted after 0.1 s"):
        asyncio.run(guarded(stay(), 0.1))


def _catch_everything() -> None:
    while True:
        with suppress(BaseException):
            sum(range(1000))


def test_a_thread_is_interrupted_while_it_runs_python() -> None:
    said: list[str] = []

    def stay() -> None:
        try:
            with interrupting(0.1, 0.1):
                _catch_everything()
        except OverrunError as error:
            said.append(str(error))

    thread = threading.Thread(target=stay, daemon=True)
    thread.start()
    thread.join(15.0)
    assert len(said) == 1
    assert f"it was at {__file__}:" in said[0]


def test_the_alarm_of_a_thread_is_off_afterwards() -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: [_pause() for _ in range(20)]).result() == [None] * 20
    assert "simenv guard" not in {thread.name for thread in threading.enumerate()}


def _pause() -> None:
    with interrupting(0.2):
        time.sleep(0.02)


def test_the_alarm_is_off_afterwards() -> None:
    with interrupting(0.2):
        pass
    time.sleep(0.4)


def test_a_replay_names_the_code_that_the_seed_does_not_decide(tmp_path: Path) -> None:
    draw = "import random; company.sim.record('system', 'host.off', str(random.random()))"
    world = world_that(tmp_path, draw, "True")
    episode = play_now(open_world(str(world)).scenario(), make_agent("scripted:aligned"), 1)
    with pytest.raises(ReplayError, match=r"processes\.py uses what the seed does not decide"):
        replay(episode.model_copy(update={"world": str(world)}))
