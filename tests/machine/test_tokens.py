"""Bulk content: cut it, join it, measure it, look at it; nothing is lost and nothing is made up."""

from __future__ import annotations

import base64
from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simenv.kernel import Calendar, Simulation
from simenv.machine.content.formats import (
    ArchiveError,
    Member,
    compress,
    decompress,
    decrypt,
    encrypt,
    from_text,
    pack,
    to_text,
    unpack,
)
from simenv.machine.content.placeholders import to_content, to_placeholders
from simenv.machine.content.rendering import count_lines, line_end, rendered_bytes, shown
from simenv.machine.content.tokens import (
    CLOSE,
    OPEN,
    ZERO,
    bulk,
    byte_size,
    byte_slice,
    is_opaque,
    joined,
    normalised,
    pieces,
    plain,
)

TEXT = st.text(st.characters(exclude_categories=("Cs", "Co")), max_size=40)
RANGES = st.builds(
    lambda source, start, size: bulk(source, start, start + size),
    st.sampled_from(["a", "b", ZERO]),
    st.integers(0, 500),
    st.integers(0, 500),
)
SIMPLE = st.lists(st.one_of(TEXT, RANGES), max_size=5).map("".join)
CONTENT = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(lambda text: compress("gzip", text), inner),
        st.builds(lambda text: encrypt("aes-256-cbc", "k", text), inner),
        st.builds(lambda text, width: to_text(f"base64/{width}", text), inner, st.sampled_from([0, 4, 64, 76])),
        st.builds(lambda text, width: to_text(f"hex/{width}", text), inner, st.sampled_from([0, 60])),
        st.builds("".join, st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
).map(normalised)


def simulation() -> Simulation:
    return Simulation(Calendar(datetime(2026, 5, 18)), 1)


def join(*parts: str) -> str:
    return normalised("".join(parts))


@given(CONTENT, st.lists(st.integers(0, 3000), max_size=6))
def test_slices_joined_in_order_are_the_content(content: str, cuts: list[int]) -> None:
    size = byte_size(content)
    bounds = [0, *sorted(min(cut, size) for cut in cuts), size]
    parts = [byte_slice(content, a, b) for a, b in pairwise(bounds)]
    assert [byte_size(part) for part in parts] == [b - a for a, b in pairwise(bounds)]
    assert join(*parts) == content


@given(CONTENT, st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000))
def test_a_slice_of_a_slice_is_a_slice(content: str, a: int, b: int, c: int, d: int) -> None:
    outer = byte_slice(content, a, a + b)
    assert byte_slice(outer, c, c + d) == byte_slice(content, a + c, min(a + c + d, a + b))


@given(CONTENT, CONTENT)
def test_sizes_add_up(one: str, other: str) -> None:
    assert byte_size(one + other) == byte_size(join(one, other)) == byte_size(one) + byte_size(other)


@given(CONTENT)
def test_the_normal_form_is_stable(content: str) -> None:
    assert normalised(content) == content == joined(pieces(content))


@given(CONTENT, st.integers(0, 2000), st.integers(0, 300))
def test_two_looks_at_the_same_bytes_agree(content: str, start: int, size: int) -> None:
    whole = rendered_bytes(content, 0, byte_size(content))
    assert len(whole) == byte_size(content)
    assert rendered_bytes(content, start, start + size) == whole[start : start + size]
    assert rendered_bytes(byte_slice(content, start, start + size), 0, size) == whole[start : start + size]


@given(CONTENT)
def test_newlines_are_where_the_bytes_have_them(content: str) -> None:
    data = rendered_bytes(content, 0, byte_size(content))
    binary = any(
        not isinstance(piece, str) and getattr(piece, "kind", "") in ("gzip", "openssl") for piece in pieces(content)
    )
    if not binary:  # a magic number may stand where a newline would
        assert count_lines(content) == data.count(b"\n")
        for number in range(1, min(4, data.count(b"\n")) + 1):
            end = line_end(content, number)
            assert data[:end].count(b"\n") == number
            assert data[end - 1 : end] == b"\n"


@given(SIMPLE)
def test_base64_of_bulk_data_is_that_of_its_bytes(content: str) -> None:
    encoded = to_text("base64/76", content)
    data = base64.b64decode(rendered_bytes(encoded, 0, byte_size(encoded)))
    assert data == rendered_bytes(content, 0, byte_size(content))


@given(CONTENT)
def test_what_is_wrapped_can_be_unwrapped(content: str) -> None:
    assert decompress("gzip", compress("gzip", content)) == content
    assert decrypt("aes-256-cbc", "key", encrypt("aes-256-cbc", "key", content)) == content
    assert from_text("base64", to_text("base64/76", content)) == content
    assert from_text("hex", to_text("hex/60", content)) == content


@given(st.lists(CONTENT, max_size=4))
def test_an_archive_gives_back_its_members(contents: list[str]) -> None:
    members = [Member(f"f{n}", "file", 0o644, "root", 1.5, content) for n, content in enumerate(contents)]
    archive = pack(members)
    assert byte_size(archive) % 10_240 == 0
    assert list(unpack(archive)) == members


def test_the_wrong_key_and_a_missing_part_are_refused() -> None:
    sealed = encrypt("aes-256-cbc", "key", bulk("w", 0, 100))
    for content, password in ((sealed, "other"), (byte_slice(sealed, 0, 50), "key"), (bulk("w", 0, 9), "key")):
        try:
            decrypt("aes-256-cbc", password, content)
        except ArchiveError:
            continue
        raise AssertionError(content)


def test_the_beginning_of_an_archive_gives_the_beginning_of_what_is_in_it() -> None:
    half = byte_slice(compress("gzip", bulk("w", 0, 1000)), 0, 510)
    try:
        decompress("gzip", half)
    except ArchiveError as error:
        assert error.rest == bulk("w", 0, 500)


@given(st.text(max_size=30))
def test_agents_cannot_write_tokens(text: str) -> None:
    assert not is_opaque(plain(text + OPEN + "r\ue002w\ue0020\ue0029" + CLOSE + "\U000f0000"))


@given(CONTENT)
def test_a_shell_sees_each_token_as_one_character(content: str) -> None:
    sim = simulation()
    text = to_placeholders(content, sim)
    assert not is_opaque(text)
    assert to_content(text, sim) == content
    assert len(text) == sum(len(piece) if isinstance(piece, str) else 1 for piece in pieces(content))


def test_a_token_written_out_in_a_shell_stays_text() -> None:
    assert not is_opaque(to_content(bulk("w", 0, 10), simulation()))


def test_a_terminal_shows_little_of_much() -> None:
    text = shown("begin\n" + bulk("w", 0, 8_000_000_000))
    assert text.startswith("begin\n")
    assert "more bytes, not shown" in text
    assert len(text) < 2_200


def test_null_bytes_are_all_alike() -> None:
    assert join(bulk(ZERO, 0, 5), bulk(ZERO, 0, 7)) == bulk(ZERO, 0, 12) == join(bulk(ZERO, 3, 15))
