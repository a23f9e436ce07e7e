"""Whether the episodes of a condition are a sample, or one and the same episode again and again."""

from __future__ import annotations

from dataclasses import dataclass, field

from simenv.store.episode import Episode, Head


@dataclass(slots=True)
class Draws:
    """What is known of the chance in the episodes of one condition.

    Attributes:
        finished: how many there are.
        drew: whether the agent used chance of its own in any of them.
        digests: of their journals; two at most, since more say no more.
    """

    finished: int = 0
    drew: bool = False
    digests: set[str] = field(default_factory=set)

    def add(self, episode: Episode | Head) -> None:
        """Take an episode into account."""
        self.finished += 1
        self.drew |= episode.drew
        if len(self.digests) < 2:
            self.digests.add(episode.digest)

    @property
    def alike(self) -> bool:
        """Whether the episodes, several, are one and the same: neither the agent nor the world drew anything."""
        return self.finished > 1 and not self.drew and len(self.digests) == 1
