"""The routes of content migrations and exports, and of what they leave: issues, a mapping, Progress.

The ids are those of :mod:`~client.contract.routes_world`: course 22 got two copies of course 11 (79 and 80), and has a
third that waits for a selection (89).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.client.contract.routes_row import Row, row


@dataclass(frozen=True)
class Place:
    """A context that has content migrations: 77, 79, 81 and 83 are completed, and have two issues each.

    :param context: The keyword that says which it is.
    :param path: What it is in a path.
    :param listed: How many migrations it lists.
    :param migrators: How many types of them can be made there.
    :param choices: How many types of content there are to choose from; None where Canvas has none.
    """

    context: Mapping[str, Any]
    path: str
    migration: int
    issue: int
    listed: int
    migrators: int
    choices: int | None


ACCOUNT = Place({"account_id": 1}, "/api/v1/accounts/1", 77, 31, listed=2, migrators=4, choices=None)
COURSE = Place({"course_id": 22}, "/api/v1/courses/22", 79, 33, listed=3, migrators=6, choices=14)
GROUP = Place({"group_id": 5}, "/api/v1/groups/5", 81, 35, listed=2, migrators=1, choices=None)
USER = Place({"user_id": "self"}, "/api/v1/users/self", 83, 37, listed=2, migrators=1, choices=None)


def in_every_context(at: Place) -> tuple[Row, ...]:
    """Return what is the same in accounts, courses, groups and users."""
    migrations = f"{at.path}/content_migrations"
    one = f"{migrations}/{at.migration}"
    ids = {**at.context, "content_migration_id": at.migration}
    issue = {**ids, "migration_issue_id": at.issue}
    shown = {"id": at.migration, "workflow_state": "completed", "migration_issues_count": 2}
    choices = row("content_migrations.selective_data", ids, f"GET {one}/selective_data", count=at.choices)
    return (
        *(() if at.choices is None else (choices,)),
        row(
            "content_migrations.list",
            at.context,
            f"GET {migrations}",
            "per_page=100",
            shows={"user_id": 1},
            count=at.listed,
        ),
        row("content_migrations.get", ids, f"GET {one}", shows=shown),
        row(
            "content_migrations.update",
            {**ids, "copy": {"everything": True}},
            f"PUT {one}",
            "copy[everything]=1",
            shows={"id": at.migration, "workflow_state": "running", "migration_issues_count": 0},
        ),
        row("content_migrations.migrators", at.context, f"GET {migrations}/migrators", count=at.migrators),
        row("migration_issues.list", ids, f"GET {one}/migration_issues", "per_page=100", count=2),
        row("migration_issues.get", issue, f"GET {one}/migration_issues/{at.issue}", shows={"id": at.issue}),
        row(
            "migration_issues.update",
            {**issue, "workflow_state": "resolved"},
            f"PUT {one}/migration_issues/{at.issue}",
            "workflow_state=resolved",
            shows={"id": at.issue, "workflow_state": "resolved"},
        ),
    )


CREATED = (
    row(
        "content_migrations.create",
        {
            "account_id": 1,
            "migration_type": "canvas_cartridge_importer",
            "settings": {"content_export_id": 3501, "overwrite_quizzes": False},
        },
        "POST /api/v1/accounts/1/content_migrations",
        "migration_type=canvas_cartridge_importer",
        "settings[content_export_id]=3501",
        "settings[overwrite_quizzes]=false",
        shows={"workflow_state": "running", "migration_type": "canvas_cartridge_importer"},
    ),
    row(
        "content_migrations.create",
        {
            "course_id": 22,
            "migration_type": "course_copy_importer",
            "settings": {"source_course_id": "sis_course_id:SIS/Source", "importer_skips": ["all_course_settings"]},
            "date_shift_options": {
                "shift_dates": True,
                "new_start_date": datetime.date(2026, 6, 1),
                "day_substitutions": {1: 2},
            },
            "select": {"pages": [301], "assignments": [5001, 5005]},
        },
        "POST /api/v1/courses/22/content_migrations",
        "migration_type=course_copy_importer",
        "settings[source_course_id]=sis_course_id:SIS/Source",
        "settings[importer_skips][]=all_course_settings",
        "date_shift_options[shift_dates]=true",
        "date_shift_options[new_start_date]=2026-06-01",
        "date_shift_options[day_substitutions][1]=2",
        "select[pages][]=301",
        "select[assignments][]=5001",
        "select[assignments][]=5005",
        shows={"workflow_state": "running", "settings": {"source_course_id": 11}},
    ),
    row(
        "content_migrations.create",
        {
            "group_id": 5,
            "migration_type": "zip_file_importer",
            "settings": {"folder_id": 403},
            "pre_attachment": {"name": "week 1.zip", "size": 2048},
        },
        "POST /api/v1/groups/5/content_migrations",
        "migration_type=zip_file_importer",
        "settings[folder_id]=403",
        "pre_attachment[name]=week 1.zip",
        "pre_attachment[size]=2048",
        shows={"workflow_state": "pre_processing", "pre_attachment": {"file_param": "attachment[uploaded_data]"}},
    ),
    row(
        "content_migrations.create",
        {
            "user_id": "self",
            "migration_type": "zip_file_importer",
            "settings": {"folder_id": 405, "file_url": "https://files.example/a.zip?b=1&c=é"},
            "do_not_run": True,
        },
        "POST /api/v1/users/self/content_migrations",
        "migration_type=zip_file_importer",
        "settings[folder_id]=405",
        "settings[file_url]=https://files.example/a.zip?b=1&c=é",
        "do_not_run=true",
        shows={"workflow_state": "pre_processing", "migration_type": "zip_file_importer"},
    ),
)

OF_COURSES = (
    row(
        "content_migrations.update",
        {"course_id": 22, "content_migration_id": 89, "select": {"pages": [301]}},
        "PUT /api/v1/courses/22/content_migrations/89",
        "migration_type=course_copy_importer",
        "select[pages][]=301",
        shows={"id": 89, "workflow_state": "running"},
    ),
    row(
        "content_migrations.selective_data",
        {"course_id": 22, "content_migration_id": 89, "type": "wiki_pages"},
        "GET /api/v1/courses/22/content_migrations/89/selective_data",
        "type=wiki_pages",
        shows={"type": "wiki_pages"},
        count=3,
    ),
    row(
        "content_migrations.asset_id_mapping",
        {"course_id": 22, "content_migration_id": 79},
        "GET /api/v1/courses/22/content_migrations/79/asset_id_mapping",
        shows={"pages": {"301": "303", "302": "304"}, "announcements": {}},
    ),
    row(
        "content_imports.copy_course_content",
        {"course_id": 22, "source_course": 11, "only": ["assignments", "wiki_pages"]},
        "POST /api/v1/courses/22/course_copy",
        "source_course=11",
        "only[]=assignments",
        "only[]=wiki_pages",
        shows={"workflow_state": "created", "progress": None},
    ),
    row(
        "content_imports.copy_course_status",
        {"course_id": 22, "content_migration_id": 79},
        "GET /api/v1/courses/22/course_copy/79",
        shows={"id": 79, "workflow_state": "completed", "progress": 100.0},
    ),
    row(
        "content_exports.content_list",
        {"course_id": 11, "type": "assignments"},
        "GET /api/v1/courses/11/content_list",
        "type=assignments",
        shows={"type": "assignment_groups", "title": "Work"},
        count=2,
    ),
)


def exports_of(context: Mapping[str, Any], path: str, export: int, export_type: str) -> tuple[Row, ...]:
    """Return what is the same for the exports of courses, groups and users."""
    exports = f"{path}/content_exports"
    return (
        row("content_exports.list", context, f"GET {exports}", "per_page=100", count=2),
        row(
            "content_exports.get",
            {**context, "content_export_id": export},
            f"GET {exports}/{export}",
            shows={"id": export, "workflow_state": "exported", "export_type": export_type},
        ),
        row(
            "content_exports.create",
            {**context, "export_type": "zip", "select": {"files": [9001]}, "skip_notifications": True},
            f"POST {exports}",
            "export_type=zip",
            "skip_notifications=true",
            "select[files][]=9001",
            shows={"workflow_state": "created", "export_type": "zip"},
        ),
    )


PROGRESS = (
    row("progress.get", {"progress_id": 901}, "GET /api/v1/progress/901", shows={"id": 901, "completion": 100.0}),
    row(
        "progress.cancel",
        {"progress_id": 909, "message": "not this term"},
        "POST /api/v1/progress/909/cancel",
        "message=not this term",
        shows={"id": 909, "workflow_state": "failed", "message": "not this term"},
    ),
)

ROWS = (
    *(each for place in (ACCOUNT, COURSE, GROUP, USER) for each in in_every_context(place)),
    *CREATED,
    *OF_COURSES,
    *exports_of({"course_id": 11}, "/api/v1/courses/11", 3501, "common_cartridge"),
    *exports_of({"group_id": 5}, "/api/v1/groups/5", 3503, "zip"),
    *exports_of({"user_id": "self"}, "/api/v1/users/self", 3505, "zip"),
    *PROGRESS,
)
