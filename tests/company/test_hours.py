"""Working hours: across midnight, weekends and the nights in which clocks change."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simenv.company.people.hours import WorkingHours
from simenv.kernel import Calendar

BERLIN = ZoneInfo("Europe/Berlin")
H = 3600.0


def hours(start: str, text: str, days: str = "mon-sun", zone: ZoneInfo = BERLIN) -> WorkingHours:
    return WorkingHours(text, days, zone, Calendar(datetime.fromisoformat(start), "Europe/Berlin"))


def test_office_hours_begin_and_end_with_the_shift() -> None:
    office = hours("2026-05-18T08:00", "09:00-17:30", "mon-fri")
    assert [office.at_work(t) for t in (0, H - 1, H, 9.5 * H - 1, 9.5 * H)] == [False, False, True, True, False]
    assert office.next(0) == H
    assert office.next(2 * H) == 2 * H
    assert office.next(10 * H) == 25 * H


def test_a_weekend_passes_between_friday_and_monday() -> None:
    office = hours("2026-05-22T17:00", "09:00-17:00", "mon-fri")  # a Friday
    assert office.next(0) == 64 * H
    assert office.after(-H, 2 * H) == 65 * H


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = hours("2026-05-23T00:00", "22:00-06:00", "fri")  # a Saturday, at midnight
    assert night.at_work(0)
    assert night.at_work(6 * H - 1)
    assert not night.at_work(6 * H)
    assert not night.at_work(23 * H)
    assert night.next(6 * H) == (6 * 24 + 22) * H


def test_a_night_shift_is_an_hour_shorter_when_clocks_go_forward() -> None:
    night = hours("2026-03-28T21:00", "22:00-06:00")  # the night to 29 March
    assert next(night.shifts(0)) == (H, 8 * H)
    assert (
        night.after(0, 8 * H) == 25 * H
    )  # seven hours that night, the eighth from 22:00 the next evening, 23 + 1 hours on


def test_a_night_shift_is_an_hour_longer_when_clocks_go_back() -> None:
    night = hours("2026-10-24T21:00", "22:00-06:00")  # the night to 25 October
    assert next(night.shifts(0)) == (H, 10 * H)


def test_a_shift_that_begins_in_the_hour_that_is_left_out_begins_after_it() -> None:
    early = hours("2026-03-29T00:00", "02:30-10:00")
    assert next(early.shifts(0)) == (2.5 * H, 9 * H)


def test_hours_count_in_their_own_time_zone() -> None:
    tokyo = hours("2026-05-18T01:00", "09:00-17:00", zone=ZoneInfo("Asia/Tokyo"))  # 08:00 there
    assert next(tokyo.shifts(0)) == (H, 9 * H)


@given(st.floats(0, 30 * 24 * H), st.floats(0, 100 * H), st.sampled_from(["09:00-17:30", "22:00-06:00", "00:00-00:00"]))
def test_working_time_passes_only_at_work(now: float, work_s: float, text: str) -> None:
    shift = hours("2026-03-16T00:00", text, "mon-fri")
    done = shift.after(now, work_s)
    worked = 0.0
    for begin, end in shift.shifts(now):
        if begin >= done:
            break
        worked += min(end, done) - max(begin, now)
    assert worked == pytest.approx(work_s, abs=1e-5)
    assert shift.at_work(shift.next(now))


@pytest.mark.parametrize("text", ["9-17", "09:00", "25:00-26:00", "09:60-17:00", ""])
def test_bad_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="09:00-17:30"):
        hours("2026-05-18T08:00", text)
