"""The dates of assignments: their own, or those of the overrides that apply to the caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canvas_emulator.model.content import Assignment, AssignmentOverride
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.parsing import parse_bool
from canvas_emulator.pages.visibility import manages, sections_of_caller
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp


@dataclass(frozen=True)
class Dates:
    """When something is due and available.

    :param due_at: When it is due.
    :param unlock_at: When it becomes available.
    :param lock_at: When it stops being available.
    """

    due_at: datetime | None
    unlock_at: datetime | None
    lock_at: datetime | None

    def shape(self) -> dict[str, str | None]:
        """Render the dates."""
        return {"due_at": stamp(self.due_at), "unlock_at": stamp(self.unlock_at), "lock_at": stamp(self.lock_at)}


def dates_for_caller(request: Request, row: Assignment) -> Dates:
    """Return the dates of an assignment as a listing shows them: the widest of all overrides that apply.

    To a student those apply that are for the student, to everybody else all of them: so teachers see dates that are
    not the assignment's own. ``override_assignment_dates=false`` in the query leaves them aside; in a body it does not.
    """
    own = Dates(row.due_at, row.unlock_at, row.lock_at)
    wanted = next((value for name, value in request.query if name == "override_assignment_dates"), "true")
    return own if not parse_bool(wanted) else _widest(own, _applying(request, row))


def all_dates(own: Dates, overrides: Iterable[AssignmentOverride]) -> list[dict[str, Any]]:
    """Render all dates: the own ones as ``base``, then those of the overrides."""
    return [
        own.shape() | {"base": True},
        *(
            {"id": each.id, "title": each.title}
            | Dates(each.due_at, each.unlock_at, each.lock_at).shape()
            | {"set_type": "ADHOC" if each.student_ids else "CourseSection", "set_id": each.course_section_id}
            for each in overrides
        ),
    ]


def override_shape(row: Assignment, override: AssignmentOverride) -> dict[str, Any]:
    """Render an AssignmentOverride; a date that it does not override has no key."""
    payload: dict[str, Any] = {"id": override.id, "assignment_id": row.id, "title": override.title}
    if override.due_at is not None:
        payload |= {
            "due_at": stamp(override.due_at),
            "all_day": False,
            "all_day_date": override.due_at.date().isoformat(),
        }
    dates = {"unlock_at": override.unlock_at, "lock_at": override.lock_at}
    payload |= {name: stamp(moment) for name, moment in dates.items() if moment is not None}
    if override.student_ids:
        return payload | {"student_ids": list(override.student_ids)}
    return payload | {"course_section_id": override.course_section_id}


def visible_to(request: Request, row: Assignment) -> list[int]:
    """Return the students who see an assignment, by id."""
    students = [
        enrollment
        for enrollment in request.world.enrollments.in_course(row.course_id)
        if enrollment.type is EnrollmentType.STUDENT and enrollment.current
    ]
    return sorted(
        {
            student.user_id
            for student in students
            if not row.only_visible_to_overrides
            or any(each.is_for(student.user_id, {student.section_id}) for each in row.overrides)
        }
    )


def _applying(request: Request, row: Assignment) -> list[AssignmentOverride]:
    if manages(request, row.course_id):
        return list(row.overrides)
    sections = sections_of_caller(request, row.course_id)
    return [each for each in row.overrides if each.is_for(request.user.id, sections)]


def _widest(own: Dates, overrides: list[AssignmentOverride]) -> Dates:
    due = [each.due_at for each in overrides if each.due_at is not None]
    unlock = [each.unlock_at for each in overrides if each.unlock_at is not None]
    lock = [each.lock_at for each in overrides if each.lock_at is not None]
    return Dates(max(due, default=own.due_at), min(unlock, default=own.unlock_at), max(lock, default=own.lock_at))
