"""The scope of each route is the one that Canvas has for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from canvas_emulator.app import _router

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import Route
from airflow_provider_canvas.api.folders import Folders
from airflow_provider_canvas.api.scopes import CALLED_ID, scope, scope_of

KNOWN = {
    (name, context): (route, context)
    for name, route in routes().items()
    for context in (route.contexts if "{context}" in route.route else ("course_id",))
}

BY_PATH = re.compile(r"by_path/.*")
"""The end of a route whose rest Canvas writes with a star, and the emulator by its parts."""


@pytest.mark.parametrize(("route", "context"), KNOWN.values(), ids=[" ".join(key) for key in KNOWN])
def test_each_route(route: Route[..., Any], context: str) -> None:
    """The emulator, which has Canvas's routes, demands the same scope."""
    path = route.route.replace("{context}", f"{CONTEXTS[context]}/7")
    found, _ = _router().find(route.method, f"{route.base}/{re.sub(r'{[^}]*}', '7', path)}")
    assert BY_PATH.sub("by_path", scope(route, context)) == BY_PATH.sub("by_path", found.scope)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Courses.get.call(course_id="sis_course_id:TMPL"), "url:GET|/api/v1/courses/:id"),
        (
            ContentMigrations.get.call(user_id=7, content_migration_id=8),
            "url:GET|/api/v1/users/:user_id/content_migrations/:id",
        ),
        (
            Folders.by_path.call(group_id=7, full_path="a/b"),
            "url:GET|/api/v1/groups/:group_id/folders/by_path/*full_path",
        ),
    ],
)
def test_of_a_request(call: Any, expected: str) -> None:
    """The scope of a request is that of its route and its context."""
    assert scope_of(call) == expected


def test_no_name_is_left_over() -> None:
    """Each name of an id is that of a route which exists."""
    assert set(CALLED_ID) - {route.route for route in routes().values()} == set()
