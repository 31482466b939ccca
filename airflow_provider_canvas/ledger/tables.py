"""The three tables of the ledger, as SQLAlchemy Core describes them.

``canvas_copy_ledger`` has one row per copy. Its key is (canvas_instance, batch, dest_course_id). A copy that no batch
made is a batch of its own: its ``batch`` is ``content_migration 90``. The columns of the copy are filled by the tasks
that plan and copy, those of the reconciliation by ``CanvasReconcileOperator``. ``canvas_copy_batch`` has one row per
batch, ``canvas_copy_issue`` one row per issue. All ids are text: they may have more digits than JSON readers keep
exactly. Times are in UTC.

The documentation takes the meaning of a column from its ``doc``, or else from the field of ``CopyRow``, ``BatchRow`` or
``IssueRow`` that has its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

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


CANVAS_INSTANCE = "The host of the Canvas."
BATCH = "The name of the batch; ``content_migration 90`` for a copy that no batch made."
FORMAT = f"The format of the row; {FORMAT_VERSION} at present."
_KEY_DOCS = {"canvas_instance": CANVAS_INSTANCE, "batch": BATCH}


def _keys(names: Sequence[str]) -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True, doc=_KEY_DOCS.get(name)) for name in names]


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


def _documented(of_type: type[TypeEngine[Any]], **docs: str) -> list[Column[Any]]:
    return [Column(name, of_type, doc=doc) for name, doc in docs.items()]


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
    """Return the columns that a reconciliation fills; they are NULL before, and when another copy is made."""
    return [
        *_documented(
            Text,
            reconciled_content_migration_id="The content migration that the columns of the reconciliation describe.",
            verdict="``pass``, ``warn`` or ``fail``; ``unreadable`` if nothing could be compared.",
            unreadable="What could not be read: the names of listings; for the verdict ``unreadable``, the reason and "
            "what to do.",
        ),
        *_documented(
            Float,
            coverage_percent="The part of the expected assets that arrived: 100 only if all arrived, NULL if none was "
            "expected.",
        ),
        *_documented(
            Text,
            account_id="The account of the destination.",
            term_name="The name of the destination's term.",
            term_sis_id="The SIS id of the destination's term.",
            migration_type="The type of the content migration, such as ``course_copy_importer``.",
        ),
        *_documented(
            Float,
            seconds_queued="From ``created_at`` until ``started_at``; NULL if Canvas no longer tells.",
            seconds_running="From ``started_at`` until ``ended_at``; NULL if Canvas no longer tells.",
        ),
        *_documented(
            Integer,
            source_assets="The number of assets that the source lists.",
            dest_assets="The number of assets that the destination lists.",
            expected_assets="The number of assets that the copy was to bring.",
            arrived_assets="The number of the expected assets that it brought.",
            **{status: f"The number of assets with the status ``{status}``." for status in ASSET_STATUSES},
        ),
        *_documented(SortedJson, counts_by_type="The number of assets by type and status."),
        *_documented(
            Integer,
            stale_links="The number of stale links in the destination; NULL if links were not checked.",
            repairable_links="The number of stale links that a repair can change; NULL if links were not checked.",
            changed_since_copy="The number of assets of the destination that were edited after the copy.",
        ),
        *_documented(
            Text,
            report_uri="The location of the report.",
            run_id="The run of the DAG that reconciled the copy.",
            reconciled_by="The task of that run, such as ``my_dag.reconcile``.",
        ),
        *_documented(
            UtcDateTime,
            first_reconciled_at="When the copy was first reconciled.",
            reconciled_at="When it was last reconciled.",
        ),
    ]


COPY_COLUMNS = tuple(column.name for column in _copy_columns())
"""The columns of the copy, without the key."""
RECONCILIATION_COLUMNS = tuple(column.name for column in _reconciliation_columns())
"""The columns that a reconciliation fills."""


@lru_cache(maxsize=32)
def copy_ledger(name: str, schema: str | None) -> Table:
    """Return the table of copies: one row per course copy.

    :param name: Name of the table; ``canvas_copy_ledger`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    table = Table(
        none_if_blank(name) or "canvas_copy_ledger",
        MetaData(schema=schema),
        *_keys(LEDGER_KEY),
        *_copy_columns(),
        *_reconciliation_columns(),
        Column("format_version", Integer, nullable=False, doc=FORMAT),
    )
    Index(None, table.c.dest_course_id, table.c.canvas_instance)  # a reconciliation finds the row of a batch by these
    return table


@lru_cache(maxsize=32)
def copy_batch(name: str, schema: str | None) -> Table:
    """Return the table of batches: one row per batch of copies.

    :param name: Name of the table; ``canvas_copy_batch`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        none_if_blank(name) or "canvas_copy_batch",
        MetaData(schema=schema),
        *_keys(BATCH_KEY),
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
        Column("format_version", Integer, nullable=False, doc=FORMAT),
    )


@lru_cache(maxsize=32)
def copy_issue(name: str, schema: str | None) -> Table:
    """Return the table of issues: one row per issue that Canvas reported for a copy.

    :param name: Name of the table; ``canvas_copy_issue`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        none_if_blank(name) or "canvas_copy_issue",
        MetaData(schema=schema),
        *_keys(ISSUE_KEY),
        Column("batch", Text, nullable=False, doc=BATCH),
        Column("dest_course_id", Text, nullable=False),
        *_texts("issue_type", "description", "workflow_state", "fix_issue_html_url", "error_message"),
        *_times("created_at"),
        Column("format_version", Integer, nullable=False, doc=FORMAT),
    )
