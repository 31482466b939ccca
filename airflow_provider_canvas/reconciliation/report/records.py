"""The rows of both tables: one record per table row, keyed by column."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.tables import FORMAT_VERSION
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.security.redaction import strip_url_secrets

Record = dict[str, Any]

_NOT_A_COLUMN = {"in_source", "in_destination"}  # the status implies them


def asset_records(reconciliation: Reconciliation) -> list[Record]:
    """Return the records of the asset table, one per row of the reconciliation."""
    migration = reconciliation.migration
    source, destination = reconciliation.source, reconciliation.destination
    shared = {
        "canvas_instance": reconciliation.canvas_instance,
        "dest_course_id": destination.course_id,
        "source_course_id": source.course_id,
        "content_migration_id": migration.content_migration_id,
        "migration_type": migration.migration_type,
        "term_sis_id": destination.term_sis_id,
        "source_sis_course_id": source.sis_course_id,
        "dest_sis_course_id": destination.sis_course_id,
        "format_version": FORMAT_VERSION,
        "run_id": reconciliation.run_id,
        "first_seen_at": reconciliation.reconciled_at,
        "last_seen_at": reconciliation.reconciled_at,
    }
    records = []
    for row in reconciliation.rows:
        fields = {name: value for name, value in asdict(row).items() if name not in _NOT_A_COLUMN}
        records.append(shared | fields | {"status": str(row.status)})
    return records


def ledger_record(reconciliation: Reconciliation) -> Record:
    """Return the record of the ledger for the copy."""
    migration = reconciliation.migration
    source, destination, summary = reconciliation.source, reconciliation.destination, reconciliation.summary
    total = summary.total
    return {
        "canvas_instance": reconciliation.canvas_instance,
        "dest_course_id": destination.course_id,
        "content_migration_id": migration.content_migration_id,
        "verdict": str(summary.verdict),
        "coverage_percent": summary.coverage,
        "source_course_id": source.course_id,
        "source_course_name": source.name or None,
        "source_sis_course_id": source.sis_course_id,
        "dest_course_name": destination.name or None,
        "dest_sis_course_id": destination.sis_course_id,
        "account_id": destination.account_id,
        "term_name": destination.term_name,
        "term_sis_id": destination.term_sis_id,
        "migration_type": migration.migration_type,
        "workflow_state": migration.workflow_state,
        "created_at": migration.created_at,
        "started_at": migration.started_at,
        "finished_at": migration.finished_at,
        "ended_at": migration.ended_at,
        "seconds_queued": migration.seconds_queued,
        "seconds_running": migration.seconds_running,
        **{f"issues_{kind}": summary.issues.get(kind, 0) for kind in ("todo", "warning", "error")},
        "source_assets": total.source,
        "dest_assets": total.destination,
        "expected_assets": total.expected,
        "arrived_assets": total.arrived,
        **{str(status): summary.count(status) for status in Status},
        "counts_by_type": {
            asset_type: {str(status): count for status, count in summary.types[asset_type].statuses.items()}
            for asset_type in ASSET_TYPES
        },
        "report_uri": strip_url_secrets(reconciliation.report_uri) if reconciliation.report_uri else None,
        "format_version": FORMAT_VERSION,
        "run_id": reconciliation.run_id,
        "first_reconciled_at": reconciliation.reconciled_at,
        "reconciled_at": reconciliation.reconciled_at,
    }
