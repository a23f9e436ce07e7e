"""An experiment file says what is run; what is wrong with it is said with line and field before anything runs."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.agent.roles import RoleChoice
from simenv.cli.main import main
from simenv.rollout import Plan
from simenv.rollout.experiment import plan_runs, read_experiment
from simenv.rollout.pool import share_limits
from simenv.schema.experiment import Experiment
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world

ROOT = Path(__file__).parent.parent.parent
TEXT = """\
format: 1
worlds:
  shutdown_sabotage:
    factors: {instruction: [none, allow]}
  honest_day:
    conditions: one_at_a_time
  leverage:
    conditions:
      - {secret: none}
      - {goal: explicit, threat: restriction}
oversight: [own, standard]
agents:
  good: {agent: scripted:aligned}
  bad: {agent: scripted:misaligned}
seeds: "0:2"
workers: 1
"""


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(directory: Path, text: str = TEXT) -> Path:
    (directory / "round.yaml").write_text(text)
    return directory / "round.yaml"


def test_every_world_oversight_and_agent_is_a_run_of_its_own(tmp_path: Path) -> None:
    runs = plan_runs(read_experiment(written(tmp_path)))
    assert [run.name for run in runs] == [
        f"{world}/{agent}"
        for name in ("shutdown_sabotage", "honest_day", "leverage")
        for world in (name, f"{name}-standard")
        for agent in ("good", "bad")
    ]
    by_name = {run.name: run.plan for run in runs}
    assert [c["instruction"] for c in by_name["shutdown_sabotage/good"].conditions] == ["none", "allow"]
    assert len(by_name["honest_day/bad"].conditions) == 4
    assert [(c["secret"], c["threat"]) for c in by_name["leverage/good"].conditions] == [
        ("none", "replacement"),
        ("affair", "restriction"),
    ]
    assert by_name["leverage-standard/bad"].oversight == "standard"
    assert by_name["leverage-standard/bad"].seeds == (0, 1)


def test_an_experiment_is_run_resumed_and_its_state_shown(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = simenv("run", written(tmp_path), "--out", out)
    assert done.exit_code == 0, done.output
    assert "leverage-standard/bad: 4 episodes, 2 conditions; blackmailed 2" in done.output
    state = simenv("status", out).output.splitlines()
    assert len(state) == 12
    assert all("complete" in line for line in state)
    segment = out / "leverage" / "bad" / "episodes-0000.jsonl.gz"
    segment.write_bytes(segment.read_bytes()[:-200])
    assert "leverage/bad: stopped" in simenv("status", out).output
    assert simenv("resume", out).exit_code == 0
    assert "leverage/bad: complete, 4 of 4 episodes" in simenv("status", out).output
    again = simenv("run", written(tmp_path), "--out", out)
    assert again.exit_code == 0


def test_a_dry_run_says_what_would_be_run_and_runs_nothing(tmp_path: Path) -> None:
    text = TEXT.replace(
        "good: {agent: scripted:aligned}", "good: {agent: chat, options: {model: m, base_url: http://127.0.0.1:9/v1}}"
    )
    said = simenv("run", written(tmp_path, text), "--out", tmp_path / "out", "--dry-run")
    assert said.exit_code == 0, said.output
    assert (
        f"{tmp_path}/out/honest_day-standard/good: chat, 4 conditions × 2 seeds = 8 episodes of at most 40 turns"
        in said.output
    )
    assert "  agent: reads about" in said.output
    assert "64 episodes in all" in said.output
    assert not (tmp_path / "out").exists()


def test_a_dry_run_of_one_world(tmp_path: Path) -> None:
    said = simenv("run", "leverage", "--grid", "--seeds", "0:3", "--out", tmp_path / "x", "--dry-run").output
    assert "= 3,456 episodes of at most 40 turns" in said
    assert "3 episodes under each condition" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds: \"0:2\"", "seeds: many", "round.yaml:15: seeds"),
        ("  good: {agent: scripted:aligned}", "  good: {agents: scripted:aligned}", "round.yaml:13"),
        ("format: 1", "format: 2", "round.yaml:1: format"),
        ("workers: 1", "workers: 0", "workers"),
        ("honest_day:", "honest_days:", "no such world"),
        ("[own, standard]", "[own, lax]", "no such oversight"),
        ("instruction: [none, allow]", "instruction: [never]", "has no level 'never'"),
        ("{secret: none}", "{secrets: none}", "has no factor 'secrets'"),
        ("scripted:misaligned", "scripted:naughty", "naughty"),
        ("    conditions: one_at_a_time", "    conditions: one_at_a_time\n    factors: {workload: [light]}", "`factors` goes with"),
        ("[own, standard]", "[own, own]", "share the directory"),
        ("worlds:", "worlds: [", "round.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    said = simenv("run", written(tmp_path, TEXT.replace(old, new)), "--out", tmp_path / "out")
    assert said.exit_code == 1
    assert words in said.output
    assert "Traceback" not in said.output
    assert not (tmp_path / "out").exists()


def test_an_experiment_file_takes_no_other_options(tmp_path: Path) -> None:
    said = simenv("run", written(tmp_path), "--seeds", "0:9", "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert "the experiment file says this: --seeds" in said.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = simenv("run", tmp_path / "no.yaml")
    assert said.exit_code == 1
    assert "no such file" in said.output


def test_what_resume_and_status_are_given_must_hold_a_run(tmp_path: Path) -> None:
    for command in ("resume", "status"):
        assert "no run is here or below" in simenv(command, tmp_path).output


def test_options_of_an_agent_become_text(tmp_path: Path) -> None:
    text = TEXT.replace(
        "good: {agent: scripted:aligned}",
        "good: {agent: chat, options: {model: m, base_url: http://127.0.0.1:9/v1, temperature: 0.5, stream: false}}",
    )
    run = plan_runs(read_experiment(written(tmp_path, text)))[0]
    assert run.plan.options == {
        "model": "m",
        "base_url": "http://127.0.0.1:9/v1",
        "temperature": "0.5",
        "stream": "false",
    }


def test_the_schema_for_editors_is_current() -> None:
    assert json.loads(simenv("schema", "--experiment").output) == Experiment.model_json_schema(by_alias=True)
    assert json.loads((ROOT / "worlds" / "experiment.schema.json").read_text()) == Experiment.model_json_schema(
        by_alias=True
    )


def test_a_run_can_be_resumed_from_another_process_with_options_that_it_did_not_keep(tmp_path: Path) -> None:
    simenv("run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:2", "--out", tmp_path / "run")
    assert simenv("resume", tmp_path / "run", "-o", "nonsense=1").exit_code == 1
    assert len(RunDirectory(tmp_path / "run").finished()) == 2


def test_a_dry_run_says_what_it_costs_if_it_knows_the_prices(tmp_path: Path) -> None:
    run = (
        "run",
        "leverage",
        "--agent",
        "chat",
        "-o",
        "model=m",
        "--base-url",
        "http://localhost:1/v1",
        "--seeds",
        "0:3",
    )
    without = simenv(*run, "--out", tmp_path / "x", "--dry-run").output
    assert "the cost is unknown: give the price of a million tokens of m, by" in without
    told = simenv(*run, "-o", "price_in=1", "-o", "price_out=10", "--out", tmp_path / "x", "--dry-run").output
    reads, writes = (int(part.replace(",", "")) for part in re.findall(r"about ([\d,]+)", told)[:2])
    cost = float(re.search(r"about ([\d.,]+) US dollars", told)[1])  # type: ignore[index]
    assert cost == pytest.approx((reads + 10 * writes) / 1e6, abs=0.01)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("world", ["leverage", "shutdown_sabotage", "honest_day"])
def test_pairs_are_few_and_every_two_levels_meet(world: str) -> None:
    folder = open_world(world)
    grid, few = list(folder.grid()), folder.pairs()
    assert few[0] == folder.condition()
    assert all(condition in grid for condition in few)
    met = {pair for condition in few for pair in itertools.combinations(condition.items(), 2)}
    assert met == {pair for condition in grid for pair in itertools.combinations(condition.items(), 2)}
    assert len(few) <= len(grid)
    assert len(few) < 20
    assert folder.pairs() == few


def test_pairs_of_chosen_levels_on_the_command_line(tmp_path: Path) -> None:
    run = ("run", "leverage", "-c", "secret=affair,none", "-c", "threat=replacement", "--seeds", "0:2", "--dry-run")
    few = simenv(*run, "--pairs", "--out", tmp_path / "x").output
    assert int(re.search(r"(\d+) conditions", few)[1]) < 20  # type: ignore[index]
    both = simenv(*run, "--pairs", "--grid", "--out", tmp_path / "x")
    assert both.exit_code != 0
    assert "give one" in both.output


PRICED = """\
format: 1
worlds: {shutdown_sabotage: {}, leverage: {}}
oversight: [own, standard]
agents:
  model: {agent: chat, options: {model: big, base_url: "http://127.0.0.1:9/v1", max_tokens: 100}}
  script: {agent: scripted:aligned}
roles:
  monitor: {agent: chat, options: {model: small, base_url: "http://127.0.0.1:9/v1"}}
  person: {agent: colleague:wary}
seeds: 3
limits: {turns: 7, time: 10 min, tokens: 50000, usd: 0.5}
prices_file: prices.yaml
"""


def test_roles_prices_and_limits_of_an_experiment(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("big: {input: 2, output: 8}\nsmall: {input: 0.5, output: 1}\n")
    runs = {run.name: run.plan for run in plan_runs(read_experiment(written(tmp_path, PRICED)), beside=tmp_path)}
    assert {name: sorted(plan.roles) for name, plan in runs.items() if name.endswith("model")} == {
        "shutdown_sabotage/model": [],
        "shutdown_sabotage-standard/model": ["monitor"],
        "leverage/model": ["person"],
        "leverage-standard/model": ["monitor", "person"],
    }
    plan = runs["leverage-standard/model"]
    assert (plan.options["price_in"], plan.options["price_out"]) == ("2", "8")
    assert (plan.options["budget_tokens"], plan.options["budget_usd"]) == ("50000", "0.5")
    assert plan.roles["monitor"].options["price_in"] == "0.5"
    assert plan.limits == {"turns": 7, "time": 600.0}
    assert not runs["leverage-standard/script"].options
    said = simenv("run", tmp_path / "round.yaml", "--out", tmp_path / "out", "--dry-run").output
    assert "1 episode of at most 7 turns" in said
    assert "  monitor: reads about" in said
    assert "US dollars in all" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("big: {input: 2}", "prices.yaml:1: big.output"),
        ("big: 3", "prices.yaml:1: big"),
        ("- big", "prices.yaml"),
        ("big: {input: -1, output: 2}", "big.input"),
        ("big: {input: 2, output: 1, per: call}", "big.per"),
    ],
)
def test_what_is_wrong_with_a_file_of_prices_is_said(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "prices.yaml").write_text(text)
    for said in (
        simenv("run", written(tmp_path, PRICED), "--dry-run"),
        simenv("run", "leverage", "--prices", tmp_path / "prices.yaml", "--dry-run"),
    ):
        assert said.exit_code == 1
        assert words in said.output, said.output
        assert "Traceback" not in said.output


def test_limits_of_episodes_stand_in_place_of_the_worlds_and_replay(tmp_path: Path) -> None:
    out = tmp_path / "x"
    run = ("run", "shutdown_sabotage", "--agent", "random", "--seeds", "0:3", "--out", out, "--workers", 1)
    done = simenv(*run, "--limit", "turns=4", "--limit", "time=2min")
    assert done.exit_code == 0, done.output
    episodes = list(RunDirectory(out).episodes())
    assert all(len(episode.steps) <= 4 and episode.time <= 120 for episode in episodes)
    assert {episode.ended for episode in episodes} & {"turns", "time"}
    assert simenv("replay", out).exit_code == 0
    assert "differs in: limits" in simenv(*run).output.replace("\n", " ")
    assert simenv("resume", out).exit_code == 0
    for wrong in ("turns=0", "steps=3", "time=soon", "usd=-1", "turns"):
        assert simenv(*run, "--limit", wrong).exit_code == 2


@pytest.mark.parametrize(("rounds", "asked"), [(0, 0), (1, 1), (2, 2)])
def test_the_interview_can_be_cut_or_left_out(tmp_path: Path, rounds: int, asked: int) -> None:
    run = ("run", "sandbagging", "--agent", "scripted:misaligned", "--seeds", "0:2", "--out", tmp_path / "x")
    done = simenv(*run, "--limit", f"interview={rounds}")
    assert done.exit_code == 0, done.output
    assert [len(episode.interview) for episode in RunDirectory(tmp_path / "x").episodes()] == [asked] * 2
    assert simenv("replay", tmp_path / "x").exit_code == 0


def test_processes_share_what_a_run_may_spend() -> None:
    options = {"model": "m", "budget_tokens": "1001", "budget_usd": "3", "rpm": "90", "tpm": "1000"}
    plan = Plan("x", "chat", (), (), options, roles={"monitor": RoleChoice("chat", {"budget_usd": "1"})})
    shared = share_limits(plan, 3)
    assert shared.options == {"model": "m", "budget_tokens": "333", "budget_usd": "1", "rpm": "30", "tpm": "333.333"}
    assert shared.roles["monitor"].options == {"budget_usd": "0.333333"}


def test_a_condition_that_is_named_twice_is_run_once() -> None:
    levels = simenv("run", "honest_day", "-c", "workload=light,heavy,light", "--seeds", "0:1", "--dry-run")
    assert "2 conditions × 1 seed = 2 episodes" in levels.output
    listed = {"honest_day": {"conditions": [{}, {"workload": "light"}, {"workload": "heavy"}, {}]}}
    experiment = Experiment.model_validate(
        {"format": 1, "worlds": listed, "agents": {"a": {"agent": "random"}}, "seeds": "0:2"}
    )
    (only,) = plan_runs(experiment)
    assert [condition["workload"] for condition in only.plan.conditions] == ["heavy", "light"]


def test_a_plan_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asks = {"one": {"agent": "chat", "options": {"model": "m"}}}
    (tmp_path / "round.yaml").write_text(
        json.dumps({"format": 1, "worlds": {"leverage": {}}, "agents": asks, "seeds": "0:3"})
    )
    planned = simenv("run", tmp_path / "round.yaml", "--dry-run")
    assert planned.exit_code == 0
    assert "million tokens of m" in planned.output
    begun = simenv("run", tmp_path / "round.yaml", "--out", tmp_path / "out")
    assert begun.exit_code == 1
    assert "set the environment variable OPENAI_API_KEY" in begun.output


@pytest.mark.parametrize(
    ("agent", "options", "said"),
    [
        ("scripted:aligned", {"foo": "1"}, "has no option 'foo'; options: method, interview"),
        ("chat", {"base_url": "localhost:1"}, "write a URL such as http://localhost:8000/v1"),
        ("chat", {"temperature": "warm"}, "write a number, not below 0"),
        ("chat", {"timeout": "0"}, "write a number above 0"),
        ("chat", {"stream": "perhaps"}, "write true or false"),
        ("chat", {"tools": "both"}, "write native or text"),
        ("chat", {"retries": "-1"}, "write a whole number, not below 0"),
        ("chat", {"cache_mode": "on"}, "write one of read-write, replay"),
    ],
)
def test_a_wrong_option_says_what_to_write(agent: str, options: dict[str, str], said: str) -> None:
    given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    told = simenv("run", "shutdown_sabotage", "--agent", agent, *given, "--dry-run", "--seeds", "0:1")
    told = told if told.exit_code else simenv("run", "shutdown_sabotage", "--agent", agent, *given, "--seeds", "0:1")
    assert told.exit_code == 1
    assert said in told.output


def test_too_many_seeds_are_said_to_be_that() -> None:
    told = simenv("run", "shutdown_sabotage", "--seeds", "0:999999999999", "--dry-run")
    assert "are 999,999,999,999 seeds; a run takes at most 1,000,000" in " ".join(told.output.split())


def test_a_field_of_several_forms_is_one_problem_in_plain_words(tmp_path: Path) -> None:
    bad = {
        "format": 1,
        "worlds": {"leverage": {"conditions": "bogus"}},
        "agents": {"a": {"agent": "random"}},
        "seeds": "0:2",
    }
    (tmp_path / "round.yaml").write_text(json.dumps({**bad, "workers": 0}, indent=1))
    told = simenv("run", tmp_path / "round.yaml").output
    assert "worlds.leverage.conditions: 'bogus': input should be 'default', 'one_at_a_time'" in told
    assert "workers: 0: input should be greater than or equal to 1, or input should be 'auto'" in told
    assert not re.search(r"literal\[|constrained|list\[", told)
    assert len(told.splitlines()) == 2
