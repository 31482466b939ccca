"""The exact requests of the endpoints of courses."""

from __future__ import annotations

import datetime
import inspect
from typing import Any

import pytest

from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import Route
from airflow_provider_canvas.api.parameters import Unchecked, flatten

Pairs = list[tuple[str, str]]
Case = tuple[str, dict[str, Any], str, Pairs]

ROUTES = {name: value for name, value in vars(Courses).items() if isinstance(value, Route)}

SEARCH = {
    "search_term": "ann",
    "sort": "sis_id",
    "enrollment_type": ["student", "student_view"],
    "enrollment_role": "Tutor",
    "enrollment_role_id": 19,
    "enrollment_state": ["active", "inactive"],
    "include": ["enrollments", "email"],
    "include_inactive": True,
    "section_ids": [5],
    "user_ids": [7, "8"],
    "user_uuids": ["u1"],
    "per_page": 50,
}
SEARCH_PAIRS = [
    ("search_term", "ann"),
    ("sort", "sis_id"),
    ("enrollment_type[]", "student"),
    ("enrollment_type[]", "student_view"),
    ("enrollment_role", "Tutor"),
    ("enrollment_role_id", "19"),
    ("enrollment_state[]", "active"),
    ("enrollment_state[]", "inactive"),
    ("include[]", "enrollments"),
    ("include[]", "email"),
    ("include_inactive", "true"),
    ("section_ids[]", "5"),
    ("user_ids[]", "7"),
    ("user_ids[]", "8"),
    ("user_uuids[]", "u1"),
    ("per_page", "50"),
]

READING: list[Case] = [
    ("list", {}, "GET courses", []),
    (
        "list",
        {
            "enrollment_type": "ta",
            "enrollment_role": "Tutor",
            "enrollment_role_id": "19",
            "enrollment_state": "invited_or_pending",
            "exclude_blueprint_courses": False,
            "include": ["term", "tabs", Unchecked("brand_new")],
            "state": ["unpublished", "available"],
            "per_page": 1,
        },
        "GET courses",
        [
            ("enrollment_type", "ta"),
            ("enrollment_role", "Tutor"),
            ("enrollment_role_id", "19"),
            ("enrollment_state", "invited_or_pending"),
            ("exclude_blueprint_courses", "false"),
            ("include[]", "term"),
            ("include[]", "tabs"),
            ("include[]", "brand_new"),
            ("state[]", "unpublished"),
            ("state[]", "available"),
            ("per_page", "1"),
        ],
    ),
    (
        "list_for_user",
        {
            "user_id": "sis_login_id:ann@example.edu",
            "enrollment_state": "active",
            "homeroom": True,
            "account_id": "sis_account_id:BIO",
            "include": ["teachers"],
            "state": ["deleted"],
            "per_page": 100,
        },
        "GET users/sis_login_id:ann%40example.edu/courses",
        [
            ("enrollment_state", "active"),
            ("homeroom", "true"),
            ("account_id", "sis_account_id:BIO"),
            ("include[]", "teachers"),
            ("state[]", "deleted"),
            ("per_page", "100"),
        ],
    ),
    (
        "get",
        {"course_id": 42, "include": ["all_courses", "permissions", "lti_context_id"], "teacher_limit": 3},
        "GET courses/42",
        [
            ("include[]", "all_courses"),
            ("include[]", "permissions"),
            ("include[]", "lti_context_id"),
            ("teacher_limit", "3"),
        ],
    ),
    (
        "get_in_account",
        {"account_id": "self", "course_id": "sis_course_id:A/1", "include": ["term"]},
        "GET accounts/self/courses/sis_course_id:A%2F1",
        [("include[]", "term")],
    ),
    ("settings", {"course_id": 42}, "GET courses/42/settings", []),
    ("users", {"course_id": 42, **SEARCH}, "GET courses/42/users", SEARCH_PAIRS),
    ("users", {"course_id": 42, "user_id": 7}, "GET courses/42/users", [("user_id", "7")]),
    ("search_users", {"course_id": 42, **SEARCH}, "GET courses/42/search_users", SEARCH_PAIRS),
    ("recent_students", {"course_id": 42, "per_page": 9}, "GET courses/42/recent_students", [("per_page", "9")]),
    (
        "user",
        {"course_id": 42, "user_id": "self", "include": ["uuid", "inactive_enrollments"]},
        "GET courses/42/users/self",
        [("include[]", "uuid"), ("include[]", "inactive_enrollments")],
    ),
    (
        "content_share_users",
        {"course_id": 42, "search_term": "smith", "per_page": 9},
        "GET courses/42/content_share_users",
        [("search_term", "smith"), ("per_page", "9")],
    ),
    ("student_view_student", {"course_id": 42}, "GET courses/42/student_view_student", []),
    ("user_progress", {"course_id": 42, "user_id": 7}, "GET courses/42/users/7/progress", []),
    ("bulk_user_progress", {"course_id": 42, "per_page": 9}, "GET courses/42/bulk_user_progress", [("per_page", "9")]),
    ("activity_stream", {"course_id": 42, "per_page": 9}, "GET courses/42/activity_stream", [("per_page", "9")]),
    ("activity_stream_summary", {"course_id": 42}, "GET courses/42/activity_stream/summary", []),
    (
        "todo",
        {"course_id": 42, "include": ["ungraded_quizzes"], "per_page": 9},
        "GET courses/42/todo",
        [("include[]", "ungraded_quizzes"), ("per_page", "9")],
    ),
    ("effective_due_dates", {"course_id": 42}, "GET courses/42/effective_due_dates", []),
    (
        "effective_due_dates",
        {"course_id": 42, "assignment_ids": [3, "4"]},
        "GET courses/42/effective_due_dates",
        [("assignment_ids[]", "3"), ("assignment_ids[]", "4")],
    ),
    ("permissions", {"course_id": 42}, "GET courses/42/permissions", []),
    (
        "permissions",
        {"course_id": 42, "permissions": ["manage_grades", "become_user"]},
        "GET courses/42/permissions",
        [("permissions[]", "manage_grades"), ("permissions[]", "become_user")],
    ),
]

WRITING: list[Case] = [
    ("create", {"account_id": 1}, "POST accounts/1/courses", []),
    (
        "create",
        {
            "account_id": "sis_account_id:BIO",
            "course": {
                "name": "Biology",
                "sis_course_id": "BIO-1",
                "term_id": "sis_term_id:2026F",
                "start_at": datetime.date(2026, 8, 24),
                "restrict_enrollments_to_course_dates": True,
                "license": "cc_by",
            },
            "offer": True,
            "enroll_me": False,
            "enable_sis_reactivation": True,
            "skip_course_template": True,
        },
        "POST accounts/sis_account_id:BIO/courses",
        [
            ("course[name]", "Biology"),
            ("course[sis_course_id]", "BIO-1"),
            ("course[term_id]", "sis_term_id:2026F"),
            ("course[start_at]", "2026-08-24"),
            ("course[restrict_enrollments_to_course_dates]", "true"),
            ("course[license]", "cc_by"),
            ("offer", "true"),
            ("enroll_me", "false"),
            ("enable_sis_reactivation", "true"),
            ("skip_course_template", "true"),
        ],
    ),
    ("update", {"course_id": 42, "offer": True}, "PUT courses/42", [("offer", "true")]),
    (
        "update",
        {
            "course_id": 42,
            "course": {
                "event": "offer",
                "sis_course_id": None,
                "grading_standard_id": None,
                "account_id": "sis_account_id:BIO",
                "blueprint_restrictions": {"content": True, "points": False},
                "blueprint_restrictions_by_object_type": {"quiz": {"due_dates": True}},
            },
            "offer": True,
            "override_sis_stickiness": True,
        },
        "PUT courses/42",
        [
            ("course[event]", "offer"),
            ("course[sis_course_id]", ""),
            ("course[grading_standard_id]", ""),
            ("course[account_id]", "sis_account_id:BIO"),
            ("course[blueprint_restrictions][content]", "true"),
            ("course[blueprint_restrictions][points]", "false"),
            ("course[blueprint_restrictions_by_object_type][quiz][due_dates]", "true"),
            ("offer", "true"),
            ("override_sis_stickiness", "true"),
        ],
    ),
    (
        "batch_update",
        {"account_id": 1, "course_ids": [5, "6", "5", "sis_course_id:A B"], "event": "offer"},
        "PUT accounts/1/courses",
        [
            ("course_ids[]", "5"),
            ("course_ids[]", "6"),
            ("course_ids[]", "sis_course_id:A B"),
            ("event", "offer"),
        ],
    ),
    ("delete", {"course_id": 42, "event": "conclude"}, "DELETE courses/42", [("event", "conclude")]),
    ("reset_content", {"course_id": 42}, "POST courses/42/reset_content", []),
    (
        "update_settings",
        {
            "course_id": 42,
            "hide_final_grades": False,
            "home_page_announcement_limit": 3,
            "default_due_time": "22:00:00",
        },
        "PUT courses/42/settings",
        [("hide_final_grades", "false"), ("home_page_announcement_limit", "3"), ("default_due_time", "22:00:00")],
    ),
    ("preview_html", {"course_id": 42, "html": "<p>é</p>"}, "POST courses/42/preview_html", [("html", "<p>é</p>")]),
    (
        "dismiss_migration_limitation_message",
        {"course_id": 42},
        "POST courses/42/dismiss_migration_limitation_message",
        [],
    ),
]


@pytest.mark.parametrize(("name", "arguments", "request_line", "pairs"), READING + WRITING)
def test_requests(name: str, arguments: dict[str, Any], request_line: str, pairs: Pairs) -> None:
    """Each endpoint has its method, its path, and Canvas's names of the parameters."""
    call = ROUTES[name].call(**arguments)
    assert f"{call.method} {call.path}" == request_line
    assert flatten(call.params) == pairs


def test_deprecated_list_of_students() -> None:
    """The deprecated list of students is not paginated, and the warning names its replacement."""
    with pytest.warns(DeprecationWarning, match=r"courses\.users with enrollment_type=\['student'\]"):
        call = Courses.students.call(course_id=42)
    assert (call.method, call.path, call.params, call.json_type) == ("GET", "courses/42/students", {}, list)


def test_tables_are_complete() -> None:
    """The tables above contain all endpoints."""
    assert {case[0] for case in READING + WRITING} | {"students"} == set(ROUTES)


def test_paginated_endpoints() -> None:
    """Exactly these endpoints are paginated, and take ``per_page``."""
    paginated = {
        "list",
        "list_for_user",
        "users",
        "search_users",
        "recent_students",
        "content_share_users",
        "bulk_user_progress",
        "activity_stream",
        "todo",
    }
    assert {name for name, route in ROUTES.items() if route.paginated} == paginated
    assert {
        name for name, route in ROUTES.items() if "per_page" in inspect.signature(route.define).parameters
    } == paginated


@pytest.mark.parametrize(
    ("name", "json_type"),
    [("get", dict), ("permissions", dict), ("activity_stream_summary", list), ("effective_due_dates", dict)],
)
def test_json_types(name: str, json_type: type) -> None:
    """A response that is not paginated is an object or an array."""
    assert ROUTES[name].call(course_id=42).json_type is json_type


ACTIONS = {
    "list": "index",
    "list_for_user": "user_index",
    "get": "show",
    "get_in_account": "show",
    "delete": "destroy",
    "settings": "api_settings",
    "search_users": "users",
    "todo": "todo_items",
    "dismiss_migration_limitation_message": "dismiss_migration_limitation_msg",
}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_documentation_link(name: str) -> None:
    """Each endpoint links to its section in Canvas's documentation, which is named after Canvas's action."""
    action = ACTIONS.get(name, name)
    page = "https://developerdocs.instructure.com/services/canvas/resources/courses"
    assert (inspect.getdoc(ROUTES[name]) or "").splitlines()[-1] == f"{page}#method.courses.{action}"
