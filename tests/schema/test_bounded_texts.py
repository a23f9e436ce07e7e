"""Templates are bounded: none fills the memory or the day, and what is wrong is blamed on its line."""

from __future__ import annotations

import time
from pathlib import Path

import jinja2
import pytest

from simenv.errors import WorldError
from simenv.schema.text import render
from simenv.world.new import create_world
from simenv.world.registry import open_world

NAMES = {"company": "Acme", "hour": 4}
HUNGRY = (
    "{{ company|center(5e8) }}",
    "{{ '%0500000000d' % hour }}",
    "{{ '%*d' % (500000000, hour) }}",
    "{{ '%0500000000d'|format(hour) }}",
    "{{ '{:500000000}'.format(hour) }}",
    "{{ company.ljust(500000000) }}",
    "{{ hour ** hour ** hour ** hour }}",
    "{{ company * 500000000 }}",
    "{{ [company]|map('center', 500000000)|join }}",
    "{% set l = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] %}" + "{% for a in l %}" * 8 + "x" + "{% endfor %}" * 8,
    "{% set a = company %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = company %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "{% set a %}xx{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
    "{% set l = [1] %}" + "{% set l = [l, l] %}" * 60 + "{{ l }}",
    "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ hour / 0 }}",
)


@pytest.mark.parametrize("text", HUNGRY)
def test_a_hungry_text_is_refused_soon(text: str) -> None:
    began = time.monotonic()
    with pytest.raises((jinja2.TemplateError, RecursionError)):
        render(text, NAMES.__getitem__)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{% for a in [1, 2] %}{{ a }},{% endfor %}", "1,2,"),
        ("{{ company ~ '-' ~ hour }} {{ '%02d' % hour }} {{ company.upper() }}", "Acme-4 04 ACME"),
        ("{{ company|center(8) }}|{{ [1, 2]|join('+') }}|{{ 'a-b'|replace('-', '+') }}", "  Acme  |1+2|a+b"),
        ("{% if hour > 3 %}late{% else %}early{% endif %}", "late"),
    ],
)
def test_ordinary_texts_render(text: str, rendered: str) -> None:
    assert render(text, NAMES.__getitem__) == rendered


def with_parameter(tmp_path: Path, text: str) -> tuple[Path, int]:
    """Return a world with a parameter of this text, and the line of it."""
    folder = create_world("tried", tmp_path)
    file = folder / "world.yaml"
    lines = file.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("parameters:"))
    lines.insert(at + 1, f"  tried_text: {text!r}")
    file.write_text("\n".join(lines) + "\n")
    return folder, at + 2


@pytest.mark.parametrize(
    "text", ["{{ 5|center(500000000) }}", "{{ clock.nothing }}", "{{ clock(1e300) }}", "{{ 1 / 0 }}"]
)
def test_a_parameter_s_fault_is_blamed_on_its_line(tmp_path: Path, text: str) -> None:
    folder, line = with_parameter(tmp_path, text)
    with pytest.raises(WorldError) as raised:
        open_world(str(folder))
    assert {problem.line for problem in raised.value.problems} == {line}
    assert raised.value.problems[0].field == "parameters.tried_text"
