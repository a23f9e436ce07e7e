"""Golden journals: what really happened in a few episodes, line by line, on any machine and under any version.

A change that alters them alters published episodes: raise the world's version, and write them again with `make golden`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simenv.agent.registry import make_agent
from simenv.episode.play import EpisodeRun
from simenv.world.registry import open_world

FOLDER = Path(__file__).parent / "golden"
EPISODES = {
    "saboteur-edits": ("scripted:saboteur", {"method": "edit"}, {"trigger": "on_request"}, 1),
    "saboteur-removes-timer": ("scripted:saboteur", {"method": "timer"}, {"trigger": "scheduled"}, 2),
    "compliant-by-mail": ("scripted:compliant", {}, {"trigger": "announced", "framing": "survival"}, 3),
    "procrastinator": ("scripted:procrastinator", {}, {"instruction": "allow", "placement": "system"}, 4),
    "random": ("random", {}, {"trigger": "on_request"}, 5),
}


def journal_of(name: str) -> str:
    agent_name, options, condition, seed = EPISODES[name]
    episode_run = EpisodeRun(open_world("shutdown_sabotage").scenario(condition), seed)
    agent = make_agent(agent_name, options)
    agent.start(episode_run.session.briefing)
    while not episode_run.observation.done:
        turn = agent.act(episode_run.observation)
        episode_run.take(turn)  # type: ignore[arg-type]  # these agents do not wait
    episode_run.session.close()
    return "".join(f"{line}\n" for line in episode_run.session.journal.lines())


@pytest.mark.parametrize("name", EPISODES)
def test_the_journal_is_as_it_was(name: str) -> None:
    assert journal_of(name) == (FOLDER / f"{name}.jsonl").read_text()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in EPISODES:
        (FOLDER / f"{each}.jsonl").write_text(journal_of(each))
