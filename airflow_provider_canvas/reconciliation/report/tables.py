"""The table of assets that a reconciliation fills, as SQLAlchemy Core describes it.

``canvas_asset_map`` has the current state of each asset of a course pair; the row of the copy is in the ledger, see
``ledger/tables.py``. All ids are text: they may have more digits than JSON readers keep exactly. Times are in UTC.

The natural key of an asset is (canvas_instance, dest_course_id, source_course_id, asset_type, asset_key), where
``asset_key`` is ``source:<id>``, or ``dest:<id>`` without a source. So no part of a key is ever NULL, and a destination
with two sources has rows for each of them.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, Table, Text

from airflow_provider_canvas.ledger.columns import UtcDateTime

FORMAT_VERSION = 1
# 1: the first format.

ASSET_KEY = ("canvas_instance", "dest_course_id", "source_course_id", "asset_type", "asset_key")


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
