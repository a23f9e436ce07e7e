"""The cheapest cut, against max-flow where the two must agree."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import pytest

from simenv_analysis.safety.paths.cut import UncuttableError, cheapest_cut, cheapest_hitting_set


def finder(graph: nx.DiGraph, labels: dict[tuple[int, int], set[str]]):
    def find(removed: frozenset[str]) -> set[str] | None:
        open_edges = [edge for edge in graph.edges if not labels[edge] & removed]
        rest = nx.DiGraph(open_edges)
        if 0 not in rest or 9 not in rest or not nx.has_path(rest, 0, 9):
            return None
        path = nx.shortest_path(rest, 0, 9)
        return set().union(*(labels[edge] for edge in itertools.pairwise(path)))

    return find


@pytest.mark.parametrize("seed", range(60))
def test_with_one_label_an_edge_it_is_the_minimum_cut(seed: int) -> None:
    stream = random.Random(seed)
    graph = nx.gnp_random_graph(10, 0.35, seed=seed, directed=True)
    costs = {f"{a}-{b}": stream.choice((1.0, 2.0, 3.5)) for a, b in graph.edges}
    for a, b in graph.edges:
        graph.edges[a, b]["capacity"] = costs[f"{a}-{b}"]
    labels = {(a, b): {f"{a}-{b}"} for a, b in graph.edges}
    cut = cheapest_cut(finder(graph, labels), costs)
    assert sum(costs[name] for name in cut) == pytest.approx(nx.minimum_cut_value(graph, 0, 9))
    assert finder(graph, labels)(frozenset(cut)) is None


@pytest.mark.parametrize("seed", range(30))
def test_with_shared_labels_it_is_as_cheap_as_the_best_of_all_sets(seed: int) -> None:
    stream = random.Random(seed)
    graph = nx.gnp_random_graph(10, 0.3, seed=seed, directed=True)
    names = "abcdefg"
    costs = {name: float(stream.randint(1, 5)) for name in names}
    labels = {edge: set(stream.sample(names, 2)) for edge in graph.edges}
    find = finder(graph, labels)
    sets = [frozenset(s) for size in range(len(names) + 1) for s in itertools.combinations(names, size)]
    best = min(sum(costs[name] for name in s) for s in sets if find(s) is None)
    cut = cheapest_cut(find, costs)
    assert sum(costs[name] for name in cut) == best
    assert find(frozenset(cut)) is None


def test_what_needs_nothing_removable_cannot_be_cut() -> None:
    with pytest.raises(UncuttableError):
        cheapest_cut(lambda removed: set(), {})


def test_no_route_needs_no_cut() -> None:
    assert cheapest_cut(lambda removed: None, {}) == []


def test_ties_are_broken_by_name() -> None:
    assert cheapest_hitting_set([frozenset("xy")], {"x": 1.0, "y": 1.0}) == ["x"]
