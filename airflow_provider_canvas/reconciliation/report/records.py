"""The rows of both tables: one record per table row, keyed by column."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.records import copy_record as ledger_record
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION
from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
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
        "changed_at": reconciliation.reconciled_at,
    }
    records = []
    for row in reconciliation.rows:
        fields = {name: value for name, value in asdict(row).items() if name not in _NOT_A_COLUMN}
        records.append(shared | fields | {"status": str(row.status)})
    return records


def copy_record(reconciliation: Reconciliation) -> Record:
    """Return the columns of the ledger that describe the copy, for a copy that no batch made."""
    migration = reconciliation.migration
    source, destination, issues = reconciliation.source, reconciliation.destination, reconciliation.summary.issues
    row = CopyRow(
        dest_course_id=destination.course_id,
        source_course_id=source.course_id,
        row_number=1,
        source_course_name=source.name or None,
        source_sis_course_id=source.sis_course_id,
        dest_course_name=destination.name or None,
        dest_sis_course_id=destination.sis_course_id,
        state=CopyState.COMPLETED_WITH_ISSUES if any(issues.values()) else CopyState.COMPLETED,
        state_changed_at=migration.ended_at,
        content_migration_id=migration.content_migration_id,
        workflow_state=migration.workflow_state,
        created_at=migration.created_at,
        started_at=migration.started_at,
        finished_at=migration.finished_at,
        ended_at=migration.ended_at,
        issues_todo=issues.get("todo", 0),
        issues_warning=issues.get("warning", 0),
        issues_error=issues.get("error", 0),
    )
    return ledger_record(row)


def reconciliation_record(reconciliation: Reconciliation) -> Record:
    """Return the columns of the ledger that a reconciliation fills."""
    migration, destination, summary = reconciliation.migration, reconciliation.destination, reconciliation.summary
    total = summary.total
    return {
        "reconciled_content_migration_id": migration.content_migration_id,
        "verdict": str(summary.verdict),
        "unreadable": ", ".join(reconciliation.unreadable) or None,
        "coverage_percent": summary.coverage,
        "account_id": destination.account_id,
        "term_name": destination.term_name,
        "term_sis_id": destination.term_sis_id,
        "migration_type": migration.migration_type,
        "seconds_queued": migration.seconds_queued,
        "seconds_running": migration.seconds_running,
        "source_assets": total.source,
        "dest_assets": total.destination,
        "expected_assets": total.expected,
        "arrived_assets": total.arrived,
        **{str(status): summary.count(status) for status in Status},
        "counts_by_type": {
            asset_type: {str(status): count for status, count in summary.types[asset_type].statuses.items()}
            for asset_type in ASSET_TYPES
        },
        **{f"issues_{kind}": summary.issues.get(kind, 0) for kind in ("todo", "warning", "error")},
        "report_uri": strip_url_secrets(reconciliation.report_uri) if reconciliation.report_uri else None,
        "run_id": reconciliation.run_id,
        "first_reconciled_at": reconciliation.reconciled_at,
        "reconciled_at": reconciliation.reconciled_at,
    }
