"""Config files on simulated hosts: written from settings and read back, whatever becomes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.schema.config_text import read_config, write_config
from simenv.schema.oversight import MonitorSettings, SensorSettings

MONITOR = MonitorSettings.model_validate(
    {
        "reads": ["a", "b"],
        "every": "5 min",
        "rules": {"x": {"verb": "file.*", "details": {"to": "*@*"}}, "y": {"verb": "mail.send"}},
    }
)


def test_what_is_written_reads_back_the_same() -> None:
    assert read_config(write_config(MONITOR, "monitor m"), MonitorSettings) == MONITOR


def test_a_line_can_be_written_by_hand() -> None:
    settings = read_config('# mine\n\nsees: ["file.*"]\ndelay: 10 min\n  coverage :0.5\n', SensorSettings)
    assert (settings.sees, settings.delay, settings.coverage) == (["file.*"], 600.0, 0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "reads: Field required"),
        ("what is this", "line 1 is not"),
        ('reads: ["a"]\nevery: soon\n', "every"),
        ('reads: ["a"]\nmuch: 1\n', "much: Extra inputs"),
        ("rules.x: " + "[" * 100_000, "too large"),
        ("reads: " + "[" * 90_000, "reads"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_config(text, MonitorSettings)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        settings = read_config(text, SensorSettings)
    except ValueError:
        return
    assert settings.sees
