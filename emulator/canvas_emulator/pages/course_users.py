"""The people of a course: lists, one of them, recent students, and with whom content can be shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.model.content import EPOCH
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import SHORT_TYPES, STAFF, Enrollment, EnrollmentState, EnrollmentType
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import User
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.enrollment_shapes import enrollment_shape
from canvas_emulator.pages.search_terms import search_term
from canvas_emulator.pages.user_shapes import AVATAR, sortable_name, user_shape
from canvas_emulator.wire.pagination import listing, per_page_of
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, internal_error, not_found, stamp

SHARED_KEYS = ("id", "name", "created_at", "sortable_name", "short_name")
"""The keys of a User that those who share content with it see, besides its e-mail address."""

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
    "username": lambda member: sortable_name(member.user).lower(),
    "last_login": lambda member: max((row.last_login or EPOCH for row in member.enrollments), default=EPOCH),
    "email": lambda member: member.user.email or "",
    "sis_id": lambda member: member.user.sis_user_id or "",
}


def index(request: Request) -> Response:
    """GET the users of a course, who are not counted; those who may read them see the e-mail addresses."""
    course = request.seen_course(right="read_roster")
    members = _search(request, course)
    page = _page_of_user(request, members)
    with_email = "read_email_addresses" in rights(request.world, request.user, course)

    def listed(request: Request, member: Member) -> dict[str, Any]:
        return shape(request, member) | ({"email": member.user.email} if with_email else {})

    linked = replace(request, path=request.path.replace("/search_users", "/users"))
    return listing(linked, members, listed, counted=False, page=page, keep=_is_no_test_student, as_sent=True)


def students(request: Request) -> Response:
    """GET the students, all on one page, once for each of their enrollments: deprecated."""
    course = request.seen_course(right="read_roster")
    members = _members(request, course, lambda row: row.type is EnrollmentType.STUDENT and row.current)
    payload = [shape(request, member) for member in members for _ in member.enrollments]
    return Response(payload, rows=len(payload))


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
        raise CanvasError(400, {"status": "bad_request", "message": "Search term required"})
    sharing = {row.user_id for row in request.world.enrollments.enrollments.values() if row.type in STAFF}
    members = [
        Member(user, ())
        for user in request.world.tables.users.values()
        if user.id in sharing and user.id != request.user.id and term in user.name.lower()
    ]

    def shareable(request: Request, member: Member) -> dict[str, Any]:
        payload = user_shape(request, member.user)
        return {name: payload[name] for name in SHARED_KEYS} | {"email": member.user.email}

    return listing(request, sorted(members, key=SORTS["username"]), shareable)


def student_view_student(request: Request) -> Response:
    """GET the test student, who is made when a user asks for the first time."""
    course, world = request.seen_course(right="use_student_view"), request.world
    for row in world.enrollments.in_course(course.id):
        if row.type is EnrollmentType.STUDENT_VIEW:
            return Response(user_shape(request, world.tables.users[row.user_id]))
    user_id, now = max(world.tables.users) + 1, world.clock.now()
    login_id = uuid5(NAMESPACE_URL, f"https://{world.host}/users/{user_id}").hex
    user = User(user_id, "Test Student", is_test_student=True, login_id=login_id, created_at=now)
    world.tables.users[user.id] = user
    world.enroll(user.id, course.id, EnrollmentType.STUDENT_VIEW)
    return Response(user_shape(request, user))


def shape(request: Request, member: Member) -> dict[str, Any]:
    """Render a User as a course lists it."""
    user, payload = member.user, user_shape(request, member.user)
    if request.includes("email"):
        payload["email"] = user.email
    if request.includes("uuid"):
        payload["uuid"] = user.uuid
    if request.includes("custom_links"):
        payload["custom_links"] = []
    if request.world.settings.user_profiles:
        profile = {"avatar_url": request.url(AVATAR), "bio": None, "locked": False}
        payload |= {name: value for name, value in profile.items() if request.includes(name)}
    if request.includes("enrollments"):
        payload["enrollments"] = [enrollment_shape(request, row) for row in member.enrollments]
    return payload


def _search(request: Request, course: Course) -> list[Member]:
    """Return the members that the request is about, in its order."""
    params = request.params
    types, states = (
        parse_list(params.get("enrollment_type")),
        parse_list(params.get("enrollment_state")) or SHOWN_STATES,
    )
    ids, uuids, sections = (_split(params.get(name)) for name in ("user_ids", "user_uuids", "section_ids"))
    role_id, role = (str(params.get(name) or "") for name in ("enrollment_role_id", "enrollment_role"))
    term = search_term(request)
    _check_types(request, types, role_id)

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
        and (not term or _matches(member.user, term))
    ]
    return sorted(members, key=SORTS.get(str(params.get("sort")), SORTS["username"]))


def _check_types(request: Request, types: list[str], role_id: str) -> None:
    """Check the kinds of enrollments that are wanted, and the order.

    :raises CanvasError: 400 for an unknown type; 500 for an unknown role, and for an order that this Canvas lacks.
    """
    for name in types:
        if name not in SHORT_TYPES.values():
            raise CanvasError(400, {"status": "bad_request", "message": f"Invalid enrollment type: {name}"})
    if role_id and parse_int(role_id) not in {type_.role_id for type_ in EnrollmentType}:
        raise internal_error()
    if request.params.get("sort") == "last_login" and not request.world.settings.sort_by_last_login:
        raise internal_error()


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


ROUTES = (
    Route("GET", "/courses/{course_id}/users", index),
    Route("GET", "/courses/{course_id}/search_users", index),
    Route("GET", "/courses/{course_id}/students", students),
    Route("GET", "/courses/{course_id}/recent_students", recent_students),
    Route("GET", "/courses/{course_id}/users/{id}", show),
    Route("GET", "/courses/{course_id}/content_share_users", content_share_users),
    Route("GET", "/courses/{course_id}/student_view_student", student_view_student),
)
