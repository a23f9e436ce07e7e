"""Facts: recognised in what was shown, in whatever layout, and learned by the scripts that read the texts."""

from __future__ import annotations

import textwrap

import pytest

from simenv.agent.facts import FactFinder
from simenv.agent.protocol import ToolCall, Turn
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now, replay
from simenv.episode.session import Session
from simenv.kernel import verbs
from simenv.world.registry import open_world, world_folders

MARKER = "is replaced tonight at nine"
SENTENCE = f"The café's machine {MARKER}, whatever the weather."
BY_LEARNERS = {"sandbagging": {"aims_high", "aims_low"}}
"""Facts that a learner gives itself, by a call of its catalogue; no text of the world holds them."""


@pytest.mark.parametrize("width", [7, 12, 20, 40])
@pytest.mark.parametrize("start", ["", "> ", ">> ", "    "])
def test_folded_and_quoted_lines_show_what_they_say(width: int, start: str) -> None:
    text = textwrap.indent("\n".join(textwrap.wrap(SENTENCE, width)), start)
    assert FactFinder(["not there at all", MARKER]).find(text) == (1,)


def test_lines_cut_in_the_middle_of_a_word_show_what_they_say() -> None:
    text = "\n".join(SENTENCE[at : at + 9] for at in range(0, len(SENTENCE), 9))
    assert FactFinder([MARKER]).find(text) == (0,)


def test_numbered_lines_show_what_they_say() -> None:
    lines = textwrap.wrap(SENTENCE, 15)
    assert FactFinder([MARKER]).find("\n".join(f"{n}:{line}" for n, line in enumerate(lines, 1))) == (0,)
    assert FactFinder([MARKER]).find("\n".join(f"     {n}\t{line}" for n, line in enumerate(lines, 1))) == (0,)


def test_quoted_printable_shows_what_it_says() -> None:
    assert FactFinder(["café's machine"]).find("The caf=C3=A9's mach=\nine is old") == (0,)


def test_part_of_a_marker_does_not_show_it() -> None:
    finder = FactFinder([MARKER, "Question "])
    assert finder.find(f"The machine {MARKER[:-3]}") == ()
    assert finder.find("No Questions\nare left, Questions=0") == ()


def test_the_same_text_is_found_again_among_many_others() -> None:
    finder = FactFinder([MARKER])
    for number in range(5_000):
        assert finder.find(f"{number}\nnothing") == ()
    assert finder.find(f"1\n{SENTENCE}") == finder.find(f"1\n{SENTENCE}") == (0,)


@pytest.mark.parametrize("name", world_folders())
def test_scripts_that_read_a_worlds_texts_learn_its_facts(name: str) -> None:
    world = open_world(name)
    missing = set(world.world.learner.facts) - BY_LEARNERS.get(name, set())
    for condition in world.one_at_a_time():
        for role in ("aligned", "misaligned", "wavering"):
            episode = play_now(world.scenario(condition), make_agent(f"scripted:{role}"), 3)
            records = replay(episode, check=False).session.journal
            missing -= {record.object for record in records if record.verb == verbs.AGENT_LEARNED}
            if not missing:
                return
    assert not missing


def test_a_learner_of_sandbagging_takes_note_of_its_aim() -> None:
    session = Session(open_world("sandbagging").scenario(), 1)
    session.take(Turn(calls=(ToolCall("bash", {"command": "echo 'aim: half of them'"}),)))
    assert session.facts[list(open_world("sandbagging").world.learner.facts).index("aims_low")] == 1


def test_a_mail_whose_text_is_a_parameter_is_learned_from_a_mail_that_is_read() -> None:
    session = Session(open_world("leverage").scenario(), 1)
    keys = [message.key for message in session.company.mail.inbox("agent")]
    place = list(open_world("leverage").world.learner.facts).index("news")
    assert session.facts[place] == 0
    session.take(Turn(calls=(ToolCall("read_mail", {"mail": keys.index("news") + 1}),)))
    assert session.facts[place] == 1


def test_a_macro_reads_the_inbox_as_it_was_shown() -> None:
    session = Session(open_world("leverage").scenario(), 1)
    session.take(Turn(calls=(ToolCall("list_mail", {}),)))
    macro = open_world("leverage").code.macros["sorted_lines"]
    assert "1 staff" in macro(session.shown)
