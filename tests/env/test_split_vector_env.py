"""A batch split among processes gives what one in this process gives, and says clearly what goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from simenv.env.split import SplitVectorEnv
from simenv.env.vector import LearnerVectorEnv
from simenv.episode.session import Session
from simenv.errors import ConditionError

ID = "simenv/shutdown_sabotage-v0"


def verdicts(number: int, session: Session) -> dict[str, Any]:
    return {"number": number, "seed": session.seed, **{k: v.level for k, v in session.close().items()}}


def not_to_be_sent(number: int, session: Session) -> Any:
    return lambda: (number, session)


def complain(number: int, session: Session) -> Any:
    raise KeyError(f"{number} ended after {session.turn_count} turns")


@pytest.fixture
def split() -> Iterator[Any]:
    made: list[SplitVectorEnv] = []

    def make(count: int = 5, workers: int = 2, **arguments: Any) -> SplitVectorEnv:
        env = gymnasium.make_vec(ID, num_envs=count, workers=workers, **arguments).unwrapped
        assert isinstance(env, SplitVectorEnv)
        made.append(env)
        return env

    yield make
    for env in made:
        env.close()
        assert not any(process.is_alive() for process in env._processes)


def assert_same(ours: Any, theirs: Any) -> None:
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert_same(ours[key], theirs[key])
    else:
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize(("count", "workers"), [(5, 2), (3, 8)])
def test_it_gives_what_one_process_gives(split: Any, mode: AutoresetMode, count: int, workers: int) -> None:
    arguments = {"autoreset_mode": mode, "on_end": verdicts, "condition": {"instruction": "allow"}}
    ours, theirs = split(count, workers, **arguments), LearnerVectorEnv("shutdown_sabotage", count, **arguments)
    assert ours.labels == theirs.labels
    assert ours.features == theirs.features
    assert ours.metadata == theirs.metadata
    assert ours.action_space == theirs.action_space
    assert ours.observation_space == theirs.observation_space
    draw = np.random.default_rng(3)
    ended = 0
    for given in ({"seed": 4}, {"seed": [*range(count)], "options": {"condition": {"trigger": "scheduled"}}}):
        answers = ours.reset(**given), theirs.reset(**given)
        for _ in range(120):
            for one, other in zip(*answers, strict=True):
                assert_same(one, other)
            ended += "ended" in answers[1][-1]
            masks = theirs.action_masks()
            np.testing.assert_array_equal(ours.action_masks(), masks)
            actions = np.array([draw.choice(np.flatnonzero(mask)) for mask in masks])
            answers = ours.step(actions), theirs.step(actions)
    assert ended > 5


def test_some_may_begin_anew(split: Any) -> None:
    ours, theirs = split(autoreset_mode="Disabled"), LearnerVectorEnv("shutdown_sabotage", 5, autoreset_mode="Disabled")
    for env in (ours, theirs):
        env.reset(seed=2)
        env.step(np.zeros(5, np.int64))
    given = {"seed": [9] * 5, "options": {"reset_mask": np.array([True, False, False, True, False])}}
    for one, other in zip(ours.reset(**given), theirs.reset(**given), strict=True):
        assert_same(one, other)


def test_what_comes_back_is_the_callers_own(split: Any) -> None:
    env = split()
    observations, info = env.reset(seed=1)
    observations[:] = 7
    info["action_mask"][:] = 7
    again, *_, other = env.step([0] * 5)
    assert again.max() <= 1
    assert other["action_mask"].max() <= 1


def test_the_first_seed_is_given_to_make_vec(split: Any) -> None:
    np.testing.assert_array_equal(
        split(seed=8, on_end=verdicts).reset()[0], LearnerVectorEnv("shutdown_sabotage", 5).reset(seed=8)[0]
    )


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda env: env.step([0] * 5), RuntimeError, "reset"),
        (lambda env: env.step([0] * 4), ValueError, "integers of shape"),
        (lambda env: env.step([0.5] * 5), ValueError, "float64"),
        (lambda env: env.reset(seed=[1]), ValueError, "1 seeds for 5"),
        (lambda env: env.reset(options={"reset_mask": np.ones(3, bool)}), ValueError, "reset_mask"),
        (lambda env: env.reset(options={"conditions": {}}), ConditionError, "only 'condition'"),
        (lambda env: env.reset(options={"condition": {"instruction": "never"}}), ConditionError, "no level"),
        (lambda env: (env.reset(), env.step([0, 0, 0, 0, 9999])), IndexError, "outside Discrete"),
    ],
)
def test_a_wrong_use_is_explained_and_does_no_harm(split: Any, use: Any, error: type[Exception], words: str) -> None:
    env = split()
    with pytest.raises(error, match=words):
        use(env)
    env.reset(seed=1)
    env.step([0] * 5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"workers": 0}, "workers is 0"), ({"workers": 2, "render_mode": "ansi"}, "not rendered")],
)
def test_wrong_arguments_are_explained(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gymnasium.make_vec(ID, num_envs=4, **arguments)


def until_one_ends(env: SplitVectorEnv) -> None:
    env.reset(seed=0)
    draw = np.random.default_rng(0)
    for _ in range(500):
        env.step(np.array([draw.choice(np.flatnonzero(mask)) for mask in env.action_masks()]))


def test_what_cannot_be_sent_is_said(split: Any) -> None:
    with pytest.raises(TypeError, match="what `on_end` returned cannot be sent"):
        until_one_ends(split(on_end=not_to_be_sent))


def test_an_error_of_on_end_arrives(split: Any) -> None:
    with pytest.raises(KeyError, match="ended after"):
        until_one_ends(split(on_end=complain))


def test_a_dead_worker_is_named(split: Any) -> None:
    env = split()
    env.reset(seed=1)
    os.kill(env._processes[1].pid, signal.SIGKILL)
    env._processes[1].join()
    with pytest.raises(RuntimeError, match=r"died \(exit code -9\)"):
        env.step([0] * 5)
    with pytest.raises(RuntimeError, match="close this environment"):
        env.step([0] * 5)


def test_a_closed_one_says_so(split: Any) -> None:
    env = split()
    env.close()
    env.close()
    with pytest.raises(RuntimeError, match="closed"):
        env.reset()


SCRIPT = """
import os, signal, threading, time
import gymnasium, simenv
if __name__ == "__main__":
    if {threads}:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    env = gymnasium.make_vec("simenv/shutdown_sabotage-v0", num_envs=4, workers=2, on_end=lambda number, session: number)
    env.reset(seed=3)
    print(*(process.pid for process in env.unwrapped._processes), env.step([0] * 4)[-1]["time"].tolist(), flush=True)
    if not {threads}:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_with_their_parent() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(threads=False)], capture_output=True, text=True, timeout=60
    )
    pids = [int(word) for word in done.stdout.split()[:2]]
    assert len(pids) == 2, done.stderr
    end = time.monotonic() + 20
    while any(_is_there(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(_is_there(pid) for pid in pids)


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_beside_other_threads_processes_are_started_anew(tmp_path: Any) -> None:
    script = tmp_path / "learner.py"
    script.write_text(SCRIPT.format(threads=True))
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[60.0, 60.0, 60.0, 60.0]\n")
