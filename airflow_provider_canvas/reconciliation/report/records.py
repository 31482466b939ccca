"""The rows of the tables that a reconciliation fills, from its fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.records import copy_record as ledger_record
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION
from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, UNMAPPED_TYPES
from airflow_provider_canvas.reconciliation.links.stale_link import PLACE_TYPES, StaleLink
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.staged_rows import CourseRows
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.security.redaction import strip_url_secrets

Record = dict[str, Any]

_NOT_COLUMNS = {"in_source", "in_destination"}
"""Fields of an asset's row that are no columns, because its status implies them."""
ASSET_COLUMNS = tuple(field.name for field in fields(AssetRow) if field.name not in _NOT_COLUMNS)
"""The columns of the asset table that differ from row to row."""
LINK_COLUMNS = tuple(field.name for field in fields(StaleLink))
"""The columns of the table of stale links that differ from row to row."""

_values_of_asset = attrgetter(*ASSET_COLUMNS)
_values_of_link = attrgetter(*LINK_COLUMNS)
_ASSET_IDENTITY = attrgetter("asset_type", "asset_key")

_TYPES_OF_LISTING: Mapping[str, Collection[str]] = {
    "page_bodies": ("pages",),
    "course": ("syllabus", "course_settings"),
    "settings": ("course_settings",),
    "tabs": ("course_settings",),
    "outcome_groups": ("outcomes", "outcome_groups"),
    "group_categories": ("groups",),
}
"""What nothing is known about if a listing cannot be read; of a listing that is not here, what has its name."""


def asset_rows(reconciliation: Reconciliation) -> CourseRows:
    """Return the rows of the asset table.

    Stored rows of types that were not compared, or could not be read, are not removed: nothing is known about them.
    """
    migration, source, destination = reconciliation.migration, reconciliation.source, reconciliation.destination
    shared = _shared(reconciliation) | {
        "migration_type": migration.migration_type,
        "term_sis_id": destination.term_sis_id,
        "source_sis_course_id": source.sis_course_id,
        "dest_sis_course_id": destination.sis_course_id,
    }
    rows = {_ASSET_IDENTITY(row): row for row in reconciliation.rows}
    unmapped = set(UNMAPPED_TYPES) if "unmapped" in reconciliation.checks else set()
    types = frozenset(ASSET_TYPES) | (unmapped - _unknown(reconciliation)) | {asset_type for asset_type, _ in rows}
    return CourseRows(shared, list(map(_values_of_asset, rows.values())), types)


def are_links_checked(reconciliation: Reconciliation) -> bool:
    """Return whether a reconciliation checked links, in texts or of LTI."""
    return "links" in reconciliation.checks or "lti" in reconciliation.checks


def link_rows(reconciliation: Reconciliation, batch: str) -> CourseRows:
    """Return the rows of the table of stale links, for a reconciliation that checked links.

    Stored rows of places that were not checked, or could not be read, are not removed: nothing is known about them.

    :param reconciliation: The reconciliation.
    :param batch: The batch of the copy.
    """
    links = {link.key: link for link in reconciliation.stale_links}
    of_lti, of_texts = {"lti_resource_links"}, set(PLACE_TYPES) - {"lti_resource_links"}
    checked = (of_lti if "lti" in reconciliation.checks else set()) | (
        of_texts if "links" in reconciliation.checks else set()
    )
    types = checked - _unknown(reconciliation)
    types |= {link.place_type for link in links.values()}
    rows = [tuple(map(_without_secrets, _values_of_link(link))) for link in links.values()]
    return CourseRows(_shared(reconciliation) | {"batch": batch}, rows, frozenset(types))


def _shared(reconciliation: Reconciliation) -> Record:
    """Return what all rows of a reconciliation share, in both tables."""
    return {
        "canvas_instance": reconciliation.canvas_instance,
        "dest_course_id": reconciliation.destination.course_id,
        "source_course_id": reconciliation.source.course_id,
        "content_migration_id": reconciliation.migration.content_migration_id,
        "format_version": FORMAT_VERSION,
        "run_id": reconciliation.run_id,
        "first_seen_at": reconciliation.reconciled_at,
        "changed_at": reconciliation.reconciled_at,
    }


def _unknown(reconciliation: Reconciliation) -> set[str]:
    """Return the types of assets and places about which nothing is known, because a listing could not be read."""
    return {each for name in reconciliation.unreadable for each in _TYPES_OF_LISTING.get(name, (name,))}


def _without_secrets(value: Any) -> Any:
    return strip_url_secrets(str(value)) if isinstance(value, str) else value


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
    total, checked_links = summary.total, are_links_checked(reconciliation)
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
            asset_type: {str(status): count for status, count in tally.statuses.items()}
            for asset_type, tally in summary.types.items()
        },
        **{f"issues_{kind}": summary.issues.get(kind, 0) for kind in ("todo", "warning", "error")},
        "stale_links": sum(summary.stale_links.values()) if checked_links else None,
        "repairable_links": summary.repairable_links if checked_links else None,
        "changed_since_copy": summary.changed_since_copy,
        "report_uri": strip_url_secrets(reconciliation.report_uri) if reconciliation.report_uri else None,
        "run_id": reconciliation.run_id,
        "reconciled_by": reconciliation.reconciled_by or None,
        "first_reconciled_at": reconciliation.reconciled_at,
        "reconciled_at": reconciliation.reconciled_at,
    }
