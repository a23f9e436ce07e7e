"""The simulated shell does what bash did when the corpus was recorded, and what the bash of this machine does now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from differential import Outcome, real, simulated
from grammar import Scripts

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "recorded.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: row["script"][:60])
def test_a_script_does_what_bash_recorded(row: dict[str, object]) -> None:
    assert simulated(str(row["script"])) == Outcome(row["output"], row["code"], row["files"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
@pytest.mark.parametrize("seed", range(5000, 5040))
def test_a_random_script_does_what_bash_does(seed: int) -> None:
    script = Scripts(seed).script()
    assert simulated(script) == real(script)
