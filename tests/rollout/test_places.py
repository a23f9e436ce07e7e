"""What a pool does when a place reports an error or dies, with places that answer as they are told."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from simenv.errors import BudgetError, EndpointError, EpisodeError, MissingExtra, Problem, SimenvError, WorldError
from simenv.rollout import Plan, Result
from simenv.rollout.plan import Task, begin
from simenv.rollout.pool import Pool, Report
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world


class ProgressListener:
    def began(self, total: int, finished: int) -> None: ...
    def ended(self, result: Result) -> None: ...
    def failed(self, id: str, error: str) -> None: ...


class Told(Pool[int]):
    """Places that answer each chunk with what comes next in a list; None: the place dies."""

    remedy = "look at the list"

    def __init__(
        self, plan: Plan, directory: RunDirectory, count: int, answers: Sequence[SimenvError | str | None]
    ) -> None:
        super().__init__(plan, directory, ProgressListener(), count, 1)
        self.answers = list(answers)
        self.opened = 0
        self.handed: list[int] = []
        self.let_go: list[int] = []
        self.told_to_stop: list[int] = []

    def _open(self) -> int:
        self.opened += 1
        return self.opened

    def _hand(self, place: int, chunk: Sequence[Task]) -> None:
        self.handed.append(place)

    def _hear(self, places: Iterable[int]) -> list[tuple[int, Report | None]]:
        answer = self.answers.pop(0)
        place = min(places)
        if answer is None:
            return [(place, None)]
        return [(place, Report([], [], None if isinstance(answer, str) else answer, 0, []))]

    def _let_go(self, place: int) -> None:
        self.let_go.append(place)

    def _tell_to_stop(self, places: Iterable[int]) -> None:
        self.told_to_stop += places

    def _close(self) -> None: ...


OK = "ok"


def told(path: Path, count: int, answers: Sequence[SimenvError | str | None], **options: str) -> Told:
    condition = open_world("shutdown_sabotage").condition({})
    plan = Plan("shutdown_sabotage", "random", (condition,), tuple(range(60)))
    with RunDirectory(path) as directory:
        begin(plan, directory)
    pool = Told(Plan(plan.world, plan.agent, plan.conditions, plan.seeds, options), RunDirectory(path), count, answers)
    pool.begin(plan.missing(set()))
    return pool


def test_an_error_ends_the_run_when_the_others_have_reported(tmp_path: Path) -> None:
    pool = told(tmp_path, 3, [EndpointError("gone"), OK, OK])
    with pytest.raises(EndpointError, match="gone"):
        pool.go_through()
    assert pool.handed == [1, 2, 3]
    assert sorted(pool.let_go) == [1, 2, 3]
    assert pool.answers == []
    assert {2, 3} <= set(pool.told_to_stop)


def test_a_spent_share_leaves_the_others_theirs(tmp_path: Path) -> None:
    pool = told(tmp_path, 2, [BudgetError("used up"), *[OK] * 60])
    with pytest.raises(BudgetError, match="a worker's share is spent: used up"):
        pool.go_through()
    assert pool.handed.count(1) == 1
    assert pool.handed.count(2) > 5
    assert pool.let_go[0] == 1


def test_a_place_that_dies_is_replaced(tmp_path: Path) -> None:
    pool = told(tmp_path, 2, [None, *[OK] * 60])
    pool.go_through()
    assert pool.opened == 3


def test_a_place_that_dies_with_its_budget_is_not(tmp_path: Path) -> None:
    pool = told(tmp_path, 2, [None, *[OK] * 60], budget_tokens="1000")
    pool.go_through()
    assert pool.opened == 2
    assert set(pool.handed[2:]) == {2}


def test_when_all_have_died_with_their_budgets_it_is_said(tmp_path: Path) -> None:
    pool = told(tmp_path, 2, [None, None], budget_usd="10")
    with pytest.raises(BudgetError, match="its share of the budget is lost"):
        pool.go_through()


def test_places_that_die_again_and_again_end_the_run(tmp_path: Path) -> None:
    pool = told(tmp_path, 2, [None] * 6 + [OK] * 2)
    with pytest.raises(EpisodeError, match="workers died 6 times.*look at the list"):
        pool.go_through()


@pytest.mark.parametrize(
    "error",
    [BudgetError("used up"), MissingExtra("ray", "ray"), WorldError([Problem("a.yaml", 3, "x", "wrong", "fix it")])],
)
def test_errors_go_from_one_process_to_another(error: SimenvError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
