"""Test that all routes exist."""

from __future__ import annotations

import pytest

from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

MIGRATIONS = """
GET content_migrations
GET content_migrations/1
POST content_migrations
PUT content_migrations/1
GET content_migrations/migrators
GET content_migrations/1/selective_data
GET content_migrations/1/migration_issues
GET content_migrations/1/migration_issues/1
PUT content_migrations/1/migration_issues/1
"""
EXPORTS = """
GET content_exports
GET content_exports/1
POST content_exports
"""
OF_A_COURSE = """
GET content_migrations/1/asset_id_mapping
GET content_list
POST course_copy
GET course_copy/1
POST files
GET files
GET files/quota
GET folders
GET folders/by_path/a
GET users/1/progress
GET bulk_user_progress
POST reset_content
GET students
GET users
GET search_users
GET recent_students
GET users/1
GET content_share_users
POST preview_html
GET activity_stream
GET activity_stream/summary
GET todo
GET settings
PUT settings
GET student_view_student
GET effective_due_dates
GET permissions
POST dismiss_migration_limitation_message
GET assignments
GET assignments/1
GET discussion_topics
GET discussion_topics/1
GET modules
GET modules/1
GET modules/1/items
GET pages
GET pages/1
GET quizzes
GET quizzes/1
GET all_quizzes
GET files/1
GET assignment_groups
GET rubrics
GET external_tools
GET blueprint_subscriptions
GET blueprint_subscriptions/default/migrations
GET blueprint_subscriptions/default/migrations/1
GET blueprint_subscriptions/default/migrations/1/details
GET blueprint_templates/default
GET blueprint_templates/default/migrations
GET blueprint_templates/default/migrations/1
GET blueprint_templates/default/migrations/1/details
GET blueprint_templates/default/associated_courses
GET blueprint_templates/default/unsynced_changes
"""
OTHERS = """
GET progress/1
POST progress/1/cancel
POST users/self/files
POST groups/1/files
POST folders/1/files
GET files/1/create_success
POST files/1/create_success
GET files/1
PUT files/1
DELETE files/1
GET files/1/public_url
GET users/self/files/quota
GET groups/1/files/quota
GET courses
GET users/self/courses
GET courses/999
GET accounts/1/courses/999
POST accounts/1/courses
PUT courses/999
PUT accounts/1/courses
DELETE courses/999
GET announcements
GET calendar_events
GET folders/1/folders
GET folders/1/files
GET users/self
"""


def lines(text: str, prefix: str = "") -> list[str]:
    return [line.replace(" ", f" {prefix}", 1) for line in text.split("\n") if line]


ROUTES = [
    *(line for context in ("accounts", "courses", "groups", "users") for line in lines(MIGRATIONS, f"{context}/999/")),
    *(line for context in ("courses", "groups", "users") for line in lines(EXPORTS, f"{context}/999/")),
    *lines(OF_A_COURSE, f"courses/{SOURCE}/"),
    *lines(OTHERS),
]


@pytest.mark.parametrize("route", ROUTES)
def test_route_exists(canvas: Caller, world: World, route: str) -> None:
    """The route does not respond with the HTML page of an unknown path."""
    world.settings.unknown_route_html = True
    response = canvas(*route.split())
    assert response.status_code < 500 or "error_report_id" in response.json()
    assert not response.headers["Content-Type"].startswith("text/html")


def test_unknown_path(canvas: Caller, world: World) -> None:
    """An unknown path responds with the HTML page from which the other tests tell it."""
    world.settings.unknown_route_html = True
    assert canvas("GET", "courses/1/nonsense").headers["Content-Type"].startswith("text/html")
