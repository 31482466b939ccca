"""Courses: listing, showing, creating, changing, concluding, deleting, and starting again."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.jobs import automatic_copies
from canvas_emulator.machines.course import CourseEvent, CourseState
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import AS_STUDENTS, Enrollment, EnrollmentState, EnrollmentType
from canvas_emulator.model.ids import find_account, find_course, find_row
from canvas_emulator.model.parsing import parse_bool, parse_int, parse_list
from canvas_emulator.model.records import Account, User
from canvas_emulator.model.rights import rights
from canvas_emulator.pages import course_requests
from canvas_emulator.pages.course_shape import shape
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, bad_request, internal_error, not_found, stamp

ENROLLMENT_STATES = {
    "active": {EnrollmentState.ACTIVE},
    "invited_or_pending": {EnrollmentState.INVITED},
    "completed": {EnrollmentState.COMPLETED},
}
SHOWN_ENROLLMENTS = {EnrollmentState.ACTIVE, EnrollmentState.INVITED, EnrollmentState.COMPLETED}
BY_EVENT = {CourseEvent.DELETE: CourseState.DELETED, CourseEvent.CONCLUDE: CourseState.COMPLETED}


def index(request: Request) -> Response:
    """GET the courses that the caller is enrolled in, by name."""
    return _list(request, request.user)


def index_of_user(request: Request) -> Response:
    """GET the courses that a user is enrolled in: oneself, or any user for an administrator."""
    user = request.user_of_path()
    request.permit(user.id == request.user.id or request.user.is_admin)
    return _list(request, user)


def show(request: Request) -> Response:
    """GET a course, whose account may be in the path."""
    if request.includes("all_courses"):
        course = _any_course(request)
        request.permit("read" in rights(request.world, request.user, course))
    else:
        course = request.seen_course("id")
    if "account_id" in request.ids:
        account = find_account(request.world, request.ids["account_id"])
        if account is None or not _is_within(request, course.account_id, account.id):
            raise not_found()
    return Response(shape(request, course, enrolled=request.user))


def create(request: Request) -> Response:
    """POST a course to an account; a deleted one with its SIS id may come back in its place."""
    account, world, wanted = _account_to_create_in(request), request.world, course_requests.course_table(request)
    if (course := _deleted_before(request, wanted)) is not None:
        course.workflow_state = CourseState.UNPUBLISHED
        wanted.pop("sis_course_id", None)
        course_requests.update(request, course, wanted)
    else:
        course = _new_course(request, account)
        course_requests.create(request, course, {"name": "Unnamed Course"} | wanted)
        world.tables.courses[course.id] = course
        if not (world.settings.skip_course_template and request.parse_bool("skip_course_template")):
            automatic_copies.copy_template(world, course)
    if request.parse_bool("offer"):
        course.workflow_state = CourseState.AVAILABLE
    if request.params.get("enroll_me") in (True, "true"):
        world.enroll(request.user.id, course.id, EnrollmentType.TEACHER)
    payload = shape(request, course)
    names = ["allow_wiki_comments", "allow_student_forum_attachments", "open_enrollment", "self_enrollment"]
    if world.settings.newer_keys:
        names.append("allow_student_assignment_edits")
    elif "end_at" not in wanted:
        payload["conclude_at"] = stamp(course.end_at)
    payload |= {name: getattr(course.settings, name) for name in names}
    if course.settings.public_description is not None:
        payload["public_description"] = course.settings.public_description
    return Response(payload)


def update(request: Request) -> Response:
    """PUT a course, even a deleted one; what the caller may not change is ignored."""
    course, wanted = _any_course(request), course_requests.course_table(request)
    request.permit("manage_course_content_edit" in _rights(request, course))
    stickiness = request.params.get("override_sis_stickiness")
    if isinstance(stickiness, str) and not parse_bool(stickiness):
        raise internal_error()
    if request.parse_bool("offer"):
        wanted.setdefault("event", CourseEvent.OFFER)
    course_requests.update(request, course, wanted)
    return Response(shape(request, course))


def destroy(request: Request) -> Response:
    """DELETE or conclude a course, as ``event`` says; a deleted one can be deleted again."""
    course = _any_course(request)
    event = request.params.get("event")
    if event not in list(BY_EVENT):
        raise bad_request('Only "delete" and "conclude" events are allowed.')
    request.permit(("delete" if event == CourseEvent.DELETE else "change_course_state") in _rights(request, course))
    if event == CourseEvent.DELETE:
        request.permit(not course.settings.template)
        if course.sis_course_id and not request.world.settings.deletes_sis_courses:
            raise CanvasError(400, {"delete": False})
    course.workflow_state = BY_EVENT[CourseEvent(event)]
    return Response({event: True})


def reset_content(request: Request) -> Response:
    """POST a new beginning: the response is a new course, which takes the SIS id; the old one is deleted."""
    world, old = request.world, request.seen_course(right="reset_content")
    if old.settings.blueprint or old.settings.template:
        raise bad_request("cannot reset_content on a blueprint or template course")
    new = _new_course(request, world.tables.accounts[old.account_id])
    for name in ("name", "course_code", "enrollment_term_id", "start_at", "end_at", "time_zone"):
        setattr(new, name, getattr(old, name))
    new.sis_course_id, old.sis_course_id = old.sis_course_id, None
    new.integration_id, old.integration_id = old.integration_id, None
    world.tables.courses[new.id] = new
    world.enrollments.move(old.id, new.id)
    world.move_rights(old.id, new.id)
    old.workflow_state = CourseState.DELETED
    if not world.settings.skip_course_template:
        automatic_copies.copy_template(world, new)
    return Response(shape(request, new))


def _list(request: Request, user: User) -> Response:
    """Return the courses of a user's enrollments by name, each with these enrollments."""
    courses = sorted(_courses_of(request, user), key=lambda course: (course.name.lower(), course.id))
    return listing(request, courses, lambda request, course: shape(request, course, enrolled=user))


def _any_course(request: Request) -> Course:
    """Return the course of the path, even a deleted one.

    :raises CanvasError: 404, when there is none.
    """
    course: Course | None = find_row(request.world, "course", request.world.tables.courses, request.ids["id"])
    if course is None:
        raise not_found()
    return course


def _account_to_create_in(request: Request) -> Account:
    """Return the account of the path, in which the caller may create courses.

    :raises CanvasError: 404 when there is none, 403 when the caller may not.
    """
    if not request.world.settings.teachers_create_courses:
        return request.account()
    if (account := find_account(request.world, request.ids["account_id"])) is None:
        raise not_found()
    rows = request.world.enrollments.of_user(request.user.id)
    request.permit(request.user.is_admin or any(row.type is EnrollmentType.TEACHER for row in rows))
    return account


def _new_course(request: Request, account: Account) -> Course:
    world = request.world
    course_id = max(world.tables.courses, default=0) + 1
    return Course(
        course_id,
        "",
        "",
        account.id,
        min(world.tables.terms, default=1),
        workflow_state=CourseState.UNPUBLISHED,
        created_at=world.clock.now(),
        time_zone=account.default_time_zone,
        uuid=uuid5(NAMESPACE_URL, f"https://{world.host}/courses/{course_id}").hex,
    )


def _deleted_before(request: Request, wanted: dict[str, Any]) -> Course | None:
    """Return the deleted course whose SIS id is wanted again, if that shall bring it back."""
    sis_id = wanted.get("sis_course_id")
    if not sis_id or not request.parse_bool("enable_sis_reactivation"):
        return None
    if find_course(request.world, f"sis_course_id:{sis_id}") is not None:
        return None
    course: Course | None = find_row(request.world, "course", request.world.tables.courses, f"sis_course_id:{sis_id}")
    return course


def _rights(request: Request, course: Course) -> frozenset[str]:
    return rights(request.world, request.user, course)


def _is_within(request: Request, account_id: int | None, parent_id: int) -> bool:
    """Tell whether an account is another one, or below it."""
    while account_id is not None and account_id != parent_id:
        account = request.world.tables.accounts.get(account_id)
        account_id = account.parent_account_id if account else None
    return account_id == parent_id


def _courses_of(request: Request, user: User) -> list[Course]:
    """Return the courses of a user's enrollments, as the request wants them, each once."""
    courses = request.world.tables.courses
    matches = {
        row.course_id
        for row in request.world.enrollments.of_user(user.id)
        if row.course_id in courses  # a replica may not have it yet
        and _wants_enrollment(request, row)
        and _wants_course(request, courses[row.course_id], row)
    }
    return [courses[course_id] for course_id in matches]


def _wants_enrollment(request: Request, row: Enrollment) -> bool:
    params = request.params
    if (state := params.get("enrollment_state")) and row.workflow_state not in ENROLLMENT_STATES.get(str(state), set()):
        return False
    if role_id := params.get("enrollment_role_id"):
        return row.type.role_id == parse_int(str(role_id))
    if role := params.get("enrollment_role"):
        return row.type == str(role)
    wanted_type = params.get("enrollment_type")
    return row.workflow_state in SHOWN_ENROLLMENTS and (not wanted_type or row.type.short == str(wanted_type))


def _wants_course(request: Request, course: Course, row: Enrollment) -> bool:
    """Tell whether a request wants the course of an enrollment.

    Without a state it wants all but concluded and deleted courses, and only published ones for a student. With none
    that is known it wants all but deleted ones.
    """
    params = request.params
    if request.parse_bool("exclude_blueprint_courses") and course.settings.blueprint:
        return False
    if request.parse_bool("homeroom") and not course.settings.homeroom_course:
        return False
    if account_id := params.get("account_id"):
        account = find_account(request.world, str(account_id))
        if account is None or account.id != course.account_id:
            return False
    wanted = set(parse_list(params.get("state")))
    states: set[str] = wanted & set(CourseState)
    if wanted and not states:
        states |= set(CourseState) - {CourseState.DELETED}
    if not wanted:
        states = (
            {CourseState.AVAILABLE} if row.type in AS_STUDENTS else {CourseState.UNPUBLISHED, CourseState.AVAILABLE}
        )
        if params.get("enrollment_state") == "completed":
            states.add(CourseState.COMPLETED)
    return course.workflow_state in states


ROUTES = (
    Route("GET", "/courses", index, secondary=True),
    Route("GET", "/users/{user_id}/courses", index_of_user, secondary=True),
    Route("POST", "/accounts/{account_id}/courses", create),
    Route("GET", "/accounts/{account_id}/courses/{id}", show, secondary=True),
    Route("GET", "/courses/{id}", show, secondary=True),
    Route("PUT", "/courses/{id}", update),
    Route("DELETE", "/courses/{id}", destroy),
    Route("POST", "/courses/{course_id}/reset_content", reset_content),
)
