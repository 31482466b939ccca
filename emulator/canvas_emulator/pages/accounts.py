"""Accounts, with their courses and terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from canvas_emulator.machines.course import CourseState
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_term
from canvas_emulator.model.parsing import parse_bool, parse_list
from canvas_emulator.model.permissions import account_permissions
from canvas_emulator.pages.account_shapes import account_shape
from canvas_emulator.pages.course_shape import shape
from canvas_emulator.pages.search_terms import search_term
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found

STATES: Mapping[str, str] = {
    "created": CourseState.UNPUBLISHED,
    "claimed": CourseState.UNPUBLISHED,
    "available": CourseState.AVAILABLE,
    "completed": CourseState.COMPLETED,
    "deleted": CourseState.DELETED,
}
"""The states that can be asked for here, by their stored names, and their names in responses."""

SORTS: Mapping[str, Callable[[Course], str]] = {
    "course_name": lambda course: course.name.lower(),
    "sis_course_id": lambda course: course.sis_course_id or "",
}
"""What the list can be sorted by."""

ALL_BUT_DELETED = ("created", "claimed", "available", "completed")


def index(request: Request) -> Response:
    """GET the accounts that the caller administers."""
    accounts = list(request.world.tables.accounts.values()) if request.user.is_admin else []
    return listing(request, accounts, account_shape)


def show(request: Request) -> Response:
    """GET an account."""
    return Response(account_shape(request, request.account("id")))


def permissions(request: Request) -> Response:
    """GET which of the named permissions the caller has in the account; all of them, when none is named.

    Canvas responds to those who have a role in the account, or teach in it; here these are its administrators.
    """
    request.account()
    names = parse_list(request.params.get("permissions"))
    return Response(account_permissions(request.world, request.user, names))


def courses(request: Request) -> Response:
    """GET the courses in an account and below it, which are not counted."""
    account = request.account()
    within, accounts = {account.id}, request.world.tables.accounts.values()
    while more := {a.id for a in accounts if a.parent_account_id in within} - within:
        within |= more
    states, term_id, search = _states(request), _term_id(request), search_term(request)
    is_blueprint, follows = _optional_bool(request, "blueprint"), _optional_bool(request, "blueprint_associated")
    followers = {row.course_id for row in request.world.tables.blueprint_subscriptions.values()}
    rows = [
        row
        for row in request.world.tables.courses.values()
        if row.account_id in within
        and row.workflow_state in states
        and (term_id is None or row.enrollment_term_id == term_id)
        and (is_blueprint is None or row.settings.blueprint == is_blueprint)
        and (follows is None or (row.id in followers) == follows)
        and (not search or _is_found(row, search))
    ]
    return listing(request, _sorted(request, rows), _course_shape, counted=False)


def _optional_bool(request: Request, name: str) -> bool | None:
    """Return a filter of the request; None when it has none."""
    value = request.params.get(name)
    return None if value in (None, "") else parse_bool(value)


def _is_found(course: Course, search: str) -> bool:
    return any(search in (text or "").lower() for text in (course.name, course.course_code, course.sis_course_id))


def _course_shape(request: Request, course: Course) -> dict[str, Any]:
    payload = shape(request, course)
    if request.includes("account_name"):
        payload["account_name"] = request.world.tables.accounts[course.account_id].name
    return payload


def _sorted(request: Request, rows: list[Course]) -> list[Course]:
    """Sort courses as ``sort`` and ``order`` say; by id without them."""
    by_id = sorted(rows, key=attrgetter("id"))
    if (key := SORTS.get(str(request.params.get("sort")))) is None:
        return by_id
    rows = sorted(by_id, key=key)
    return rows[::-1] if request.params.get("order") == "desc" else rows


def _term_id(request: Request) -> int | None:
    """Return the term whose courses are wanted; None for all.

    :raises CanvasError: 404, when there is no such term.
    """
    if not (wanted := request.params.get("enrollment_term_id")):
        return None
    if (term := find_term(request.world, str(wanted))) is None:
        raise not_found()
    return term.id


def _states(request: Request) -> set[str]:
    """Return the states in which courses are wanted."""
    names = parse_list(request.params.get("state")) or ALL_BUT_DELETED
    states = set(STATES.values()) if "all" in names else {STATES[name] for name in names if name in STATES}
    match request.params.get("published"):
        case None:
            return states
        case published if parse_bool(published):
            return states & {CourseState.AVAILABLE}
        case _:
            return states - {CourseState.AVAILABLE}


ROUTES = (
    Route("GET", "/accounts", index),
    Route("GET", "/accounts/{id}", show),
    Route("GET", "/accounts/{account_id}/permissions", permissions),
    Route("GET", "/accounts/{account_id}/courses", courses, secondary=True),
)
