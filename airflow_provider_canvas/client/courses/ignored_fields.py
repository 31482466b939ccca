"""What Canvas ignored of what a course was told.

Canvas answers 200 and leaves out, without a word, what the caller may not set: an SIS id, a quota, a name in a course
that may not be renamed. Only the course that it answers with shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.api.course_records import Course
from airflow_provider_canvas.api.parameters import format_value


@dataclass(frozen=True)
class Ignored:
    """A field that is not as it was asked for.

    :param name: Its name.
    :param asked: What was asked for.
    :param actual: What it is.
    """

    name: str
    asked: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.name} (asked for {self.asked!r}, is {self.actual!r})"


SIS_FIELDS = ("sis_course_id", "integration_id")
"""Canvas shows these to those who may read SIS data: who does not see one cannot have set it."""

EVENT_ENDS = {
    "claim": "unpublished",
    "offer": "available",
    "conclude": "completed",
    "delete": "deleted",
    "undelete": "unpublished",
}
"""The state that each event leads to."""


def ignored(asked: Mapping[str, Any], course: Course) -> list[Ignored]:
    """Return the fields of ``asked`` that the course did not take, as far as the answer shows it.

    :param asked: What was sent as ``course``.
    :param course: The answer.
    """
    found = []
    for name, value in asked.items():
        shown, actual = _shown(name, course)
        if (shown or name in SIS_FIELDS) and not _equal(name, value, actual):
            found.append(Ignored(name, value, actual))
    return found


def _shown(name: str, course: Mapping[str, Any]) -> tuple[bool, Any]:
    """Return whether the answer shows a field, and what it is."""
    match name:
        case "name" if "original_name" in course:  # then `name` is the caller's nickname for it
            name = "original_name"
        case "term_id":
            name = "enrollment_term_id"
        case "event":
            name = "workflow_state"
    return name in course, course.get(name)


def _equal(name: str, asked: Any, actual: Any) -> bool:
    if name == "event":
        return bool(actual == EVENT_ENDS.get(asked) or (asked == "undelete" and actual != "deleted"))
    if asked in (None, "") or actual is None:
        return asked in (None, "") and actual in (None, "")
    read: Callable[[Any], Any] = _READERS.get(name, format_value)
    wanted, found = read(asked), read(actual)
    return wanted is None or bool(wanted == found)


def _number(value: Any) -> str | None:
    """Return a number; nothing for an id of another system, which cannot be compared."""
    return str(value) if str(value).isdecimal() else None


def _zone(value: Any) -> str | None:
    """Return a time zone; nothing for Rails's own names, which Canvas answers with others."""
    return str(value) if "/" in str(value) else None


def _color(value: Any) -> str:
    return str(value).lstrip("#").lower()


def _moment(value: Any) -> datetime | None:
    """Return a moment; nothing for a day or a time without a zone, which Canvas takes in the user's."""
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
"""How fields are compared that can be written in several ways; nothing stands for what cannot be compared."""
