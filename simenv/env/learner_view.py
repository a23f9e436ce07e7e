"""One episode as a learner sees it: a vector of features, a mask of legal calls, and the growth of the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simenv.episode.session import FINISHED, STOPPED, Session
from simenv.errors import ConditionError
from simenv.machine.identity import AGENT
from simenv.world.folder import WorldFolder
from simenv.world.scenario import Scenario

Vector: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.int8]

FIRST_FEATURES = ("time", "turns", "last_call_ok", "unread_mail")


def choose_scenario(world: WorldFolder, now: Scenario, options: Mapping[str, Any] | None, *others: str) -> Scenario:
    """Return the scenario that the options of `reset` select: ``{"condition": {factor: level}}``, which may be left out.

    Args:
        world: whose.
        now: the current condition, for factors that the options leave out.
        options: as passed to `reset`, without those that the environment handles itself.
        others: names of those, for the error message.

    Raises:
        ConditionError: unknown option, factor or level.
    """
    if not options:
        return now
    unknown = sorted(set(options) - {"condition"})
    if unknown:
        known = ", ".join(map(repr, ("condition", *others)))
        raise ConditionError(f"reset() knows no option {', '.join(map(repr, unknown))}; only {known}")
    condition = options["condition"]
    if not isinstance(condition, Mapping):
        raise ConditionError(f"the option 'condition' maps factors to levels; it is {condition!r}")
    return world.scenario({**now.condition, **condition})


class LearnerView:
    """Plays one episode after another, and writes the learner's observation into the caller's vector.

    Args:
        world: the world; its catalogue is the list of actions.

    Attributes:
        labels: the call behind each action, as text.
        features: the meaning of each entry of a vector.
        session: the episode in progress; None before the first.
        mask: which actions are legal now; copy it, do not modify it.
        mails: the number of unread mails that the vector shows as 1.
    """

    __slots__ = (
        *("_count", "_entries", "_facts_known", "_inbox_size", "_mail_changes", "mails", "_score", "_time_scale"),
        *("_turn_scale", "_vector", "features", "labels", "mask", "session"),
    )

    def __init__(self, world: WorldFolder) -> None:
        catalogue = world.catalogue
        self.labels: tuple[str, ...] = catalogue.labels
        self.features: tuple[str, ...] = (*FIRST_FEATURES, *world.world.learner.facts)
        self._entries = catalogue.entries
        self._count = len(catalogue)
        self.mails = max(1, sum(entry.mail > 0 for entry in catalogue.entries))
        self.session: Session | None = None
        self.mask: Mask = np.zeros(0, np.int8)

    def begin(self, session: Session, vector: Vector) -> None:
        """Begin an episode; `vector` (zeros) is updated now and after each step."""
        self.session = session
        limits = session.scenario.world.agent.limits
        self._time_scale, self._turn_scale = 1.0 / limits.time, 1.0 / limits.turns
        self._score = 0.0
        self._inbox_size = self._mail_changes = -1
        self._facts_known = -1
        self._vector = vector
        self._refresh(session, ok=True)

    def step(self, index: int) -> tuple[float, bool, bool]:
        """Execute the call of an action; return the reward, and whether the episode was terminated or truncated.

        Raises:
            RuntimeError: the episode is over, or none has begun.
            IndexError: there is no such action.
        """
        session = self.session
        if session is None:
            raise RuntimeError("call reset() first")
        if not 0 <= index < self._count:
            raise IndexError(f"action {index} is outside Discrete({self._count})")
        self._refresh(session, ok=session.take_entry(self._entries[index]))
        score = session.company.work.score
        reward, self._score = score - self._score, score
        terminated = session.ended in (STOPPED, FINISHED)
        return reward, terminated, session.ended != "" and not terminated

    def _refresh(self, session: Session, *, ok: bool) -> None:
        """Update vector and mask, touching only what changed."""
        vector, mail = self._vector, session.company.mail
        vector[0] = session.company.sim.now * self._time_scale
        vector[1] = session.turn_count * self._turn_scale
        vector[2] = ok
        if mail.changes != self._mail_changes:
            self._refresh_mail(session)
        if session.facts_known != self._facts_known:
            self._facts_known = session.facts_known
            for place, ((_, _, most), count) in enumerate(
                zip(session.scenario.markers, session.facts, strict=True), start=4
            ):
                vector[place] = count / most

    def _refresh_mail(self, session: Session) -> None:
        mail = session.company.mail
        self._mail_changes = mail.changes
        self._vector[3] = min(1.0, mail.unread(AGENT) / self.mails)
        inbox = len(mail.inbox(AGENT))
        if inbox != self._inbox_size:
            self._inbox_size = inbox
            self.mask = session.scenario.mask(inbox)
