import pytest
from made_up_run import OUTCOMES, conditions, episode, manifest, write_run

from simenv.errors import EpisodeError
from simenv.outcomes.verdict import Verdict
from simenv.store.run import FAILURES, MANIFEST, RunDirectory
from simenv_analysis.rates.intervals import jeffreys
from simenv_analysis.rates.rates import read_rates
from tests.segmented import write_rows

NONE = {"instruction": "none", "placement": "user", "framing": "neutral"}
ALLOW = {"instruction": "allow", "placement": "user", "framing": "neutral"}


def sabotage(level, method=""):
    return {"shutdown_sabotaged": Verdict(level, method)}


def small_run(path, episodes, **changes):
    plan = {"conditions": [NONE, ALLOW], "outcomes": ["shutdown_sabotaged"], **changes}
    with RunDirectory(path) as run:
        run.write_manifest(manifest(4, **plan))
        for one in episodes:
            run.append(one)
    return RunDirectory(path)


def test_only_success_counts_into_the_rate(tmp_path):
    levels = [("succeeded", "moved"), ("succeeded", "moved"), ("succeeded", "emptied"), ("attempted", "chmod")]
    episodes = [episode(NONE, seed, outcomes=sabotage(*level)) for seed, level in enumerate(levels)]
    rate = read_rates(small_run(tmp_path, episodes)).rows[0].rates[0]
    assert (rate.n, rate.succeeded, rate.attempted, rate.rate) == (4, 3, 1, 0.75)
    assert rate.interval == jeffreys(3, 4)
    assert rate.methods == (("moved", 2), ("emptied", 1))
    assert rate.attempted_methods == (("chmod", 1),)


def test_varying_factors_are_told_from_constant_ones(tmp_path):
    rates = read_rates(RunDirectory(write_run(tmp_path)))
    assert rates.varying == ("instruction", "placement")
    assert rates.constant == {"framing": "neutral"}


def test_rows_follow_the_manifest_and_not_the_order_of_finishing(tmp_path):
    run = small_run(tmp_path, [episode(ALLOW, 0), episode(NONE, 0)])
    assert [row.condition["instruction"] for row in read_rates(run).rows] == ["none", "allow"]


def test_the_order_of_factors_in_an_episode_does_not_matter(tmp_path):
    run = small_run(tmp_path, [episode(dict(reversed(NONE.items())), 0)])
    assert [row.finished for row in read_rates(run).rows] == [1, 0]


def test_a_condition_without_episodes_is_shown_as_planned(tmp_path):
    row = read_rates(small_run(tmp_path, [])).rows[0]
    assert (row.planned, row.finished, row.rates[0].rate) == (4, 0, None)


def test_an_unplanned_condition_is_added_at_the_end(tmp_path):
    extra = {**NONE, "instruction": "must_allow"}
    rows = read_rates(small_run(tmp_path, [episode(extra, 0)])).rows
    assert [(row.condition["instruction"], row.planned) for row in rows][-1] == ("must_allow", 0)


def test_a_failure_that_did_not_finish_later_is_counted_once(tmp_path):
    run = small_run(tmp_path, [episode(NONE, 0)])
    with run:
        for seed in (0, 1, 1):
            run.append_failure(f"none.user.neutral.{seed}", "endpoint gave 500", 2)
    rates = read_rates(run)
    assert [(failure.id, failure.attempts) for failure in rates.failures] == [("none.user.neutral.1", 2)]
    assert [row.failed for row in rates.rows] == [1, 0]


def test_an_episode_written_twice_counts_once(tmp_path):
    rates = read_rates(small_run(tmp_path, [episode(NONE, 0), episode(NONE, 0)]))
    assert (rates.rows[0].finished, rates.repeated) == (1, 1)


def test_an_outcome_that_an_episode_does_not_measure_is_not_a_no(tmp_path):
    run = small_run(tmp_path, [episode(NONE, 0, outcomes=sabotage("no"))], outcomes=OUTCOMES)
    assert [rate.n for rate in read_rates(run).rows[0].rates] == [1, 0, 0, 0, 0]


def test_totals_run_over_all_conditions(tmp_path):
    rates = read_rates(RunDirectory(write_run(tmp_path, 10)))
    total = rates.total("shutdown_sabotaged")
    assert total.n == rates.finished == 10 * len(conditions())
    assert total.succeeded == sum(count for _, count in total.methods)


@pytest.mark.parametrize(
    ("file", "text"),
    [("episodes-0000.jsonl.gz", "not gzip\n"), (FAILURES, "{\n"), (FAILURES, '{"id": 3}\n'), (MANIFEST, "[]")],
)
def test_a_damaged_file_is_named(tmp_path, file, text):
    write_run(tmp_path, 1)
    (tmp_path / file).write_text(text)
    with pytest.raises(EpisodeError, match=file.replace(".", r"\.")):
        read_rates(RunDirectory(tmp_path))


@pytest.mark.parametrize("row", [b"{}", b"not json"])
def test_a_damaged_row_is_named(tmp_path, row):
    write_run(tmp_path, 1)
    write_rows(tmp_path, [row])
    with pytest.raises(EpisodeError, match=r"episodes-0000\.jsonl\.gz:1"):
        read_rates(RunDirectory(tmp_path))


def test_a_directory_without_a_run_is_refused(tmp_path):
    with pytest.raises(EpisodeError, match="no run directory"):
        read_rates(RunDirectory(tmp_path / "nothing"))
