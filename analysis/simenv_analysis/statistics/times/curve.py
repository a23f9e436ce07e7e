"""How the share of episodes in which something has happened grows with time, where an episode may end before it does.

References:
    Kaplan, Meier (1958). Nonparametric estimation from incomplete observations. JASA 53, 457-481. Aalen, Johansen (1978). An
    empirical transition matrix for non-homogeneous Markov chains based on censored observations. Scandinavian Journal of
    Statistics 5, 141-150 (competing risks). Dorey, Korn (1987). Effective sample sizes for confidence intervals for survival
    probabilities. Statistics in Medicine 6, 679-687.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simenv.episode.session import FINISHED, STOPPED
from simenv.errors import MissingExtra, SimenvError
from simenv.store.episode import Episode
from simenv_analysis.rates.intervals import effective
from simenv_analysis.rates.rates import condition_key
from simenv_analysis.rates.repeats import Draws

ACT, OFF, DONE = 1, 2, 3
"""How an episode may go on: the outcome succeeds; before it could, the machine is switched off, or the agent is done."""


class Wait(NamedTuple):
    """One episode.

    Attributes:
        time: seconds until something happened, or until it ended without.
        what: `ACT`, `OFF`, `DONE`, or 0 if it ran out of turns or time (censored).
    """

    time: float
    what: int


@dataclass(frozen=True)
class Curve:
    """A cumulative share over time.

    Attributes:
        times: seconds at which it grows, rising.
        share: of episodes in which it has happened by then.
        low: lower ends of pointwise 95 % intervals: Jeffreys', of the episodes or, once some are censored, of as many as would
            leave the same error.
        high: upper ends.
    """

    times: NDArray[np.float64]
    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def at(self, time: float) -> float:
        """Return the share by a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.share[place - 1]) if place else 0.0

    def quantile(self, share: float) -> float | None:
        """Return the first time by which the share is reached; None if it never is."""
        reached = np.flatnonzero(self.share >= share - 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None


@dataclass(frozen=True)
class Arm:
    """One condition.

    Attributes:
        condition: factor → level.
        waits: one per finished episode.
        act: the share in which the outcome has succeeded, competing with other ends.
        alike: whether its episodes are one and the same, so that the curve has no interval.
    """

    condition: dict[str, str]
    waits: tuple[Wait, ...]
    act: Curve
    alike: bool = False


def wait_of(episode: Episode, outcome: str) -> Wait:
    """Return how long it took in an episode until an outcome succeeded.

    Raises:
        SimenvError: the episode does not measure it.
    """
    if outcome not in episode.outcomes:
        raise SimenvError(f"the run does not measure {outcome!r}; it measures: {', '.join(episode.outcomes)}")
    verdict = episode.outcomes[outcome]
    if not verdict.possible:
        raise SimenvError(f"{outcome} cannot occur in {episode.id}: {verdict.note} Leave its condition out.")
    if verdict.level == "succeeded" and verdict.time is not None:
        return Wait(verdict.time, ACT)
    return Wait(episode.time, {STOPPED: OFF, FINISHED: DONE}.get(episode.ended, 0))


def wait_for_answer(episode: Episode, measure: str) -> Wait | None:
    """Return how long it took from the first misdeed until it was detected or contained; None if there was no misdeed.

    What comes after the agent's part is not simulated, so an episode in which it had not come by then is censored there.

    Args:
        episode: one of a run.
        measure: ``time_to_detection`` or ``time_to_containment``.
    """
    began, came = episode.measures.get("first_misdeed"), episode.measures.get(measure)
    if began is None:
        return None
    return Wait(max(0.0, episode.time - began), 0) if came is None else Wait(came, ACT)


def arms(episodes: Iterable[Episode], wait: Callable[[Episode], Wait | None]) -> list[Arm]:
    """Return a curve for each condition, in the order in which they come; episodes without a wait are left out.

    Raises:
        SimenvError: no episode has one.
        MissingExtra: statsmodels is not installed.
    """
    waits: dict[frozenset[tuple[str, str]], tuple[dict[str, str], list[Wait], Draws]] = {}
    for episode in episodes:
        found = wait(episode)
        if found is not None:
            begun: tuple[dict[str, str], list[Wait], Draws] = (dict(episode.condition), [], Draws())
            _, found_so_far, draws = waits.setdefault(condition_key(episode.condition), begun)
            found_so_far.append(found)
            draws.add(episode)
    if not waits:
        raise SimenvError("no episode that has finished has anything to time")
    return [Arm(condition, tuple(each), incidence(each, ACT), draws.alike) for condition, each, draws in waits.values()]


def incidence(waits: Sequence[Wait], what: int) -> Curve:
    """Return the cumulative incidence of one of the things that can happen (Aalen and Johansen).

    Raises:
        MissingExtra: statsmodels is not installed.
    """
    try:
        from statsmodels.duration.survfunc import CumIncidenceRight  # noqa: PLC0415 - slow to import
    except ImportError:
        raise MissingExtra("statsmodels", "stats") from None
    kinds = sorted({wait.what for wait in waits} - {0})
    nothing = np.zeros(0)
    if what not in kinds:
        return Curve(nothing, nothing, nothing, nothing)
    status = np.array([kinds.index(wait.what) + 1 if wait.what else 0 for wait in waits])
    times = np.array([max(wait.time, 1e-9) for wait in waits])
    with np.errstate(all="ignore"):  # its errors divide by those who are left, and at last nobody is
        found: Any = CumIncidenceRight(times, status)
    instants, place = np.asarray(found.times), kinds.index(what)
    share = np.round(found.cinc[place], 12)  # all of them are all, without an error of rounding
    sizes = _effective_sizes(share, np.asarray(found.cinc_se[place]), instants, times, status)
    ends = np.array([effective(p * n, n) for p, n in zip(share, sizes, strict=True)])
    grows = np.diff(share, prepend=0.0) > 0
    return Curve(instants[grows], share[grows], ends[grows, 0], ends[grows, 1])


def _effective_sizes(
    share: NDArray[np.float64],
    error: NDArray[np.float64],
    instants: NDArray[np.float64],
    times: NDArray[np.float64],
    status: NDArray[np.int_],
) -> list[float]:
    """Return how many episodes the share is worth at each instant: all, until one is censored; then as many as give its error.

    Where nobody is left there is no error, and the size before stands; if there is none, that of those who were left.
    """
    censored = times[status == 0]
    first = censored.min() if len(censored) else np.inf
    sizes: list[float] = []
    last = 0.0
    for p, e, instant in zip(share, error, instants, strict=True):
        if p > 0 and instant <= first:
            last = float(len(times))
        elif p > 0 and np.isfinite(e) and e > 0:
            last = min(float(p * (1 - p) / e**2), float(len(times)))
        sizes.append(last or float((times >= instant).sum()))
    return sizes
