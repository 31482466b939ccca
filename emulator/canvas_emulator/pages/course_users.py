"""The people of a course: lists, one of them, recent students, and with whom content can be shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from canvas_emulator.model.content import EPOCH
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import STAFF, Enrollment, EnrollmentState, EnrollmentType
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import User
from canvas_emulator.pages import users
from canvas_emulator.wire.pagination import listing, per_page_of
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request, not_found, stamp

SHORTEST_SEARCH = 2
EMPTY_INCLUDES: Mapping[str, Any] = {"bio": None, "custom_links": [], "locked": False}
"""What may be included and is the same for everybody here."""

SHOWN_STATES = (EnrollmentState.ACTIVE, EnrollmentState.INVITED)


@dataclass(frozen=True)
class Member:
    """A user of a course, with the enrollments that a request selects.

    :param user: The user.
    :param enrollments: The selected enrollments.
    """

    user: User
    enrollments: tuple[Enrollment, ...]


Sort = Callable[[Member], Any]

SORTS: Mapping[str, Sort] = {
    "username": lambda member: _sortable(member.user),
    "last_login": lambda member: max((row.last_login or EPOCH for row in member.enrollments), default=EPOCH),
    "email": lambda member: member.user.email or "",
    "sis_id": lambda member: member.user.sis_user_id or "",
}


def index(request: Request) -> Response:
    """GET the users of a course. Only the last page tells that it is: they are not counted."""
    course = request.seen_course(right="read_roster")
    members = _search(request, course)
    page = _page_of_user(request, members)
    linked = replace(request, path=request.path.replace("/search_users", "/users"))
    return listing(linked, members, shape, counted=False, page=page, keep=_is_no_test_student, as_sent=True)


def students(request: Request) -> Response:
    """GET the students, all on one page: deprecated."""
    course = request.seen_course(right="read_roster")
    members = _members(request, course, lambda row: row.type is EnrollmentType.STUDENT and row.current)
    return Response([shape(request, member) for member in members], rows=len(members))


def recent_students(request: Request) -> Response:
    """GET the students, the one who was here last first."""
    course = request.seen_course(right="read_reports")
    members = _members(request, course, lambda row: row.type is EnrollmentType.STUDENT and row.current)
    ordered = sorted(members, key=SORTS["last_login"], reverse=True)

    def with_login(request: Request, member: Member) -> dict[str, Any]:
        login = SORTS["last_login"](member)
        return shape(request, member) | {"last_login": None if login is EPOCH else stamp(login)}

    return listing(request, ordered, with_login)


def show(request: Request) -> Response:
    """GET one user of a course."""
    course, user = request.seen_course(right="read_roster"), request.user_of_path("id")
    members = [member for member in _members(request, course, lambda _: True) if member.user.id == user.id]
    if not members:
        raise not_found()
    return Response(shape(request, members[0]))


def content_share_users(request: Request) -> Response:
    """GET those with whom content can be shared: teachers of any course whose name has the search term."""
    request.seen_course(right="read_as_admin")
    term = str(request.params.get("search_term") or "").lower()
    if not term:
        raise bad_request("Search term required")
    sharing = {row.user_id for row in request.world.enrollments.enrollments.values() if row.type in STAFF}
    members = [
        Member(user, ())
        for user in request.world.tables.users.values()
        if user.id in sharing and user.id != request.user.id and term in user.name.lower()
    ]
    return listing(request, sorted(members, key=SORTS["username"]), shape)


def student_view_student(request: Request) -> Response:
    """GET the test student, who is made when a user asks for the first time."""
    course, world = request.seen_course(right="use_student_view"), request.world
    for row in world.enrollments.in_course(course.id):
        if row.type is EnrollmentType.STUDENT_VIEW:
            return Response(users.shape(request, world.tables.users[row.user_id]))
    user = User(max(world.tables.users) + 1, "Test Student", is_test_student=True)
    world.tables.users[user.id] = user
    world.enrollments.enroll(user.id, course.id, EnrollmentType.STUDENT_VIEW)
    return Response(users.shape(request, user))


def shape(request: Request, member: Member) -> dict[str, Any]:
    """Render a User as a course lists it."""
    user, payload = member.user, users.shape(request, member.user)
    if request.includes("email"):
        payload["email"] = user.email
    if request.includes("avatar_url"):
        payload["avatar_url"] = request.url("/images/messages/avatar-50.png")
    if request.includes("uuid"):
        payload["uuid"] = user.uuid
    for name, value in EMPTY_INCLUDES.items():
        if request.includes(name):
            payload[name] = value
    if request.includes("enrollments"):
        payload["enrollments"] = [enrollment_shape(request, row) for row in member.enrollments]
    return payload


def enrollment_shape(request: Request, row: Enrollment) -> dict[str, Any]:
    """Render an Enrollment."""
    return {
        "id": row.id,
        "course_id": row.course_id,
        "user_id": row.user_id,
        "course_section_id": row.section_id,
        "type": row.type,
        "role": row.type,
        "role_id": row.type.role_id,
        "enrollment_state": row.workflow_state,
        "limit_privileges_to_course_section": False,
        "last_activity_at": stamp(row.last_login),
        "html_url": request.url(f"/courses/{row.course_id}/users/{row.user_id}"),
    }


def _search(request: Request, course: Course) -> list[Member]:
    """Return the members that the request is about, in its order."""
    params = request.params
    types, states = (
        parse_list(params.get("enrollment_type")),
        parse_list(params.get("enrollment_state")) or SHOWN_STATES,
    )
    ids, uuids, sections = (_split(params.get(name)) for name in ("user_ids", "user_uuids", "section_ids"))
    role_id, role, term = (
        str(params.get(name) or "") for name in ("enrollment_role_id", "enrollment_role", "search_term")
    )
    if 0 < len(term) < SHORTEST_SEARCH:
        raise bad_request(f"search_term of {SHORTEST_SEARCH} or more characters is required")

    def wanted(row: Enrollment) -> bool:
        kind = row.type.short if not role_id and not role else ""
        return (
            (
                row.workflow_state in states
                or (request.parse_bool("include_inactive") and row.workflow_state == "inactive")
            )
            and (not types or not kind or kind in types)
            and (not role_id or row.type.role_id == parse_int(role_id))
            and (not role or row.type == role)
            and (not sections or str(row.section_id) in sections)
        )

    members = [
        member
        for member in _members(request, course, wanted)
        if (not ids or str(member.user.id) in ids)
        and (not uuids or member.user.uuid in uuids)
        and (not term or _matches(member.user, term.lower()))
    ]
    return sorted(members, key=SORTS.get(str(params.get("sort")), SORTS["username"]))


def _members(request: Request, course: Course, wanted: Callable[[Enrollment], bool]) -> list[Member]:
    """Return the users with enrollments that are wanted, by name."""
    rows: dict[int, list[Enrollment]] = {}
    for row in request.world.enrollments.in_course(course.id):
        if wanted(row):
            rows.setdefault(row.user_id, []).append(row)
    table = request.world.tables.users
    members = [Member(table[user_id], tuple(enrollments)) for user_id, enrollments in rows.items()]
    return sorted(members, key=SORTS["username"])


def _is_no_test_student(request: Request, member: Member) -> bool:
    """Tell whether a member stays on its page. Test students are removed after paging, so a page may be short."""
    if not member.user.is_test_student:
        return True
    return request.includes("test_student") or "student_view" in parse_list(request.params.get("enrollment_type"))


def _page_of_user(request: Request, members: list[Member]) -> int | None:
    """Return the page with the user of ``user_id``, which is shown whatever ``page`` says; None without such a user."""
    user_id = parse_int(str(request.params.get("user_id", "")))
    for position, member in enumerate(members):
        if member.user.id == user_id:
            return position // per_page_of(request) + 1
    return None


def _matches(user: User, term: str) -> bool:
    texts = (user.name, user.login_id, user.sis_user_id, user.email)
    return term == str(user.id) or any(term in (text or "").lower() for text in texts)


def _split(value: object) -> list[str]:
    """Read ids from a list, or from one string with commas."""
    return [part.strip() for element in parse_list(value) for part in element.split(",") if part.strip()]


def _sortable(user: User) -> str:
    first, _, last = user.name.rpartition(" ")
    return f"{last}, {first}".lower()


ROUTES = (
    Route("GET", "/courses/{course_id}/users", index),
    Route("GET", "/courses/{course_id}/search_users", index),
    Route("GET", "/courses/{course_id}/students", students),
    Route("GET", "/courses/{course_id}/recent_students", recent_students),
    Route("GET", "/courses/{course_id}/users/{id}", show),
    Route("GET", "/courses/{course_id}/content_share_users", content_share_users),
    Route("GET", "/courses/{course_id}/student_view_student", student_view_student),
)
