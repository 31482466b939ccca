"""Shifting the dates of imported rows from one term to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_bool


@dataclass(frozen=True)
class DateShift:
    """How to move a date. Weekdays count from Sunday, 0.

    :param zone: The time zone in which a day begins; the time of its clock stays the same.
    :param remove: Leave no date at all.
    :param old: First and last day of the source term; None keeps the day.
    :param new: First and last day of the new term.
    :param day_substitutions: Which weekday becomes which; others stay what they are.
    """

    zone: tzinfo = UTC
    remove: bool = False
    old: tuple[date, date] | None = None
    new: tuple[date, date] | None = None
    day_substitutions: Mapping[int, int] | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any], source: Course, destination: Course) -> Self | None:
        """Read ``date_shift_options``; return None when they change nothing.

        Missing dates are taken from the courses.
        """
        if parse_bool(options.get("remove_dates")):
            return cls(remove=True)
        if not parse_bool(options.get("shift_dates")):
            return None
        zone = ZoneInfo(destination.time_zone)
        old = _span(options, "old", source, zone)
        new = _span(options, "new", destination, zone)
        substitutions = options.get("day_substitutions")
        days = substitutions.items() if isinstance(substitutions, Mapping) else ()
        return cls(
            zone,
            old=old if new else None,
            new=new if old else None,
            day_substitutions={int(day): int(other) for day, other in days if _is_weekday(day) and _is_weekday(other)},
        )

    def apply(self, moment: datetime | None) -> datetime | None:
        """Move a date to the same distance from the start of the new term, then back to its weekday. The time stays."""
        if moment is None or self.remove:
            return None
        local = moment.astimezone(self.zone)
        day = self._scaled(local.date())
        weekday = _weekday(local.date())
        wanted = (self.day_substitutions or {}).get(weekday, weekday)
        if (ahead := (wanted - _weekday(day)) % 7) != 0:
            day += timedelta(days=ahead)
            week_before = day - timedelta(days=7)
            if self.new is None or week_before >= self.new[0]:
                day = week_before
        return datetime.combine(day, local.time(), self.zone).astimezone(UTC)

    def midnights(self) -> tuple[datetime | None, datetime | None]:
        """Return the beginning of the first and of the last day of the new term."""
        return (self._midnight(self.new[0]), self._midnight(self.new[1])) if self.new else (None, None)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _scaled(self, day: date) -> date:
        if self.old is None or self.new is None:
            return day
        old_length = (self.old[1] - self.old[0]).days
        share = (day - self.old[0]).days / old_length if old_length > 0 else 0.0
        return self.new[0] + timedelta(days=int((self.new[1] - self.new[0]).days * share))


def _span(options: Mapping[str, Any], which: str, course: Course, zone: tzinfo) -> tuple[date, date] | None:
    start = _date(options.get(f"{which}_start_date")) or (course.start_at and course.start_at.astimezone(zone).date())
    end = _date(options.get(f"{which}_end_date")) or (course.end_at and course.end_at.astimezone(zone).date())
    return (start, end) if start and end else None


def _date(text: object) -> date | None:
    """Read a date or a time as a date; return None for anything else, as Canvas does not check them."""
    try:
        return datetime.fromisoformat(str(text)).date()
    except ValueError:
        return None


def _weekday(day: date) -> int:
    return (day.weekday() + 1) % 7


def _is_weekday(value: object) -> bool:
    return str(value) in "0123456"
