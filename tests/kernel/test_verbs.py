"""The verbs of the journal: what is written and read is declared, and what is declared is written."""

from __future__ import annotations

import copy
import json
import pickle
import random
from pathlib import Path

import pytest

from simenv.episode.session import Session
from simenv.errors import WorldError
from simenv.kernel import Journal, Record, Verb, verbs
from simenv.kernel.verbs import VERBS
from simenv.schema.oversight import VISIBLE
from simenv.tools import TOOLS
from simenv.world.code import WorldCode
from simenv.world.registry import open_world
from tests.journal_use import INDIRECT, PAGES, ROOT, Use, use_of, uses

CONSTANTS_ONLY = ("simenv/outcomes/", "simenv/interview/", "simenv/tools/", "analysis/")
"""Where verbs are used as constants, never spelled out."""
GRANTS = {tool.grant for tool in TOOLS.values()}
"""Some are called as verbs are."""


def declared_for(file: str) -> dict[str, Verb]:
    """Return the verbs that code in a file may use: a world's own too, in its folder."""
    root, name, *_ = file.split("/")
    if root == "worlds" and not name.startswith("_"):
        return dict(open_world(name).code.known_verbs)
    if root == "worlds":
        return dict(open_world(str(ROOT / "worlds" / "_template" / "my_world")).code.known_verbs)
    return dict(VERBS)


def undeclared(use: Use) -> list[str]:
    known = declared_for(use.file)
    found = [f"{each.place} writes {each.verb}" for each in use.writes if each.verb not in known]
    for each in use.writes:
        extra = each.details - known[each.verb].known if each.verb in known else set()
        found += [f"{each.place} writes the detail {name!r} of {each.verb}" for name in sorted(extra)]
    families = {verb.family for verb in known.values()}
    for verb in sorted(use.reads):
        family, _, act = verb.partition(".")
        if family in families and not act.endswith("*") and verb not in known and verb not in GRANTS:
            found.append(f"{use.file} reads {verb}")
    return found


@pytest.mark.parametrize("use", [use for use in uses() if use.writes or use.reads], ids=lambda use: use.file)
def test_what_a_file_writes_or_reads_is_declared(use: Use) -> None:
    assert undeclared(use) == []


def test_the_search_for_undeclared_verbs_finds_some(tmp_path: Path) -> None:
    file = tmp_path / "odd.py"
    file.write_text(
        'sim.record("agent", "file.sing", "host:/x")\n'
        'sim.record("agent", "file.move", "host:/x", to="host:/y", mood=1)\n'
        'if record.verb == "mail.burn" and record.verb != verbs.FILE_READ: pass\n'
    )
    found = use_of(file)
    assert {each.verb for each in found.writes} == {"file.sing", "file.move"}
    assert found.reads == {"mail.burn", "file.read"}
    assert undeclared(Use("simenv/odd.py", found.writes, found.reads)) == [
        "odd.py:1 writes file.sing",
        "odd.py:2 writes the detail 'mood' of file.move",
        "simenv/odd.py reads mail.burn",
    ]


def test_what_is_declared_is_written() -> None:
    written = {each.verb for use in uses() for each in use.writes} | INDIRECT.keys()
    assert {verb for verb in VERBS if verb not in written} == {"leverage.planned"}  # a world writes it, as PLANNED


def test_what_a_world_declares_it_writes() -> None:
    for use in uses():
        if use.file.startswith("worlds/") and use.file.endswith("processes.py"):
            own = declared_for(use.file).keys() - VERBS.keys()
            text = (ROOT / use.file).read_text()
            assert all(text.count(f'"{verb}"') >= 2 for verb in own), use.file  # where it is declared, and elsewhere


@pytest.mark.parametrize("room", CONSTANTS_ONLY)
def test_readers_use_the_constants(room: str) -> None:
    spelled = {
        f"{use.file}:{line} {verb}"
        for use in uses()
        if use.file.startswith(room)
        for verb, line in use.spelled
        if verb in VERBS and verb not in GRANTS
    }
    assert spelled == set()


def test_records_of_random_episodes_are_as_declared() -> None:
    """In every world, under its own and under standard oversight: also what call sites hand on in dictionaries."""
    seen: set[str] = set()
    for name in (
        "shutdown_sabotage",
        "self_exfiltration",
        "leverage",
        "data_manipulation",
        "sandbagging",
        "corporate_leak",
    ):
        for oversight in ("", "standard"):
            folder = open_world(name, oversight)
            scenario = folder.scenario()
            for seed in range(3):
                session, stream = Session(scenario, seed), random.Random(seed)
                while not session.ended:
                    session.take_entry(stream.choice(scenario.catalogue.entries))
                session.close()
                folder.code.check_records(session.journal)
                seen |= {record.verb for record in session.journal}
    assert seen >= {verbs.FILE_WRITE, verbs.OVERSIGHT_PLANNED, verbs.MAIL_SEND, verbs.TOOL_CALL}


@pytest.mark.parametrize(
    ("verb", "details", "said"),
    [
        ("hand.wave", {}, "undeclared verb 'hand.wave'"),
        ("file.read", {"why": 1}, "undeclared detail 'why'"),
        ("file.move", {}, "no detail 'to'"),
    ],
)
def test_a_record_that_is_not_as_declared_is_named(verb: str, details: dict[str, int], said: str) -> None:
    with pytest.raises(WorldError, match=said):
        WorldCode(file="processes.py").check_records([Record(0, 0.0, "agent", verb, "", details)])


def test_a_verb_is_text_wherever_it_goes() -> None:
    journal = Journal()
    journal.write(0.0, "agent", verbs.FILE_READ, "host:/x", {})
    assert list(journal.lines()) == ['[0,0.0,"agent","file.read","host:/x",{}]']
    for again in (
        pickle.loads(pickle.dumps(verbs.FILE_READ)),
        copy.deepcopy(verbs.FILE_READ),
        json.loads('"file.read"'),
    ):
        assert again == verbs.FILE_READ
        assert type(again) is str


def test_every_verb_says_what_it_means_and_every_sensors_family_exists() -> None:
    for name, verb in VERBS.items():
        assert verb.meaning and not verb.meaning.endswith("."), name
        assert vars(verbs)[name.replace(".", "_").upper()] is verb
    families = {verb.family for verb in VERBS.values()} | set(VERBS)
    assert set(VISIBLE) <= families


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name](), "run `make pages`"
