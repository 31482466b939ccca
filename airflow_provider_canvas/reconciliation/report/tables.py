"""The tables that a reconciliation fills, as SQLAlchemy Core describes them.

``canvas_asset_map`` has the current state of each asset of a course pair, ``canvas_stale_link`` the links of a course
that are stale now; the row of the copy is in the ledger, see ``ledger/tables.py``. All ids are text: they may have more
digits than JSON readers keep exactly. Times are in UTC.

The natural key of an asset is (canvas_instance, dest_course_id, source_course_id, asset_type, asset_key), where
``asset_key`` is ``source:<id>``, or ``dest:<id>`` without a source. So no part of a key is ever NULL, and a destination
with two sources has rows for each of them. The natural key of a link is both courses, the place, the field, and the
position in it: what is right in place of a link, only the mapping of its own source tells.

The documentation takes the meaning of a column from its ``doc``, or else from the field of ``AssetRow`` or
``StaleLink`` that has its name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, Table, Text

from airflow_provider_canvas.ledger.columns import UtcDateTime
from airflow_provider_canvas.ledger.tables import BATCH, CANVAS_INSTANCE, FORMAT

ASSET_KEY = ("canvas_instance", "dest_course_id", "source_course_id", "asset_type", "asset_key")
LINK_KEY = ("canvas_instance", "dest_course_id", "source_course_id", "place_type", "place_id", "field", "ordinal")

_DOCS = {
    "canvas_instance": CANVAS_INSTANCE,
    "dest_course_id": "The number of the destination.",
    "source_course_id": "The number of the source.",
    "content_migration_id": "The content migration that was last reconciled.",
    "migration_type": "The type of the content migration, such as ``course_copy_importer``.",
    "term_sis_id": "The SIS id of the destination's term.",
    "source_sis_course_id": "The SIS id of the source.",
    "dest_sis_course_id": "The SIS id of the destination.",
    "batch": BATCH,
}
"""What the columns mean that all rows of a course share."""


@lru_cache(maxsize=32)
def asset_map(name: str, schema: str | None) -> Table:
    """Return the asset table: one row per asset of a course pair.

    ``content_migration_id`` is the last copy that was reconciled; it is not part of the key, because another copy
    updates the same assets.

    :param name: Name of the table.
    :param schema: Schema of the table, if it has one.
    """
    return Table(
        name,
        MetaData(schema=schema),
        *(Column(key, Text, primary_key=True, doc=_DOCS.get(key)) for key in ASSET_KEY),
        *_texts("source_asset_id", "dest_asset_id"),
        *_needed_texts("status", "detail"),
        *_texts("matched_by", "source_title", "dest_title", "source_url_slug", "dest_url_slug"),
        *_booleans("source_published", "dest_published"),
        Column("points_source", Float),
        Column("points_dest", Float),
        *_times("due_at_source", "due_at_dest"),
        Column("due_delta_days", Integer),
        *_times("source_updated_at", "dest_updated_at"),
        *_booleans("changed_since_copy"),
        *_texts("migration_hash"),
        *_needed_texts("content_migration_id"),
        *_texts("migration_type", "term_sis_id", "source_sis_course_id", "dest_sis_course_id"),
        *_stamps(),
    )


@lru_cache(maxsize=32)
def stale_link(name: str, schema: str | None) -> Table:
    """Return the table of stale links: one row per source and link of a destination that is stale now.

    :param name: Name of the table.
    :param schema: Schema of the table, if it has one.
    """
    types = {"ordinal": Integer}
    keys = (Column(key, types.get(key, Text), primary_key=True, doc=_DOCS.get(key)) for key in LINK_KEY)
    return Table(
        name,
        MetaData(schema=schema),
        *keys,
        *_needed_texts("content_migration_id"),
        *_texts("batch", "place_title", "place_url"),
        *_needed_texts("attribute", "url"),
        *_texts("link_text", "link_kind"),
        *_needed_texts("problem"),
        *_texts("referenced_course_id", "referenced_id", "source_asset_id", "dest_asset_id", "right_url"),
        *_needed_texts("detail"),
        *_times("place_updated_at"),
        *_booleans("place_published"),
        *_texts("witness"),
        *_stamps(),
    )


def _stamps() -> list[Column[Any]]:
    """Return the columns that say when and by which run a row was written."""
    unchanged = "A run that finds the row as it should be does not write it."
    return [
        Column("format_version", Integer, nullable=False, doc=FORMAT),
        Column("run_id", Text, nullable=False, doc=f"The run of the DAG that last changed the row. {unchanged}"),
        Column("first_seen_at", UtcDateTime, nullable=False, doc="When the row was first written."),
        Column("changed_at", UtcDateTime, nullable=False, doc=f"When the row last changed. {unchanged}"),
    ]


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, doc=_DOCS.get(name)) for name in names]


def _needed_texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False, doc=_DOCS.get(name)) for name in names]


def _booleans(*names: str) -> list[Column[Any]]:
    return [Column(name, Boolean(create_constraint=False)) for name in names]


def _times(*names: str) -> list[Column[Any]]:
    return [Column(name, UtcDateTime) for name in names]
