"""Accounts: those that an administrator has, and the courses and terms in one."""

from __future__ import annotations

from airflow_provider_canvas.emulator.content import Course
from airflow_provider_canvas.emulator.pages import course_shape
from airflow_provider_canvas.emulator.wire.answers import Answer
from airflow_provider_canvas.emulator.wire.ids import find_term
from airflow_provider_canvas.emulator.wire.pagination import listing
from airflow_provider_canvas.emulator.wire.parameters import listed
from airflow_provider_canvas.emulator.wire.request import Request, Route


def index(request: Request) -> Answer:
    """GET the accounts that the caller administers."""
    accounts = list(request.world.tables.accounts.values()) if request.user.is_admin else []
    return listing(request, accounts, lambda _, account: course_shape.account_shape(account))


def show(request: Request) -> Answer:
    """GET an account."""
    return Answer(course_shape.account_shape(request.account("id")))


def courses(request: Request) -> Answer:
    """GET the courses in an account and below it, by id."""
    account = request.account()
    within, accounts = {account.id}, request.world.tables.accounts.values()
    while more := {a.id for a in accounts if a.parent_account_id in within} - within:
        within |= more
    rows = [
        row for row in request.world.tables.courses.values() if row.account_id in within and _is_wanted(request, row)
    ]
    return listing(request, sorted(rows, key=lambda row: row.id), course_shape.shape)


def _is_wanted(request: Request, course: Course) -> bool:
    params = request.params
    states = listed(params.get("state"))
    if course.workflow_state not in states and (states or course.workflow_state == "deleted"):
        return False
    if term_id := params.get("enrollment_term_id"):
        term = find_term(request.world, str(term_id))
        if term is None or term.id != course.enrollment_term_id:
            return False
    search = str(params.get("search_term") or "").lower()
    return any(search in (text or "").lower() for text in (course.name, course.course_code, course.sis_course_id))


ROUTES = (
    Route("GET", "/accounts", index),
    Route("GET", "/accounts/{id}", show),
    Route("GET", "/accounts/{account_id}/courses", courses),
)
