"""No key, address or proxy of the machine that runs the tests; short pauses between attempts."""

from __future__ import annotations

import pytest

KEY = "sk-test-4711-do-not-show"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    for name in (
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("simenv_agents.endpoint._FIRST_WAIT_S", 0.01)
    return KEY
