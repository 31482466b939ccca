"""Submissions of each kind of job into the demo's courses, and the ids of the jobs in Canvas."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.world import World

from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.client.jobs.content_requests import (
    ContentExportRequest,
    ContentMigrationRequest,
    LegacyCourseCopyRequest,
)
from airflow_provider_canvas.client.jobs.submission_record import (
    InMemoryStore,
    SubmissionRecord,
    idempotency_key_from,
)
from airflow_provider_canvas.client.jobs.submit_once import Submission

SOURCE, FRESH, USED = 1010, 2001, 2002

KEY = idempotency_key_from("a task")


def submission(client: Any, **options: Any) -> Submission:
    """Return the submission of a course copy without sleeps; ``options`` replace its arguments."""
    course_id = options.pop("course_id", FRESH)
    create = ContentMigrations.create.call(
        course_id=course_id, migration_type="course_copy_importer", settings={"source_course_id": SOURCE}
    )
    return Submission(
        **{
            "canvas": client,
            "request": ContentMigrationRequest(create, {"course_id": course_id}, SOURCE),
            "idempotency_key": KEY,
            "store": InMemoryStore(),
            "sleep": lambda _: None,
            **options,
        }
    )


def export(client: Any, **options: Any) -> Submission:
    """Return the submission of an export of all quizzes."""
    create = ContentExports.create.call(course_id=SOURCE, export_type="qti")
    request = ContentExportRequest(create, {"course_id": SOURCE}, own_user_id=4)
    return submission(client, request=request, **options)


def legacy_copy(client: Any, **options: Any) -> Submission:
    """Return the submission of a copy by the deprecated endpoint."""
    return submission(client, request=LegacyCourseCopyRequest.of(course_id=FRESH, source_course_id=SOURCE), **options)


def submitting_record(kind: str = "content_migration", after: int = 0, **fields: Any) -> SubmissionRecord:
    """Return the record of an attempt that died during its request; ``fields`` replace its values."""
    return SubmissionRecord(kind, KEY, newest_id_before=after, **fields)


def migration_ids(world: World, course_id: int = FRESH) -> list[int]:
    """Return the ids of the migrations into a course, oldest first."""
    with world.lock:
        return [migration.id for migration in world.migrations_of(course_id)]


def export_ids(world: World) -> list[int]:
    """Return the ids of the exports of the source, oldest first."""
    with world.lock:
        return [row.id for row in world.tables.content_exports.values() if row.context_id == SOURCE]
