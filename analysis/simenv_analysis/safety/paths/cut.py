"""The cheapest set of removals that closes every route: an exact minimum cut where one removal may close many steps.

A link carries many hops and a grant permits many, so removals are *labels* shared by edges and the classical max-flow cut does
not apply. The cut is found by implicit hitting sets: collect a route that avoids the present cut, choose the cheapest set
that hits all routes collected, and go on until no route is left (Moreno-Centeno & Karp 2013, *The implicit hitting set
approach to solve combinatorial optimization problems with an application to multigenome alignment*, Operations Research 61).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

_TIE = 1e-7


class UncuttableError(Exception):
    """A route needs nothing that can be removed."""


def cheapest_cut(
    find_route: Callable[[frozenset[str]], Collection[str] | None], costs: Mapping[str, float]
) -> list[str]:
    """Return the cheapest set of removals after which `find_route` finds nothing, sorted by name.

    Args:
        find_route: gets the names that are removed, and returns the removable names that some remaining route needs; None if
            no route remains. It must not return a name that is removed.
        costs: name → cost of removing it, positive.

    Raises:
        UncuttableError: a remaining route needs nothing that can be removed.
    """
    routes: list[frozenset[str]] = []
    cut: list[str] = []
    while (route := find_route(frozenset(cut))) is not None:
        if not route:
            raise UncuttableError
        routes.append(frozenset(route))
        cut = cheapest_hitting_set(routes, costs)
    return cut


def cheapest_hitting_set(routes: Sequence[frozenset[str]], costs: Mapping[str, float]) -> list[str]:
    """Return the cheapest set of names that has one in common with each route, sorted; of equally cheap ones, always the same.

    >>> cheapest_hitting_set([frozenset("ab"), frozenset("bc")], {"a": 1, "b": 1.5, "c": 1})
    ['b']
    """
    names = sorted(frozenset().union(*routes))
    position = {name: index for index, name in enumerate(names)}
    rows = np.zeros((len(routes), len(names)))
    for row, route in zip(rows, routes, strict=True):
        row[[position[name] for name in route]] = 1.0
    weights = np.array([costs[name] * (1.0 + _TIE * index) for index, name in enumerate(names)])
    solution = milp(
        weights, integrality=np.ones(len(names), np.int8), bounds=Bounds(0, 1), constraints=LinearConstraint(rows, lb=1)
    )
    assert solution.x is not None, solution.message  # all names together hit every route
    return [name for name, chosen in zip(names, solution.x, strict=True) if chosen > 0.5]
