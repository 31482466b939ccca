"""The routes of blueprint courses, from both sides.

The ids are those of :mod:`~client.contract.routes_world`: courses 33 and 22 follow course 11, which was synced into
them twice, an announcement changed in between, and has one page since.
"""

from __future__ import annotations

from tests.client.contract.routes_row import row

SUBSCRIPTIONS = "/api/v1/courses/33/blueprint_subscriptions"
FOLLOWS = {"course_id": 33, "subscription_id": "default"}
TEMPLATE = "/api/v1/courses/11/blueprint_templates/default"
LEADS = {"course_id": 11, "template_id": "default"}

ROWS = (
    row(
        "blueprint_courses.subscriptions",
        {"course_id": 33},
        f"GET {SUBSCRIPTIONS}",
        "per_page=100",
        shows={"id": 3601, "template_id": 3651, "blueprint_course": {"id": 11}},
        count=1,
    ),
    row(
        "blueprint_courses.subscription_migrations",
        FOLLOWS,
        f"GET {SUBSCRIPTIONS}/default/migrations",
        "per_page=100",
        shows={"id": 87, "subscription_id": 3601, "comment": "Second"},
        count=2,
    ),
    row(
        "blueprint_courses.subscription_migration",
        {**FOLLOWS, "migration_id": 85},
        f"GET {SUBSCRIPTIONS}/default/migrations/85",
        shows={"id": 85, "workflow_state": "completed"},
    ),
    row(
        "blueprint_courses.subscription_migration_details",
        {**FOLLOWS, "migration_id": 87},
        f"GET {SUBSCRIPTIONS}/default/migrations/87/details",
        shows={"asset_type": "announcement", "change_type": "updated"},
        count=1,
    ),
    row(
        "blueprint_courses.template",
        LEADS,
        f"GET {TEMPLATE}",
        shows={"id": 3651, "course_id": 11, "associated_course_count": 2},
    ),
    row(
        "blueprint_courses.migrations",
        LEADS,
        f"GET {TEMPLATE}/migrations",
        "per_page=100",
        shows={"id": 3702, "template_id": 3651},
        count=2,
    ),
    row(
        "blueprint_courses.migration",
        {**LEADS, "migration_id": 3701},
        f"GET {TEMPLATE}/migrations/3701",
        shows={"id": 3701, "comment": "First"},
    ),
    row(
        "blueprint_courses.migration_details",
        {**LEADS, "migration_id": 3702},
        f"GET {TEMPLATE}/migrations/3702/details",
        shows={"change_type": "updated"},
        count=2,
    ),
    row(
        "blueprint_courses.associated_courses",
        LEADS,
        f"GET {TEMPLATE}/associated_courses",
        "per_page=100",
        shows={"id": 33, "name": "Other"},
        count=2,
    ),
    row(
        "blueprint_courses.unsynced_changes",
        LEADS,
        f"GET {TEMPLATE}/unsynced_changes",
        shows={"asset_type": "wiki_page", "change_type": "created"},
        count=1,
    ),
)
