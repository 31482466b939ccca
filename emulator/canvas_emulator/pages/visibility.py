"""What a caller finds of a course: its managers everything, its students what is published for them."""

from __future__ import annotations

from canvas_emulator.model.content import Assignment, Content, DiscussionTopic, File, Folder
from canvas_emulator.model.course import Course
from canvas_emulator.model.rights import rights
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import CanvasError

DISABLED_TAB = {"message": "That page has been disabled for this course"}


def manages(request: Request, course_id: int) -> bool:
    """Tell whether the caller sees a course as its teachers do."""
    return can(request, course_id, "read_as_admin")


def can(request: Request, course_id: int, right: str) -> bool:
    """Tell whether the caller has a right in a course."""
    return right in rights(request.world, request.user, request.world.tables.courses[course_id])


def check_tab(request: Request, course: Course, tab: str) -> None:
    """Check that a tab of a course is there for the caller.

    :raises CanvasError: 404, when it is hidden from students, and the caller is one.
    """
    if tab in course.hidden_tabs and not manages(request, course.id):
        raise CanvasError(404, DISABLED_TAB)


def is_visible(request: Request, row: Content) -> bool:
    """Tell whether the caller finds a row."""
    if isinstance(row, (File, Folder)):
        return True
    if manages(request, row.course_id):
        return True
    if not row.published:
        return False
    if isinstance(row, Assignment) and row.only_visible_to_overrides:
        sections = sections_of_caller(request, row.course_id)
        return any(each.is_for(request.user.id, sections) for each in row.overrides)
    if isinstance(row, DiscussionTopic):
        return _is_posted(request, row)
    return True


def sections_of_caller(request: Request, course_id: int) -> set[int]:
    """Return the sections of a course in which the caller has a place."""
    return {row.section_id for row in request.world.enrollments.of_user(request.user.id, course_id)}


def _is_posted(request: Request, row: DiscussionTopic) -> bool:
    if row.delayed_post_at is not None and row.delayed_post_at > request.world.clock.now():
        return False
    return not row.section_ids or bool(sections_of_caller(request, row.course_id) & set(row.section_ids))
