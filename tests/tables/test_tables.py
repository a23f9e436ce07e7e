"""Tables give what the engine gives, notice what they do not know, and say why they leave a call to it."""

from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import simenv  # noqa: F401 - registers the worlds
from simenv.env.compiled import CompiledVectorEnv
from simenv.env.lockstep import compare_tables
from simenv.env.vector import LearnerVectorEnv
from simenv.tables import Recorder, TableError, Tables
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario

SABOTAGE = "shutdown_sabotage"
REMOVE, CHECK = 'bash(command="rm shutdown.sh")', 'bash(command="cat shutdown.sh")'


@pytest.fixture
def scenario() -> Scenario:
    return open_world(SABOTAGE).scenario()


def action(scenario: Scenario, label: str) -> int:
    return scenario.catalogue.labels.index(label)


@pytest.mark.parametrize("condition", [{}, {"framing": "survival"}, {"moment": "last"}])
def test_every_array_is_the_engines(condition: dict[str, str]) -> None:
    env = compare_tables(SABOTAGE, condition, steps=4_000, num_envs=16)
    coverage = env.coverage
    assert coverage["declined"] == ""
    # All of them in a fresh process; after other tests in the same one, a few steps in a thousand go to the engine.
    assert coverage["found"] >= 0.99 * coverage["steps"], (
        "in this world nothing happens meanwhile, and no call looks at the clock"
    )


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_episodes_follow_each_other_as_on_the_engine(mode: AutoresetMode) -> None:
    arguments = {"autoreset_mode": mode, "on_end": lambda number, session: (number, session.journal.digest())}
    tables, engine = CompiledVectorEnv(SABOTAGE, 6, **arguments), LearnerVectorEnv(SABOTAGE, 6, **arguments)
    draw = np.random.default_rng(3)
    assert np.array_equal(tables.reset(seed=4)[0], engine.reset(seed=4)[0])
    for _ in range(120):
        actions = draw.integers(28, size=6)
        ours, theirs = tables.step(actions), engine.step(actions)
        for one, other in zip(ours[:4], theirs[:4], strict=True):
            assert np.array_equal(one, other)
        assert ours[4].keys() == theirs[4].keys()
        for name in theirs[4]:
            assert np.array_equal(ours[4][name], theirs[4][name]), name


def test_without_autoreset_an_episode_that_is_over_takes_no_step() -> None:
    env = CompiledVectorEnv(SABOTAGE, 1, autoreset_mode=AutoresetMode.DISABLED)
    with pytest.raises(RuntimeError, match="reset"):
        env.step([0])
    env.reset(seed=1)
    submit = next(n for n, label in enumerate(env.labels) if label.startswith("submit"))
    assert env.step([submit])[2].all()
    with pytest.raises(RuntimeError, match="over"):
        env.step([0])
    env.reset(options={"reset_mask": np.array([True])})
    with pytest.raises(IndexError):
        env.step([len(env.labels)])


def test_a_session_of_an_episode_on_tables_is_the_engines() -> None:
    tables, engine = CompiledVectorEnv(SABOTAGE, 2), LearnerVectorEnv(SABOTAGE, 2)
    for env in (tables, engine):
        env.reset(seed=9)
        for label in (CHECK, REMOVE):
            env.step([env.labels.index(label)] * 2)
    ours, theirs = tables.sessions, engine.sessions
    assert [s.journal.digest() for s in ours] == [s.journal.digest() for s in theirs]
    assert ours[0].close() == theirs[0].close()


def test_another_condition_has_tables_of_its_own() -> None:
    tables, engine = CompiledVectorEnv(SABOTAGE, 4), LearnerVectorEnv(SABOTAGE, 4)
    draw = np.random.default_rng(0)
    some = {"condition": {"trigger": "scheduled"}, "reset_mask": np.array([True, False, True, False])}
    for options in (None, some, None):
        for env in (tables, engine):
            env.reset(seed=None if options else 5, options=options)
        for _ in range(40):
            actions = draw.integers(28, size=4)
            for one, other in zip(tables.step(actions)[:4], engine.step(actions)[:4], strict=True):
                assert np.array_equal(one, other)


def test_make_vec_takes_the_engine_as_an_option() -> None:
    env = gymnasium.make_vec(f"simenv/{SABOTAGE}-v0", num_envs=2, engine="auto", check=1.0)
    assert isinstance(env.unwrapped, CompiledVectorEnv)
    env.reset(seed=0)
    for _ in range(80):
        env.step(env.action_space.sample())
    with pytest.raises(ValueError, match="'steps', 'auto'"):
        gymnasium.make_vec(f"simenv/{SABOTAGE}-v0", num_envs=2, engine="magic")


def test_a_company_can_be_recorded_by_itself() -> None:
    tables, engine = CompiledVectorEnv(SABOTAGE, 3, exact=True, check=0.0), LearnerVectorEnv(SABOTAGE, 3)
    draw = np.random.default_rng(1)
    for _ in range(4):
        assert np.array_equal(tables.reset(seed=7)[0], engine.reset(seed=7)[0])
        for _ in range(12):
            actions = draw.integers(28, size=3)
            for one, other in zip(tables.step(actions)[:4], engine.step(actions)[:4], strict=True):
                assert np.array_equal(one, other)


# -- what guards it ------------------------------------------------------------------------------------------------------


def test_a_check_finds_a_table_that_is_wrong() -> None:
    env = CompiledVectorEnv(SABOTAGE, 2, check=1.0)
    env.reset(seed=0)
    env.step([env.labels.index(CHECK)] * 2)
    assert env._batch is not None
    env._batch.arrays.seconds[:] += 1.0
    env._batch.arrays.spends[:] += 1.0
    env.reset(seed=1)
    with pytest.raises(TableError, match=r"cat shutdown\.sh.*observation is .* by the tables and .* by the engine"):
        env.step([env.labels.index(CHECK)] * 2)


def test_an_unnoted_read_is_noticed(scenario: Scenario) -> None:
    tables, number = Tables(Recorder(scenario)), action(scenario, CHECK)
    recording = tables.recorder.record(0, [], number)
    assert tables.add(recording)
    *reads, last = recording.reads
    shorter = dataclasses.replace(recording, reads=tuple(reads))
    with pytest.raises(TableError, match="depends on something that is not noted"):
        tables.add(shorter)
    swapped = dataclasses.replace(recording, reads=(last, *reads))
    with pytest.raises(TableError, match=r"cat shutdown\.sh"):
        tables.add(swapped)


def test_what_a_call_reads_and_writes_is_noted(scenario: Scenario) -> None:
    recorder = Recorder(scenario)
    look, remove = (recorder.record(0, [], action(scenario, label)) for label in (CHECK, REMOVE))
    script = ("host", "workstation", "files", "#node", "/home/agent/task/shutdown.sh")
    assert script in {read.slot for read in look.reads}
    assert script not in dict(look.writes)
    assert dict(remove.writes)[script] == "absent"
    gone = recorder.record(0, [action(scenario, REMOVE)], action(scenario, CHECK))
    assert not gone.ok or gone.reads != look.reads
    assert {read.slot: read.key for read in gone.reads}[script] == "absent"


def test_recording_leaves_no_trace_in_other_episodes(scenario: Scenario) -> None:
    before = LearnerVectorEnv(SABOTAGE, 1)
    before.reset(seed=2)
    before.step([before.labels.index(REMOVE)])
    Recorder(scenario).record(0, [], action(scenario, REMOVE))
    after = LearnerVectorEnv(SABOTAGE, 1)
    after.reset(seed=2)
    after.step([after.labels.index(REMOVE)])
    assert before.sessions[0].journal.digest() == after.sessions[0].journal.digest()
    assert type(after.sessions[0].company.identity.directory).__module__ == "simenv.machine.identity"


def test_where_a_seed_decides_more_than_names_there_are_no_tables() -> None:
    env = compare_tables("honest_day", {}, steps=64)
    assert "differ in more than names" in env.coverage["declined"]
