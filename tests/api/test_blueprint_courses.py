"""What the endpoints of blueprint courses send."""

from __future__ import annotations

from typing import Any, get_origin

import pytest

from airflow_provider_canvas.api.blueprint_courses import BlueprintCourses
from airflow_provider_canvas.api.call import Call
from tests.api.wire import wire

CHILD = {"course_id": 22, "subscription_id": "default"}
MASTER = {"course_id": 11, "template_id": "default"}
FOLLOWS = "courses/22/blueprint_subscriptions"
LEADS = "courses/11/blueprint_templates/default"
SEVEN = [("per_page", "7")]


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (BlueprintCourses.subscriptions.call(course_id=22, per_page=7), FOLLOWS, SEVEN),
        (
            BlueprintCourses.subscription_migrations.call(**CHILD, per_page=7),
            f"{FOLLOWS}/default/migrations",
            SEVEN,
        ),
        (
            BlueprintCourses.subscription_migration.call(course_id=22, subscription_id=5, migration_id=9),
            f"{FOLLOWS}/5/migrations/9",
            [],
        ),
        (
            BlueprintCourses.subscription_migration_details.call(**CHILD, migration_id=9),
            f"{FOLLOWS}/default/migrations/9/details",
            [],
        ),
        (BlueprintCourses.template.call(**MASTER), LEADS, []),
        (BlueprintCourses.migrations.call(**MASTER, per_page=7), f"{LEADS}/migrations", SEVEN),
        (BlueprintCourses.migration.call(**MASTER, migration_id=9), f"{LEADS}/migrations/9", []),
        (BlueprintCourses.migration_details.call(**MASTER, migration_id=9), f"{LEADS}/migrations/9/details", []),
        (BlueprintCourses.associated_courses.call(**MASTER, per_page=7), f"{LEADS}/associated_courses", SEVEN),
        (BlueprintCourses.unsynced_changes.call(**MASTER), f"{LEADS}/unsynced_changes", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_sides(call: Call[Any], path: str, sent: list[tuple[str, str]]) -> None:
    """The side that follows asks below its subscription, the side that leads below its template."""
    assert wire(call) == ("GET", path, sent)


@pytest.mark.parametrize(
    "route",
    [
        BlueprintCourses.subscription_migration_details,
        BlueprintCourses.migration_details,
        BlueprintCourses.unsynced_changes,
    ],
)
def test_changes_are_not_paged(route: Any) -> None:
    """They come as one array, so they are asked for once."""
    assert not route.paginated
    assert get_origin(route.returns) is list


@pytest.mark.parametrize("word", ["current", "self", "defaults", ""])
def test_only_default_stands_for_a_template(word: str) -> None:
    """Any other word is refused with the one that Canvas takes."""
    with pytest.raises(ValueError, match="template_id must be a number such as 77, or default"):
        BlueprintCourses.template.call(course_id=11, template_id=word)
    with pytest.raises(ValueError, match="subscription_id must be a number such as 77, or default"):
        BlueprintCourses.subscription_migrations.call(course_id=22, subscription_id=word)


def test_the_usual_template_needs_no_name() -> None:
    """A course has one template and one subscription, which Canvas calls default."""
    assert BlueprintCourses.template.call(course_id=11).path == "courses/11/blueprint_templates/default"
    call = BlueprintCourses.subscription_migration.call(course_id=22, migration_id=9)
    assert call.path == "courses/22/blueprint_subscriptions/default/migrations/9"
