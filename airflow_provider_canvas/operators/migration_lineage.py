"""The lineage of a content migration: from a source into a destination, and what Canvas calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.lineage.datasets import LineageDataset, canvas_dataset
from airflow_provider_canvas.lineage.run_facets import ContentMigrationFacet
from airflow_provider_canvas.lineage.without_failing import without_failing

if TYPE_CHECKING:
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.operators.base_job import Job


@without_failing
def note_migration(lineage: TaskLineage, job: Job, host: str, source: LineageDataset | None) -> None:
    """Note what a migration reads and writes.

    :param lineage: The lineage of the task.
    :param job: The migration.
    :param host: The host of its Canvas.
    :param source: What it reads, if that is known.
    """
    destination = owner_dataset(lineage, job, host)
    if destination is None:
        return
    if source is None:
        lineage.write(destination)
    else:
        lineage.copy(source, destination)


def owner_dataset(lineage: TaskLineage, job: Job, host: str) -> LineageDataset | None:
    """Return the course, account, group or user of a job as a dataset; ``None`` if a stored job does not name it.

    :param lineage: The lineage of the task.
    :param job: The job.
    :param host: The host of its Canvas.
    """
    name = next((name for name in job.ids if name in CONTEXTS), None)
    if name is None:
        return None
    number = job.ids[name]
    return lineage.course(host, number) if name == "course_id" else canvas_dataset(host, name, number)


def migration_facet(
    job: Job, host: str, migration: Mapping[str, Any], issue_counts: Mapping[str, int] | None, *, selective: bool
) -> ContentMigrationFacet:
    """Return what a run did, as a facet.

    :param job: The migration.
    :param host: The host of its Canvas.
    :param migration: Its record, or the fields of it that are known.
    :param issue_counts: The number of its issues by type, if they were read.
    :param selective: Whether the task asks for a part of the content only.
    """
    return ContentMigrationFacet(
        canvas_instance=host,
        content_migration_id=job.ids.get("content_migration_id", "unknown"),
        migration_type=migration.get("migration_type"),
        workflow_state=migration.get("workflow_state"),
        selective=selective,
        started_by_other=job.started_by_other,
        issue_counts=issue_counts,
        url=job.page,
    )
