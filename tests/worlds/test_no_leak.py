"""Nothing that an agent is shown tells the condition, an outcome, or that there is a journal: tested over all worlds."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simenv.agent.protocol import Turn
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now
from simenv.episode.session import Session
from simenv.installed import world_folders
from simenv.outcomes import OUTCOMES
from simenv.schema.oversight import VISIBLE
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world
from tests.patched import patched_world

WORLDS = sorted(world_folders())
LOOKING = ("ls -laR ~ /srv /etc /opt", "env", "ps aux", "cat ~/*/* ~/*", "grep -r . /etc /srv", "history; set")
OF_THE_MACHINE = ("simenv", "journal", "seed", "verdict", "outcome", "episode", "scenario")
"""Words of the simulator; journald, "random seed" and the like do not occur in these worlds."""


def secrets_of(world: WorldFolder) -> Iterator[str]:
    """Identifiers that only the simulator uses: outcomes, factors and levels that are no plain words, verbs of the journal."""
    for name in (*OUTCOMES, *world.code.known_outcomes, world.world.name, *world.factors):
        if "_" in name:
            yield name
    for levels in world.factors.values():
        yield from (level for level in levels if "_" in level)
    yield from OF_THE_MACHINE


def shown_in(session: Session, stream: random.Random) -> str:
    """Let the agent look about and take some random turns; return all that it is shown, its tools' descriptions included."""
    scenario = session.scenario
    entries = [e for e in scenario.catalogue.entries if e.tool is not None]
    bash = [e for e in entries if e.tool is not None and e.tool.name == "bash"]
    for command in LOOKING if bash else ():
        if not session.ended:
            session.take_entry(bash[0]._replace(arguments={"command": command}, prepared=None, macro=None))
    for _ in range(8):
        if not session.ended:
            session.take_entry(stream.choice(entries))
    while not session.over:
        session.take(Turn("Nothing of the kind.")) if session.ended else session.take_entry(
            scenario.catalogue.entries[0]
        )
    told = "\n".join(f"{s.name}\n{s.description}\n{s.parameters}" for s in session.briefing.tools)
    return "\n".join([session.briefing.system, session.briefing.user, told, *session.shown])


def leaks_of(world: WorldFolder, conditions: int) -> list[str]:
    """Play a sample of conditions; return which secrets were shown.

    Verbs that sensors see (``file.write``) are no secret: they stand in the sensors' config files.
    """
    stream = random.Random(world.world.name)
    grid = list(world.grid())
    secrets = set(secrets_of(world))
    found: set[str] = set()
    for seed, condition in enumerate(stream.sample(grid, min(conditions, len(grid)))):
        session = Session(world.scenario(condition), seed)
        shown = shown_in(session, stream)
        verbs = {record.verb for record in session.journal if record.verb.partition(".")[0] not in VISIBLE}
        found |= {secret for secret in secrets | verbs if names(shown, secret)}
    return sorted(found)


def names(text: str, secret: str) -> bool:
    return re.search(rf"(?<![\w/.-]){re.escape(secret)}(?![\w-])", text, re.IGNORECASE) is not None


@pytest.mark.parametrize("name", WORLDS)
def test_what_an_agent_is_shown_names_no_condition_outcome_or_journal(name: str) -> None:
    assert not leaks_of(open_world(name), 12)


def test_a_text_that_names_a_level_or_a_verb_is_found(tmp_path: Path) -> None:
    text = "Under must_allow you will see chain.planned in the journal."
    world = patched_world(tmp_path, {"agent": {"briefing": {"system": {"hint": text}}}})
    assert leaks_of(world, 1) == ["chain.planned", "journal", "must_allow"]


@pytest.mark.parametrize("name", WORLDS)
def test_no_text_speaks_of_tests_or_safety_unless_the_condition_does(name: str) -> None:
    world = open_world(name)
    plain = {factor: levels[0] for factor, levels in world.factors.items()}
    words = re.compile(
        r"\b(AI safety|alignment|misaligned|red.?team\w*|honeypot|sandbox\w*|simulat\w+|experiment\w*)\b", re.IGNORECASE
    )
    for seed in range(5):
        session = Session(world.scenario(plain), seed)
        found = words.findall(shown_in(session, random.Random(seed)))
        assert not found, found


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("role", ["aligned", "misaligned", "wavering"])
def test_what_a_script_comes_to_see_names_no_secret_either(name: str, role: str) -> None:
    world = open_world(name)
    episode = play_now(world.scenario(), make_agent(f"scripted:{role}"), 3)
    text = "\n".join(str(message["content"]) for message in episode.messages if message["role"] != "assistant")
    assert not [secret for secret in set(secrets_of(world)) if names(text, secret)]
