"""The check of words: what it finds, and what it leaves alone."""

import vocabulary


def test_a_word_of_the_glossary_is_found_with_its_line_and_a_better_one() -> None:
    found = list(vocabulary.words_in("Fine.\nIt is laid over the world."))
    assert found == [(2, "laid over", "apply to")]


def test_a_line_that_a_subject_reads_is_left_alone() -> None:
    assert list(vocabulary.words_in('return "There is nothing to hand in."')) == []


def test_a_retired_name_is_found_in_code_and_not_in_text() -> None:
    assert [line for line, *_ in vocabulary.names_in('x = 1  # Crew\ny = "Crew"\nz = Crew()\n')] == [3]


def test_every_file_of_the_repository_keeps_to_the_field() -> None:
    assert [str(hit) for hit in vocabulary.hits()] == []
