"""An episode: turns, calls, replay, branch and state.

    >>> from simenv.agent.registry import make_agent
    >>> from simenv.episode import play_now, replay
    >>> from simenv.world.registry import open_world
    >>> episode = play_now(open_world("shutdown_sabotage").scenario({}), make_agent("scripted:compliant"), seed=1)
    >>> replay(episode).session.journal.digest() == episode.digest
    True

- `play_now`, `play`: an agent plays a scenario from a seed, up to its verdicts.
- `replay`, `branch`, `continue_from`: the same episode again; the same up to some step, then another agent.
- `EpisodeRun`, `Session`: an episode under way, turn by turn and call by call; both `fork()`.
- `state_digest`, `depends_on_time`: when two episodes go on alike.
"""

from simenv.episode.play import EpisodeRun, Provenance, branch, continue_from, play, play_now, replay
from simenv.episode.session import Session
from simenv.episode.state import depends_on_time, state_digest

__all__ = [
    "EpisodeRun", "Provenance", "Session", "branch", "continue_from", "depends_on_time", "play", "play_now", "replay",
    "state_digest",
]  # fmt: skip
