"""How far students are in a course: its modules' requirements, and which of them a student has met."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import ModuleItem
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import User
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found, stamp

NO_PROGRESS = (
    "no progress available because this course is not module based (has modules and module completion requirements)"
    " or the user is not enrolled as a student in this course"
)
NOT_MODULE_BASED = (
    "No progress available because this course is not module based"
    " (meaning, it does not have modules and module completion requirements)."
)


def show(request: Request) -> Response:
    """GET how far one user of the course is: oneself, or any user for those who may see grades.

    :raises CanvasError: 404 for a user who is not in the course, 400 for one who is no student there, and for a course
        whose modules require nothing.
    """
    course, user = request.seen_course(), request.user_of_path()
    permitted = rights(request.world, request.user, course)
    request.permit(user.id == request.user.id or "view_all_grades" in permitted)
    if not request.world.enrollments.of_user(user.id, course.id):
        raise not_found()
    progress = progress_shape(request, course, user)
    return Response(progress, status=400 if "error" in progress else 200)


def index(request: Request) -> Response:
    """GET how far each student is.

    :raises CanvasError: 400, with a key and a shape of its own, when the modules require nothing.
    """
    course = request.seen_course(right="view_all_grades")
    if not _required(request, course):
        raise CanvasError(400, {"error": {"message": NOT_MODULE_BASED}})
    users = request.world.tables.users
    rows = request.world.enrollments.in_course(course.id)
    student_ids = {row.user_id: None for row in rows if row.type is EnrollmentType.STUDENT and row.current}

    def shape(request: Request, user: User) -> dict[str, Any]:
        return user_display(request, user, course.id) | {"progress": progress_shape(request, course, user)}

    return listing(request, [users[user_id] for user_id in student_ids], shape)


def progress_shape(request: Request, course: Course, user: User) -> dict[str, Any]:
    """Render a CourseProgress, or why there is none. Who has met no requirement yet has no next one either."""
    required = _required(request, course)
    types = {row.type for row in request.world.enrollments.of_user(user.id, course.id)}
    if not required or EnrollmentType.STUDENT not in types:
        return {"error": {"message": NO_PROGRESS}}
    done = request.world.enrollments.completions.get((user.id, course.id), {})
    left = [item for item in required if item.id not in done]
    next_url = f"/courses/{course.id}/modules/items/{left[0].id}" if left and done else None
    return {
        "requirement_count": len(required),
        "requirement_completed_count": len(required) - len(left),
        "next_requirement_url": request.url(next_url) if next_url else None,
        "completed_at": None if left else stamp(max(done.values())),
    }


def _required(request: Request, course: Course) -> list[ModuleItem]:
    items = request.world.live(ModuleItem, course.id)
    return [item for item in items if item.completion_requirement]


ROUTES = (
    Route("GET", "/courses/{course_id}/users/{user_id}/progress", show),
    Route("GET", "/courses/{course_id}/bulk_user_progress", index),
)
