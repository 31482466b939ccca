"""The rights of a user in a course: the permissions that ``GET /courses/:id/permissions`` lists, by role.

The roles are those of Canvas as it is installed, with the permissions that this emulator's pages ask for.
"""

from __future__ import annotations

from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import AS_STUDENTS, EnrollmentType
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World

SEE = frozenset({"read", "read_syllabus", "read_announcements", "read_forum", "read_files", "view_group_pages"})
STUDENT = SEE | {"read_roster", "participate_as_student", "post_to_forum", "create_forum", "send_messages"}
OBSERVER = SEE | {"read_roster"}
READ_AS_ADMIN = SEE | {"read_roster", "read_as_admin", "read_sis", "read_reports", "view_all_grades"}
WRITE = {"manage_course_content_add", "manage_course_content_edit", "manage_course_content_delete"}
TA = (
    READ_AS_ADMIN
    | WRITE
    | {"manage_grades", "moderate_forum", "create_announcement", "use_student_view", "read_email_addresses"}
)
TEACHER = TA | {
    "update",
    "change_course_state",
    "manage_course_visibility",
    "manage_content",
    "reset_content",
    "delete",
}
DESIGNER = TEACHER - {"view_all_grades", "manage_grades", "read_email_addresses"}
ADMIN = frozenset(TEACHER | {"manage_sis", "manage_storage_quotas", "manage_account", "become_user", "view_statistics"})

ROLES = {
    EnrollmentType.STUDENT: STUDENT,
    EnrollmentType.STUDENT_VIEW: STUDENT,
    EnrollmentType.OBSERVER: OBSERVER,
    EnrollmentType.TA: TA,
    EnrollmentType.TEACHER: TEACHER,
    EnrollmentType.DESIGNER: DESIGNER,
}


def rights(world: World, user: User, course: Course) -> frozenset[str]:
    """Return the rights of a user in a course, from all roles that the user has there."""
    if user.is_admin:
        return ADMIN
    enrollments = world.enrollments.of_user(user.id, course.id)
    granted: set[str] = set()
    if course.id in user.readable:
        granted |= READ_AS_ADMIN
    if course.id in user.writable and not enrollments:  # who has a place has the rights of that place
        granted |= TEACHER
    for enrollment in enrollments:
        published = course.workflow_state in ("available", "completed")
        if enrollment.current and (published or enrollment.type not in AS_STUDENTS):
            granted |= ROLES[enrollment.type]
    if course.is_public and course.workflow_state == "available":
        granted |= SEE
    return frozenset(granted)
