"""The page on world files is that of the models, and no field of it is without a meaning or an example."""

from __future__ import annotations

from tests.field_table import examples, models_in, sections, world_page
from tests.pages import DOCS


def test_the_page_lists_the_fields_that_exist() -> None:
    assert (DOCS / "world_file.md").read_text() == world_page(), "run `make pages`"


def test_every_field_has_a_meaning_and_an_example() -> None:
    known = examples()
    fields = [(model, field.alias or name, field) for model in sections() for name, field in model.model_fields.items()]
    assert [f"{model.__name__}.{key}" for model, key, field in fields if not field.description] == []
    leaves = [(model, key) for model, key, field in fields if not models_in(field.annotation)]
    assert [f"{model.__name__}.{key}" for model, key in leaves if (model, key) not in known] == []
