"""Templates: the short way of filling one says what Jinja2 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError, TemplateSyntaxError

from simenv.schema.sandbox import bounded
from simenv.schema.text import check_syntax, compile_template, render, variables

_PIECES = ["{{ a }}", "{{a}}", "{{  b_2 }}", "{{ none }}", "{{ not }}", "{{ a|upper }}", "{{- a }}", "{{ a + 1 }}", "}}", "{ {", "\n", "\r\n",
           "{# a #}", "{% if a %}x{% endif %}", "{% raw %}{{ a }}{% endraw %}", "text ", "é", "{{ true }}", "{{ a.b }}"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=6).map("".join))
def test_a_template_of_names_alone_is_filled_as_jinja_would(text: str) -> None:
    values = {"a": 7, "b_2": "two", "none": "x", "not": "y", "true": "z"}

    def with_jinja() -> str:
        with bounded():
            return compile_template(text).render({name: values[name] for name in variables(text)})

    try:
        expected = with_jinja()
    except Exception as error:
        with pytest.raises(type(error) if isinstance(error, TemplateError) else TemplateError):
            render(text, values.__getitem__)
        return
    assert render(text, values.__getitem__) == expected


@pytest.mark.parametrize("text", ["{{{ a }}", "{{ not }}", "{{ a", "{{ é² }}", "{% if %}"])
def test_what_merely_looks_like_placeholders_is_checked_by_jinja(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        check_syntax(text)


def test_ten_thousand_texts_with_placeholders_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.schema.text.compile_template", None)
    monkeypatch.setattr("simenv.schema.text._ENVIRONMENT", None)
    for n in range(10_000):
        check_syntax(f"Mail {n} to {{{{ receiver }}}}")
    assert variables("Mail 3 to {{ receiver }}") == {"receiver"}
