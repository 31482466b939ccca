"""The lineage of reconciliations: from courses into tables and reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.ledger.tables import copy_ledger
from airflow_provider_canvas.lineage.datasets import course_dataset, file_dataset, table_dataset
from airflow_provider_canvas.lineage.run_facets import ReconciliationFacet
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.reconciliation.report.tables import asset_map, stale_link

if TYPE_CHECKING:
    from airflow_provider_canvas.course_pairs.batch_rows import BatchCopy
    from airflow_provider_canvas.course_pairs.store import Store
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation


@without_failing
def note_reconciliation(
    lineage: TaskLineage, store: Store, reconciliation: Reconciliation, written: Mapping[str, int]
) -> None:
    """Note the reconciliation of one copy.

    :param lineage: The lineage of the task.
    :param store: The tables.
    :param reconciliation: The reconciliation.
    :param written: The numbers of rows, by what became of them.
    """
    host, summary = reconciliation.canvas_instance, reconciliation.summary
    for course in (reconciliation.source, reconciliation.destination):
        lineage.read(course_dataset(host, course.course_id, course.name, course.sis_course_id))
    note_tables(lineage, store, written)
    facet = ReconciliationFacet(
        canvas_instance=host,
        content_migration_id=reconciliation.content_migration["id"],
        verdicts={str(summary.verdict): 1},
        coverage_percent=summary.coverage,
        expected_assets=summary.total.expected,
        arrived_assets=summary.total.arrived,
        statuses={str(status): count for status, count in summary.statuses.items()},
        stale_links=sum(summary.stale_links.values()) if "links" in reconciliation.checks else None,
    )
    lineage.describe(facet)


@without_failing
def note_batch_reconciliation(
    lineage: TaskLineage, result: Mapping[str, Any], copies: Iterable[BatchCopy], store: Store
) -> None:
    """Note the reconciliation of a batch.

    :param lineage: The lineage of the task.
    :param result: The result of the task.
    :param copies: The copies that this attempt reconciled.
    :param store: The tables.
    """
    host = result["canvas_instance"]
    for copy in copies:
        lineage.read(*(course_dataset(host, each, None, None) for each in (copy.source_course_id, copy.dest_course_id)))
    note_tables(lineage, store, result["rows"])
    if result["report_uri"] is not None:
        lineage.write(file_dataset(result["report_uri"]))
    facet = ReconciliationFacet(
        canvas_instance=host,
        batch=result["batch"],
        verdicts=result["verdicts"],
        coverage_percent=result["coverage_percent"],
        expected_assets=result["expected_assets"],
        arrived_assets=result["arrived_assets"],
        statuses=result["statuses"],
        stale_links=result["stale_links"],
    )
    lineage.describe(facet)


@without_failing
def note_tables(lineage: TaskLineage, store: Store, written: Mapping[str, int]) -> None:
    """Note that the tables of reconciliations were written.

    :param lineage: The lineage of the task.
    :param store: The tables.
    :param written: The numbers of rows, by what became of them.
    """
    assets = sum(written.get(change, 0) for change in ("inserted", "updated", "removed"))
    links = sum(written.get(f"links_{change}", 0) for change in ("inserted", "updated", "removed"))
    lineage.write(
        table_dataset(store.engine, asset_map(store.asset_table, store.schema), assets),
        table_dataset(store.engine, stale_link(store.link_table, store.schema), links),
        table_dataset(store.engine, copy_ledger(store.ledger_table, store.schema)),
    )
