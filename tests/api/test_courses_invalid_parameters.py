"""Invalid parameters of courses, which Canvas would refuse, ignore or misread, are errors before anything is call."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import Route

ROUTES = {name: value for name, value in vars(Courses).items() if isinstance(value, Route)}


def check_error(name: str, message: str, /, **arguments: Any) -> None:
    """Check that a call raises a ``ValueError`` with this message."""
    with pytest.raises(ValueError, match=re.escape(message)):
        ROUTES[name].call(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"include": ["terms"]}, "Did you mean 'term'?"),
        ({"include": "term"}, "include must be a list, such as ['term']"),
        ({"include": ["permissions"]}, "include 'permissions' is not one of"),
        ({"state": ["published"]}, "Did you mean 'unpublished'?"),
        ({"state": []}, "state is empty: name some"),
        ({"enrollment_state": "invited_pending"}, "Did you mean 'invited_or_pending'?"),
        ({"enrollment_type": "StudentEnrollment"}, "enrollment_type 'StudentEnrollment' is not one of"),
        ({"enrollment_type": ["student"]}, "enrollment_type ['student'] is not one of"),
        ({"enrollment_role_id": "Tutor"}, "enrollment_role_id must be a number"),
        ({"per_page": 0}, "per_page must be a number from 1 to 100"),
        ({"per_page": 101}, "per_page must be a number from 1 to 100"),
    ],
)
def test_list(arguments: dict[str, Any], message: str) -> None:
    """A parameter that would not narrow the list as intended is an error."""
    check_error("list", message, **arguments)


def test_list_for_user() -> None:
    """The error of an invalid id names the accepted forms."""
    check_error("list_for_user", "sis_user_id:", user_id="ann")
    check_error("list_for_user", "sis_account_id:", user_id=7, account_id="Biology")
    check_error("list_for_user", "Did you mean 'active'?", user_id=7, enrollment_state="activ")


def test_get() -> None:
    """An unknown ``include`` of a course is an error, with and without an account."""
    check_error("get", "Did you mean 'teachers'?", course_id=42, include=["teacher"])
    check_error("get_in_account", "Did you mean 'sections'?", account_id=1, course_id=42, include=["section"])
    check_error("get_in_account", "sis_account_id:", account_id="Biology", course_id=42)


@pytest.mark.parametrize("name", ["users", "search_users"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"enrollment_typ": ["student"]}, "Did you mean 'enrollment_type'?"),
        ({"enrollment_type": "student"}, "enrollment_type must be a list, such as ['student']"),
        ({"enrollment_type": ["students"]}, "Did you mean 'student'?"),
        ({"enrollment_state": ["activ"]}, "Did you mean 'active'?"),
        ({"sort": "user_name"}, "Did you mean 'username'?"),
        ({"include": ["enrollment"]}, "Did you mean 'enrollments'?"),
        ({"include": ["inactive_enrollments"]}, "include 'inactive_enrollments' is not one of"),
        ({"user_ids": []}, "user_ids is empty: name some"),
        ({"user_ids": 7}, "user_ids must be a list, such as [7]"),
        ({"user_ids": ["sis_user_id:A"]}, "user_ids must be a number"),
        ({"user_id": "sis_user_id:A"}, "user_id must be a number"),
        ({"user_id": 7, "user_ids": [7]}, "does not go together with user_ids"),
        ({"enrollment_role_id": "TaEnrollment"}, "enrollment_role_id must be a number"),
        ({"per_page": 500}, "per_page must be a number from 1 to 100"),
    ],
)
def test_search_users(name: str, arguments: dict[str, Any], message: str) -> None:
    """A search that would find other users than intended, or all, is an error."""
    check_error(name, message, course_id=42, **arguments)


def test_user() -> None:
    """An unknown ``include`` of a user is an error."""
    check_error("user", "Did you mean 'avatar_url'?", course_id=42, user_id=7, include=["avatar"])


@pytest.mark.parametrize("search_term", ["", "  ", None])
def test_content_share_users_without_a_term(search_term: Any) -> None:
    """The search for content share users needs a search term."""
    check_error("content_share_users", "search_term is empty", course_id=42, search_term=search_term)


def test_create() -> None:
    """Course fields outside ``course``, and dates that Canvas would ignore, are errors."""
    check_error("create", "name belongs into course: write course={'name': ...}", account_id=1, name="Biology")
    check_error("create", "course must be a dict", account_id=1, course="Biology")
    for field in ("start_at", "end_at"):
        dates = {field: "2026-08-24"}
        check_error("create", f"Canvas ignores {field} unless", account_id=1, course=dates)
        unrestricted = {**dates, "restrict_enrollments_to_course_dates": False}
        check_error("create", "'restrict_enrollments_to_course_dates': True", account_id=1, course=unrestricted)
    with pytest.raises(TypeError, match=r"ofer unknown\. Did you mean 'offer'"):
        Courses.create.call(account_id=1, ofer=True)
    with pytest.raises(TypeError, match=r"no parameter 'zzz': fields of the course belong into course"):
        Courses.create.call(account_id=1, zzz=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "The update changes nothing"),
        ({"course": {}}, "The update changes nothing"),
        ({"offer": False}, "The update changes nothing"),
        ({"override_sis_stickiness": False}, "The update changes nothing"),
        ({"event": "offer"}, "event belongs into course"),
        ({"course": {"event": "conclude"}, "offer": True}, "Canvas ignores the event 'conclude'"),
        ({"course": {"event": "publish"}}, "event 'publish' is not one of claim, conclude, delete, offer, undelete"),
        ({"course": {"event": None}}, "event cannot be cleared"),
        ({"course": {"term_id": ""}}, "term_id cannot be cleared"),
        ({"course": {"image_id": 3, "image_url": "https://x.example/a.png"}}, "image_id or image_url, not both"),
        (
            {"course": {"end_at": "2026-12-18", "restrict_enrollments_to_course_dates": False}},
            "Canvas ignores end_at unless",
        ),
        (
            {"course": {"lock_all_announcements": True}},
            "courses.update_settings(course_id=..., lock_all_announcements=",
        ),
        ({"course": {"account_id": "Biology"}}, "sis_account_id:"),
    ],
)
def test_update(arguments: dict[str, Any], message: str) -> None:
    """An update without an effect, or with another effect than intended, is an error."""
    check_error("update", message, course_id=42, **arguments)


def test_dates_of_an_update() -> None:
    """Dates are call with an update, because only Canvas knows whether the course uses them."""
    call = Courses.update.call(course_id=42, course={"start_at": "2026-08-24", "end_at": "2026-12-18"})
    assert call.params == {"course": {"start_at": "2026-08-24", "end_at": "2026-12-18"}}
    published = {"start_at": "2026-08-24", "end_at": None, "restrict_enrollments_to_course_dates": False}
    assert Courses.update.call(course_id=42, course=published).params["course"]["end_at"] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"course_ids": []}, "course_ids is empty"),
        ({"course_ids": "42"}, "course_ids must be a list, such as ['42']"),
        ({"course_ids": 42}, "course_ids must be a list, such as [42]"),
        ({"course_ids": ["BIO-1"]}, "course_ids 'BIO-1' is not an id that Canvas accepts"),
        ({"course_ids": range(1, 502)}, "use update_courses(), which sends them in chunks of 500"),
        ({"event": "claim"}, "event 'claim' is not one of conclude, delete, offer, undelete"),
        ({"event": "undo"}, "event 'undo' is not one of"),
    ],
)
def test_batch_update(arguments: dict[str, Any], message: str) -> None:
    """A batch that Canvas would refuse is an error."""
    check_error("batch_update", message, **{"account_id": 1, "course_ids": [42], "event": "offer", **arguments})


def test_batch_of_maximum_size() -> None:
    """A batch may have 500 distinct courses."""
    call = Courses.batch_update.call(account_id=1, course_ids=[*range(1, 501), 500], event="delete")
    assert call.params["course_ids"] == [str(number) for number in range(1, 501)]


def test_delete() -> None:
    """``event`` must be exactly ``delete`` or ``conclude``."""
    check_error("delete", "Did you mean 'delete'?", course_id=42, event="deleted")
    check_error("delete", "event 'undelete' is not one of conclude, delete", course_id=42, event="undelete")
    check_error("delete", "sis_course_id:", course_id="BIO", event="delete")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "The update contains no setting"),
        ({"hide_final_grades": None}, "The update contains no setting"),
        ({"course": {"hide_final_grades": True}}, "Settings are not part of course={...}"),
        ({"hide_final_grade": True}, "Did you mean 'hide_final_grades'?"),
        ({"default_due_time": "11pm"}, "default_due_time '11pm' is not a time of day. Write it as 23:59:59"),
        ({"default_due_time": "24:00:00"}, "is not a time of day"),
        ({"default_due_time": "23:59"}, "is not a time of day"),
    ],
)
def test_update_settings(settings: dict[str, Any], message: str) -> None:
    """An unknown setting, or an invalid time of day, is an error."""
    check_error("update_settings", message, course_id=42, **settings)


@pytest.mark.parametrize(
    ("assignment_ids", "message"),
    [
        ([], "assignment_ids is empty"),
        (3, "assignment_ids must be a list, such as [3]"),
        (["3,4"], "assignment_ids must be a number"),
        (["1~3"], "assignment_ids must be of digits only"),
    ],
)
def test_effective_due_dates(assignment_ids: Any, message: str) -> None:
    """The ids of assignments must be digits, and an empty list, for which Canvas would return all, is an error."""
    check_error("effective_due_dates", message, course_id=42, assignment_ids=assignment_ids)


def test_lists_of_names() -> None:
    """Names must be in a non-empty list, and unknown values of ``include`` are errors."""
    check_error("permissions", "permissions is empty", course_id=42, permissions=[])
    check_error("permissions", "permissions must be a list", course_id=42, permissions="manage_grades")
    check_error("todo", "Did you mean 'ungraded_quizzes'?", course_id=42, include=["ungraded_quiz"])
