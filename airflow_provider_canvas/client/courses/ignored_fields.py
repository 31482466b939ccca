"""Fields of a course update that Canvas ignored.

Canvas answers 200 and silently ignores fields that the user may not set: an SIS id, a quota, the name of a course
that may not be renamed. Only the course in the response shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.api.course_records import Course
from airflow_provider_canvas.api.parameters import format_value


@dataclass(frozen=True)
class IgnoredField:
    """A field that Canvas did not set.

    :param name: The name of the field.
    :param requested: The value in the request.
    :param actual: The value in the response.
    """

    name: str
    requested: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.name} (requested {self.requested!r}, is {self.actual!r})"


SIS_FIELDS = ("sis_course_id", "integration_id")
"""Canvas shows these to users who may read SIS data: a user who does not see a field cannot have set it."""

EVENT_ENDS = {
    "claim": "unpublished",
    "offer": "available",
    "conclude": "completed",
    "delete": "deleted",
    "undelete": "unpublished",
}
"""The state of a course after each event."""


def ignored_fields(requested: Mapping[str, Any], course: Course) -> list[IgnoredField]:
    """Return the requested fields that Canvas did not set, if the response shows them.

    :param requested: The values of the request's ``course``.
    :param course: The course in the response.
    """
    ignored = []
    for name, value in requested.items():
        shown, actual = _shown(name, course)
        if (shown or name in SIS_FIELDS) and not _equal(name, value, actual):
            ignored.append(IgnoredField(name, value, actual))
    return ignored


def _shown(name: str, course: Mapping[str, Any]) -> tuple[bool, Any]:
    """Return whether the response shows a field, and its value."""
    match name:
        case "name" if "original_name" in course:  # then ``name`` is the user's nickname for the course
            name = "original_name"
        case "term_id":
            name = "enrollment_term_id"
        case "event":
            name = "workflow_state"
    return name in course, course.get(name)


def _equal(name: str, requested: Any, actual: Any) -> bool:
    if name == "event":
        return bool(actual == EVENT_ENDS.get(requested) or (requested == "undelete" and actual != "deleted"))
    if requested in (None, "") or actual is None:
        return requested in (None, "") and actual in (None, "")
    read: Callable[[Any], Any] = _READERS.get(name, format_value)
    comparable = read(requested)
    return comparable is None or bool(comparable == read(actual))


def _number(value: Any) -> str | None:
    """Return a numeric id; ``None`` for an id of another system, which cannot be compared."""
    return str(value) if str(value).isdecimal() else None


def _zone(value: Any) -> str | None:
    """Return a time zone; ``None`` for a name of Rails, which Canvas replaces in its response."""
    return str(value) if "/" in str(value) else None


def _color(value: Any) -> str:
    return str(value).lstrip("#").lower()


def _moment(value: Any) -> datetime | None:
    """Return a point in time; ``None`` without a time zone, because Canvas then uses the user's."""
    moment = datetime.fromisoformat(format_value(value))
    return moment if moment.tzinfo else None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "account_id": _number,
    "course_color": _color,
    "end_at": _moment,
    "enrollment_term_id": _number,
    "start_at": _moment,
    "term_id": _number,
    "time_zone": _zone,
}
"""Readers of fields that can be written in several ways. They return ``None`` for values that cannot be compared."""
