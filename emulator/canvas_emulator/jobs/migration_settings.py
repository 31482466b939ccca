"""What Canvas adds to the settings of a migration while it runs. ``audit_info`` shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from canvas_emulator.model.content import (
    CONTENT_KINDS,
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    Page,
    QuestionBank,
    Quiz,
    Rubric,
)
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

COURSE_COPY_TYPE, ZIP_TYPE = "course_copy_importer", "zip_file_importer"

BLUEPRINT_TYPE = "master_course_import"
"""The migrations of blueprints into the courses that follow them. They are course copies that no list shows."""

COPY_TYPES = frozenset({COURSE_COPY_TYPE, BLUEPRINT_TYPE})
OVERWRITES_QUIZZES = COPY_TYPES | {"canvas_cartridge_importer"}
WITHOUT_NOTIFICATION = COPY_TYPES | {ZIP_TYPE}

CONVERTERS = {
    COURSE_COPY_TYPE: "CC::Importer::Canvas::Converter",
    "canvas_cartridge_importer": "CC::Importer::Canvas::Converter",
    "common_cartridge_importer": "CC::Importer::Canvas::Converter",
}
"""The converters that Canvas names. QTI packages have none; those of other types were not observed."""

CLASSES: dict[type[Content], str] = {
    File: "Attachment",
    Folder: "Folder",
    QuestionBank: "AssessmentQuestionBank",
    LearningOutcomeGroup: "LearningOutcomeGroup",
    LearningOutcome: "LearningOutcome",
    Rubric: "Rubric",
    AssignmentGroup: "AssignmentGroup",
    ExternalTool: "ContextExternalTool",
    Assignment: "Assignment",
    Quiz: "Quizzes::Quiz",
    Announcement: "Announcement",
    DiscussionTopic: "DiscussionTopic",
    Page: "WikiPage",
    Module: "ContextModule",
    CalendarEvent: "CalendarEvent",
}
"""What Canvas calls the kinds in the list of what a migration imported."""


def started(migration: ContentMigration) -> None:
    """Add what is known when a migration no longer waits for another one."""
    settings = migration.migration_settings
    if migration.migration_type == "common_cartridge_importer":
        settings.setdefault("prefer_existing_tools", True)
    settings.setdefault("overwrite_quizzes", migration.migration_type in OVERWRITES_QUIZZES)
    if migration.context_type in (ContextType.COURSE, ContextType.ACCOUNT):
        settings["id_prepender"] = migration.id


def begun(world: World, migration: ContentMigration) -> None:
    """Add what is known when a job begins to work. A course copy imports at once from now on."""
    settings = migration.migration_settings
    settings["job_ids"] = [*settings.get("job_ids", ()), world.next_id("job")]
    if migration.migration_type in WITHOUT_NOTIFICATION:
        settings["skip_import_notification"] = True
    if migration.migration_type in COPY_TYPES:
        settings["import_immediately"] = True


def source_exported(migration: ContentMigration) -> None:
    """Add that all of a package is imported which has only what was selected of the source."""
    settings = migration.migration_settings
    settings["migration_ids_to_import"] = {"copy": {**_to_import(settings), "everything": True}}


def converted(migration: ContentMigration) -> None:
    """Add the name of the converter, once it has finished."""
    settings = migration.migration_settings
    if (converter := CONVERTERS.get(migration.migration_type)) is not None:
        settings["worker_class"] = converter
    if "migration_ids_to_import" not in settings:
        source_exported(migration)


def imported(world: World, migration: ContentMigration, since: datetime) -> None:
    """Add what was imported into a course: the ids by class.

    :param since: When the work began.
    """
    if migration.context_type is not ContextType.COURSE or migration.migration_type == ZIP_TYPE:
        return
    settings = migration.migration_settings
    assets = dict[str, str](settings.get("imported_assets", {}))
    rows = {
        kind: [
            row
            for row in world.live(kind, migration.course_id)
            if row.migration_id is not None and row.updated_at >= since
        ]
        for kind in CONTENT_KINDS
    }
    for kind, name in CLASSES.items():
        if ids := [str(row.id) for row in rows.get(kind, ())]:
            assets[name] = ",".join(ids)
    settings["imported_assets"] = assets
    used = {row.assignment_group_id for row in rows[Assignment] if isinstance(row, Assignment)}
    groups = {str(row.migration_id): True for row in rows[AssignmentGroup] if row.id in used}
    settings["migration_ids_to_import"] = {"copy": {**_to_import(settings), "assignment_groups": groups}}


def _to_import(settings: dict[str, Any]) -> dict[str, Any]:
    return dict(settings.get("migration_ids_to_import", {}).get("copy", {}))
