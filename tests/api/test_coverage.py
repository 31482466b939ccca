"""All required endpoints exist, each once, and the documentation page lists them."""

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

UNMAPPED = """
GET courses/:id/rubrics
GET courses/:id/assignment_groups
GET courses/:id/external_tools
GET courses/:id/outcome_groups
GET courses/:id/outcome_group_links
GET courses/:id/group_categories
GET courses/:id/tabs
GET courses/:id/lti_resource_links
GET courses/:id/lti_resource_links/:id
GET courses/:id/link_validation
POST courses/:id/link_validation
GET /api/quiz/v1/courses/:id/quizzes
GET /api/quiz/v1/courses/:id/quizzes/:id
GET /api/quiz/v1/courses/:id/quizzes/:id/items
"""
"""Routes that read what the asset id mapping does not have."""

DEPENDENCIES = """
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
"""Routes that the required endpoints depend on, because they read their jobs, files and contents."""


def lines(text: str, *contexts: str) -> list[str]:
    """Return the routes of a list, in each of some contexts."""
    result = text.split("\n")[1:-1]
    return [line.replace(" ", f" {context}/:id/") for context in contexts for line in result] if contexts else result


REQUIRED = [
    *lines(OF_EVERY_CONTEXT, "accounts", "courses", "groups", "users"),
    *lines(OF_OWNERS, "courses", "groups", "users"),
    *lines(OF_COURSES),
]


def expand(route: Route[..., Any]) -> Iterator[str]:
    """Yield the routes of an endpoint as the lists above have them: one per context, with every id as ``:id``."""
    base = "" if route.base == "/api/v1" else f"{route.base}/"
    contexts = [f"{CONTEXTS[name]}/:id" for name in route.contexts] if "{context}" in route.route else [""]
    for context in contexts:
        path = re.sub(r"\{\w+\}", ":id", route.route.replace("{context}", context))
        yield f"{route.method} {base}{path}"


DEFINED = Counter(each for route in routes().values() for each in expand(route))


def test_number_of_required_routes() -> None:
    """Nine routes of four contexts, three of three, and 31 of courses are required."""
    assert len(set(REQUIRED)) == len(REQUIRED) == 36 + 9 + 31


@pytest.mark.parametrize("route", [*REQUIRED, *lines(DEPENDENCIES), *lines(UNMAPPED)])
def test_required_routes(route: str) -> None:
    """Each required route has an endpoint."""
    assert route in DEFINED


def test_routes_are_unique() -> None:
    """Each method and route belongs to one endpoint."""
    assert [route for route, count in DEFINED.items() if count > 1] == []


@pytest.mark.parametrize(("name", "route"), routes().items())
def test_docstrings(name: str, route: Route[..., Any]) -> None:
    """A docstring begins with a sentence and ends with a link to Canvas's documentation."""
    summary, *_, address = inspect.cleandoc(route.__doc__ or "").splitlines()
    assert re.fullmatch(r"[A-Z].*\.", summary)
    assert re.fullmatch(r"https://developerdocs\.instructure\.com/services/canvas/\S+#method\.[\w/]+\.\w+", address)
    assert "|" not in summary


def test_deprecated_endpoints() -> None:
    """Three endpoints are deprecated, and the message of each begins with an existing endpoint."""
    deprecated = {name: route.deprecated for name, route in routes().items() if route.deprecated}
    assert sorted(deprecated) == [
        "content_imports.copy_course_content",
        "content_imports.copy_course_status",
        "courses.students",
    ]
    assert all(message and message.split()[0] in routes() for message in deprecated.values())


def test_page_is_up_to_date() -> None:
    """``docs/endpoints.md`` is what ``python scripts/endpoints.py`` would write."""
    assert endpoints.PAGE.read_text(encoding="utf-8") == endpoints.page()


def test_page_lists_all_routes() -> None:
    """The routes on the page are all defined ones, and include the required ones."""
    on_page = set()
    rows = re.findall(r"^\| `(GET|POST|PUT|DELETE) (/api/\S+)`", endpoints.page(), re.MULTILINE)
    for method, path in [(method, path.removeprefix("/api/v1/")) for method, path in rows]:
        contexts = re.match(r"\{(.+?)\}", path)
        for context in contexts.group(1).split(",") if contexts else [""]:
            one = re.sub(r"^\{.+?\}", context, path)
            on_page.add(f"{method} {re.sub(r':[a-z_]+', ':id', one)}")
    assert on_page == set(DEFINED)
    assert on_page >= {*REQUIRED, *lines(DEPENDENCIES)}


def test_page_lists_all_methods() -> None:
    """The page has one line per endpoint, and one for ``upload``."""
    page = endpoints.page()
    assert [name for name in routes() if page.count(f"`hook.{name}(") != 1] == []
    assert "`hook.upload(source" in page
