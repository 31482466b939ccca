"""Content migrations: imports of content into a course, a course copy among them.

https://developerdocs.instructure.com/services/canvas/resources/content_migrations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.endpoint import IO, Context, Params, Resource, many, one
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.parameters import Timestamp, among, given, timestamp

COURSE_COPY = "course_copy_importer"

FINAL_STATES = frozenset({"completed", "failed"})
"""States in which nothing more happens. Some others are not documented: ``queued``, ``pre_processed``."""

SELECT_TYPES = (
    "folders",
    "files",
    "attachments",
    "quizzes",
    "assignments",
    "announcements",
    "calendar_events",
    "discussion_topics",
    "modules",
    "module_items",
    "pages",
    "rubrics",
)
"""What ``select`` may name."""

IMPORTER_SKIPS = ("all_course_settings", "visibility_settings")
"""What ``settings[importer_skips]`` may name."""

INSERT_INTO_MODULE_TYPES = ("assignment", "discussion_topic", "file", "page", "quiz")
"""What ``settings[insert_into_module_type]`` may name."""

AssetIdMapping = dict[str, dict[str, Any]]
"""Asset type -> id in the source -> id in the destination, all text; values that are no text belong to newer keys."""


class DateShiftOptions(TypedDict, total=False):
    """How dates move. Keys of ``day_substitutions`` are weekdays of the source, 0 is Sunday."""

    shift_dates: bool
    remove_dates: bool
    old_start_date: Timestamp
    old_end_date: Timestamp
    new_start_date: Timestamp
    new_end_date: Timestamp
    day_substitutions: Mapping[int, int]


class MigrationSourceCourse(TypedDict, total=False):
    """What Canvas echoes of the settings: only the source course, and only within one root account."""

    source_course_id: int
    source_course_name: str
    source_course_html_url: str


class ContentMigration(TypedDict, total=False):
    """A content migration, as Canvas sends it. ``progress_url`` is there once it has a Progress."""

    id: int
    user_id: int | None
    workflow_state: str
    migration_type: str
    migration_type_title: str
    migration_issues_url: str
    migration_issues_count: int
    progress_url: str
    settings: MigrationSourceCourse
    created_at: str
    started_at: str | None
    finished_at: str | None
    audit_info: dict[str, Any]


class ContentMigrations(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/content_migrations"""

    @many("{context}/content_migrations", ContentMigration)
    def list(self, **context: Unpack[Context]) -> Params:
        """List content migrations, the newest first; those of blueprint courses are hidden.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.index
        """
        return {}

    @one("GET", "{context}/content_migrations/{content_migration_id}", ContentMigration)
    def get(self, *, content_migration_id: Id, include: Sequence[str] = (), **context: Unpack[Context]) -> Params:
        """Get a content migration; ``include=["audit_info"]``, not documented, brings its settings as they were sent.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.show
        """
        return given(include=include)

    @one("POST", "{context}/content_migrations", ContentMigration)
    def create(
        self,
        *,
        migration_type: str,
        settings: Mapping[str, Any] | None = None,
        date_shift_options: DateShiftOptions | None = None,
        select: Mapping[str, Sequence[Id]] | None = None,
        **context: Unpack[Context],
    ) -> Params:
        """Create a content migration, which starts at once. Two equal calls make two migrations.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create
        """
        return given(
            migration_type=migration_type,
            settings=settings and _settings(settings),
            date_shift_options=date_shift_options and _date_shift_options(date_shift_options),
            select=select if select is None else _select(select),
        )

    @one(
        "GET",
        "courses/{course_id}/content_migrations/{content_migration_id}/asset_id_mapping",
        AssetIdMapping,
    )
    def asset_id_mapping(self, *, course_id: Id, content_migration_id: Id) -> Params:
        """Get the asset id mapping of a completed course copy: computed anew from what is in both courses now.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.asset_id_mapping
        """
        return {}


def _settings(settings: Mapping[str, Any]) -> Params:
    checked = dict(settings)
    if "source_course_id" in checked:
        checked["source_course_id"] = canvas_id("source_course_id", checked["source_course_id"], kind="course_id")
    for skip in checked.get("importer_skips") or ():
        among("importer_skips", skip, IMPORTER_SKIPS)
    if checked.get("insert_into_module_type"):
        among("insert_into_module_type", checked["insert_into_module_type"], INSERT_INTO_MODULE_TYPES)
    return checked


def _date_shift_options(options: DateShiftOptions) -> Params:
    for name in options:
        among("date_shift_options", name, DateShiftOptions.__annotations__)
    shift, remove = options.get("shift_dates"), options.get("remove_dates")
    if shift and remove:
        raise ValueError("shift_dates and remove_dates exclude each other: give one of them.")
    if not (shift or remove):
        raise ValueError("Canvas ignores date options without shift_dates=True or remove_dates=True: give one of them.")
    days = options.get("day_substitutions") or {}
    for old, new in days.items():
        if not {str(old), str(new)} <= set("0123456"):
            raise ValueError(
                f"day_substitutions maps {old!r} to {new!r}: "
                "write weekdays as 0 (Sunday) to 6 (Saturday), such as {1: 2}."
            )
    dates = {
        name: timestamp(name, value)  # type: ignore[arg-type]  # mypy does not narrow the keys of a TypedDict
        for name, value in options.items()
        if name.endswith("_date") and value is not None and value != ""
    }
    for which in ("old", "new"):
        start, end = dates.get(f"{which}_start_date"), dates.get(f"{which}_end_date")
        if start and end and start[:10] > end[:10]:
            raise ValueError(f"{which}_end_date {end} is before {which}_start_date {start}.")
    return given(shift_dates=shift, remove_dates=remove, **dates, day_substitutions=days or None)


def _select(select: Mapping[str, Sequence[Id]]) -> Params:
    for asset_type, ids in select.items():
        among("select", asset_type, SELECT_TYPES)
        if isinstance(ids, str) or not isinstance(ids, Iterable):
            raise ValueError(f"select[{asset_type!r}] must be a list of ids, such as [12, 13], not {ids!r}.")
    if not any(select.values()):
        raise ValueError("select names no asset, and Canvas would copy everything: name some, or leave select out.")
    return {asset_type: list(ids) for asset_type, ids in select.items()}
