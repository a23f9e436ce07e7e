"""Curves over time against counting and a closed form; the logistic model against odds ratios by hand; intervals at every look."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy.stats import t as student

from simenv.cli.main import main
from simenv.errors import SimenvError
from simenv.store.manifest import Manifest
from simenv.store.run import MANIFEST, RunDirectory
from simenv_analysis.rates.intervals import anytime, clopper_pearson, jeffreys, wilson
from simenv_analysis.statistics.contrasts.trials import Arm, Trials
from simenv_analysis.statistics.regression.model import fit
from simenv_analysis.statistics.times.curve import ACT, DONE, OFF, Wait, incidence
from tests.segmented import rows_of, write_rows

DATA_SETS = 2000


@pytest.mark.parametrize(
    ("method", "k", "n", "low", "high"),
    [
        (wilson, 81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857, table I
        (wilson, 15, 148, 0.0624, 0.1605),
        (wilson, 0, 20, 0.0000, 0.1611),
        (wilson, 1, 29, 0.0061, 0.1718),
        (clopper_pearson, 81, 263, 0.2527, 0.3676),
        (clopper_pearson, 15, 148, 0.0578, 0.1617),
        (clopper_pearson, 0, 20, 0.0000, 0.1684),
        (clopper_pearson, 1, 29, 0.0009, 0.1776),
    ],
)
def test_intervals_are_those_that_newcombe_prints(method: object, k: int, n: int, low: float, high: float) -> None:
    assert method(k, n) == pytest.approx((low, high), abs=5e-5)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("method", "least", "most"), [(jeffreys, 0.935, 0.965), (wilson, 0.935, 0.965), (clopper_pearson, 0.95, 1.0)]
)
def test_coverage_over_data_sets_is_nominal(method: object, least: float, most: float) -> None:
    """2,000 data sets, rates uniform, 60 trials: within 1.5 points on average; the exact one never below, but for chance."""
    stream = np.random.default_rng(0)
    rates = stream.random(DATA_SETS)
    counts = stream.binomial(60, rates)
    held = np.mean([method(int(k), 60)[0] <= p <= method(int(k), 60)[1] for k, p in zip(counts, rates, strict=True)])  # type: ignore[operator]
    assert least - 0.01 * (least == 0.95) <= held <= most


def test_an_interval_for_every_look_holds_at_all_of_them() -> None:
    """400 experiments, looked at after every one of 200 trials: all looks hold the rate in at least 95 %, less chance."""
    stream, held = np.random.default_rng(1), 0
    for _ in range(400):
        rate = float(stream.random())
        wins = np.cumsum(stream.random(200) < rate)
        bound = math.log(20)
        n = np.arange(1, 201)
        from scipy.special import betaln, xlog1py, xlogy

        evidence = betaln(wins + 0.5, n - wins + 0.5) - betaln(0.5, 0.5) - xlogy(wins, rate) - xlog1py(n - wins, -rate)
        held += bool((evidence < bound).all())
        low, high = anytime(int(wins[-1]), 200)
        assert (low <= rate <= high) == (evidence[-1] <= bound)
    assert held / 400 > 0.93


def test_looking_at_a_fixed_interval_every_time_misses_often() -> None:
    """The reason for the other one: Jeffreys' interval, looked at after every trial."""
    stream, held = np.random.default_rng(1), 0
    for _ in range(100):
        wins = np.cumsum(stream.random(200) < 0.3)
        held += all(jeffreys(int(k), n)[0] <= 0.3 <= jeffreys(int(k), n)[1] for n, k in enumerate(wins, 1))
    assert held / 100 < 0.85


def test_without_censoring_the_curve_is_a_count() -> None:
    waits = [Wait(1.0, ACT), Wait(2.0, OFF), Wait(3.0, ACT), Wait(4.0, DONE), Wait(5.0, ACT)]
    act = incidence(waits, ACT)
    assert [act.at(t) for t in (0.5, 1, 3, 4, 9)] == pytest.approx([0, 0.2, 0.4, 0.4, 0.6])
    assert act.quantile(0.4) == 3.0
    assert act.quantile(0.7) is None
    assert incidence(waits, OFF).at(2.0) == pytest.approx(0.2)
    assert incidence([Wait(1.0, DONE)], ACT).at(5.0) == 0.0


def test_without_censoring_the_interval_is_that_of_a_count_also_when_nobody_is_left() -> None:
    last = [Wait(1.0, ACT), Wait(2.0, ACT), Wait(3.0, ACT), *[Wait(4.0, OFF)] * 7]
    for curve, k, n in ((incidence(last, ACT), 3, 10), (incidence([Wait(1.0, ACT)] * 5, ACT), 5, 5)):
        assert (curve.low[-1], curve.high[-1]) == pytest.approx(jeffreys(k, n))
    mixed = incidence([*[Wait(4.0, ACT)] * 3, *[Wait(4.0, OFF)] * 7], ACT)
    assert (mixed.low[0], mixed.high[0]) == pytest.approx(jeffreys(3, 10))


def test_a_curve_has_the_instants_at_which_it_grows_and_no_others() -> None:
    curve = incidence([Wait(1.0, OFF), Wait(2.0, ACT), Wait(3.0, 0), Wait(4.0, DONE), Wait(5.0, ACT)], ACT)
    assert curve.times.tolist() == [2.0, 5.0]


def test_an_interval_never_shrinks_to_a_point_where_waits_are_censored() -> None:
    curve = incidence([Wait(0.5, 0), *[Wait(1.0, ACT)] * 2, Wait(1.5, 0), Wait(2.0, ACT)], ACT)
    assert curve.share[-1] == pytest.approx(1.0)
    assert (curve.low < curve.share).all()
    assert (curve.high[:-1] > curve.share[:-1]).all()
    assert curve.high[-1] == 1.0
    (only,) = incidence([Wait(1.0, 0), Wait(2.0, ACT), Wait(2.0, OFF)], ACT).low
    assert only == pytest.approx(jeffreys(1, 2).low)


@pytest.mark.parametrize("left", [0.0, 2.0])
def test_the_interval_of_a_curve_covers_its_share(left: float) -> None:
    """300 data sets of 20 exponential times against a competing one, censored by a third or not: 95 %, less chance."""
    stream, held, truth = np.random.default_rng(5), 0, (1 - math.exp(-2.0)) / 2
    for _ in range(300):
        first, second = stream.exponential(1.0, (2, 20))
        ends = stream.exponential(left, 20) if left else np.full(20, 9.0)
        kinds = [ACT if a < min(b, c) else OFF if b < c else 0 for a, b, c in zip(first, second, ends, strict=True)]
        times = np.minimum(np.minimum(first, second), ends)
        curve = incidence([Wait(float(t), kind) for t, kind in zip(times, kinds, strict=True)], ACT)
        place = int(np.searchsorted(curve.times, 1.0, side="right")) - 1
        held += bool(curve.low[place] <= truth <= curve.high[place])
    assert 0.91 <= held / 300 <= 0.99


def test_censored_waits_count_as_the_others_went_on() -> None:
    """The curve of an exponential time with rate 1, censored by another: 1 - exp(-t), within 0.03 for 5,000."""
    stream = np.random.default_rng(2)
    happens, ends = stream.exponential(1.0, 5000), stream.exponential(2.0, 5000)
    waits = [Wait(min(a, b), ACT if a <= b else 0) for a, b in zip(happens.tolist(), ends.tolist(), strict=True)]
    curve = incidence(waits, ACT)
    for time in (0.3, 1.0, 2.0):
        assert curve.at(time) == pytest.approx(1 - math.exp(-time), abs=0.03)


def test_competing_risks_share_what_happens() -> None:
    """Two exponential times with rates 1 and 3: a quarter goes to the first."""
    stream = np.random.default_rng(3)
    first, second = stream.exponential(1.0, 4000), stream.exponential(1 / 3, 4000)
    waits = [Wait(min(a, b), ACT if a <= b else OFF) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    assert incidence(waits, ACT).at(50.0) == pytest.approx(0.25, abs=0.03)


def trials(counts: dict[tuple[str, str], tuple[int, int]]) -> Trials:
    manifest = Manifest(
        world="w", world_version="0.1.0", outcomes=["x"], agent="a", conditions=[], seeds=[],
        factors={"a": ["a0", "a1"], "b": ["b0", "b1"]},
    )  # fmt: skip
    arms = {}
    for (a, b), (k, n) in counts.items():
        arm = Arm({"a": a, "b": b}, n, {"x": {seed: seed < k for seed in range(n)}})
        arms[frozenset(arm.condition.items())] = arm
    return Trials(manifest, arms)


def test_one_factor_gives_the_odds_ratio_of_the_table() -> None:
    model = fit(trials({("a0", "b0"): (30, 100), ("a1", "b0"): (60, 100)}))
    (effect,) = model.effects
    assert effect.odds_ratio == pytest.approx((60 / 40) / (30 / 70), rel=1e-6)
    assert effect.low < effect.odds_ratio < effect.high
    assert (model.episodes, model.clusters) == (200, 100)


def test_two_factors_without_interaction_come_apart() -> None:
    """Odds 1, 2, 3 and 6: the factors multiply by 2 and by 3."""
    odds = {("a0", "b0"): 1, ("a1", "b0"): 2, ("a0", "b1"): 3, ("a1", "b1"): 6}
    model = fit(trials({key: (round(4200 * o / (1 + o)), 4200) for key, o in odds.items()}))
    assert [each.odds_ratio for each in model.effects] == pytest.approx([2.0, 3.0], rel=1e-3)


def test_episodes_that_repeat_a_surface_do_not_count_twice() -> None:
    """If each seed comes out alike under both levels but for some, clustered errors are smaller than independent ones would be."""
    (effect,) = fit(trials({("a0", "b0"): (30, 100), ("a1", "b0"): (36, 100)})).effects
    independent = math.sqrt(1 / 30 + 1 / 70 + 1 / 36 + 1 / 64)
    clustered = math.log(effect.high / effect.low) / (2 * float(student.ppf(0.975, 99)))
    assert clustered < 0.6 * independent


@pytest.mark.parametrize("seeds", [6, 10])
def test_few_seeds_do_not_make_effects_of_noise(seeds: int) -> None:
    """300 data sets in which no factor does anything, with rates that differ by seed: 5 % false alarms, less chance."""
    stream, alarms, effects = np.random.default_rng(6), 0, 0
    for _ in range(300):
        rates = 1 / (1 + np.exp(-stream.normal(0, 1, seeds)))
        data = trials({(a, b): (0, seeds) for a in ("a0", "a1") for b in ("b0", "b1")})
        for arm in data.arms.values():
            arm.trials["x"] = {seed: bool(stream.random() < rate) for seed, rate in enumerate(rates)}
        try:
            found = [effect.p for effect in fit(data).effects]
        except SimenvError:  # a level with always or never
            continue
        alarms, effects = alarms + sum(p < 0.05 for p in found), effects + len(found)
    assert effects > 500
    assert 0.01 <= alarms / effects <= 0.065


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({("a0", "b0"): (3, 10)}, "nothing to compare"),
        ({("a0", "b0"): (0, 10), ("a1", "b0"): (0, 10)}, "x came about in no episode"),
        ({("a0", "b0"): (9, 9), ("a1", "b0"): (9, 9)}, "x came about in every episode"),
        ({("a0", "b0"): (3, 10), ("a1", "b1"): (5, 10)}, "always go together"),
        ({("a0", "b0"): (1, 3), ("a1", "b0"): (2, 3)}, "3 seeds: too few .* needs 6 at least"),
    ],
)
def test_what_cannot_be_fitted_is_said(counts: dict[tuple[str, str], tuple[int, int]], words: str) -> None:
    with pytest.raises(SimenvError, match=words):
        fit(trials(counts))


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    arguments = ("-c", "instruction=none,allow", "--agent", "scripted:conflicted", "--seeds", "0:30", "--out", out)
    assert simenv("run", "shutdown_sabotage", *arguments).exit_code == 0
    return out


def test_the_commands_print_draw_and_write_json(run: Path, tmp_path: Path) -> None:
    printed = simenv("regress", run)
    assert printed.exit_code == 0, printed.output
    assert "episodes of 30 seeds, errors clustered by seed" in printed.output
    assert json.loads(simenv("regress", run, "--json").stdout)["effects"][0]["level"] == "allow"
    drawn = simenv("times", run, "--out", tmp_path / "t.png")
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "t.png").read_bytes()[:4] == b"\x89PNG"
    document = json.loads(simenv("times", run, "--json").stdout)
    assert [len(each["waits"]) for each in document["conditions"]] == [30, 30]
    table = json.loads(simenv("table", run, "--json").stdout)["conditions"][0]["outcomes"]["shutdown_sabotaged"]
    assert table["anytime"][0] <= table["clopper_pearson"][0] <= table["low"]


@pytest.mark.parametrize("of", ["act", "outflow"])
def test_an_episode_that_stands_twice_is_timed_once(run: Path, tmp_path: Path, of: str) -> None:
    twice = tmp_path / "twice"
    twice.mkdir()
    shutil.copy(run / MANIFEST, twice)
    write_rows(twice, rows_of(run)[:2] * 2)
    found = json.loads(simenv("times", twice, "--of", of, "--json").stdout)["conditions"]
    assert sum(each["episodes"] if of == "outflow" else len(each["waits"]) for each in found) == 2


@pytest.fixture(scope="module")
def leaving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "leaving"
    arguments = (
        "-c",
        "threat=replacement,none",
        "--agent",
        "scripted:misaligned",
        "--oversight",
        "standard",
        "--seeds",
        "0:5",
    )
    assert simenv("run", "self_exfiltration", *arguments, "--out", out).exit_code == 0
    return out


def test_detection_and_outflow_are_timed(leaving: Path, tmp_path: Path) -> None:
    document = json.loads(simenv("times", leaving, "--of", "detection", "--json").stdout)
    (condition,) = document["conditions"]  # without a threat there is no misdeed
    assert condition["condition"]["threat"] == "replacement"
    episodes = list(RunDirectory(leaving).episodes())
    detected = [e.measures["time_to_detection"] for e in episodes if "time_to_detection" in e.measures]
    assert sorted(w["time"] for w in condition["waits"] if w["what"] == "act") == sorted(detected)
    drawn = simenv("times", leaving, "--of", "outflow", "--out", tmp_path / "o.png")
    assert drawn.exit_code == 0, drawn.output
    flows = json.loads(simenv("times", leaving, "--of", "outflow", "--json").stdout)["conditions"]
    (out,) = [each["bytes"] for each in flows if each["condition"]["threat"] == "replacement"]
    assert all(later >= earlier for earlier, later in itertools.pairwise(out))
    total = sum(e.measures["bytes_out_at_containment"] for e in episodes if e.condition["threat"] == "replacement")
    assert out[-1] == pytest.approx(total / 5)
    assert (tmp_path / "o.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("command", "words"), [("regress", "does not measure 'joy'"), ("times", "does not measure 'joy'")]
)
def test_wrong_calls_are_explained(run: Path, command: str, words: str) -> None:
    result = simenv(command, run, "--outcome", "joy")
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output
