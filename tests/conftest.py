"""All tests: the user's configuration is a folder of this run's own, and what tests write is trusted, as their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from simenv.trust import CONFIG_HOME, TRUSTED_FOLDERS


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own answers out of the tests, and theirs out of the user's; processes that tests start inherit it."""
    before = {name: os.environ.get(name) for name in (CONFIG_HOME, TRUSTED_FOLDERS)}
    tempfile.tempdir = str(tmp_path_factory.mktemp("tempfile"))  # what a test makes by `tempfile` is its own, too
    os.environ[CONFIG_HOME] = str(tmp_path_factory.mktemp("configuration"))
    os.environ[TRUSTED_FOLDERS] = os.pathsep.join([str(tmp_path_factory.getbasetemp()), str(Path(__file__).parent)])
    yield
    tempfile.tempdir = None
    for name, value in before.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trust nothing: the user's configuration is empty. Returns its folder."""
    home = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv(CONFIG_HOME, str(home))
    monkeypatch.delenv(TRUSTED_FOLDERS)
    return home
