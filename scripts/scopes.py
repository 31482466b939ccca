"""Write ``docs/recipes/scopes.md``: the OAuth2 scopes that a developer key needs for each operator and sensor.

``NEEDS`` declares which endpoints a task calls. ``tests/tasks/test_scopes.py`` runs each with exactly these scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.scopes import scope

PAGE = Path(__file__).resolve().parent.parent / "docs" / "recipes" / "scopes.md"

ALWAYS = ""
"""What stands for the endpoints that each run of a task may call."""

UPLOADED = "url:GET|/api/v1/files/:id/create_success"
"""The scope of the last step of an upload, for which there is no endpoint in the hook."""

_MIGRATION = (
    "courses.get",
    "content_migrations.list",
    "content_migrations.get",
    "progress.get",
    "migration_issues.list",
)
_COPY = (*_MIGRATION, "content_migrations.create")
_NOT_EMPTY = {"`if_not_empty` is `skip`, `warn` or `fail`": ("modules.list", "pages.list", "assignments.list")}
_CANCEL = {"the task is ended by a user, or by its timeout": ("progress.cancel",)}
_UPLOAD = {"a package is uploaded to a self-hosted Canvas": (UPLOADED,)}
_LISTINGS = (
    "pages.list",
    "assignments.list",
    "quizzes.list",
    "discussion_topics.list",
    "modules.list",
    "files.list",
    "folders.list",
    "courses.settings",
)
_TEXTS = ("pages", "assignments", "quizzes", "discussion_topics", "calendar_events", "lti_resource_links")
_OLD = {"Canvas is of 2023": ("pages.get",)}
_MANY_ITEMS = {"a module has more items than Canvas lists with it": ("modules.items",)}
_PLAN = (
    "courses.get",
    "accounts.courses",
    "courses.permissions",
    "content_migrations.list",
    "blueprint_courses.subscriptions",
    "blueprint_courses.associated_courses",
    "progress.get",
    "modules.list",
    "pages.list",
    "assignments.list",
)
_COMPARED = (
    "courses.get",
    "content_migrations.list",
    "content_migrations.get",
    "content_migrations.asset_id_mapping",
    "migration_issues.list",
    "progress.get",
    *_LISTINGS,
)
_CHECKS: Mapping[str, tuple[str, ...]] = {
    "`checks` has `links`": ("calendar_events.list", "quiz_questions.list"),
    "`checks` has `unmapped`": (
        "assignment_groups.list",
        "calendar_events.list",
        "external_tools.list",
        "group_categories.list",
        "outcome_groups.list",
        "outcome_groups.links",
        "quiz_questions.list",
        "rubrics.list",
        "tabs.list",
    ),
    "`checks` has `lti`": ("lti_resource_links.list",),
    "`checks` has `new_quizzes`": ("new_quizzes.list", "new_quizzes.get", "new_quizzes.items"),
}

NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "CanvasCourseCopyOperator": {
        ALWAYS: _COPY,
        "`select` is set": ("content_migrations.asset_id_mapping",),
        **_NOT_EMPTY,
        **_CANCEL,
    },
    "CanvasPlanCourseCopiesOperator": {ALWAYS: _PLAN},
    "CanvasBulkCourseCopyOperator": {
        ALWAYS: _COPY,
        "`copies` is set": tuple(name for name in _PLAN if name not in _COPY),
        **_CANCEL,
    },
    "CanvasReconcileOperator": {
        ALWAYS: _COMPARED,
        **_CHECKS,
        "`use_link_validation` is set": ("link_validation.start", "link_validation.get"),
        **_OLD,
        **_MANY_ITEMS,
    },
    "CanvasReconcileBatchOperator": {
        ALWAYS: tuple(name for name in _COMPARED if name != "content_migrations.get"),
        **_CHECKS,
        **_OLD,
        **_MANY_ITEMS,
    },
    "CanvasFindCopiesOperator": {ALWAYS: ("accounts.courses", "content_migrations.list")},
    "CanvasImportPackageOperator": {ALWAYS: _COPY, **_UPLOAD, **_NOT_EMPTY, **_CANCEL},
    "CanvasContentMigrationOperator": {ALWAYS: _COPY, **_UPLOAD, **_NOT_EMPTY, **_CANCEL},
    "CanvasSelectiveImportOperator": {
        ALWAYS: (*_COPY, "content_migrations.selective_data", "content_migrations.update"),
        **_UPLOAD,
        **_NOT_EMPTY,
        **_CANCEL,
    },
    "CanvasMigrationIssuesOperator": {
        ALWAYS: ("migration_issues.list",),
        "`resolve` is set": ("migration_issues.update",),
    },
    "CanvasContentExportOperator": {
        ALWAYS: (
            "courses.get",
            "users.get",
            "content_exports.list",
            "content_exports.get",
            "content_exports.create",
            "progress.get",
        ),
        **_CANCEL,
    },
    "CanvasExportToObjectStorageOperator": {
        ALWAYS: (
            "courses.get",
            "users.get",
            "content_exports.list",
            "content_exports.get",
            "content_exports.create",
            "progress.get",
            *_LISTINGS,
        ),
        **_OLD,
        **_MANY_ITEMS,
        **_CANCEL,
    },
    "CanvasRepairLinksOperator": {
        ALWAYS: (
            "courses.get",
            *(f"{kind}.{verb}" for kind in _TEXTS for verb in ("get", "update")),
            "courses.update",
            "modules.list",
            "modules.item",
            "modules.update_item",
        ),
    },
    "CanvasBatchUpdateCoursesOperator": {
        ALWAYS: ("courses.batch_update", "courses.get", "progress.get"),
        **_CANCEL,
    },
    "CanvasCreateCourseOperator": {
        ALWAYS: ("courses.create", "courses.get"),
        '`if_exists` is `"update"`': ("courses.update",),
    },
    "CanvasUpdateCourseOperator": {ALWAYS: ("courses.update",)},
    "CanvasResetCourseOperator": {ALWAYS: ("courses.get", "courses.reset_content")},
    "CanvasDeleteCourseOperator": {ALWAYS: ("courses.get", "courses.delete")},
    "CanvasLegacyCourseCopyOperator": {
        ALWAYS: (
            "courses.get",
            "content_migrations.list",
            "content_migrations.get",
            "migration_issues.list",
            "content_imports.copy_course_content",
            "content_imports.copy_course_status",
        ),
        **_NOT_EMPTY,
    },
    "CanvasContentMigrationSensor": {ALWAYS: ("content_migrations.get",)},
    "CanvasContentExportSensor": {ALWAYS: ("content_exports.get", "progress.get")},
    "CanvasProgressSensor": {ALWAYS: ("progress.get",)},
    "CanvasLegacyCourseCopySensor": {ALWAYS: ("content_imports.copy_course_status",)},
}
"""The endpoints that each task calls: always, and under conditions."""

UNLISTED = frozenset(
    {
        UPLOADED,
        "url:GET|/api/v1/courses/:course_id/link_validation",
        "url:POST|/api/v1/courses/:course_id/link_validation",
    }
)
"""Scopes that Canvas enforces, and does not offer in the form of a developer key."""

INTRO = """\
# Scopes per operator

The OAuth2 scopes that [a developer key with scopes](developer_key.md) needs. This page is written by
`python scripts/scopes.py`; tests run each task with a token that has exactly these scopes.

- A trigger needs no other scopes than its operator. `CanvasApiOperator` and the hook need the scope of the endpoint
  that you call; [Endpoints](../endpoints.md) has the routes.
- The *Test* button needs `url:GET|/api/v1/users/:id`. With `url:GET|/api/v1/accounts` and
  `url:GET|/api/v1/accounts/:account_id/permissions` it also tells which rights the user has.
- For groups, users and accounts, the scopes of migrations, exports and issues are those with `/groups/:group_id/`,
  `/users/:user_id/` or `/accounts/:account_id/` in place of `/courses/:course_id/`.
- Scopes with a star are not in the form of a developer key: an administrator adds them with the API of developer keys,
  or you do without the option.
- GraphQL is not in the list: Canvas does not allow it for keys with scopes, and the REST API takes its place.
"""


def scopes_of(endpoints: tuple[str, ...]) -> list[str]:
    """Return the scopes of some endpoints, which are named as in the hook, or are scopes already.

    :param endpoints: The names.
    """
    known = routes()
    return sorted({name if name.startswith("url:") else scope(known[name]) for name in endpoints}, key=_by_path)


def _by_path(text: str) -> tuple[str, str]:
    method, _, path = text.partition("|")
    return path, method


def page() -> str:
    """Return the text of the page."""
    return "\n".join((INTRO, *_sections()))


def _sections() -> Iterator[str]:
    for name, needs in NEEDS.items():
        yield f"## {name}\n"
        for when, endpoints in needs.items():
            if when:
                yield f"If {when}, also:\n"
            lines = (f"{text}{' *' if text in UNLISTED else ''}" for text in scopes_of(endpoints))
            yield "```text\n" + "\n".join(lines) + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(NEEDS)} tasks")
