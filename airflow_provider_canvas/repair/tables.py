"""The table of changes to links, as SQLAlchemy Core describes it.

``canvas_link_repair`` has one row per change that a run planned or made. Its key is (canvas_instance, run_id,
dest_course_id, place_type, place_id, field, ordinal). The text of a place is not in it: that is in the backup
``backup_uri``. All ids are text. Times are in UTC.
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from airflow_provider_canvas.api.text_values import none_if_blank
from airflow_provider_canvas.ledger.columns import UtcDateTime

PLACE_KEY = ("canvas_instance", "run_id", "dest_course_id", "place_type", "place_id")
REPAIR_KEY = (*PLACE_KEY, "field", "ordinal")


@lru_cache(maxsize=32)
def link_repair(name: str, schema: str | None) -> Table:
    """Return the table of changes.

    ``before`` and ``after`` are the addresses, without secrets. ``undo_run_id`` is the run that took the change back.
    ``first_seen_at`` is when the row was first written, ``changed_at`` when its state last changed.

    :param name: Name of the table; ``canvas_link_repair`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    table = Table(
        none_if_blank(name) or "canvas_link_repair",
        MetaData(schema=schema),
        *(Column(key, Integer if key == "ordinal" else Text, primary_key=True) for key in REPAIR_KEY),
        *(Column(text, Text) for text in ("source_course_id", "batch", "place_title", "place_url")),
        Column("attribute", Text, nullable=False),
        Column("link_text", Text),
        Column("problem", Text, nullable=False),
        Column("before", Text, nullable=False),
        Column("after", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("backup_uri", Text),
        Column("undo_run_id", Text),
        Column("first_seen_at", UtcDateTime, nullable=False),
        Column("changed_at", UtcDateTime, nullable=False),
        Column("format_version", Integer, nullable=False),
    )
    Index(None, table.c.dest_course_id, table.c.canvas_instance)
    return table
