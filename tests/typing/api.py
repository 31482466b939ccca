"""The types that a type checker must infer for both clients; only checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO, SyncIO
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.progress import ProgressRecord


def synchronous(canvas: Canvas[SyncIO]) -> None:
    assert_type(canvas.courses.get(course_id=42), Course)
    assert_type(canvas.progress.get(progress_id="901"), ProgressRecord)
    assert_type(canvas.content_migrations.list(course_id=42), Iterator[ContentMigration])
    assert_type(canvas.migration_issues.list(course_id=42, content_migration_id=7), Iterator[MigrationIssue])
    assert_type(
        canvas.content_migrations.asset_id_mapping(course_id=42, content_migration_id=7)["pages"].get("9"),
        Any | None,
    )


async def asynchronous(canvas: Canvas[AsyncIO]) -> None:
    assert_type(await canvas.courses.get(course_id=42), Course)
    assert_type(canvas.content_migrations.list(group_id=4), AsyncIterator[ContentMigration])
    async for issue in canvas.migration_issues.list(course_id=42, content_migration_id=7):
        assert_type(issue, MigrationIssue)
