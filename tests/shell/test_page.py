"""The list of commands in the documentation is that of the code."""

from __future__ import annotations

from tests.command_table import shell_page
from tests.pages import DOCS


def test_the_page_lists_the_commands_that_exist() -> None:
    assert (DOCS / "shell.md").read_text() == shell_page(), "run `make pages`"
