"""That the endpoints are all there, each once, and that the page that lists them says so."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import endpoints
import pytest

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.endpoint import Route

OF_EVERY_CONTEXT = """
GET content_migrations
POST content_migrations
GET content_migrations/:id
PUT content_migrations/:id
GET content_migrations/migrators
GET content_migrations/:id/selective_data
GET content_migrations/:id/migration_issues
GET content_migrations/:id/migration_issues/:id
PUT content_migrations/:id/migration_issues/:id
"""

OF_OWNERS = """
GET content_exports
POST content_exports
GET content_exports/:id
"""

OF_COURSES = """
GET courses/:id/content_migrations/:id/asset_id_mapping
POST courses/:id/course_copy
GET courses/:id/course_copy/:id
GET courses/:id/students
GET courses
GET users/:id/courses
GET courses/:id/users/:id/progress
POST accounts/:id/courses
PUT accounts/:id/courses
GET accounts/:id/courses/:id
POST courses/:id/files
GET courses/:id/users
GET courses/:id/search_users
GET courses/:id/recent_students
GET courses/:id/users/:id
GET courses/:id/content_share_users
POST courses/:id/preview_html
GET courses/:id/activity_stream
GET courses/:id/activity_stream/summary
GET courses/:id/todo
DELETE courses/:id
GET courses/:id/settings
PUT courses/:id/settings
GET courses/:id/student_view_student
GET courses/:id
PUT courses/:id
POST courses/:id/reset_content
GET courses/:id/effective_due_dates
GET courses/:id/permissions
GET courses/:id/bulk_user_progress
POST courses/:id/dismiss_migration_limitation_message
"""

DEPENDED_ON = """
GET accounts/:id/courses
GET progress/:id
POST progress/:id/cancel
POST users/:id/files
POST groups/:id/files
POST folders/:id/files
GET files/:id
GET files/:id/public_url
GET courses/:id/files/quota
GET groups/:id/files/quota
GET users/:id/files/quota
GET users/:id
GET announcements
GET courses/:id/assignments
GET courses/:id/assignments/:id
GET courses/:id/discussion_topics
GET courses/:id/discussion_topics/:id
GET courses/:id/files
GET courses/:id/folders
GET folders/:id/folders
GET folders/:id/files
GET courses/:id/folders/by_path/:id
GET courses/:id/modules
GET courses/:id/modules/:id
GET courses/:id/modules/:id/items
GET courses/:id/pages
GET courses/:id/pages/:id
GET courses/:id/quizzes
GET courses/:id/quizzes/:id
GET courses/:id/all_quizzes
GET courses/:id/content_list
GET courses/:id/blueprint_subscriptions
GET courses/:id/blueprint_subscriptions/:id/migrations
GET courses/:id/blueprint_subscriptions/:id/migrations/:id
GET courses/:id/blueprint_subscriptions/:id/migrations/:id/details
GET courses/:id/blueprint_templates/:id/migrations
GET courses/:id/blueprint_templates/:id/associated_courses
GET courses/:id/blueprint_templates/:id/unsynced_changes
"""
"""What the others cannot do without: where their jobs, files and contents are looked at."""


def lines(text: str, *contexts: str) -> list[str]:
    """Return the routes of a list, in each of some contexts."""
    written = text.split("\n")[1:-1]
    return [line.replace(" ", f" {context}/:id/") for context in contexts for line in written] if contexts else written


REQUIRED = [
    *lines(OF_EVERY_CONTEXT, "accounts", "courses", "groups", "users"),
    *lines(OF_OWNERS, "courses", "groups", "users"),
    *lines(OF_COURSES),
]


def expanded(route: Route[..., Any]) -> Iterator[str]:
    """Return a route as it is required here: each context by itself, and every id called ``:id``."""
    contexts = [f"{CONTEXTS[name]}/:id" for name in route.contexts] if "{context}" in route.route else [""]
    for context in contexts:
        path = re.sub(r"\{\w+\}", ":id", route.route.replace("{context}", context))
        yield f"{route.method} {path}"


DEFINED = Counter(each for route in routes().values() for each in expanded(route))


def test_how_many_are_required() -> None:
    """Nine of each of four contexts, three of each of three, and those of courses."""
    assert len(set(REQUIRED)) == len(REQUIRED) == 36 + 9 + 31


@pytest.mark.parametrize("route", [*REQUIRED, *lines(DEPENDED_ON)])
def test_the_route_is_wrapped(route: str) -> None:
    """Each route that is required is an endpoint's."""
    assert route in DEFINED


def test_no_route_is_defined_twice() -> None:
    """One verb and one route belong to one endpoint, whatever contexts it has."""
    assert [route for route, count in DEFINED.items() if count > 1] == []


@pytest.mark.parametrize(("name", "route"), routes().items())
def test_says_what_it_is(name: str, route: Route[..., Any]) -> None:
    """A docstring begins with a sentence and ends with the address of the documentation."""
    summary, *_, address = inspect.cleandoc(route.__doc__ or "").splitlines()
    assert re.fullmatch(r"[A-Z].*\.", summary)
    assert re.fullmatch(r"https://developerdocs\.instructure\.com/services/canvas/\S+#method\.[\w/]+\.\w+", address)
    assert "|" not in summary


def test_those_that_canvas_deprecates_name_what_took_their_place() -> None:
    """Three are deprecated, and what each is replaced by is an endpoint."""
    replaced = {name: route.deprecated for name, route in routes().items() if route.deprecated}
    assert sorted(replaced) == [
        "content_imports.copy_course_content",
        "content_imports.copy_course_status",
        "courses.students",
    ]
    assert all(message and message.split()[0] in routes() for message in replaced.values())


def test_the_page_is_up_to_date() -> None:
    """docs/endpoints.md is what ``python scripts/endpoints.py`` would write."""
    assert endpoints.PAGE.read_text(encoding="utf-8") == endpoints.page()


def test_the_page_has_what_is_required() -> None:
    """Read back from the page, with its contexts taken apart, the routes are those that are required, and more."""
    listed = set()
    for method, path in re.findall(r"^\| `(GET|POST|PUT|DELETE) /api/v1/(\S+)`", endpoints.page(), re.MULTILINE):
        contexts = re.match(r"\{(.+?)\}", path)
        for context in contexts.group(1).split(",") if contexts else [""]:
            one = re.sub(r"^\{.+?\}", context, path)
            listed.add(f"{method} {re.sub(r':[a-z_]+', ':id', one)}")
    assert listed == set(DEFINED)
    assert listed >= {*REQUIRED, *lines(DEPENDED_ON)}


def test_the_page_has_every_endpoint_and_procedure() -> None:
    """Each endpoint has a line there, and so has an upload."""
    page = endpoints.page()
    assert [name for name in routes() if page.count(f"`hook.{name}(") != 1] == []
    assert "`hook.upload(source" in page
