"""The lineage of tasks that work on batches: the copies, the ledger, the input and the report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.lineage.datasets import course_dataset, file_dataset, table_dataset
from airflow_provider_canvas.lineage.run_facets import BatchFacet
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.utils.copies_source import is_path

if TYPE_CHECKING:
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
    from airflow_provider_canvas.ledger.copy_row import CopyRow
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.rollover.plan_result import PlanResult
    from airflow_provider_canvas.rollover.summary import BatchSummary


@without_failing
def note_copy(lineage: TaskLineage, host: str, row: CopyRow) -> None:
    """Note a copy of a batch.

    :param lineage: The lineage of the task.
    :param host: The host of the Canvas.
    :param row: The row of the copy in the ledger.
    """
    lineage.copy(
        course_dataset(host, row.source_course_id, row.source_course_name, row.source_sis_course_id),
        course_dataset(host, row.dest_course_id, row.dest_course_name, row.dest_sis_course_id),
    )


@without_failing
def note_batch(lineage: TaskLineage, ledger: BatchLedger, summary: BatchSummary) -> None:
    """Note what became of a batch, and that its ledger was written.

    :param lineage: The lineage of the task.
    :param ledger: The ledger of the batch.
    :param summary: The counts of the batch.
    """
    note_ledger(lineage, ledger)
    facet = BatchFacet(
        canvas_instance=ledger.canvas_instance,
        batch=ledger.batch_name,
        copies=sum(summary.counts.values()),
        sources=len(summary.sources),
        states={str(state): count for state, count in summary.counts.items()},
        issue_counts=dict(summary.issues),
    )
    lineage.describe(facet)


@without_failing
def note_plan(lineage: TaskLineage, ledger: BatchLedger, plan: PlanResult) -> None:
    """Note a plan, and, unless it was a dry run, that the ledger was written.

    :param lineage: The lineage of the task.
    :param ledger: The ledger of the batch.
    :param plan: The plan.
    """
    if not plan.dry_run:
        note_ledger(lineage, ledger)
    facet = BatchFacet(
        canvas_instance=ledger.canvas_instance,
        batch=ledger.batch_name,
        copies=plan.copies,
        sources=len({row.source_course_id for row in plan.rows}),
        verdicts={str(verdict): count for verdict, count in plan.counts.items()},
    )
    lineage.describe(facet)


@without_failing
def note_ledger(lineage: TaskLineage, ledger: BatchLedger) -> None:
    """Note that the tables of a ledger were written.

    :param lineage: The lineage of the task.
    :param ledger: The ledger.
    """
    lineage.write(*(table_dataset(ledger.engine, table) for table in ledger.tables))


@without_failing
def note_files(lineage: TaskLineage, *, reads: Any = None, writes: object = None) -> None:
    """Note the files of a task.

    :param lineage: The lineage of the task.
    :param reads: The parameter ``copies``: noted if it is the path of a file.
    :param writes: The address of the report, if one was written.
    """
    if isinstance(reads, str | os.PathLike) and is_path(os.fspath(reads)):
        lineage.read(file_dataset(os.fspath(reads).strip()))
    if writes is not None:
        lineage.write(file_dataset(writes))
