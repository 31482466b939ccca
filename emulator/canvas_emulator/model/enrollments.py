"""Sections and enrollments of users in courses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from canvas_emulator.model.content_base import EPOCH


class EnrollmentType(StrEnum):
    """The base roles. ``short`` is the form that lists of courses use."""

    STUDENT = "StudentEnrollment"
    TEACHER = "TeacherEnrollment"
    TA = "TaEnrollment"
    OBSERVER = "ObserverEnrollment"
    DESIGNER = "DesignerEnrollment"
    STUDENT_VIEW = "StudentViewEnrollment"

    @property
    def short(self) -> str:
        """Its short form, ``student_view`` for the test student."""
        return SHORT_TYPES[self]

    @property
    def role_id(self) -> int:
        """The id of the base role, which a test student shares with the students."""
        base = EnrollmentType.STUDENT if self is EnrollmentType.STUDENT_VIEW else self
        return list(EnrollmentType).index(base) + 3


SHORT_TYPES = {
    EnrollmentType.STUDENT: "student",
    EnrollmentType.TEACHER: "teacher",
    EnrollmentType.TA: "ta",
    EnrollmentType.OBSERVER: "observer",
    EnrollmentType.DESIGNER: "designer",
    EnrollmentType.STUDENT_VIEW: "student_view",
}

STAFF = frozenset({EnrollmentType.TEACHER, EnrollmentType.TA, EnrollmentType.DESIGNER})
"""These read a course as its teachers do, and change its content."""

AS_STUDENTS = frozenset({EnrollmentType.STUDENT, EnrollmentType.OBSERVER, EnrollmentType.STUDENT_VIEW})
"""These see a course only while it is published."""


class EnrollmentState(StrEnum):
    """Stored and reported under the same names."""

    ACTIVE = "active"
    INVITED = "invited"
    REJECTED = "rejected"
    COMPLETED = "completed"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True)
class Section:
    """A section of a course.

    :param id: Its id.
    :param course_id: The course that it is in.
    :param name: Its name.
    :param sis_section_id: The key that the student information system has for it.
    :param integration_id: A second key of the student information system.
    :param start_at: When it begins; None for the course's start.
    :param end_at: When it ends; None for the course's end.
    :param created_at: When it was created.
    """

    id: int
    course_id: int
    name: str
    sis_section_id: str | None = None
    integration_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    created_at: datetime = EPOCH


@dataclass(eq=False)
class Enrollment:
    """The enrollment of a user in a section.

    :param id: Its id.
    :param user_id: The user.
    :param course_id: The course of the section.
    :param section_id: The section.
    :param type: The role: student, teacher, and so on.
    :param workflow_state: Stored and reported under the same name.
    :param last_login: When the user was last in Canvas.
    :param created_at: When it was created.
    :param last_activity_at: When the user was last in the course.
    :param total_activity_time: How many seconds the user spent in the course.
    """

    id: int
    user_id: int
    course_id: int
    section_id: int
    type: EnrollmentType
    workflow_state: EnrollmentState = EnrollmentState.ACTIVE
    last_login: datetime | None = None
    created_at: datetime = EPOCH
    last_activity_at: datetime | None = None
    total_activity_time: int = 0

    @property
    def current(self) -> bool:
        """Tell whether the enrollment gives rights now."""
        return self.workflow_state is EnrollmentState.ACTIVE


class Enrollments:
    """Sections and enrollments, found by course and by user.

    ``completions`` has, by user and course, when the user met the requirement of which module item.
    """

    def __init__(self) -> None:
        self.completions: dict[tuple[int, int], dict[int, datetime]] = {}
        self.sections: dict[int, Section] = {}
        self.enrollments: dict[int, Enrollment] = {}
        self._sections_by_course: defaultdict[int, dict[int, Section]] = defaultdict(dict)
        self._by_course: defaultdict[int, list[Enrollment]] = defaultdict(list)
        self._by_user: defaultdict[int, list[Enrollment]] = defaultdict(list)

    def add_section(
        self, course_id: int, name: str, sis_section_id: str | None = None, created_at: datetime = EPOCH
    ) -> Section:
        """Add a section to a course."""
        section = Section(len(self.sections) + 801, course_id, name, sis_section_id, created_at=created_at)
        self.put_section(section)
        return section

    def sections_of(self, course_id: int) -> list[Section]:
        """Return the sections of a course, by id."""
        return sorted(self._sections_by_course.get(course_id, {}).values(), key=lambda section: section.id)

    def enroll(
        self,
        user_id: int,
        course_id: int,
        type: EnrollmentType,  # noqa: A002  Canvas's word
        state: EnrollmentState = EnrollmentState.ACTIVE,
        *,
        section: Section | None = None,
        last_login: datetime | None = None,
        created_at: datetime = EPOCH,
    ) -> Enrollment:
        """Enroll a user in a course.

        :param section: The course's first one by default, which is made when there is none.
        """
        if section is None:
            sections = self.sections_of(course_id)
            section = sections[0] if sections else self.add_section(course_id, "Section 1", created_at=created_at)
        enrollment = Enrollment(
            len(self.enrollments) + 50_001, user_id, course_id, section.id, type, state, last_login, created_at
        )
        self.enrollments[enrollment.id] = enrollment
        self._by_course[course_id].append(enrollment)
        self._by_user[user_id].append(enrollment)
        return enrollment

    def move(self, from_course_id: int, to_course_id: int) -> None:
        """Move all sections and enrollments of a course to another course."""
        for section in self.sections_of(from_course_id):
            del self._sections_by_course[from_course_id][section.id]
            self.put_section(replace(section, course_id=to_course_id))
        for row in self._by_course.pop(from_course_id, []):
            row.course_id = to_course_id
            self._by_course[to_course_id].append(row)

    def put_section(self, section: Section) -> None:
        """Add a section, or replace the one with its id in the same course."""
        self.sections[section.id] = section
        self._sections_by_course[section.course_id][section.id] = section

    def in_course(self, course_id: int) -> Iterator[Enrollment]:
        """Yield the enrollments of a course that are not deleted, by id."""
        return (row for row in self._by_course.get(course_id, ()) if row.workflow_state is not EnrollmentState.DELETED)

    def has_any(self, course_id: int) -> bool:
        """Tell whether anybody is enrolled in a course."""
        return next(self.in_course(course_id), None) is not None

    def of_user(self, user_id: int, course_id: int | None = None) -> list[Enrollment]:
        """Return the enrollments of a user, in one course or in all, by id, deleted ones left out."""
        return [
            row
            for row in self._by_user.get(user_id, ())
            if row.workflow_state is not EnrollmentState.DELETED and course_id in (None, row.course_id)
        ]
