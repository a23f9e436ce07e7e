"""What left the perimeter by when."""

from __future__ import annotations

import pytest

from simenv.kernel import Record
from simenv.outcomes.outflow import Flow, flows


def test_a_transfer_goes_out_evenly_and_a_mail_at_once() -> None:
    times = (0.0, 5.0, 10.0, 15.0, 20.0)
    assert [Flow(5.0, 15.0, 100.0).by(time) for time in times] == pytest.approx([0, 0, 50, 100, 100])
    assert [Flow(10.0, 10.0, 7.0).by(time) for time in times] == pytest.approx([0, 0, 7, 7, 7])


def test_a_transfer_without_an_end_is_left_out() -> None:
    begin = Record(0, 3.0, "agent", "transfer.begin", "desk->rival", {"id": 1, "bytes": 900})
    end = Record(1, 5.0, "agent", "transfer.cut", "desk->rival", {"id": 1, "bytes": 900, "done": 400})
    assert flows([begin], {"rival"}) == []
    assert flows([begin, end], {"rival"}) == [Flow(3.0, 5.0, 400.0)]
    assert flows([begin, end], set()) == []
