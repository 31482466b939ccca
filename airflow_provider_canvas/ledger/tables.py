"""The three tables of the ledger, as SQLAlchemy Core describes them.

``canvas_copy_ledger`` has one row per copy. Its key is (canvas_instance, batch, dest_course_id). A copy that no batch
made is a batch of its own: its ``batch`` is ``content_migration 90``. The columns of the copy are filled by the tasks
that plan and copy, those of the reconciliation by ``CanvasReconcileOperator``. ``canvas_copy_batch`` has one row per
batch, ``canvas_copy_issue`` one row per issue. All ids are text: they may have more digits than JSON readers keep
exactly. Times are in UTC.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, Table, Text

from airflow_provider_canvas.api.text_values import none_if_blank
from airflow_provider_canvas.ledger.columns import SortedJson, UtcDateTime

FORMAT_VERSION = 3
"""The format of the rows of all tables, also of those of a reconciliation.

1: the ledger has one row per reconciled copy, with the key (canvas_instance, dest_course_id, content_migration_id).
2: the ledger has one row per copy of a batch, reconciled or not.
3: unchanged rows of assets are not written again, so ``last_seen_at`` became ``changed_at``; ``matched_by`` and
   ``changed_since_copy`` of assets; ``stale_links``, ``repairable_links``, ``changed_since_copy``, ``unreadable`` and
   ``reconciled_by`` in the ledger; the table of stale links.
"""

LEDGER_KEY = ("canvas_instance", "batch", "dest_course_id")
BATCH_KEY = ("canvas_instance", "batch")
ISSUE_KEY = ("canvas_instance", "content_migration_id", "issue_id")

ASSET_STATUSES = (
    "missing_in_destination",
    "failed_quiz",
    "mapped_but_deleted",
    "pending_quiz",
    "matched_changed",
    "renamed",
    "replaced",
    "unmapped_name_match",
    "duplicate",
    "source_deleted",
    "orphan_in_destination",
    "added_since",
    "expected_excluded",
    "deleted_in_both",
    "matched",
)
"""The statuses of assets. Each has a column with the number of assets; see ``reconciliation/statuses.py``."""


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


def _times(*names: str) -> list[Column[Any]]:
    return [Column(name, UtcDateTime) for name in names]


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _copy_columns() -> list[Column[Any]]:
    """Return the columns of the copy, without the key."""
    return [
        Column("row_number", Integer, nullable=False),
        Column("source_course_id", Text, nullable=False),
        *_texts("source_sis_course_id", "source_course_name"),
        *_texts("dest_sis_course_id", "dest_course_name", "dest_as_written"),
        Column("request", SortedJson, nullable=False),
        Column("labels", SortedJson, nullable=False),
        *_texts("plan_verdict", "plan_detail", "lane"),
        Column("state", Text, nullable=False),
        Column("state_detail", Text),
        Column("attempts", Integer, nullable=False),
        Column("submission", SortedJson),
        *_texts("idempotency_key", "content_migration_id", "progress_id", "workflow_state"),
        Column("started_by_other", Boolean(create_constraint=False), nullable=False),
        *_times("planned_at", "submitted_at", "created_at", "started_at", "finished_at", "ended_at"),
        *_times("state_changed_at"),
        *_counts("issues_todo", "issues_warning", "issues_error"),
        *_texts("error_message", "page_url"),
        Column("run", SortedJson),
    ]


def _reconciliation_columns() -> list[Column[Any]]:
    """Return the columns that a reconciliation fills; they are NULL before, and when another copy is made.

    They describe the content migration ``reconciled_content_migration_id``.
    ``source_assets`` and ``dest_assets`` count the assets that the courses list, ``expected_assets`` those that the
    copy was to bring, ``arrived_assets`` those that it brought. ``coverage_percent`` is 100 only if all expected assets
    arrived, and NULL if none was expected. ``counts_by_type`` is a JSON object: rows by asset type and status.
    ``seconds_running`` is the time from ``started_at`` until ``ended_at``; NULL if Canvas no longer tells.
    ``unreadable`` says what could not be read; if nothing could be compared, the verdict is ``unreadable`` too.
    ``stale_links`` and ``repairable_links`` are NULL if links were not checked. ``changed_since_copy`` counts the
    assets of the destination that were edited after the copy. ``reconciled_by`` is the task of the run ``run_id``.
    """
    return [
        *_texts("reconciled_content_migration_id", "verdict", "unreadable"),
        Column("coverage_percent", Float),
        *_texts("account_id", "term_name", "term_sis_id", "migration_type"),
        Column("seconds_queued", Float),
        Column("seconds_running", Float),
        *(Column(f"{kind}_assets", Integer) for kind in ("source", "dest", "expected", "arrived")),
        *(Column(status, Integer) for status in ASSET_STATUSES),
        Column("counts_by_type", SortedJson),
        *(Column(name, Integer) for name in ("stale_links", "repairable_links", "changed_since_copy")),
        *_texts("report_uri", "run_id", "reconciled_by"),
        *_times("first_reconciled_at", "reconciled_at"),
    ]


COPY_COLUMNS = tuple(column.name for column in _copy_columns())
"""The columns of the copy, without the key."""
RECONCILIATION_COLUMNS = tuple(column.name for column in _reconciliation_columns())
"""The columns that a reconciliation fills."""


@lru_cache(maxsize=32)
def copy_ledger(name: str, schema: str | None) -> Table:
    """Return the table of copies.

    :param name: Name of the table; ``canvas_copy_ledger`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    table = Table(
        none_if_blank(name) or "canvas_copy_ledger",
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True) for key in LEDGER_KEY),
        *_copy_columns(),
        *_reconciliation_columns(),
        Column("format_version", Integer, nullable=False),
    )
    Index(None, table.c.dest_course_id, table.c.canvas_instance)  # a reconciliation finds the row of a batch by these
    return table


@lru_cache(maxsize=32)
def copy_batch(name: str, schema: str | None) -> Table:
    """Return the table of batches.

    :param name: Name of the table; ``canvas_copy_batch`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        none_if_blank(name) or "canvas_copy_batch",
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True) for key in BATCH_KEY),
        Column("created_at", UtcDateTime, nullable=False),
        Column("lease_owner", Text),
        Column("lease_until", UtcDateTime),
        Column("options", SortedJson, nullable=False),
        Column("planned_requests", Integer),
        Column("planned_cost", Float),
        Column("planned_seconds", Float),
        Column("used_requests", Integer, nullable=False),
        Column("used_cost", Float, nullable=False),
        *_times("first_submitted_at", "last_ended_at"),
        Column("format_version", Integer, nullable=False),
    )


@lru_cache(maxsize=32)
def copy_issue(name: str, schema: str | None) -> Table:
    """Return the table of issues.

    :param name: Name of the table; ``canvas_copy_issue`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        none_if_blank(name) or "canvas_copy_issue",
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True) for key in ISSUE_KEY),
        Column("batch", Text, nullable=False),
        Column("dest_course_id", Text, nullable=False),
        *_texts("issue_type", "description", "workflow_state", "fix_issue_html_url", "error_message"),
        *_times("created_at"),
        Column("format_version", Integer, nullable=False),
    )
