"""The two tables that a reconciliation fills, as SQLAlchemy Core describes them.

``canvas_asset_map`` has the current state of each asset of a course pair; ``canvas_copy_ledger`` has one row per copy.
All ids are text: they may have more digits than JSON readers keep exactly. Times are in UTC.

The natural key of an asset is (canvas_instance, dest_course_id, source_course_id, asset_type, asset_key), where
``asset_key`` is ``source:<id>``, or ``dest:<id>`` without a source. So no part of a key is ever NULL, and a destination
with two sources has rows for each of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Column, DateTime, Float, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

from airflow_provider_canvas.reconciliation.statuses import Status

if TYPE_CHECKING:
    UtcType = TypeDecorator[datetime]
else:
    UtcType = TypeDecorator  # SQLAlchemy 1.4 cannot subscript it

FORMAT_VERSION = 1
# 1: the first format.

ASSET_KEY = ("canvas_instance", "dest_course_id", "source_course_id", "asset_type", "asset_key")
LEDGER_KEY = ("canvas_instance", "dest_course_id", "content_migration_id")


class UtcDateTime(UtcType):
    """A time in UTC. PostgreSQL stores the zone, SQLite does not: so times are converted on the way in and out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Convert a time to UTC before it is stored."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Convert a stored time to UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def asset_map(name: str, schema: str | None) -> Table:
    """Return the asset table: one row per asset of a course pair.

    ``content_migration_id`` is the last copy that was reconciled; it is not part of the key, because another copy
    updates the same assets. ``first_seen_at`` is when the row was first written; ``last_seen_at`` and ``run_id`` are of
    the last run that confirmed it.

    :param name: Name of the table.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        name,
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True) for key in ASSET_KEY),
        Column("source_asset_id", Text),
        Column("dest_asset_id", Text),
        Column("status", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("source_title", Text),
        Column("dest_title", Text),
        Column("source_url_slug", Text),
        Column("dest_url_slug", Text),
        Column("source_published", Boolean(create_constraint=False)),
        Column("dest_published", Boolean(create_constraint=False)),
        Column("points_source", Float),
        Column("points_dest", Float),
        Column("due_at_source", UtcDateTime),
        Column("due_at_dest", UtcDateTime),
        Column("due_delta_days", Integer),
        Column("source_updated_at", UtcDateTime),
        Column("dest_updated_at", UtcDateTime),
        Column("migration_hash", Text),
        Column("content_migration_id", Text, nullable=False),
        Column("migration_type", Text),
        Column("term_sis_id", Text),
        Column("source_sis_course_id", Text),
        Column("dest_sis_course_id", Text),
        Column("format_version", Integer, nullable=False),
        Column("run_id", Text, nullable=False),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("last_seen_at", UtcDateTime, nullable=False),
    )


def copy_ledger(name: str, schema: str | None) -> Table:
    """Return the ledger: one row per copy, with a column for each status.

    ``source_assets`` and ``dest_assets`` count the assets that the courses list, ``expected_assets`` those that the
    copy was to bring, ``arrived_assets`` those that it brought. ``coverage_percent`` is 100 only if all expected assets
    arrived, and NULL if none was expected. ``counts_by_type`` is a JSON object: rows by asset type and status.

    ``ended_at`` is when the copy ended, and ``seconds_running`` the time from ``started_at`` until then; both are NULL
    if Canvas no longer tells. ``finished_at`` is what Canvas calls so, and not the end: a copy has it when its export
    half is over, a selective copy even before ``started_at``.

    :param name: Name of the table.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        name,
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True) for key in LEDGER_KEY),
        Column("verdict", Text, nullable=False),
        Column("coverage_percent", Float),
        Column("source_course_id", Text, nullable=False),
        Column("source_course_name", Text),
        Column("source_sis_course_id", Text),
        Column("dest_course_name", Text),
        Column("dest_sis_course_id", Text),
        Column("account_id", Text),
        Column("term_name", Text),
        Column("term_sis_id", Text),
        Column("migration_type", Text),
        Column("workflow_state", Text),
        Column("created_at", UtcDateTime),
        Column("started_at", UtcDateTime),
        Column("finished_at", UtcDateTime),
        Column("ended_at", UtcDateTime),
        Column("seconds_queued", Float),
        Column("seconds_running", Float),
        *(Column(f"issues_{kind}", Integer, nullable=False) for kind in ("todo", "warning", "error")),
        *(Column(f"{kind}_assets", Integer, nullable=False) for kind in ("source", "dest", "expected", "arrived")),
        *(Column(str(status), Integer, nullable=False) for status in Status),
        Column("counts_by_type", JSON, nullable=False),
        Column("report_uri", Text),
        Column("format_version", Integer, nullable=False),
        Column("run_id", Text, nullable=False),
        Column("first_reconciled_at", UtcDateTime, nullable=False),
        Column("reconciled_at", UtcDateTime, nullable=False),
    )
