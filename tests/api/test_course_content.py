"""The requests of the endpoints of assignments, discussions, modules, pages, quizzes and announcements."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_canvas.api.announcements import Announcements
from airflow_provider_canvas.api.assignments import Assignments
from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.discussion_topics import DiscussionTopics
from airflow_provider_canvas.api.modules import Modules
from airflow_provider_canvas.api.pages import Pages
from airflow_provider_canvas.api.quizzes import Quizzes
from tests.api.wire import wire

TERM = {"context_codes": ["course_1", "course_2"], "start_date": "2026-01-01", "end_date": "2026-12-31"}


@pytest.mark.parametrize(
    ("call", "path", "params"),
    [
        (
            Assignments.list.call(
                course_id=22, include=["all_dates"], search_term="lab", bucket="undated", order_by="due_at", per_page=7
            ),
            "assignments",
            [
                ("include[]", "all_dates"),
                ("search_term", "lab"),
                ("bucket", "undated"),
                ("order_by", "due_at"),
                ("per_page", "7"),
            ],
        ),
        (Assignments.get.call(course_id=22, assignment_id=3), "assignments/3", []),
        (
            Assignments.list.call(course_id=22, override_assignment_dates=False),
            "assignments",
            [("override_assignment_dates", "false")],
        ),
        (
            Assignments.get.call(course_id=22, assignment_id=3, override_assignment_dates=False),
            "assignments/3",
            [("override_assignment_dates", "false")],
        ),
        (
            DiscussionTopics.list.call(
                course_id=22,
                only_announcements=True,
                include=["sections"],
                order_by="title",
                scope=["locked", "pinned"],
                search_term="hello",
                per_page=7,
            ),
            "discussion_topics",
            [
                ("only_announcements", "true"),
                ("include[]", "sections"),
                ("order_by", "title"),
                ("scope", "locked,pinned"),
                ("search_term", "hello"),
                ("per_page", "7"),
            ],
        ),
        (DiscussionTopics.get.call(course_id=22, topic_id=3), "discussion_topics/3", []),
        (
            Modules.list.call(course_id=22, include=["items", "content_details"], search_term="week", per_page=7),
            "modules",
            [("include[]", "items"), ("include[]", "content_details"), ("search_term", "week"), ("per_page", "7")],
        ),
        (Modules.get.call(course_id=22, module_id=3, include=["items"]), "modules/3", [("include[]", "items")]),
        (
            Modules.items.call(course_id=22, module_id=3, include=["content_details"], per_page=7),
            "modules/3/items",
            [("include[]", "content_details"), ("per_page", "7")],
        ),
        (
            Pages.list.call(
                course_id=22,
                include=["body"],
                search_term="intro",
                published=False,
                sort="updated_at",
                order="desc",
                per_page=7,
            ),
            "pages",
            [
                ("include[]", "body"),
                ("search_term", "intro"),
                ("published", "false"),
                ("sort", "updated_at"),
                ("order", "desc"),
                ("per_page", "7"),
            ],
        ),
        (Pages.get.call(course_id=22, url_or_id="week-1"), "pages/week-1", []),
        (Pages.get.call(course_id=22, url_or_id=7), "pages/7", []),
        (Pages.get.call(course_id=22, url_or_id="page_id:7"), "pages/page_id:7", []),
        (
            Quizzes.list.call(course_id=22, search_term="mid", per_page=7),
            "quizzes",
            [("search_term", "mid"), ("per_page", "7")],
        ),
        (
            Quizzes.all.call(course_id=22, search_term="mid", per_page=7),
            "all_quizzes",
            [("search_term", "mid"), ("per_page", "7")],
        ),
        (Quizzes.get.call(course_id=22, quiz_id=3), "quizzes/3", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_requests_of_one_course(call: Call[Any], path: str, params: list[tuple[str, str]]) -> None:
    """Each endpoint of a course sends its parameters as Canvas documents them."""
    assert wire(call) == ("GET", f"courses/22/{path}", params)


def test_announcements_of_several_courses() -> None:
    """Announcements are requested by context codes, between dates of any form."""
    call = Announcements.list.call(
        context_codes=["course_1", "course_2"],
        start_date=datetime.date(2026, 1, 1),
        end_date="2026-12-31T00:00:00Z",
        active_only=True,
        latest_only=False,
        include=["sections"],
        per_page=7,
    )
    assert wire(call) == (
        "GET",
        "announcements",
        [
            ("context_codes[]", "course_1"),
            ("context_codes[]", "course_2"),
            ("start_date", "2026-01-01"),
            ("end_date", "2026-12-31T00:00:00Z"),
            ("active_only", "true"),
            ("latest_only", "false"),
            ("include[]", "sections"),
            ("per_page", "7"),
        ],
    )


@given(st.text(min_size=1))
def test_any_page_name_is_one_segment(slug: str) -> None:
    """Any page name becomes one segment of the path, and decodes to the name."""
    name = slug.strip(" \t\n\r\x0b\x0c")
    assume(name and name not in (".", "..") and "://" not in name)
    path = Pages.get.call(course_id=22, url_or_id=slug).path
    assert path.count("/") == 3
    assert not set(path) & set("?# ")
    assert unquote(path.removeprefix("courses/22/pages/")) == name


@pytest.mark.parametrize(
    ("route", "params", "message"),
    [
        (Announcements.list, {**TERM, "context_codes": []}, "must be a list of courses"),
        (Announcements.list, {**TERM, "context_codes": "course_1"}, "must be a list of courses"),
        (Announcements.list, {**TERM, "start_date": "last week"}, "start_date 'last week' is not a date"),
        (Announcements.list, {**TERM, "include": ["section"]}, "Did you mean 'sections'"),
        (Assignments.list, {"course_id": 1, "bucket": "future_"}, "Did you mean 'future'"),
        (Assignments.list, {"course_id": 1, "order_by": "due"}, "order_by 'due' is not one of"),
        (Assignments.get, {"course_id": 1, "assignment_id": "sis_assignment_id:1"}, "assignment_id must be a number"),
        (DiscussionTopics.list, {"course_id": 1, "scope": ["lock"]}, "Did you mean 'locked'"),
        (DiscussionTopics.list, {"course_id": 1, "order_by": "position "}, "Did you mean 'position'"),
        (Modules.list, {"course_id": 1, "include": ["item"]}, "Did you mean 'items'"),
        (Modules.items, {"course_id": 1, "module_id": 2, "include": ["items"]}, "is not one of content_details"),
        (Pages.list, {"course_id": 1, "sort": "name"}, "sort 'name' is not one of"),
        (Pages.list, {"course_id": 1, "order": "ascending"}, "is not one of asc, desc"),
        (Pages.get, {"course_id": 1, "url_or_id": ""}, "does not name a page"),
        (Pages.get, {"course_id": 1, "url_or_id": ".."}, "does not name a page"),
        (Pages.get, {"course_id": 1, "url_or_id": "https://x.example.edu/pages/a"}, "Write the end of its address"),
        (Quizzes.list, {"course_id": 1, "per_page": 0}, "per_page must be a number from 1 to 100"),
    ],
)
def test_invalid_parameters(route: Any, params: dict[str, Any], message: str) -> None:
    """A parameter that Canvas would ignore or misread is an error that says what to write instead."""
    with pytest.raises(ValueError, match=message):
        route.call(**params)
