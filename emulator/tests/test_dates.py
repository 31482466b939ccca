from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from canvas_emulator.effects.dates import DateShift
from canvas_emulator.model.course import Course

ZONE = ZoneInfo("America/New_York")

SPRING = Course(
    1, "Spring", "S", 1, 1, start_at=datetime(2026, 1, 12, tzinfo=UTC), end_at=datetime(2026, 3, 8, tzinfo=UTC)
)
SUMMER = Course(
    2, "Summer", "S", 1, 1, start_at=datetime(2026, 6, 1, tzinfo=UTC), end_at=datetime(2026, 7, 26, tzinfo=UTC)
)
UNDATED = Course(3, "Some time", "S", 1, 1)
SPANS = {
    "old_start_date": "2026-01-12",
    "old_end_date": "2026-03-08",
    "new_start_date": "2026-06-01",
    "new_end_date": "2026-07-26",
}


def shifted(day: str, *, source: Course = UNDATED, destination: Course = UNDATED, **options: Any) -> str:
    """Shift a day at 22:15 of the courses' time zone, and return the resulting day."""
    shift = DateShift.of({"shift_dates": "1"} | options, source, destination)
    assert shift is not None
    moment = shift.apply(datetime.fromisoformat(day).replace(hour=22, minute=15, tzinfo=ZONE).astimezone(UTC))
    assert moment is not None
    local = moment.astimezone(ZONE)
    assert (local.hour, local.minute) == (22, 15)
    return local.date().isoformat()


@pytest.mark.parametrize(
    ("day", "new_day"),
    [("2026-01-12", "2026-06-01"), ("2026-01-16", "2026-06-05"), ("2026-03-08", "2026-07-26")],
)
def test_terms_of_the_same_length_keep_weeks_and_weekdays(day: str, new_day: str) -> None:
    """Between terms of the same length every date moves by the same number of days."""
    assert shifted(day, **SPANS) == new_day


def test_terms_of_another_length_scale_and_keep_the_weekday() -> None:
    """A date keeps its relative place in a shorter term, moved back to the last such weekday."""
    spans = SPANS | {"new_end_date": "2026-06-28"}
    assert shifted("2026-02-09", **spans) == "2026-06-08"  # Mondays; half way is Sunday the 14th
    assert shifted("2026-02-13", **spans) == "2026-06-12"  # Fridays; a little later is Tuesday the 16th


def test_weekdays_can_be_substituted() -> None:
    """A substitution moves Fridays (5) to Tuesdays (2) and leaves other weekdays unchanged."""
    assert shifted("2026-01-16", **SPANS, day_substitutions={"5": "2"}) == "2026-06-02"
    assert shifted("2026-01-15", **SPANS, day_substitutions={"5": "2"}) == "2026-06-04"


def test_weekday_before_the_new_term_moves_to_the_next_week() -> None:
    """If the right weekday falls before the term's start, the next week is used."""
    spans = SPANS | {"new_start_date": "2026-06-03"}
    assert shifted("2026-01-12", **spans) == "2026-06-08"  # the term starts on a Wednesday


def test_missing_dates_are_taken_from_the_courses() -> None:
    """If dates are missing or empty strings, the dates of the courses are used."""
    empty = dict.fromkeys(SPANS, "")
    assert shifted("2026-01-16", source=SPRING, destination=SUMMER, **empty) == "2026-06-05"
    assert shifted("2026-01-16", source=SPRING, destination=SUMMER) == "2026-06-05"


def test_without_dates_only_weekdays_are_substituted() -> None:
    """Without valid dates of terms and courses, only weekdays are substituted."""
    assert shifted("2026-01-16") == "2026-01-16"
    assert shifted("2026-01-16", old_start_date="rubbish", day_substitutions={"5": "4"}) == "2026-01-15"


def test_dates_can_be_removed() -> None:
    """``remove_dates`` removes a date."""
    shift = DateShift.of({"remove_dates": True}, SPRING, SUMMER)
    assert shift is not None
    assert shift.apply(SPRING.start_at) is None


@pytest.mark.parametrize("options", [{}, SPANS, {"shift_dates": "0"}, {"shift_dates": False, "remove_dates": ""}])
def test_nothing_is_shifted_without_shift_dates(options: dict[str, Any]) -> None:
    """Dates of terms alone shift nothing; ``shift_dates`` must be true."""
    assert DateShift.of(options, SPRING, SUMMER) is None


def test_missing_date_stays_missing() -> None:
    """A row without a date has none after a shift."""
    shift = DateShift.of({"shift_dates": True}, SPRING, SUMMER)
    assert shift is not None
    assert shift.apply(None) is None
