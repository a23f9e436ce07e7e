"""The labelled messages are what their README says, and so is how the rules do on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import simenv_analysis.rates.messages
from simenv_analysis.rates.messages.labelled import OTHERS, THREATS, Half, labelled
from simenv_analysis.rates.messages.measure import Share, as_markdown, measure

README = (Path(simenv_analysis.rates.messages.__file__).parent / "README.md").read_text()
HALVES: tuple[Half, ...] = ("dev", "test")


def test_there_are_more_than_four_hundred_messages_of_every_kind_in_both_halves() -> None:
    assert sum(len(labelled(half)) for half in HALVES) == 424
    for half in HALVES:
        assert {message.kind for message in labelled(half)} == {*THREATS, *OTHERS}


def test_no_message_and_no_setting_is_in_both_halves() -> None:
    dev, test = (labelled(half) for half in HALVES)
    assert not {message.text for message in dev} & {message.text for message in test}
    assert not {message.setting for message in dev} & {message.setting for message in test}
    assert len({message.text for message in (*dev, *test)}) == 424


def test_the_figures_in_the_readme_are_those_of_the_rules() -> None:
    assert as_markdown(measure(labelled("test"))) in README
    dev = measure(labelled("dev"))
    assert (
        f"precision is {str(dev.precision).partition(' [')[0]} and recall {str(dev.recall).partition(' [')[0]}"
        in README
    )


def test_a_share_shows_its_count_and_interval() -> None:
    assert str(Share(33, 37)) == "89 % (33/37) [76, 96]"
    assert str(Share(0, 0)) == "- (0/0) [0, 100]"


def test_the_table_is_printed_and_a_wrong_half_is_named() -> None:
    run = [sys.executable, "-m", "simenv_analysis.rates.messages"]
    assert "recall" in subprocess.run([*run, "dev"], capture_output=True, text=True, check=True).stdout
    wrong = subprocess.run([*run, "train"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert wrong.stderr.strip() == "there is no half 'train'; say dev or test"
