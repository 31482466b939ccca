from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from canvas_emulator.effects.dates import DateShift
from canvas_emulator.model.course import Course

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


def shifted(day: str, *, source: Course = UNDATED, destination: Course = UNDATED, **options: Any) -> str | None:
    """Shift a day at 22:15, and return the day that it became."""
    shift = DateShift.of({"shift_dates": "1"} | options, source, destination)
    assert shift is not None
    moment = shift.apply(datetime.fromisoformat(day).replace(hour=22, minute=15, tzinfo=UTC))
    assert moment is None or (moment.hour, moment.minute) == (22, 15)
    return None if moment is None else moment.date().isoformat()


@pytest.mark.parametrize(
    ("day", "new_day"),
    [("2026-01-12", "2026-06-01"), ("2026-01-16", "2026-06-05"), ("2026-03-08", "2026-07-26")],
)
def test_terms_of_one_length_keep_weeks_and_weekdays(day: str, new_day: str) -> None:
    """Between terms of the same length every date moves by the same number of days."""
    assert shifted(day, **SPANS) == new_day


def test_another_length_scales_and_keeps_the_weekday() -> None:
    """Half way through a term is half way through one of half the length, at the last such weekday until then."""
    spans = SPANS | {"new_end_date": "2026-06-28"}
    assert shifted("2026-02-09", **spans) == "2026-06-08"  # Mondays; half way is Sunday the 14th
    assert shifted("2026-02-13", **spans) == "2026-06-12"  # Fridays; a little later is Tuesday the 16th


def test_weekdays_can_be_substituted() -> None:
    """A class that met on Fridays (5) meets on Tuesdays (2) now."""
    assert shifted("2026-01-16", **SPANS, day_substitutions={"5": "2"}) == "2026-06-02"
    assert shifted("2026-01-15", **SPANS, day_substitutions={"5": "2"}) == "2026-06-04"


def test_a_weekday_does_not_fall_before_the_new_term() -> None:
    """Where the week before the term would have the right weekday, the next week is taken."""
    spans = SPANS | {"new_start_date": "2026-06-03"}
    assert shifted("2026-01-12", **spans) == "2026-06-08"  # the term starts on a Wednesday


def test_missing_dates_are_guessed_from_the_courses() -> None:
    """Empty strings for dates mean the dates of the courses."""
    empty = dict.fromkeys(SPANS, "")
    assert shifted("2026-01-16", source=SPRING, destination=SUMMER, **empty) == "2026-06-05"
    assert shifted("2026-01-16", source=SPRING, destination=SUMMER) == "2026-06-05"


def test_without_any_dates_the_day_stays() -> None:
    """Where nothing says how far to move, only weekdays are substituted."""
    assert shifted("2026-01-16") == "2026-01-16"
    assert shifted("2026-01-16", old_start_date="rubbish", day_substitutions={"5": "4"}) == "2026-01-15"


def test_dates_can_be_removed() -> None:
    """``remove_dates`` leaves none."""
    shift = DateShift.of({"remove_dates": True}, SPRING, SUMMER)
    assert shift is not None
    assert shift.apply(SPRING.start_at) is None


@pytest.mark.parametrize("options", [{}, SPANS, {"shift_dates": "0"}, {"shift_dates": False, "remove_dates": ""}])
def test_nothing_is_shifted_unless_asked_for(options: dict[str, Any]) -> None:
    """Dates alone shift nothing."""
    assert DateShift.of(options, SPRING, SUMMER) is None


def test_rows_without_a_date_get_none() -> None:
    """No date stays no date."""
    shift = DateShift.of({"shift_dates": True}, SPRING, SUMMER)
    assert shift is not None
    assert shift.apply(None) is None
