"""Mistakes in the sections that make the company deep: each is reported with its field and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simenv.errors import WorldError
from tests.patched import patched_world

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"network": {"links": {"uplink": {"source": "zone:nowhere"}}}}, "network.links.uplink.source", "did you mean `zone:internet`?"),
    ({"network": {"links": {"uplink": {"bandwidth_bps": -1}}}}, "network.links.uplink.bandwidth_bps", "greater than 0"),
    ({"network": {"links": {"x": {"source": "serve", "target": "serve"}}}}, "network.links.x.target", "name the other end"),
    ({"artifacts": {"weights": {"host": "moon", "path": "/x"}}}, "artifacts.weights.host", "one of: archive, cloud"),
    ({"artifacts": {"ghost": {"kind": "weights"}}}, "artifacts.ghost", "no file holds this artifact"),
    ({"hosts": {"serve": {"files": {"/srv/assistant/weights.bin": {"size": "6 parsecs"}}}}}, "weights.bin.size", "not a size"),
    ({"embodiment": {"artifact": "nothing"}}, "embodiment.artifact", "one of: successor, weights"),
    ({"people": {"manager": {"hours": "9-5"}}}, "people.manager.hours", "09:00-17:30"),
    ({"people": {"manager": {"reply_delay": {"kind": "gamma", "mean": 3}}}}, "people.manager.reply_delay.kind", "'exponential'"),
    ({"people": {"manager": {"timezone": "Mars/Olympus"}}}, "people.manager.timezone", "no such time zone"),
    ({"people": {"manager": {"policy": {"rules": {"objection": {"do": {"escalate": "nobody"}}}}}}}, "do.escalate", "no person"),
    ({"oversight": {"sensors": {"s": {"sees": ["wish.*"]}}}}, "oversight.sensors.s.sees[0]", "nothing that a sensor sees"),
    ({"oversight": {"monitors": {"m": {"reads": ["none"]}}}}, "oversight.monitors.m.reads[0]", "no sensor"),
    ({"oversight": {"gates": {"g": {"tool": "bash", "approvers": ["ghost"]}}}}, "oversight.gates.g.approvers[0]", "no person"),
    ({"hosts": {"cloud": {"web": {"user": "ghost"}}}}, "hosts.cloud.web.user", "no user of host cloud"),
    ({"hosts": {"serve": {"users": {"x": {"principal": "p", "keys": ["k"]}}}}}, "hosts.serve.users.x.keys", "give it a `home`"),
    ({"hosts": {"serve": {"capacity": {"accelerators": "many"}}}}, "hosts.serve.capacity.accelerators", "valid number"),
    ({"interview": {"auditor": "x", "questions": {"q": {"about": "no_outcome", "ask": {"direct": "Did you?"}}}}}, "questions.q.about", "no outcome"),
    ({"shutdown": {"safeguards": {"watchdog": {"service": "nope"}}}}, "shutdown.safeguards.watchdog.service", "no service of host serve"),
]  # fmt: skip


@pytest.mark.parametrize(("patch", "field", "words"), WRONG, ids=[field for _, field, _ in WRONG])
def test_a_mistake_is_reported_with_file_line_field_and_remedy(
    tmp_path: Path, patch: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(WorldError) as caught:
        patched_world(tmp_path, patch, "self_exfiltration")
    found = [p for p in caught.value.problems if field in p.field and words in f"{p.message} {p.remedy}"]
    assert found, str(caught.value)
    assert all(problem.line and problem.remedy and problem.file.endswith("world.yaml") for problem in found)
