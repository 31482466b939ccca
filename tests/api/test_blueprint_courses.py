"""The requests of the endpoints of blueprint courses."""

from __future__ import annotations

from typing import Any, get_origin

import pytest

from airflow_provider_canvas.api.blueprint_courses import BlueprintCourses
from airflow_provider_canvas.api.call import Call
from tests.api.wire import wire

ASSOCIATED = {"course_id": 22, "subscription_id": "default"}
BLUEPRINT = {"course_id": 11, "template_id": "default"}
SUBSCRIPTION = "courses/22/blueprint_subscriptions"
TEMPLATE = "courses/11/blueprint_templates/default"
PER_PAGE = [("per_page", "7")]


@pytest.mark.parametrize(
    ("call", "path", "params"),
    [
        (BlueprintCourses.subscriptions.call(course_id=22, per_page=7), SUBSCRIPTION, PER_PAGE),
        (
            BlueprintCourses.subscription_migrations.call(**ASSOCIATED, per_page=7),
            f"{SUBSCRIPTION}/default/migrations",
            PER_PAGE,
        ),
        (
            BlueprintCourses.subscription_migration.call(course_id=22, subscription_id=5, migration_id=9),
            f"{SUBSCRIPTION}/5/migrations/9",
            [],
        ),
        (
            BlueprintCourses.subscription_migration_details.call(**ASSOCIATED, migration_id=9),
            f"{SUBSCRIPTION}/default/migrations/9/details",
            [],
        ),
        (BlueprintCourses.template.call(**BLUEPRINT), TEMPLATE, []),
        (BlueprintCourses.migrations.call(**BLUEPRINT, per_page=7), f"{TEMPLATE}/migrations", PER_PAGE),
        (BlueprintCourses.migration.call(**BLUEPRINT, migration_id=9), f"{TEMPLATE}/migrations/9", []),
        (BlueprintCourses.migration_details.call(**BLUEPRINT, migration_id=9), f"{TEMPLATE}/migrations/9/details", []),
        (BlueprintCourses.associated_courses.call(**BLUEPRINT, per_page=7), f"{TEMPLATE}/associated_courses", PER_PAGE),
        (BlueprintCourses.unsynced_changes.call(**BLUEPRINT), f"{TEMPLATE}/unsynced_changes", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_subscriptions_and_templates(call: Call[Any], path: str, params: list[tuple[str, str]]) -> None:
    """Paths of an associated course contain its subscription, those of a blueprint course its template."""
    assert wire(call) == ("GET", path, params)


@pytest.mark.parametrize(
    "route",
    [
        BlueprintCourses.subscription_migration_details,
        BlueprintCourses.migration_details,
        BlueprintCourses.unsynced_changes,
    ],
)
def test_changes_are_not_paginated(route: Any) -> None:
    """The changes are returned as one array."""
    assert not route.paginated
    assert get_origin(route.returns) is list


@pytest.mark.parametrize("word", ["current", "self", "defaults", ""])
def test_invalid_ids(word: str) -> None:
    """The only word that is accepted instead of a number is ``default``, and the error names it."""
    with pytest.raises(ValueError, match="template_id must be a number such as 77, or default"):
        BlueprintCourses.template.call(course_id=11, template_id=word)
    with pytest.raises(ValueError, match="subscription_id must be a number such as 77, or default"):
        BlueprintCourses.subscription_migrations.call(course_id=22, subscription_id=word)


def test_default_ids() -> None:
    """Template and subscription are ``default`` unless an id is passed."""
    assert BlueprintCourses.template.call(course_id=11).path == "courses/11/blueprint_templates/default"
    call = BlueprintCourses.subscription_migration.call(course_id=22, migration_id=9)
    assert call.path == "courses/22/blueprint_subscriptions/default/migrations/9"
