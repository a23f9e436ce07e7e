"""Several behaviours run concurrently, and waiting for them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import TypeVar

from simenv.kernel import Delays

T = TypeVar("T")


def run_concurrently(
    behaviours: Iterable[Delays[T]], limit_s: float, enough: Callable[[list[T]], bool]
) -> Delays[list[T]]:
    """Let several behaviours run beside each other; return the results there are when it ends, in the order in which they came.

    Args:
        behaviours: started at once; those that are not through at the end are closed.
        limit_s: seconds after which it ends in any case.
        enough: asked after each result whether it may end.
    """
    results: list[T] = []
    running = list(behaviours)
    queue = [(0.0, number) for number in range(len(running))]
    passed = 0.0
    while queue and not enough(results):
        at, number = heapq.heappop(queue)
        if at > limit_s:
            break
        if at > passed:
            yield at - passed
            passed = at
        try:
            heapq.heappush(queue, (at + next(running[number]), number))
        except StopIteration as stop:
            results.append(stop.value)
    if passed < limit_s and not enough(results):
        yield limit_s - passed
    for behaviour in running:
        behaviour.close()
    return results
