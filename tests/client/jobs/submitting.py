"""Submissions of each kind, into the demo's courses, and what Canvas has of them."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.world import World

from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.client.jobs.job_requests import (
    ContentExportRequest,
    ContentMigrationRequest,
    LegacyCourseCopyRequest,
)
from airflow_provider_canvas.client.jobs.submit_once import InMemoryStore, Submission, idempotency_key_from

SOURCE, FRESH, USED = 1010, 2001, 2002


def submission(client: Any, **said: Any) -> Submission:
    """Return the submission of a course copy, which never really sleeps, or of what ``said`` says."""
    course_id = said.pop("course_id", FRESH)
    create = ContentMigrations.create.call(
        course_id=course_id, migration_type="course_copy_importer", settings={"source_course_id": SOURCE}
    )
    return Submission(
        **{
            "canvas": client,
            "job": ContentMigrationRequest(create, {"course_id": course_id}, SOURCE),
            "mark": idempotency_key_from("a task"),
            "memory": InMemoryStore(),
            "sleep": lambda _: None,
            **said,
        }
    )


def export(client: Any, **said: Any) -> Submission:
    """Return the submission of an export of all quizzes."""
    create = ContentExports.create.call(course_id=SOURCE, export_type="qti")
    job = ContentExportRequest(create, {"course_id": SOURCE}, own_user_id=4)
    return submission(client, job=job, **said)


def deprecated_copy(client: Any, **said: Any) -> Submission:
    """Return the submission of a copy by the deprecated endpoint."""
    return submission(client, job=LegacyCourseCopyRequest.of(course_id=FRESH, source_course_id=SOURCE), **said)


def made(world: World, course_id: int = FRESH) -> list[int]:
    """Return the migrations into a course, oldest first."""
    with world.lock:
        return [migration.id for migration in world.migrations_of(course_id)]


def exported(world: World) -> list[int]:
    """Return the exports of the source, oldest first."""
    with world.lock:
        return [row.id for row in world.tables.content_exports.values() if row.context_id == SOURCE]
