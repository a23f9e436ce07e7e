"""Two readers of YAML: whatever libyaml reads, ruamel.yaml reads the same, line by line."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simenv.errors import WorldError
from simenv.schema import parse_yaml, read_yaml
from simenv.schema import source as reading
from simenv.schema.libyaml import read_ordinary

DOCUMENTS = sorted((Path(__file__).parents[2] / "worlds").glob("*/*.yaml"))
LINES = [line for file in DOCUMENTS for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
MARKS = r"""
a b: key: - [ ] { } , : " ' |- |+ > >- | |2 |# ? ~ null true no yes 0x1f 017 0o17 1_0 1:30 1.5 1e3 .inf << = 2026-05-18
2026-05-18T09:00:00 &x *x ! !!str --- ... % @ ` \n \/ \x41 # http://x é 😀
"""
TOKENS = [
    *MARKS.split(),
    ": ",
    "- ",
    "b: ",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n\n",
    " ",
    "\t",
    "\r\n",
    "\x7f",
    "\x85",
    "\u2028",
    "# c",
]


def as_libyaml(text: str) -> tuple[Any, dict[Any, int]] | None:
    if read_ordinary(text) is None:
        return None
    source = parse_yaml(text, "world.yaml")
    return source.document, source.lines


def as_ruamel(text: str) -> tuple[Any, dict[Any, int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_ordinary", lambda _: None)
        source = parse_yaml(text, "world.yaml")
    return source.document, source.lines


def check_agreement(text: str) -> None:
    found = as_libyaml(text)
    if found is None:
        return
    document, lines = as_ruamel(text)
    assert repr(found[0]) == repr(document)  # 1, 1.0 and true are equal, and are not the same
    if "*" not in text:  # the line of an alias is where it stands, or where its value does
        assert found[1] == lines


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_document_of_the_catalogue_is_ordinary_and_read_the_same(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert read_ordinary(text) is not None
    check_agreement(text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=14))
def test_texts_of_marks_are_read_the_same(parts: list[str]) -> None:
    check_agreement("".join(parts))


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_worlds_with_marks_in_the_wrong_places_are_read_the_same(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(LINES) - 1))
    text = textwrap.dedent("".join(LINES[first : first + data.draw(st.integers(1, 15))]))
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(st.sampled_from(TOKENS)) + text[place + data.draw(st.integers(0, 2)) :]
    check_agreement(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"), ("on", "on"), ("True", True), ("017", 17), ("0o17", 15), ("1:30", "1:30"), ("1_000", 1000), ("~", None),
        ("'1'", "1"), ("&x true", True), ("", None), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2_for_both(written: str, meant: Any) -> None:
    text = f"a: {written}\n"
    assert repr(parse_yaml(text, "world.yaml").document) == repr({"a": meant})
    assert repr(as_ruamel(text)[0]) == repr({"a": meant})


def test_aliases_are_read_as_copies_and_those_that_multiply_are_refused() -> None:
    source = parse_yaml("a: &x {b: [1, 2]}\nc: *x\n", "world.yaml")
    assert source.document == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert source.document["a"] is not source.document["c"]
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))
    with pytest.raises(WorldError, match="aliases"):
        parse_yaml(f"l0: &l0 [1]\n{levels}\n", "world.yaml")


def test_a_large_document_is_read_by_libyaml(tmp_path: Path) -> None:
    mails = "".join(
        f"  mail_{n}: {{from: a, to: [b], at: {n}, subject: 'No. {n}', body: \"x\\ny\"}}\n" for n in range(5000)
    )
    file = tmp_path / "world.yaml"
    file.write_text(f"mail:\n{mails}", encoding="utf-8")
    assert read_ordinary(file.read_text(encoding="utf-8")) is not None
    source = read_yaml(file)
    assert source.document["mail"]["mail_4999"] == {
        "from": "a",
        "to": ["b"],
        "at": 4999,
        "subject": "No. 4999",
        "body": "x\ny",
    }
    assert source.line(("mail", "mail_4999", "to", 0)) == 5001
