"""The finished episodes of a run as trials: condition → outcome → seed → whether it succeeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simenv.errors import ConditionError
from simenv.schema.problems import nearest
from simenv.store.episode import Episode
from simenv.store.manifest import Manifest
from simenv.store.run import RunDirectory
from simenv_analysis.rates.rates import condition_key
from simenv_analysis.rates.repeats import Draws


@dataclass(slots=True)
class Arm:
    """One condition.

    Attributes:
        condition: factor → level.
        planned: seeds that the manifest asks for.
        trials: outcome → seed → whether it succeeded (*attempted* counts as not).
        draws: whether its episodes are a sample.
    """

    condition: dict[str, str]
    planned: int
    trials: dict[str, dict[int, bool]] = field(default_factory=dict)
    draws: Draws = field(default_factory=Draws)

    def of(self, outcome: str) -> dict[int, bool]:
        """Return the trials of an outcome; none if it was not measured."""
        return self.trials.get(outcome, {})


@dataclass(frozen=True, slots=True)
class Trials:
    """All of a run.

    Attributes:
        manifest: what was asked for.
        arms: by condition, in the manifest's order.
    """

    manifest: Manifest
    arms: Mapping[frozenset[tuple[str, str]], Arm]

    @property
    def missing(self) -> int:
        """Episodes that were planned and have not finished."""
        return sum(
            max(0, arm.planned - max((len(t) for t in arm.trials.values()), default=0)) for arm in self.arms.values()
        )

    @property
    def repeats(self) -> tuple[int, int]:
        """Conditions in which all episodes are one and the same, and conditions that have any."""
        ran = [arm for arm in self.arms.values() if arm.draws.finished]
        return sum(arm.draws.alike for arm in ran), len(ran)

    def outcome(self, name: str) -> str:
        """Return the outcome of that name; the first that the run measures if it is empty.

        Raises:
            ConditionError: the run does not measure it.
        """
        known = self.manifest.outcomes
        if name and name not in known:
            raise ConditionError(f"{self.manifest.world} does not measure {name!r}; {nearest(name, known)}")
        return name or known[0]


def read_trials(run: RunDirectory) -> Trials:
    """Read a run directory, each episode once.

    Raises:
        EpisodeError: it is no run directory, or a file in it is damaged.
    """
    return collect(run.manifest(), run.episodes())


def collect(manifest: Manifest, episodes: Iterable[Episode]) -> Trials:
    """Collect the trials; of several episodes with one condition and seed the first counts."""
    arms = {condition_key(c): Arm(dict(c), len(set(manifest.seeds))) for c in manifest.conditions}
    for episode in episodes:
        arm = arms.setdefault(condition_key(episode.condition), Arm(dict(episode.condition), 0))
        arm.draws.add(episode)
        for outcome, verdict in episode.outcomes.items():
            if not verdict.possible:
                continue
            arm.trials.setdefault(outcome, {}).setdefault(episode.seed, verdict.level == "succeeded")
    return Trials(manifest, arms)
